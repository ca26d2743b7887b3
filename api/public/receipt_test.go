package public_test

import (
	"bytes"
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica"
)

func receiptPath(id string) string { return "/v1/statements/" + id + "/receipt" }

// Ensure a receipt proves what it says to somebody with nothing but the keys,
// under the firmest checkpoint there is, and is exactly the frozen format.
func TestReceipt(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	first := d.open("unqualified", "clerk", unqualified)
	for range 2 {
		d.open("unqualified", "clerk", strings.Replace(unqualified, "0412", client.NewKey(), 1))
	}
	last := d.open("unqualified", "clerk", strings.Replace(unqualified, "0412", client.NewKey(), 1))

	not := func(id, query string) v1.Receipt {
		t.Helper()
		w := d.do("GET", receiptPath(id)+query, "")
		var known v1.Receipt
		if err := json.Unmarshal(w.Body.Bytes(), &known); err != nil || w.Code != 202 || w.Header().Get("Retry-After") != "1" || !strings.HasPrefix(w.Header().Get("Location"), receiptPath(id)) {
			t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
		}
		return known
	}
	if known := not(first.ID, ""); known.Status != v1.Committed || known.Index == nil || *known.Index != *first.Index || known.LeafHash != first.LeafHash {
		t.Errorf("%+v", known)
	}
	if w := d.do("GET", receiptPath(first.ID)+"?grade=final", ""); w.Header().Get("Location") != receiptPath(first.ID)+"?grade=final" {
		t.Errorf("Location %q", w.Header().Get("Location"))
	}

	policy := checkpoint.PolicyOf(n.Genesis.Genesis)
	good := func(id, query string, want checkpoint.Grade, note *checkpoint.Note) {
		t.Helper()
		w := d.do("GET", receiptPath(id)+query, "")
		if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || w.Header().Get("Ledger-Index") != "4" || w.Header().Get("Cache-Control") != "no-store" {
			t.Fatalf("%s: %d %v %s", query, w.Code, w.Header(), w.Body)
		}
		r, err := checkpoint.ParseReceipt(w.Body.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		grade, err := r.Verify(n.Notes.Keys(), policy)
		if err != nil || grade != want || r.Size != note.Size || r.Network != n.Genesis.Network() || !bytes.Equal(r.Checkpoint, note.Marshal()) {
			t.Errorf("%s: grade %s size %d: %v", query, grade, r.Size, err)
		}
		made, err := checkpoint.NewReceipt(r.Leaf, r.Path, note, policy)
		if err != nil || !bytes.Equal(made.Marshal(), w.Body.Bytes()) {
			t.Errorf("%s: %v\n%s\nis not\n%s", query, err, w.Body, made.Marshal())
		}
		for _, as := range [][]string{{query + and(query) + "format=tlog-proof"}, {query, "Accept", "text/plain"}} {
			w := d.do("GET", receiptPath(id)+as[0], "", as[1:]...)
			p, err := checkpoint.ParseProof(w.Body.Bytes())
			if err != nil || w.Code != 200 || w.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
				t.Fatalf("%d %v %v", w.Code, w.Header(), err)
			}
			if _, err := p.Verify(merkle.LeafHash(r.Leaf), n.Notes.Keys()); err != nil || p.Index != r.Index {
				t.Errorf("%s: %v", as, err)
			}
		}
	}
	one := n.Notes.Note(solo.Beijing) // of no worth alone
	if n.Notes.Show(one); one.Size != 4 {
		t.Fatal(one.Size)
	}
	not(first.ID, "")
	published := n.Notes.Publish(solo.Beijing, solo.Hebei)
	good(first.ID, "", checkpoint.GradePublished, published)
	good(last.ID, "?grade=published&consistency=local", checkpoint.GradePublished, published)
	not(first.ID, "?grade=final")
	final := n.Notes.Publish()
	good(first.ID, "?grade=final", checkpoint.GradeFinal, final)
	good(last.ID, "", checkpoint.GradeFinal, final) // the firmest covers it too
}

func and(query string) string {
	if query == "" {
		return "?"
	}
	return "&"
}

