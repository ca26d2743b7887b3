package ledger_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
)

// pairs lists what a storage holds.
func pairs(m *ledger.Memory) (list [][2][]byte) {
	m.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
		list = append(list, [2][]byte{bytes.Clone(k), bytes.Clone(v)})
		return true, nil
	})
	return list
}

// Ensure no change to a stored ledger passes Verify: a flipped bit, a missing
// pair, an added pair, in any table. Only the memory of refusals is not bound
// by the digest; its form is.
func TestVerifyFindsEveryChange(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 3)
	for p.standing().Size < 300 { // past the first stored hash of level 8
		p.play(8)
	}
	p.check()
	rng := rand.New(rand.NewPCG(5, 5))
	all := pairs(p.mem)
	tables := make(map[byte]int)
	fails := func(what string, key []byte, m *ledger.Memory) {
		t.Helper()
		if err := p.l.Verify(m); err == nil {
			t.Fatalf("%s of key %x passes", what, key)
		} else if !errors.Is(err, ledger.ErrForged) && !errors.Is(err, ledger.ErrCorrupt) && !errors.Is(err, ledger.ErrProtocol) {
			t.Fatalf("%s of key %x: %v is neither forged nor corrupt", what, key, err)
		}
	}
	for _, i := range rng.Perm(len(all)) {
		key, value := all[i][0], all[i][1]
		if key[0] >= 0x40 || tables[key[0]] == 4 {
			continue // refusals; or seen often enough
		}
		tables[key[0]]++
		m := p.mem.Clone()
		flipped := bytes.Clone(value)
		flipped[rng.IntN(len(flipped))] ^= 1 << rng.IntN(8)
		m.Set(key, flipped)
		fails("a flipped bit", key, m)
		m = p.mem.Clone()
		m.Delete(key)
		fails("removal", key, m)
		m = p.mem.Clone()
		m.Set(append(bytes.Clone(key), '~'), value)
		fails("addition", key, m)
	}
	if len(tables) < 10 {
		t.Fatalf("only tables %v were tried", tables)
	}
	m := p.mem.Clone()
	m.Set([]byte{0x50}, []byte("smuggled"))
	fails("addition", []byte{0x50}, m)
	m = p.mem.Clone()
	m.Set([]byte{0x41, 'x'}, []byte("smuggled"))
	fails("addition", []byte{0x41, 'x'}, m)
}

// Ensure Verify holds a ledger against checkpoints known from elsewhere: one that
// is shorter, or that had another root, is refused even if it is sound in itself.
func TestVerifyAgainstCheckpoints(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	var points []ledger.Point
	for _, no := range []string{"甲1", "甲2", "甲3"} {
		s := r.standing()
		points = append(points, ledger.Point{Size: s.Size, Root: s.Root})
		r.handover(no)
	}
	if err := r.l.VerifyAgainst(r.mem, ledger.Check{Points: points, Signed: 2}); err != nil {
		t.Fatal(err)
	}
	fork := w.replica()
	fork.handover("乙1")
	fork.handover("乙2")
	fork.handover("乙3")
	fork.check()
	for _, check := range []ledger.Check{
		{Points: points[2:]},
		{Points: []ledger.Point{{Size: 9, Root: points[0].Root}}},
		{Points: []ledger.Point{{Size: 3, Root: points[0].Root}}},
	} {
		if err := fork.l.VerifyAgainst(fork.mem, check); !errors.Is(err, ledger.ErrForged) {
			t.Fatalf("a fork passes %v: %v", check, err)
		}
	}
}

// Ensure a ledger of another network is neither loaded nor verified.
func TestOtherNetwork(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	other := buildWorld(t, otherName)
	if err := other.replica().l.Load(r.mem); err == nil {
		t.Fatal("the ledger of another network was loaded")
	}
	if err := other.replica().l.Verify(r.mem); !errors.Is(err, ledger.ErrForged) {
		t.Fatalf("the ledger of another network verifies: %v", err)
	}
	if err := r.l.Verify(ledger.NewMemory()); !errors.Is(err, ledger.ErrForged) {
		t.Fatalf("an empty storage verifies: %v", err)
	}
}

func otherName(g *genesis.Genesis) { g.Name = "三地 other" }
