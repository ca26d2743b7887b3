package public_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure a caller who has to wait gets this node's promise about the very
// statement, and sees it again while the ledger has not answered.
func TestPromises(t *testing.T) {
	n := solo.New(t)
	var made []*statement.Statement
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{
		Wait:    50 * time.Millisecond,
		Promise: func(st *statement.Statement) error { made = append(made, st); return nil },
		Promises: func(region, id string) []v1.Promise {
			if len(made) == 0 || made[0].Region != region || made[0].ID != id {
				return nil
			}
			return []v1.Promise{{Node: "110000-a", Seen: "2025-11-03T09:00:00+08:00", Due: "2025-11-03T09:01:00+08:00", Note: "the note\n"}}
		},
	})
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return ledgerAway }})
	key := client.NewKey()
	w := d.do("POST", "/v1/records", `{"procedure":"assistance","role":"clerk","fields":`+assistance+`}`, "Idempotency-Key", key)
	var got v1.Receipt
	if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusAccepted {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if len(made) != 1 || made[0].ID != key || made[0].Hash.String() != got.Hash {
		t.Fatalf("promised %d times for %s", len(made), key)
	}
	if len(got.Promises) != 1 || got.Promises[0].Note != "the note\n" || got.Promises[0].Late {
		t.Errorf("the answer: %+v", got.Promises)
	}
	got = v1.Receipt{}
	d.get("/v1/statements/"+key, &got)
	if got.Status != v1.Pending || len(got.Promises) != 1 || got.Promises[0].Node != "110000-a" {
		t.Errorf("later: %+v", got)
	}
	got = v1.Receipt{}
	d.get("/v1/statements/"+client.NewKey(), &got)
	if got.Promises != nil {
		t.Errorf("another statement: %+v", got)
	}
}

// Ensure a leader.move goes past the ledger when the operator hands it over, and in
// nobody else's hands.
func TestMovePastTheLedger(t *testing.T) {
	n := solo.New(t)
	var taken []string
	var answer error
	operator := openDoor(t, n, solo.Someone(solo.Beijing, "yun", "operator"), solo.Options{
		Wait: 50 * time.Millisecond, Move: func(raw []byte) error { taken = append(taken, string(raw)); return answer },
	})
	sign := func(term uint64) (id, raw string) {
		body := statement.MoveBody{Leader: "120000-a", Candidate: "130000-a", Term: term, Reason: "delay"}.Marshal()
		id = client.NewKey()
		signed, _, err := statement.Sign(n.Keys.Region(solo.Beijing).Governance, statement.Payload{
			Network: n.Genesis.Network(), Kind: statement.KindLeaderMove, ID: id, Region: solo.Beijing, At: statement.FormatAt(n.Clock().Unix()),
			Actor: statement.Actor{Role: statement.RoleGovernance, Org: "110000-SJ"}, Request: statement.RequestDigest(body), Body: body,
		})
		if err != nil {
			t.Fatal(err)
		}
		return id, string(signed)
	}
	send := func(d *door, id, raw string) (int, string) {
		w := d.do("POST", "/v1/statements", raw, "Idempotency-Key", id, "Content-Type", "application/jose")
		return w.Code, w.Body.String()
	}
	id, raw := sign(7)
	if code, body := send(operator.as(solo.Someone(solo.Beijing, "zhang", "clerk")), id, raw); code != 403 || len(taken) != 0 {
		t.Fatalf("a clerk: %d %s, taken %d", code, body, len(taken))
	}
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return ledgerAway }}) // a leader that drops it
	if code, body := send(operator, id, raw); code != http.StatusAccepted || len(taken) != 1 || taken[0] != raw {
		t.Fatalf("%d %s, taken %d", code, body, len(taken))
	}
	n.Ledger.Break(nil)
	answer = fmt.Errorf("%w: overtaken", mover.ErrRefused)
	id, raw = sign(8)
	if code, body := send(operator, id, raw); code != 200 || len(taken) != 2 { // the ledger has the last word
		t.Errorf("refused beside the ledger: %d %s", code, body)
	}
	answer = errors.New("the disk is full")
	id, raw = sign(9)
	before := n.Ledger.Size()
	w := operator.do("POST", "/v1/statements", raw, "Idempotency-Key", id, "Content-Type", "application/jose")
	problemOf(t, w, 500, problem.Internal)
	if n.Ledger.Size() != before {
		t.Error("went on without a place to keep it")
	}
}

// Ensure late promises go into bundles, forks beside them, and no more than a
// bundle may hold.
func TestBundleOfDelays(t *testing.T) {
	e := newExporter(t, 2)
	e.net.Notes.Publish()
	e.net.Evidence = []audit.Evidence{{ID: "0123456789abcdef", Why: "two roots", First: []byte("one\n"), Second: []byte("other\n")}}
	for range 300 {
		e.net.Delays = append(e.net.Delays, audit.Delay{Promise: promise.Promise{Region: "110000", Node: "110000-a", From: "120000"}, Note: []byte("the note\n")})
	}
	b := e.export(client.BundleOptions{})
	names := b.Names(bundle.ClassEvidence)
	if len(names) != 257 {
		t.Fatalf("%d files of evidence", len(names))
	}
	content, err := b.Read("evidence/delay-7.json")
	var got struct{ Format, Promise string }
	if err == nil {
		err = json.Unmarshal(content, &got)
	}
	if err != nil || got.Format != bundle.FormatDelay || got.Promise != "the note\n" {
		t.Errorf("%s: %v", content, err)
	}
}
