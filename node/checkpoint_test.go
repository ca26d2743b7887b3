package node_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/doctor"
)

// finalWithin is how soon a write is final on a healthy network: a leader
// publishes once a second, and tests run on busy machines.
const finalWithin = 10 * time.Second

var practiceStart = time.Date(2025, 8, 19, 9, 0, 0, 0, time.FixedZone("CST", 8*3600))

// Ensure three nodes as operators run them make every write final within
// seconds, also on a practice network whose clock jumps, seal the days, and give
// an auditor a bundle that verifies.
func TestCheckpointsPractice(t *testing.T) {
	n := found(t, genesis.ClockPractice, practiceStart)
	first := n.write(0)
	if took := n.awaitFinal(*first.Index+1, 0, 1, 2); took > finalWithin {
		t.Errorf("final after %s", took)
	}
	n.receipt(0, first.ID)

	// All clocks jump over a night: the day is sealed, with a checkpoint that was
	// made after it.
	for i := range n.nodes {
		n.setClock(i, practiceStart.AddDate(0, 0, 1))
	}
	next := n.write(1)
	if took := n.awaitFinal(*next.Index+1, 0, 1, 2); took > finalWithin {
		t.Errorf("after a jump final after %s", took)
	}
	// The leader's clock jumps alone and takes ledger time with it: the other
	// nodes' clocks follow instead of refusing to cosign what comes from the future.
	leader := n.leader()
	n.setClock(leader, practiceStart.AddDate(0, 0, 9))
	alone := n.write(leader)
	if took := n.awaitFinal(*alone.Index+1, 0, 1, 2); took > finalWithin {
		t.Errorf("after a jump of one clock final after %s", took)
	}
	n.await("a seal", func(ctx context.Context) error {
		page, err := n.door(0, auth.RoleAuditor).EventPage(ctx, "", 0)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(page.Events, func(e v1.Event) bool { return strings.HasSuffix(e.Type, ".ledger.seal") }) {
			return fmt.Errorf("%d events, none of a seal", len(page.Events))
		}
		return nil
	})
	n.verify(1, n.status(1).Size)
}

// Ensure a network on real time does the same, that a burst of writes does not
// keep checkpoints from being made, and that two regions publish what the third
// makes final once it is back.
func TestCheckpointsReal(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	first := n.write(0)
	if took := n.awaitFinal(*first.Index+1, 0, 1, 2); took > finalWithin {
		t.Errorf("final after %s", took)
	}
	sizes := n.burst(0, 4)
	if len(sizes) < 4 {
		t.Errorf("final checkpoints during a burst: %v", sizes)
	}
	n.awaitHint(0, 2, "up")
	n.stop(2)
	n.awaitHint(0, 2, "down")
	alone := n.write(0)
	n.await("publishing at two", func(ctx context.Context) error {
		note, err := n.note(ctx, 1, false)
		switch {
		case err != nil:
			return err
		case note.Size <= *alone.Index || len(note.CosignedBy()) != 2:
			return fmt.Errorf("%d leaves, cosigned by %v", note.Size, note.CosignedBy())
		}
		return nil
	})
	if final, err := n.note(t.Context(), 1, true); err != nil || final.Size > *alone.Index {
		t.Errorf("final without one region: %+v, %v", final, err)
	}
	n.start(2)
	n.awaitFinal(*alone.Index+1, 0, 1, 2)
	n.outsiders(0)
	size := n.status(1).Size // a write of the burst may have been under way when its client left
	n.awaitFinal(size, 1)
	want := fmt.Sprintf("%d entries committed, %[1]d published, %[1]d final", size)
	if f := n.examine(1, "en"); f.Verdict != doctor.OK || f.Detail != want {
		t.Errorf("doctor: %+v, want %q", f, want)
	}
}

