package ledger_test

import (
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// parted is a Tx that keeps leaves and hashes apart.
type parted struct {
	*ledger.Memory
	leaves map[uint64][]byte
	hashes int
}

func (p *parted) Set(key, value []byte) error {
	if index, ok := ledger.LeafOf(key); ok {
		p.leaves[index] = append([]byte(nil), value...)
		return nil
	}
	if _, _, ok := ledger.HashOf(key); ok {
		p.hashes++
		return nil
	}
	return p.Memory.Set(key, value)
}

// Ensure a bare ledger gives the same leaves, and writes nothing but its state.
func TestBare(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 3)
	for range rounds() {
		p.play(6)
	}
	size := p.standing().Size
	l, err := ledger.New(w.signed, w.pool)
	if err != nil {
		t.Fatal(err)
	}
	l.Bare()
	tx := &parted{Memory: ledger.NewMemory(), leaves: make(map[uint64][]byte)}
	if err := l.Load(tx); err != nil {
		t.Fatal(err)
	}
	l.ShrinkCache()
	records := 0
	err = p.books().Entries(0, size, func(index uint64, leaf []byte) (bool, error) {
		parsed, err := merkle.ParseLeaf(leaf)
		if err != nil {
			return false, err
		}
		res := must(l.Apply(tx, ledger.Command{ProposedAt: parsed.ProposedAt, Statements: [][]byte{parsed.Stmt}}))[0]
		if res.Status != ledger.Committed || string(tx.leaves[index]) != string(leaf) {
			t.Fatalf("leaf %d comes out different", index)
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = tx.Scan(nil, nil, false, func(key, row []byte) (bool, error) {
		if key[0] < 0x02 || key[0] >= 0x20 {
			t.Errorf("key %x is not of the state", key)
		}
		if ledger.IsRecord(key) {
			records++
		}
		return true, nil
	})
	if err != nil || records == 0 || tx.hashes < int(size) {
		t.Fatalf("%d records, %d hashes, %v", records, tx.hashes, err)
	}
	record, err := p.books().Record(p.open[0])
	if err != nil {
		t.Fatal(err)
	}
	want, err := p.books().Deadlines(p.open[0])
	if err != nil {
		t.Fatal(err)
	}
	got, err := l.Books(tx).DeadlinesOf(record, p.standing().LedgerTime/1000)
	if err != nil || len(got) != len(want) {
		t.Fatalf("deadlines %v, want %v; %v", got, want, err)
	}
	for i := range got {
		if got[i].Due != want[i].Due || got[i].Verdict != want[i].Verdict {
			t.Errorf("deadline %+v, want %+v", got[i], want[i])
		}
	}
}
