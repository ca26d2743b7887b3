package client_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/replica"
)

const fields = `{"case_file_no":"京市监立〔2025〕37号","legal_basis":["程序规定 第45条"],` +
	`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,` +
	`"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`

var quick = client.Retry{Total: 5 * time.Second, First: time.Millisecond, Most: 10 * time.Millisecond}

// bureau is a served door and a client of its clerk. around may spoil answers.
func bureau(t *testing.T, n *solo.Network, o solo.Options, around func(http.Handler) http.Handler) (*solo.Bureau, *client.Client) {
	t.Helper()
	b := n.Bureau(solo.Beijing, o)
	h := http.Handler(b.API)
	if around != nil {
		h = around(h)
	}
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return b, clientOf(t, n, srv.URL, solo.Someone(solo.Beijing, "zhang", "clerk"))
}

func clientOf(t *testing.T, n *solo.Network, base string, p solo.Person) *client.Client {
	t.Helper()
	c, err := client.New(client.Options{
		Base: base, Retry: quick, Lang: problem.English,
		Token: func(context.Context) (string, error) { return n.Token(p, solo.Beijing), nil },
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func open(key string, c *client.Client, ctx context.Context) (v1.Receipt, error) {
	return c.Open(ctx, key, v1.OpenRequest{Procedure: "assistance", Fields: json.RawMessage(fields)})
}

// Ensure every noun of the API comes through.
func TestRoundTrip(t *testing.T) {
	n := solo.New(t)
	_, c := bureau(t, n, solo.Options{}, nil)
	ctx := t.Context()
	receipt, err := open(client.NewKey(), c, ctx)
	if err != nil || receipt.Status != v1.Committed {
		t.Fatalf("%+v %v", receipt, err)
	}
	receipt, err = c.Act(ctx, client.NewKey(), receipt.Record, receipt.Head, v1.ActRequest{Event: "cancel", Fields: json.RawMessage(`{"reason":"重复"}`)})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := c.Record(ctx, receipt.Record, client.Read{At: *receipt.Index + 1})
	if err != nil || rec.State != "cancelled" || rec.Head != receipt.Head {
		t.Errorf("%+v %v", rec, err)
	}
	if h, err := c.History(ctx, rec.ID, client.Read{}); err != nil || len(h) != 2 {
		t.Errorf("history %+v %v", h, err)
	}
	if d, err := c.Deadlines(ctx, rec.ID, client.Read{Consistency: client.Local}); err != nil {
		t.Errorf("deadlines %+v %v", d, err)
	}
	if s, err := c.Statement(ctx, receipt.ID, client.Read{}); err != nil || s.Status != v1.Committed {
		t.Errorf("statement %+v %v", s, err)
	}
	for range 4 {
		if _, err := open(client.NewKey(), c, ctx); err != nil {
			t.Fatal(err)
		}
	}
	seen := 0
	for row, err := range c.Records(ctx, client.Filter{State: "draft", Limit: 2}, client.Read{}) {
		if err != nil || row.State != "draft" {
			t.Fatalf("%+v %v", row, err)
		}
		seen++
	}
	if seen != 4 {
		t.Errorf("%d drafts, want 4", seen)
	}
	if s, err := c.Status(ctx); err != nil || s.Region != solo.Beijing || s.Size != 6 {
		t.Errorf("status %+v %v", s, err)
	}
	if p, err := c.Procedures(ctx); err != nil || len(p) == 0 {
		t.Errorf("procedures %v %v", p, err)
	}
	if p, err := c.Procedure(ctx, "assistance"); err != nil || p.Text == "" || len(p.Document) == 0 {
		t.Errorf("procedure %v", err)
	}
	if r, err := c.Rules(ctx); err != nil || len(r.Items) == 0 {
		t.Errorf("rules %v", err)
	}
	if k, err := c.Calendar(ctx, 2025); err != nil || len(k.Off) == 0 {
		t.Errorf("calendar %+v %v", k, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	next := 0
	for e, err := range c.Events(ctx, "") {
		if err != nil || e.Data.Index != uint64(next) {
			t.Fatalf("event %+v %v, want %d", e, err, next)
		}
		if next++; next == 6 {
			break
		}
	}
}

// Ensure files go up and come back whole.
func TestMaterial(t *testing.T) {
	n := solo.New(t)
	_, c := bureau(t, n, solo.Options{}, nil)
	content := bytes.Repeat([]byte("证据"), 1<<16)
	m, err := c.PutMaterial(t.Context(), client.NewKey(), "合同.pdf", content)
	if err != nil || m.Size != int64(len(content)) {
		t.Fatalf("%+v %v", m, err)
	}
	body, err := c.Material(t.Context(), m.Commitment, "")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	if got, err := io.ReadAll(body); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes came back, %v", len(got), err)
	}
	if _, err := c.Material(t.Context(), "sc1."+strings.Repeat("A", 43), ""); !isCode(err, problem.NotFound) {
		t.Errorf("an unknown commitment: %v", err)
	}
}

func isCode(err error, code string) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == code
}

// Ensure a write whose answer is lost, late or refused for want of a leader is
// sent again under the same key, and stands once.
func TestRetry(t *testing.T) {
	n := solo.New(t)
	var calls atomic.Int64
	_, c := bureau(t, n, solo.Options{NoLeaderWait: time.Millisecond}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch calls.Add(1) {
			case 1: // lost before it arrived
				panic(http.ErrAbortHandler)
			case 2: // lost on the way back
				next.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			case 3: // a proxy's own page
				w.WriteHeader(http.StatusBadGateway)
				io.WriteString(w, "<html>")
			case 4:
				problem.Write(w, r, problem.New(problem.NoQuorum))
			case 5:
				problem.Write(w, r, problem.New(problem.TooMany))
			default:
				next.ServeHTTP(w, r)
			}
		})
	})
	receipt, err := open(client.NewKey(), c, t.Context())
	if err != nil || receipt.Status != v1.Committed {
		t.Fatalf("%+v %v", receipt, err)
	}
	if n.Ledger.Size() != 1 || calls.Load() != 6 {
		t.Errorf("%d leaves after %d calls", n.Ledger.Size(), calls.Load())
	}
}

