package keyring

import (
	"errors"
	"testing"
)

// step applies one transition by its governance kind.
func step(l Life, kind string, index uint64) (Life, error) {
	switch kind {
	case "add":
		return l.Prepare(index)
	case "activate":
		return l.Activate(index)
	case "retire":
		return l.Retire(index)
	}
	return l.Revoke(index)
}

// TestLifeTransitions walks every pair of (state, transition).
func TestLifeTransitions(t *testing.T) {
	states := map[State]Life{
		StateUnknown:  {},
		StatePrepared: {Prepared: 11},
		StateActive:   {Prepared: 11, Active: 12},
		StateRetiring: {Prepared: 11, Active: 12, Retiring: 13},
		StateRevoked:  {Prepared: 11, Active: 12, Revoked: 13},
	}
	type result struct {
		to   State
		code string
	}
	want := map[State]map[string]result{
		StateUnknown: {"add": {to: StatePrepared}, "activate": {code: CodeKeyUnknown}, "retire": {code: CodeKeyUnknown}, "revoke": {code: CodeKeyUnknown}},
		StatePrepared: {
			"add": {code: CodeKeyKnown}, "activate": {to: StateActive}, "retire": {code: CodeKeyNotActive},
			"revoke": {to: StateRevoked},
		},
		StateActive: {
			"add": {code: CodeKeyKnown}, "activate": {code: CodeKeyNotPrepared}, "retire": {to: StateRetiring},
			"revoke": {to: StateRevoked},
		},
		StateRetiring: {
			"add": {code: CodeKeyKnown}, "activate": {code: CodeKeyNotPrepared}, "retire": {code: CodeKeyNotActive},
			"revoke": {to: StateRevoked},
		},
		StateRevoked: {
			"add": {code: CodeKeyKnown}, "activate": {code: CodeKeyRevoked}, "retire": {code: CodeKeyRevoked},
			"revoke": {code: CodeKeyRevoked},
		},
	}
	for from, life := range states {
		if got := life.StateAt(100); got != from {
			t.Fatalf("%+v is %q, want %q", life, got, from)
		}
		for kind, w := range want[from] {
			next, err := step(life, kind, 100)
			var refused *LifeError
			if errors.As(err, &refused); w.code != "" && (refused == nil || refused.Code != w.code) {
				t.Errorf("%s from %q: got %v, want %s", kind, from, err, w.code)
			}
			if w.code != "" {
				if next != life {
					t.Errorf("%s from %q: refused but changed", kind, from)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s from %q: %v", kind, from, err)
			}
			if got := next.StateAt(100); got != from {
				t.Errorf("%s from %q: the leaf itself is judged by %q", kind, from, got)
			}
			if got := next.StateAt(101); got != w.to {
				t.Errorf("%s from %q: got %q, want %q", kind, from, got, w.to)
			}
		}
	}
}

func TestLifeByIndex(t *testing.T) {
	l := Genesis()
	if l.StateAt(0) != StateActive || l.StateAt(1<<63) != StateActive {
		t.Fatal("a genesis key is active from the first leaf on")
	}
	l, err := l.Retire(5)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Revoke(4); err == nil {
		t.Fatal("a transition went back in time")
	}
	if l, err = l.Revoke(5); err != nil { // two statements may not share a leaf, but the order is the ledger's to keep
		t.Fatal(err)
	}
	for index, want := range map[uint64]State{0: StateActive, 5: StateActive, 6: StateRevoked} {
		if got := l.StateAt(index); got != want {
			t.Errorf("at %d: %q, want %q", index, got, want)
		}
	}
}

// TestRevokedAtLeafZero: the very first leaf may revoke the key that signed it.
func TestRevokedAtLeafZero(t *testing.T) {
	l, err := Genesis().Revoke(0)
	if err != nil {
		t.Fatal(err)
	}
	if l.StateAt(0) != StateActive || l.StateAt(1) != StateRevoked {
		t.Fatalf("%q then %q", l.StateAt(0), l.StateAt(1))
	}
}
