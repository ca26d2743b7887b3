package lots

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/draw"
)

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// memory is a node-local store.
type memory map[string][]byte

func (m memory) Get(key []byte) ([]byte, error) { return m[string(key)], nil }

func (m memory) Set(key, value []byte, _ bool) error {
	m[string(key)] = value
	return nil
}

func (m memory) Delete(key []byte) error {
	delete(m, string(key))
	return nil
}

func (m memory) Scan(lower, upper []byte, _ bool, fn func(key, value []byte) (bool, error)) error {
	for key, value := range m {
		if key < string(lower) || key >= string(upper) {
			continue
		}
		if more, err := fn([]byte(key), value); err != nil || !more {
			return err
		}
	}
	return nil
}

// others are nodes that give what they have.
type others map[string]map[[sha256.Size]byte][]byte

func (o others) DrawText(_ context.Context, node string, digest [sha256.Size]byte) ([]byte, error) {
	if o[node] == nil {
		return nil, fmt.Errorf("%s is away", node)
	}
	return o[node][digest], nil
}

// nothing is a ledger without a draw.
func nothing() (map[[sha256.Size]byte]bool, error) { return nil, nil }

func open(t *testing.T, store Local, peers Peers) *Lots {
	t.Helper()
	return must[*Lots](t)(Open(store, peers, func(region string) []string { return []string{region + "-a", "130000-a"} }, nothing, slog.New(slog.DiscardHandler)))
}

// one is a draw with its texts.
func one(t *testing.T) (pool, rule []byte, r *draw.Record) {
	t.Helper()
	p := must[*draw.Pool](t)(draw.NewPool([]draw.Candidate{{ID: "a", Stratum: "s"}, {ID: "b", Stratum: "s"}, {ID: "c", Stratum: "s", Excluded: "visited"}}))
	l := must[*draw.Rule](t)(draw.NewRule("target", "1", []draw.Quota{{Stratum: "s", Number: 1}}))
	fields := map[string]json.RawMessage{}
	for name, v := range must[map[string]any](t)(draw.Frozen(p, l)) {
		fields[name] = must[[]byte](t)(json.Marshal(v))
	}
	return p.Marshal(), l.Marshal(), must[*draw.Record](t)(draw.ReadRecord("DR-110000-2025-000001", fields))
}

// Ensure what was put is there again after a restart, and nothing else is taken.
func TestPut(t *testing.T) {
	pool, rule, r := one(t)
	store := memory{}
	l := open(t, store, nil)
	if _, _, err := l.Terms(r); !errors.Is(err, ErrMissing) {
		t.Fatalf("an empty node: %v", err)
	}
	if got := must[draw.Text](t)(l.Put(pool)); got.Pool == nil || got.Rule != nil || got.Digest != r.Pool {
		t.Errorf("%+v", got)
	}
	must[draw.Text](t)(l.Put(pool))
	must[draw.Text](t)(l.Put(rule))
	l = open(t, store, nil)
	if want := int64(len(pool) + len(rule)); l.used(people) != want {
		t.Errorf("%d bytes are kept, want %d", l.used(people), want)
	}
	if p, q, err := l.Terms(r); err != nil || p.Digest() != r.Pool || q.Digest() != r.Rule {
		t.Errorf("%v", err)
	}
	for _, text := range []string{"", "sandi-pool/1\n", strings.ToUpper(string(rule)), string(pool) + " "} {
		if _, err := l.Put([]byte(text)); !errors.Is(err, draw.ErrText) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Ensure a text of the frozen digest that says something else than the record, or is
// of the wrong kind, is no term of the draw.
func TestTermsRefuses(t *testing.T) {
	pool, rule, r := one(t)
	l := open(t, memory{}, nil)
	must[draw.Text](t)(l.Put(pool))
	must[draw.Text](t)(l.Put(rule))
	for name, change := range map[string]func(*draw.Record){
		"size":    func(r *draw.Record) { r.Count = 4 },
		"reasons": func(r *draw.Record) { r.Exclusions = map[string]string{"c": "consulting"} },
		"swapped": func(r *draw.Record) { r.Pool, r.Rule = r.Rule, r.Pool },
	} {
		other := *r
		other.Exclusions = maps.Clone(r.Exclusions)
		change(&other)
		if _, _, err := l.Terms(&other); !errors.Is(err, draw.ErrTerms) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure a node gets what it lacks from whoever has it, and believes no other bytes.
func TestFetch(t *testing.T) {
	pool, rule, r := one(t)
	changed := bytes.Replace(pool, []byte("s a\n"), nil, 1)
	for name, tc := range map[string]struct {
		peers others
		want  bool
	}{
		"the organiser":        {others{"110000-a": {r.Pool: pool, r.Rule: rule}}, true},
		"somebody else":        {others{"110000-a": {r.Rule: rule}, "130000-a": {r.Pool: pool}}, true},
		"organiser away":       {others{"130000-a": {r.Pool: pool, r.Rule: rule}}, true},
		"liar, then honest":    {others{"110000-a": {r.Pool: changed, r.Rule: rule}, "130000-a": {r.Pool: pool}}, true},
		"only a changed list":  {others{"110000-a": {r.Pool: changed, r.Rule: rule}}, false},
		"nobody has it":        {others{"110000-a": {}, "130000-a": {}}, false},
		"everybody is away":    {others{}, false},
		"the rule is lacking":  {others{"110000-a": {r.Pool: pool}}, false},
		"the rule for another": {others{"110000-a": {r.Pool: pool, r.Rule: pool}}, false},
	} {
		l := open(t, memory{}, tc.peers)
		l.Want(r, "110000")
		l.Want(r, "110000")
		list := l.due(time.Now())
		if len(list) != 1 {
			t.Fatalf("%s: %d are wanted", name, len(list))
		}
		if got := l.fetch(t.Context(), r.ID, list[r.ID]); got != tc.want {
			t.Errorf("%s: fetched %t", name, got)
		}
		_, _, err := l.Terms(r)
		if (err == nil) != tc.want || (len(l.wanted) == 0) != tc.want {
			t.Errorf("%s: %v, %d still wanted", name, err, len(l.wanted))
		}
	}
}

// Ensure questions become rarer, and end.
func TestDue(t *testing.T) {
	_, _, r := one(t)
	l := open(t, memory{}, others{})
	l.Want(r, "110000")
	start := time.Now()
	var asked []time.Duration
	for at := time.Duration(0); at < 10*time.Minute; at += tick {
		if len(l.due(start.Add(at))) > 0 {
			asked = append(asked, at)
		}
	}
	if want := []time.Duration{0, 1, 3, 7, 15, 31, 63, 123}; len(asked) > 20 || !slices.EqualFunc(asked[:len(want)], want, func(a, b time.Duration) bool { return a == b*time.Second }) {
		t.Errorf("asked at %v", asked)
	}
	if len(l.due(start.Add(giveUp+time.Minute))) != 0 || len(l.wanted) != 0 {
		t.Error("a draw of long ago is asked about")
	}
}

// Ensure Run tells what it has found.
func TestRun(t *testing.T) {
	pool, rule, r := one(t)
	l := open(t, memory{}, others{"110000-a": {r.Pool: pool, r.Rule: rule}})
	ctx, cancel := context.WithCancel(t.Context())
	found := make(chan string, 1)
	done := make(chan struct{})
	go func() { l.Run(ctx, func(record string) { found <- record }); close(done) }()
	l.Want(r, "110000")
	if got := <-found; got != r.ID {
		t.Error(got)
	}
	cancel()
	<-done
}
