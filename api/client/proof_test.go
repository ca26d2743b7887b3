package client_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// Ensure a receipt is fetched when there is one, waited for, and given up on.
func TestReceipt(t *testing.T) {
	n := solo.New(t)
	_, c := bureau(t, n, solo.Options{}, nil)
	opened, err := open(client.NewKey(), c, t.Context())
	if err != nil {
		t.Fatal(err)
	}
	raw, known, err := c.Receipt(t.Context(), opened.ID, client.ReceiptOptions{})
	if err != nil || raw != nil || known.Status != v1.Committed {
		t.Fatalf("before a checkpoint: %s %+v %v", raw, known, err)
	}
	if raw, _, err = c.Receipt(t.Context(), opened.ID, client.ReceiptOptions{Wait: 20 * time.Millisecond}); raw != nil || err != nil {
		t.Fatalf("after waiting in vain: %s %v", raw, err)
	}
	go n.Notes.Publish()
	if raw, _, err = c.Receipt(t.Context(), opened.ID, client.ReceiptOptions{Wait: time.Minute, Final: true}); err != nil {
		t.Fatal(err)
	}
	r, err := checkpoint.ParseReceipt(raw)
	if err != nil {
		t.Fatal(err)
	}
	if grade, err := r.Verify(n.Notes.Keys(), checkpoint.PolicyOf(n.Genesis.Genesis)); err != nil || grade != checkpoint.GradeFinal {
		t.Errorf("%s %v", grade, err)
	}
	if raw, _, err = c.Receipt(t.Context(), opened.ID, client.ReceiptOptions{TlogProof: true}); err != nil || string(raw) != string(r.TlogProof()) {
		t.Errorf("%s %v", raw, err)
	}
	if _, _, err = c.Receipt(t.Context(), client.NewKey(), client.ReceiptOptions{}); !isCode(err, problem.NotFound) {
		t.Errorf("unknown statement: %v", err)
	}
}

// Ensure a consistency proof made from a node's tiles holds under its
// checkpoints, over full and partial tiles, with fewer requests than hashes.
func TestLog(t *testing.T) {
	n := solo.New(t)
	requests := 0
	_, c := bureau(t, n, solo.Options{Rate: 1 << 20}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/log/") {
				requests++
			}
			if strings.Contains(r.URL.Path, "/tile/0/000.p/") { // a log that keeps no partial tile of what has become full
				http.NotFound(w, r)
				return
			}
			next.ServeHTTP(w, r)
		})
	})
	if note, err := c.Log(false).Checkpoint(t.Context()); note != nil || err != nil {
		t.Fatalf("before a checkpoint: %s %v", note, err)
	}
	grow := func(size uint64) {
		for n.Ledger.Size() < size {
			if _, err := open(client.NewKey(), c, t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	grow(100)
	old := n.Notes.Publish()
	grow(700)
	n.Notes.Publish()
	for _, final := range []bool{false, true} {
		log := c.Log(final)
		raw, err := log.Checkpoint(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		note, err := n.Notes.Keys().Open(raw)
		if err != nil {
			t.Fatal(err)
		}
		requests = 0
		path, err := merkle.Consistency(log.Tree(t.Context(), note.Size), old.Size, note.Size)
		if err != nil {
			t.Fatal(err)
		}
		if err := merkle.VerifyConsistency(old.Size, note.Size, path, old.Root, note.Root); err != nil {
			t.Error(err)
		}
		if requests > 8 {
			t.Errorf("%d requests for a tree of three tiles", requests)
		}
		if root, err := merkle.RootAt(log.Tree(t.Context(), old.Size), old.Size); err != nil || root != old.Root {
			t.Errorf("the old tree: %v", err)
		}
	}
	if forks, err := c.Log(false).Evidence(t.Context()); err != nil || len(forks) != 0 {
		t.Errorf("%v %v", forks, err)
	}
}
