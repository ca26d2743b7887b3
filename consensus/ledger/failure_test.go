package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

var errDisk = errors.New("disk failure")

// failing is a storage that fails after a number of operations.
type failing struct {
	*ledger.Memory
	left int
}

func (f *failing) spend() error {
	if f.left--; f.left < 0 {
		return errDisk
	}
	return nil
}

func (f *failing) Get(key []byte) ([]byte, error) {
	if err := f.spend(); err != nil {
		return nil, err
	}
	return f.Memory.Get(key)
}

func (f *failing) Set(key, value []byte) error {
	if err := f.spend(); err != nil {
		return err
	}
	return f.Memory.Set(key, value)
}

func (f *failing) Delete(key []byte) error {
	if err := f.spend(); err != nil {
		return err
	}
	return f.Memory.Delete(key)
}

func (f *failing) Scan(lower, upper []byte, reverse bool, fn func(k, v []byte) (bool, error)) error {
	if err := f.spend(); err != nil {
		return err
	}
	return f.Memory.Scan(lower, upper, reverse, fn)
}

// Ensure a failure of storage at any operation is reported as one, never as a
// refusal, stops the ledger until it is loaded again, and leaves no trace once
// the storage has thrown the batch away.
func TestStorageFailsAtEveryOperation(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 21)
	var log []ledger.Command
	for range 25 {
		log = append(log, p.play(6))
	}
	want := dump(p.mem)
	rng := rand.New(rand.NewPCG(1, 2))
	for range 40 {
		r := w.replica()
		for _, cmd := range log {
			for left := rng.IntN(40); ; left += 1 + rng.IntN(120) {
				tx := &failing{r.mem.Clone(), left}
				if _, err := r.l.Apply(tx, cmd); err == nil {
					r.mem = tx.Memory // committed
					break
				} else if !errors.Is(err, errDisk) {
					t.Fatalf("got %v, want the failure of the disk", err)
				}
				if _, err := r.l.Apply(r.mem, cmd); !errors.Is(err, ledger.ErrNotLoaded) {
					t.Fatalf("the ledger went on after a failure: %v", err)
				}
				if err := r.l.Load(&failing{r.mem, 2}); !errors.Is(err, errDisk) {
					t.Fatalf("loading from a failing disk: %v", err)
				}
				if err := r.l.Load(r.mem); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !bytes.Equal(dump(r.mem), want) {
			t.Fatal("failures left a trace")
		}
	}
}

// Ensure a ledger whose protocol is newer than the binary halts it, and that
// nothing else does: unknown kinds and versions are refusals (apply_test.go).
func TestNewerProtocolHalts(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	r.handover("甲1")
	raise := func(key byte, at func([]byte) int) {
		row, err := r.mem.Get([]byte{key})
		if err != nil {
			t.Fatal(err)
		}
		i := at(row)
		if row[i] != ledger.Protocol {
			t.Fatalf("no protocol at %d of %x", i, row[:8])
		}
		row[i]++
		if err := r.mem.Set([]byte{key}, row); err != nil {
			t.Fatal(err)
		}
	}
	raise(0x01, func([]byte) int { return 1 })
	raise(0x02, func(row []byte) int { return len(row) - 1 })
	if err := r.l.Load(r.mem); !errors.Is(err, ledger.ErrProtocol) {
		t.Fatalf("load: %v", err)
	}
	if _, err := r.l.Apply(r.mem, ledger.Command{}); !errors.Is(err, ledger.ErrProtocol) {
		t.Fatalf("apply: %v", err)
	}
	if _, err := r.l.ApplyEntry(r.mem, []byte("noise")); !errors.Is(err, ledger.ErrProtocol) {
		t.Fatalf("apply entry: %v", err)
	}
	if err := r.l.Verify(r.mem); !errors.Is(err, ledger.ErrProtocol) {
		t.Fatalf("verify: %v", err)
	}
	if s := r.standing(); s.Protocol != 2 || s.Size != 1 {
		t.Fatalf("the books are closed: %+v", s)
	}
}

// Ensure damaged rows are reported as damage, not as "no such record".
func TestDamageIsReported(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id, head := r.handover("甲1")
	for _, key := range [][]byte{
		append([]byte{0x1a}, id...), {0x01}, binary.BigEndian.AppendUint64([]byte{0x30}, 0),
	} {
		broken := r.mem.Clone()
		broken.Set(key, []byte{9, 9})
		other := &replica{w: w, l: must2(ledger.New(w.signed, w.pool)), mem: broken}
		err := other.l.Load(broken)
		if err == nil {
			_, err = other.l.Apply(broken, ledger.Command{Statements: [][]byte{w.act(beijing, "bureau_head", id, head, "approve", `{}`)}})
		}
		if !errors.Is(err, ledger.ErrCorrupt) {
			t.Fatalf("key %x: got %v, want ErrCorrupt", key, err)
		}
	}
}

func must2[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// FuzzApplyEntry feeds hostile log entries: whatever they are, they are refused
// or stand, and the ledger verifies.
func FuzzApplyEntry(f *testing.F) {
	w := newWorld(f)
	base := w.replica()
	id, head := base.handover("甲1")
	for _, raw := range [][]byte{
		w.act(beijing, "bureau_head", id, head, "approve", `{}`),
		w.open(hebei, "clerk", "handover", `{"case_no":"乙1","receiver_org":"110000-SJ"}`),
		w.govern(hebei, statement.KindKeyRevoke, statement.KeyBody{Key: "st-1", Reason: "ceased"}.Marshal()),
	} {
		f.Add(ledger.EncodeCommand(ledger.Command{ProposedAt: w.now * 1000, Statements: [][]byte{raw, raw}}))
	}
	f.Add([]byte("noise"))
	f.Fuzz(func(t *testing.T, entry []byte) {
		mem := base.mem.Clone()
		if err := base.l.Load(mem); err != nil {
			t.Fatal(err)
		}
		results, err := base.l.ApplyEntry(mem, entry)
		if err != nil {
			t.Fatal(err)
		}
		for _, res := range results {
			if (res.Status == ledger.Committed) == (res.Refusal != nil) {
				t.Fatalf("result %+v", res)
			}
		}
		if err := base.l.Verify(mem); err != nil {
			t.Fatal(err)
		}
	})
}
