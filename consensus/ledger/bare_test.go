package ledger_test

import (
	"bytes"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// again judges a past again on a bare ledger, which must come to the same leaves.
func again(t testing.TB, w *world, books *ledger.Books, size uint64) (*ledger.Ledger, *ledger.Memory) {
	t.Helper()
	l, err := ledger.New(w.signed, w.pool)
	if err != nil {
		t.Fatal(err)
	}
	l.Bare()
	tx := ledger.NewMemory()
	if err := l.Load(tx); err != nil {
		t.Fatal(err)
	}
	l.ShrinkCache()
	digest, batch := l.Digest(), statement.NewBatch(1)
	err = books.Entries(0, size, func(index uint64, entry []byte) (bool, error) {
		past := ledger.Past{Entry: entry, Hash: merkle.LeafHash(entry), Leaf: must2(merkle.ParseLeaf(entry))}
		past.Statement = must2(statement.Parse(past.Leaf.Stmt))
		if index%2 == 0 {
			past.Verdict = batch.Verify([]*statement.Statement{past.Statement}, l.PublicKey)[0]
		}
		res := must2(l.Again(tx, &past))
		if res.Status != ledger.Committed || res.Duplicate || res.Index != index || !past.Same {
			t.Fatalf("leaf %d comes out different: %+v", index, res.Refusal)
		}
		for i := range past.Changes {
			past.Changes[i].Digest(digest)
		}
		if digest.Sum() != past.Leaf.State {
			t.Fatalf("leaf %d gives another state", index)
		}
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return l, tx
}

// Ensure a bare ledger judges its past as it was judged then, whoever verified the
// signatures, that the changes it tells of lead from digest to digest, and that it
// writes nothing but its state.
func TestBare(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 3)
	for range rounds() {
		p.play(6)
	}
	l, tx := again(t, w, p.books(), p.standing().Size)
	records := 0
	err := tx.Scan(nil, nil, false, func(key, row []byte) (bool, error) {
		if key[0] < 0x02 || key[0] >= 0x20 {
			t.Errorf("key %x is not of the state", key)
		}
		if ledger.IsRecord(key) {
			records++
		}
		return true, nil
	})
	if err != nil || records == 0 {
		t.Fatalf("%d records, %v", records, err)
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

// Ensure that an entry of the past which never came about is told from one that did.
func TestPastThatNeverWas(t *testing.T) {
	w := newWorld(t)
	leaf := merkle.Leaf{TS: w.now * 1000, ProposedAt: w.now * 1000, Stmt: w.open(beijing, "clerk", "handover", handover)}
	st := must2(statement.Parse(leaf.Stmt))
	forged := bytes.Clone(leaf.Stmt)
	forged[bytes.LastIndexByte(forged, '.')+1] ^= 'A' ^ 'B'
	batch := statement.NewBatch(1)
	for name, c := range map[string]struct {
		change func(past *ledger.Past, l *ledger.Ledger)
		same   bool
		code   ledger.Code
	}{
		"as it was":     {change: func(*ledger.Past, *ledger.Ledger) {}, same: true},
		"another time":  {change: func(past *ledger.Past, _ *ledger.Ledger) { past.Leaf.TS++ }},
		"another place": {change: func(past *ledger.Past, _ *ledger.Ledger) { past.Leaf.Seq++ }},
		"forged, nobody has looked": {
			change: func(past *ledger.Past, _ *ledger.Ledger) { past.Statement = must2(statement.Parse(forged)) },
			code:   ledger.CodeSignature,
		},
		"forged, as was found": {
			change: func(past *ledger.Past, l *ledger.Ledger) {
				past.Statement = must2(statement.Parse(forged))
				past.Verdict = batch.Verify([]*statement.Statement{past.Statement}, l.PublicKey)[0]
			},
			code: ledger.CodeSignature,
		},
		"found under another key": {
			change: func(past *ledger.Past, l *ledger.Ledger) {
				past.Verdict = batch.Verify([]*statement.Statement{st}, func(*statement.Statement) (keyring.PublicKey, bool) {
					return w.keys[tianjin].Public(), true
				})[0]
			},
			same: true, // that it is wrong under Tianjin's key says nothing
		},
	} {
		l := must2(ledger.New(w.signed, w.pool))
		l.Bare()
		tx := ledger.NewMemory()
		if err := l.Load(tx); err != nil {
			t.Fatal(err)
		}
		past := ledger.Past{Leaf: leaf, Statement: st}
		c.change(&past, l)
		past.Leaf.Stmt = past.Statement.Raw
		past.Entry = merkle.AppendLeaf(nil, past.Leaf)
		past.Hash = merkle.LeafHash(past.Entry)
		res := must2(l.Again(tx, &past))
		code := ledger.Code("")
		if res.Refusal != nil {
			code = res.Refusal.Code
		}
		if code != c.code || past.Same != c.same || (code == "") != (len(past.Changes) > 0) {
			t.Errorf("%s: code %q, same %v, %d changes", name, code, past.Same, len(past.Changes))
		}
	}
}

const handover = `{"case_no":"案〔2025〕1号","receiver_org":"120000-SJ","summary":"（合成）"}`