// Ensure a receipt that is waited for comes with the checkpoint, and one that
// does not come is 202 when the wait is over.
func TestReceiptWait(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	id := d.open("unqualified", "clerk", unqualified).ID
	ask := func(query string) chan *httptest.ResponseRecorder {
		answer := make(chan *httptest.ResponseRecorder, 1)
		go func() { answer <- d.do("GET", receiptPath(id)+query, "") }()
		return answer
	}
	if w := <-ask("?wait=20ms"); w.Code != 202 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	any, final := ask("?wait=30s"), ask("?wait=30s&grade=final")
	n.Notes.Publish(solo.Tianjin, solo.Hebei)
	if w := <-any; w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	select {
	case w := <-final:
		t.Fatalf("answered %d before the checkpoint was final", w.Code)
	default:
	}
	n.Notes.Publish()
	if w := <-final; w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
}

// Ensure a receipt is given to whom the statement is shown, for statements that
// have one, to questions that are well put.
func TestReceiptRefused(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	r := d.open("unqualified", "clerk", unqualified)
	n.Notes.Publish()
	refused := client.NewKey()
	if w := d.do("POST", "/v1/records/"+r.Record+"/events", `{"event":"receive","role":"clerk","fields":{}}`, "Idempotency-Key", refused, "If-Match", `"`+r.Head+`"`); w.Code < 400 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	outcome := v1.Receipt{}
	d.get("/v1/statements/"+refused, &outcome)
	if outcome.Status != v1.Refused {
		t.Fatalf("the statement is %s, not refused", outcome.Status)
	}
	auditor := solo.Someone(solo.Beijing, "shen", "auditor")
	for _, tc := range []struct {
		name   string
		who    *door
		target string
		status int
		code   string
	}{
		{"auditor of the region", d.as(auditor), receiptPath(r.ID), 200, ""},
		{"another region's statement", d.as(solo.Someone(solo.Tianjin, "ji", "clerk")), receiptPath(r.ID), 404, problem.NotFound},
		{"no roles", d.as(solo.Someone(solo.Beijing, "nobody")), receiptPath(r.ID), 403, problem.Forbidden},
		{"unknown id", d, receiptPath(client.NewKey()), 404, problem.NotFound},
		{"no id", d, receiptPath("x"), 404, problem.NotFound},
		{"refused", d, receiptPath(refused), 409, problem.NoReceipt},
		{"grade", d, receiptPath(r.ID) + "?grade=committed", 422, problem.ValidationFailed},
		{"format", d, receiptPath(r.ID) + "?format=pdf", 422, problem.ValidationFailed},
		{"long wait", d, receiptPath(r.ID) + "?wait=31s", 422, problem.ValidationFailed},
		{"negative wait", d, receiptPath(r.ID) + "?wait=-1s", 422, problem.ValidationFailed},
		{"no duration", d, receiptPath(r.ID) + "?wait=30", 422, problem.ValidationFailed},
		{"unknown parameter", d, receiptPath(r.ID) + "?x=1", 422, problem.ValidationFailed},
		{"twice", d, receiptPath(r.ID) + "?grade=final&grade=final", 422, problem.ValidationFailed},
		{"consistency", d, receiptPath(r.ID) + "?consistency=x", 422, problem.ValidationFailed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := tc.who.do("GET", tc.target, "")
			if tc.code == "" {
				if w.Code != tc.status {
					t.Fatalf("%d %s", w.Code, w.Body)
				}
				return
			}
			problemOf(t, w, tc.status, tc.code)
		})
	}
	if w := d.do("GET", receiptPath(r.ID), "", "Authorization", ""); w.Code != 401 {
		t.Errorf("without a token %d", w.Code)
	}
	if w := d.do("POST", receiptPath(r.ID), ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
}

// Ensure a promise on the way to the ledger is 202, and waiting for it ends with
// its receipt.
func TestReceiptPending(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{Wait: 20 * time.Millisecond})
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return replica.ErrUnknownOutcome }})
	id := client.NewKey()
	if w := d.do("POST", "/v1/records", `{"procedure":"unqualified","role":"clerk","fields":`+unqualified+`}`, "Idempotency-Key", id); w.Code != 202 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var known v1.Receipt
	if w := d.do("GET", receiptPath(id), ""); w.Code != 202 || json.Unmarshal(w.Body.Bytes(), &known) != nil || known.Status != v1.Pending {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	answer := make(chan *httptest.ResponseRecorder, 1)
	go func() { answer <- d.do("GET", receiptPath(id)+"?wait=30s&consistency=local", "") }()
	n.Ledger.Break(nil)
	d.bureau.Run(t)
	if _, err := n.Ledger.WaitSize(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	n.Notes.Publish()
	if w := <-answer; w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
