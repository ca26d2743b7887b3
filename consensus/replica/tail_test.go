package replica

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/raftlog"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/storagetest"
)

func newLog(t *testing.T) *raftlog.Store {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: "raft", FS: storagetest.NewDisk().FS(), Kind: engine.Raft, Logger: storagetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	log, err := raftlog.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	return log
}

// newTestTail is a tail whose committed index the test sets.
func newTestTail(t *testing.T, committed *uint64) (tail *tail, rewrites *int) {
	t.Helper()
	tail, rewrites = newTail(newLog(t)), new(int)
	tail.committed = func() uint64 { return *committed }
	tail.onStore, tail.onStored, tail.onRewrite = func([]*raft.Log) {}, func(uint64) {}, func(error) { *rewrites++ }
	return tail, rewrites
}

func entries(from, to, term uint64, size int) []*raft.Log {
	var logs []*raft.Log
	for i := from; i <= to; i++ {
		logs = append(logs, &raft.Log{Index: i, Term: term, Type: raft.LogCommand, Data: bytes.Repeat([]byte{byte(i)}, size)})
	}
	return logs
}

// checkTail: what the tail says is what the store says, and the memory is within
// its bounds.
func checkTail(t *testing.T, tail *tail) {
	t.Helper()
	first, _ := tail.FirstIndex()
	last, _ := tail.LastIndex()
	for i := first; i != 0 && i <= last; i++ {
		var cached, stored raft.Log
		if err := errors.Join(tail.GetLog(i, &cached), tail.Log.GetLog(i, &stored)); err != nil {
			t.Fatalf("entry %d: %v", i, err)
		}
		if cached.Index != stored.Index || cached.Term != stored.Term || !bytes.Equal(cached.Data, stored.Data) {
			t.Fatalf("entry %d is %v in memory and %v in the store", i, cached, stored)
		}
	}
	var l raft.Log
	for _, i := range []uint64{0, first - 1, last + 1} {
		if i < first || i > last {
			if err := tail.GetLog(i, &l); !errors.Is(err, raft.ErrLogNotFound) {
				t.Fatalf("entry %d outside %d..%d: %v", i, first, last, err)
			}
		}
	}
	held, bytes := 0, 0
	for _, l := range tail.ring {
		if l != nil {
			held, bytes = held+1, bytes+len(l.Data)
		}
	}
	if held > 0 && tail.meanBytes() != max(uint64(bytes/held), 1) {
		t.Fatalf("%d bytes in %d entries, a mean of %d", bytes, held, tail.meanBytes())
	}
	if bytes != tail.bytes || held > tailEntries || (bytes > tailBytes && held > 1) {
		t.Fatalf("%d entries of %d bytes in memory, counted %d", held, bytes, tail.bytes)
	}
}

// Ensure the memory never disagrees with the store, whatever Raft does.
func TestTailAgrees(t *testing.T) {
	committed := uint64(0)
	tail, _ := newTestTail(t, &committed)
	rng := rand.New(rand.NewPCG(7, 7))
	term := uint64(1)
	for range 80 {
		first, _ := tail.FirstIndex()
		last, _ := tail.LastIndex()
		switch op := rng.IntN(10); {
		case op < 6:
			size := []int{0, 100, 8 << 10, 120 << 10}[rng.IntN(4)]
			if err := tail.StoreLogs(entries(last+1, last+1+rng.Uint64N(20), term, size)); err != nil {
				t.Fatal(err)
			}
		case op < 8 && last > committed: // another leader overrides a suffix
			from := committed + 1 + rng.Uint64N(last-committed)
			if err := tail.DeleteRange(from, last); err != nil {
				t.Fatal(err)
			}
			term++
		case op < 9 && last > 0:
			committed += rng.Uint64N(last - min(committed, last) + 1)
		case first > 0:
			tail.synced.Store(committed)
			if err := tail.DeleteRange(first, first+rng.Uint64N(last-first+1)); err != nil {
				t.Fatal(err)
			}
		}
		checkTail(t, tail)
	}
}

// Ensure each of Raft's reasons to delete is told apart, and the fourth is none.
func TestTailDeletes(t *testing.T) {
	committed := uint64(10)
	tail, rewrites := newTestTail(t, &committed)
	span := func() [2]uint64 {
		first, _ := tail.FirstIndex()
		last, _ := tail.LastIndex()
		return [2]uint64{first, last}
	}
	if err := tail.StoreLogs(entries(1, 20, 1, 10)); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name     string
		lo, hi   uint64
		synced   uint64
		restored bool
		refused  bool
		want     [2]uint64
	}{
		{"a suffix that is committed", 8, 20, 20, false, true, [2]uint64{1, 20}},
		{"the last committed entry", 10, 20, 20, false, true, [2]uint64{1, 20}},
		{"a suffix that is not", 16, 20, 0, false, false, [2]uint64{1, 15}},
		{"a prefix before the ledger is synced", 1, 5, 0, false, false, [2]uint64{1, 15}},
		{"a prefix, as far as it is", 1, 5, 3, false, false, [2]uint64{4, 15}},
		{"everything, without a snapshot", 4, 15, 6, false, false, [2]uint64{7, 15}},
		{"everything, after a snapshot", 7, 15, 6, true, false, [2]uint64{0, 0}},
	} {
		tail.synced.Store(tc.synced)
		tail.restored.Store(tc.restored)
		before := *rewrites
		err := tail.DeleteRange(tc.lo, tc.hi)
		if (err != nil) != tc.refused || tc.refused != errors.Is(err, errRewrite) || (*rewrites > before) != tc.refused {
			t.Errorf("%s: %v", tc.name, err)
		}
		if got := span(); got != tc.want {
			t.Errorf("%s: left %v, want %v", tc.name, got, tc.want)
		}
		checkTail(t, tail)
	}
	select {
	case <-tail.emptied:
	default:
		t.Error("the watchdog was not told")
	}
}

// Ensure a log that a snapshot has superseded goes, one that fits stays, and one
// that misses a piece is refused.
func TestConnect(t *testing.T) {
	for _, tc := range []struct {
		name        string
		first, last uint64 // of term 3
		at, term    uint64 // where the ledger stands
		lost        bool
		wantLast    uint64
	}{
		{"both new", 0, 0, 0, 0, false, 0},
		{"a new ledger behind a whole log", 1, 9, 0, 0, false, 9},
		{"the same entry", 1, 9, 5, 3, false, 9},
		{"the last entry", 1, 9, 9, 3, false, 9},
		{"a log that begins right after", 6, 9, 5, 3, false, 9},
		{"an empty log", 0, 0, 5, 3, false, 0},
		{"another term at that entry", 1, 9, 5, 4, false, 0},
		{"a ledger beyond the log", 1, 9, 12, 4, false, 0},
		{"a gap", 7, 9, 5, 3, true, 9},
		{"a gap before everything", 2, 9, 0, 0, true, 9},
	} {
		log := newLog(t)
		if tc.last > 0 {
			if err := log.StoreLogs(entries(tc.first, tc.last, 3, 1)); err != nil {
				t.Fatal(err)
			}
		}
		err := connect(log, state.Meta{RaftIndex: tc.at, RaftTerm: tc.term})
		if errors.Is(err, ErrPastLost) != tc.lost || (err != nil) != tc.lost {
			t.Errorf("%s: %v", tc.name, err)
		}
		if last, _ := log.LastIndex(); last != tc.wantLast {
			t.Errorf("%s: the log ends at %d, want %d", tc.name, last, tc.wantLast)
		}
	}
}