// Ensure refusals are typed and not tried again.
func TestRefusal(t *testing.T) {
	n := solo.New(t)
	var calls atomic.Int64
	_, c := bureau(t, n, solo.Options{}, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { calls.Add(1); next.ServeHTTP(w, r) })
	})
	_, err := c.Open(t.Context(), client.NewKey(), v1.OpenRequest{Procedure: "assistance", Fields: json.RawMessage(`{}`)})
	var p *problem.Problem
	if !errors.As(err, &p) || p.Code != problem.ValidationFailed || len(p.Errors) == 0 || p.Errors[0].Message != "required" {
		t.Errorf("%v", err)
	}
	if calls.Load() != 1 {
		t.Errorf("%d calls", calls.Load())
	}
	if _, err := c.Record(t.Context(), "AR-110000-2025-000001", client.Read{}); !isCode(err, problem.NotFound) {
		t.Errorf("%v", err)
	}
}

// Ensure the client gives up when its caller does, and when its time is over.
func TestGivesUp(t *testing.T) {
	n := solo.New(t)
	b, c := bureau(t, n, solo.Options{NoLeaderWait: time.Millisecond}, nil)
	n.Ledger.Break(solo.NoLeader())
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	if _, err := open(client.NewKey(), c, ctx); err == nil {
		t.Error("no error without a leader")
	}
	if took := time.Since(start); took > 3*time.Second {
		t.Errorf("gave up after %v", took)
	}
	srv := httptest.NewServer(b.API)
	defer srv.Close()
	once, err := client.New(client.Options{
		Base: srv.URL, Retry: client.Retry{Total: -1},
		Token: func(context.Context) (string, error) {
			return n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing), nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(client.NewKey(), once, t.Context()); !isCode(err, problem.NoQuorum) {
		t.Errorf("one attempt: %v", err)
	}
}

// Ensure a promise can be awaited.
func TestAwait(t *testing.T) {
	n := solo.New(t)
	b, c := bureau(t, n, solo.Options{Wait: 20 * time.Millisecond}, nil)
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return replica.ErrUnknownOutcome }})
	receipt, err := open(client.NewKey(), c, t.Context())
	if err != nil || receipt.Status != v1.Pending {
		t.Fatalf("%+v %v", receipt, err)
	}
	n.Ledger.Break(nil)
	b.Run(t)
	ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
	defer cancel()
	if receipt, err = c.Await(ctx, receipt); err != nil || receipt.Status != v1.Committed {
		t.Errorf("%+v %v", receipt, err)
	}
}

// Ensure the token goes nowhere else, and bad addresses are refused at once.
func TestStaysHome(t *testing.T) {
	n := solo.New(t)
	var reached atomic.Bool
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Store(true) }))
	defer elsewhere.Close()
	_, c := bureau(t, n, solo.Options{}, func(http.Handler) http.Handler {
		return http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect)
	})
	if _, err := c.Status(t.Context()); err == nil || reached.Load() {
		t.Errorf("followed a redirect: %v", err)
	}
	for _, base := range []string{"", "localhost:8011", "ftp://x", "http://", "http://a/v1", "http://a?x=1", "file:///etc/passwd"} {
		if _, err := client.New(client.Options{Base: base}); err == nil {
			t.Errorf("%q was taken as an address", base)
		}
	}
}