// burst writes from several clients at once until final checkpoints have been
// seen to grow for a few seconds, and gives the sizes that were seen.
func (n *network) burst(i, clients int) (sizes []uint64) {
	n.t.Helper()
	ctx, cancel := context.WithCancel(n.t.Context())
	door := n.door(i, n.probe.Role)
	var writers sync.WaitGroup
	for c := range clients {
		writers.Go(func() {
			for k := 0; ctx.Err() == nil; k++ {
				req, err := n.probe.Request(fmt.Sprintf("burst-%d-%d", c, k))
				if err == nil {
					_, err = door.Open(ctx, client.NewKey(), req)
				}
				if err != nil && ctx.Err() == nil {
					n.t.Error(err)
					return
				}
			}
		})
	}
	n.await("checkpoints during a burst", func(ctx context.Context) error {
		note, err := n.note(ctx, 2, true)
		if err != nil {
			return err
		}
		if len(sizes) == 0 || note.Size > sizes[len(sizes)-1] {
			sizes = append(sizes, note.Size)
		}
		if len(sizes) < 4 {
			return fmt.Errorf("sizes %v", sizes)
		}
		return nil
	})
	cancel()
	writers.Wait()
	return sizes
}

// awaitHint waits until a node says that another one seems to be in a state.
func (n *network) awaitHint(i, other int, state string) {
	n.t.Helper()
	n.await("a hint", func(context.Context) error {
		hints := n.status(i).Replica.Hints
		if !slices.ContainsFunc(hints, func(h v1.Hint) bool { return h.Node == n.nodes[other].Node && h.State == state && h.Since != "" }) {
			return fmt.Errorf("%+v", hints)
		}
		return nil
	})
}

// receipt fetches a final receipt and verifies it as its holder would.
func (n *network) receipt(i int, id string) {
	n.t.Helper()
	raw, _, err := n.door(i, n.probe.Role).Receipt(n.t.Context(), id, client.ReceiptOptions{Final: true, Wait: patience})
	if err != nil || raw == nil {
		n.t.Fatalf("no receipt: %v", err)
	}
	r, err := checkpoint.ParseReceipt(raw)
	if err != nil {
		n.t.Fatal(err)
	}
	keys, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	if grade, err := r.Verify(keys.Keys(), keys.Policy()); err != nil || grade != checkpoint.GradeFinal {
		n.t.Errorf("receipt of grade %q: %v", grade, err)
	}
}

// verify exports the whole log and has the auditor's verifier judge it.
func (n *network) verify(i int, size uint64) {
	n.t.Helper()
	n.awaitFinal(size, i)
	var zip bytes.Buffer
	if err := n.door(i, auth.RoleAuditor).Bundle(n.t.Context(), &zip, client.BundleOptions{}); err != nil {
		n.t.Fatal(err)
	}
	keys, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	report, err := audit.Verify(n.t.Context(), audit.Options{File: bytes.NewReader(zip.Bytes()), Size: int64(zip.Len()), Keys: keys.Marshal(), TempDir: n.t.TempDir()})
	if err != nil {
		n.t.Fatal(err)
	}
	if report.Exit != 0 {
		n.t.Errorf("the verifier exits %d: %+v", report.Exit, report.Findings)
	}
}

// outsiders are what the read-only listener and the public door give to people
// without a token.
func (n *network) outsiders(i int) {
	n.t.Helper()
	for _, tc := range []struct {
		url    string
		status int
	}{
		{n.LogURL(i) + "checkpoint", http.StatusOK},
		{n.LogURL(i) + "tile/0/000.p/1", http.StatusOK},
		{n.LogURL(i) + "tile/entries/000.p/1", http.StatusOK},
		{n.LogURL(i) + "evidence", http.StatusOK},
		{n.PublicURL(i) + "/log/final/checkpoint", http.StatusOK},
		{n.PublicURL(i) + "/log/tile/0/000.p/1", http.StatusOK},
		{n.PublicURL(i) + "/log/tile/entries/000.p/1", http.StatusUnauthorized},
		{n.LogURL(i) + "../v1/status", http.StatusNotFound},
	} {
		if status, body, err := get(n.t.Context(), tc.url); err != nil || status != tc.status {
			n.t.Errorf("%s: %d, %v, want %d: %.200s", tc.url, status, err, tc.status, body)
		}
	}
	res, err := http.Post(n.PublicURL(i)+"/log/add-checkpoint", "", bytes.NewReader([]byte("old 0\n\nelsewhere\n1\nAAAA\n\n— x AAAA\n")))
	if err != nil {
		n.t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusOK || res.StatusCode >= 500 {
		n.t.Errorf("the witness answered %d to a stranger's note", res.StatusCode)
	}
}
