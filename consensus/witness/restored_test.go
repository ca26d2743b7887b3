package witness

import (
	"log/slog"
	"math"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// local is pairs that can be listed.
type local struct{ pairs }

func (l local) Scan(lower, upper []byte, _ bool, fn func(key, value []byte) (bool, error)) error {
	var keys []string
	for key := range l.pairs {
		if key >= string(lower) && key < string(upper) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if more, err := fn([]byte(key), l.pairs[key]); err != nil || !more {
			return err
		}
	}
	return nil
}

// Ensure a store from a backup begins on probation though nobody may ever tell it what
// it forgot, and that only a recovery of the network ends that without asking.
func TestRestored(t *testing.T) {
	store := local{pairs{}}
	own := State{Size: 7, Root: merkle.Hash{1}, At: 1000, Index: 9, Term: 3}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(store.Set(rowKey(rowOwn, ""), own.marshal(), true))
	must(store.Set(rowKey(rowForeign, "other.example/log"), own.marshal(), true))
	must(Restored(store, "it was restored"))

	p, err := openProbation(store, false)
	must(err)
	if c, _ := p.now(); c == nil || c.Size != own.Size || c.why != "it was restored" || p.abstain.Load() != math.MaxUint64 {
		t.Fatalf("claim %+v, no vote up to term %d", c, p.abstain.Load())
	}
	known, err := ReadKnown(store, new(checkpoint.Keys))
	must(err)
	if len(known.Signed) != 2 || known.Signed[1].Size != own.Size {
		t.Errorf("known: %+v", known)
	}

	must(Recovered(store, 12))
	p, err = openProbation(store, true)
	must(err)
	if c, held := p.now(); c != nil || held || p.abstain.Load() != 12 {
		t.Errorf("after a recovery: claim %+v, held %v, no vote up to term %d", c, held, p.abstain.Load())
	}
	p.answered() // by a node that is there again: from the next start on it is asked
	if p, err = openProbation(store, true); err != nil || !p.held {
		t.Errorf("with somebody to ask: held %v, %v", p.held, err)
	}
}

// Ensure a foreign log is cosigned no more with the key of before a restore, and with
// a new one it is.
func TestRestoredForeign(t *testing.T) {
	store := local{pairs{}}
	const origin = "other.example/log"
	if err := store.Set(rowKey(rowForeign, origin), State{Size: 7, At: 1000}.marshal(), true); err != nil {
		t.Fatal(err)
	}
	w := &Witness{cfg: Config{Store: store}, log: slog.New(slog.DiscardHandler)}
	before, after := checkpoint.Key{Public: []byte(strings.Repeat("a", 32))}, checkpoint.Key{Public: []byte(strings.Repeat("b", 32))}
	frozen := func(k checkpoint.Key) bool {
		t.Helper()
		is, err := w.frozen(origin, k)
		if err != nil {
			t.Fatal(err)
		}
		return is
	}
	if frozen(before) {
		t.Fatal("frozen without a restore")
	}
	if err := Restored(store, "why"); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		key  checkpoint.Key
		want bool
	}{{before, true}, {before, true}, {after, false}} { // the first key that asks is that of before
		if got := frozen(c.key); got != c.want {
			t.Errorf("question %d: frozen %v, want %v", i+1, got, c.want)
		}
	}
}
