package tables

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
	"sandi.internal/gateway/storage/vault"
)

const set = "DS-130000-2025-000001"

type place struct {
	disk *storagetest.Disk
	key  *vault.Key
	db   *engine.DB
	*Tables
}

func openTables(t testing.TB) *place {
	t.Helper()
	p := &place{disk: storagetest.NewDisk(), key: vault.NewKey(vault.AES256GCM{})}
	p.reopen(t)
	t.Cleanup(func() { _ = p.db.Close() })
	return p
}

func (p *place) reopen(t testing.TB) {
	t.Helper()
	var err error
	if p.db, err = engine.Open(engine.Options{Dir: "vault", FS: p.disk.FS(), Kind: engine.Vault, Logger: storagetest.Quiet}); err != nil {
		t.Fatal(err)
	}
	if p.Tables, err = Open(p.db, p.key, vault.AES256GCM{}); err != nil {
		t.Fatal(err)
	}
}

// crash cuts the power and starts again.
func (p *place) crash(t testing.TB) {
	t.Helper()
	after := p.disk.Crash(0, 1)
	_ = p.db.Close()
	p.disk = after
	p.reopen(t)
}

func key(i int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(i)) }

func (p *place) begin(t testing.TB, n int, word string) *Load {
	t.Helper()
	l, err := p.Begin(set)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := l.Put(context.Background(), key(i), fmt.Appendf(nil, "%s %d", word, i)); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func (p *place) load(t testing.TB, n int, word string) *Head {
	t.Helper()
	h, err := p.begin(t, n, word).Commit(word, "form", 7)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// rows reads everything that is visible.
func (p *place) rows(t testing.TB, h *Head, behind []byte) []string {
	t.Helper()
	var list []string
	err := p.Scan(context.Background(), set, h.Generation, behind, func(_, row []byte) (bool, error) {
		list = append(list, string(row))
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// left counts stored keys of rows, visible or not.
func (p *place) left(t testing.TB) int {
	t.Helper()
	iter, err := p.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tag, tagRow}, UpperBound: []byte{tag, tagRow + 1}})
	if err != nil {
		t.Fatal(err)
	}
	defer iter.Close()
	n := 0
	for ok := iter.First(); ok; ok = iter.Next() {
		n++
	}
	return n
}

// Ensure rows become visible together, in order, from any key on, and replace those
// before, of which nothing stays.
func TestLoadAndScan(t *testing.T) {
	p := openTables(t)
	if _, err := p.Head(set); !errors.Is(err, ErrNone) {
		t.Fatalf("an empty table: %v", err)
	}
	first := p.load(t, 10, "a")
	if got := p.rows(t, first, key(6)); fmt.Sprint(got) != "[a 7 a 8 a 9]" {
		t.Errorf("behind the seventh key: %v", got)
	}
	l := p.begin(t, 5000, "b") // several batches
	if got := p.rows(t, first, nil); len(got) != 10 || got[0] != "a 0" {
		t.Errorf("during a load %v is seen", got)
	}
	second, err := l.Commit("b", "form", 8)
	if err != nil {
		t.Fatal(err)
	}
	if got := p.rows(t, second, nil); len(got) != 5000 || got[4999] != "b 4999" {
		t.Errorf("%d rows after the load", len(got))
	}
	if err := p.Scan(context.Background(), set, first.Generation, nil, nil); !errors.Is(err, ErrReplaced) {
		t.Errorf("the replaced generation: %v", err)
	}
	if n := p.left(t); n != 5000 {
		t.Errorf("%d rows are stored", n)
	}
	if h, err := p.Head(set); err != nil || *h != *second || h.Rows != 5000 || h.Digest != "b" {
		t.Errorf("head %+v, %v", h, err)
	}
	if err := p.Drop(set); err != nil || p.left(t) != 0 {
		t.Errorf("dropped: %v, %d rows are left", err, p.left(t))
	}
}

// Ensure a scan under way sees the rows it began with, whatever is loaded meanwhile.
func TestScanDuringLoad(t *testing.T) {
	p := openTables(t)
	h := p.load(t, 100, "a")
	n := 0
	err := p.Scan(context.Background(), set, h.Generation, nil, func(_, row []byte) (bool, error) {
		if n++; n == 1 {
			p.load(t, 3, "b")
		}
		if row[0] != 'a' {
			t.Errorf("saw %q", row)
		}
		return true, nil
	})
	if err != nil || n != 100 {
		t.Errorf("%d rows, %v", n, err)
	}
}

// Ensure a key is taken once in a load, in the same batch or an earlier one, and that
// an abort leaves nothing and lets the next load begin.
func TestDoubleAndAbort(t *testing.T) {
	p := openTables(t)
	l := p.begin(t, 5000, "some words that fill a batch and a bit more than that")
	for _, i := range []int{0, 4999} {
		if err := l.Put(context.Background(), key(i), []byte("x")); !errors.Is(err, ErrDouble) {
			t.Errorf("key %d again: %v", i, err)
		}
	}
	if _, err := p.Begin(set); !errors.Is(err, ErrBusy) {
		t.Errorf("a second load: %v", err)
	}
	if err := errors.Join(l.Abort(), l.Abort()); err != nil {
		t.Fatal(err)
	}
	if n := p.left(t); n != 0 {
		t.Errorf("%d rows are left of an aborted load", n)
	}
	p.load(t, 1, "b")
}

// Ensure a crash leaves the old rows or the new ones, and the next start nothing else.
func TestCrash(t *testing.T) {
	p := openTables(t)
	first := p.load(t, 10, "a")
	p.begin(t, 9000, "half of a load that never ended, long enough for batches")
	p.crash(t)
	if got := p.rows(t, first, nil); len(got) != 10 || p.left(t) != 10 {
		t.Errorf("after a crash in a load: %d rows of %d stored", len(got), p.left(t))
	}
	second := p.load(t, 7000, "b")
	p.crash(t)
	if got := p.rows(t, second, nil); len(got) != 7000 || p.left(t) != 7000 {
		t.Errorf("after a crash behind a load: %d rows of %d stored", len(got), p.left(t))
	}
}

// Ensure rows cannot be read, changed, swapped or moved at rest without notice, and
// that a key of another vault opens nothing.
func TestAtRest(t *testing.T) {
	p := openTables(t)
	h := p.load(t, 2, "secret words")
	at0, at1 := rowKey(h.Generation, key(0)), rowKey(h.Generation, key(1))
	value := func(k []byte) []byte {
		v, closer, err := p.db.Get(k)
		if err != nil {
			t.Fatal(err)
		}
		defer closer.Close()
		return bytes.Clone(v)
	}
	v0, v1 := value(at0), value(at1)
	if bytes.Contains(v0, []byte("secret")) {
		t.Error("a row lies in the clear")
	}
	flipped := bytes.Clone(v0)
	flipped[len(flipped)-1] ^= 1
	for name, put := range map[string][]byte{"flipped": flipped, "swapped": v1, "cut": v0[:3]} {
		if err := p.db.Set(at0, put, pebble.Sync); err != nil {
			t.Fatal(err)
		}
		err := p.Scan(context.Background(), set, h.Generation, nil, func([]byte, []byte) (bool, error) { return true, nil })
		if !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	other, err := Open(p.db, vault.NewKey(vault.AES256GCM{}), vault.AES256GCM{})
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Scan(context.Background(), set, h.Generation, nil, nil); !errors.Is(err, vault.ErrCorrupt) {
		t.Errorf("another key: %v", err)
	}
}

// Ensure a load leaves the ledger its part of the disk.
func TestFullDisk(t *testing.T) {
	p := openTables(t)
	l := p.begin(t, 10, "a")
	p.disk.SetFree(vault.ReserveBytes - 1)
	if _, err := l.Commit("x", "form", 1); !errors.Is(err, ErrFull) {
		t.Errorf("on a full disk: %v", err)
	}
	if err := l.Abort(); err != nil || p.left(t) != 0 {
		t.Errorf("aborted: %v, %d rows are left", err, p.left(t))
	}
}

// Ensure a scan ends with its context.
func TestScanEnds(t *testing.T) {
	p := openTables(t)
	h := p.load(t, 1000, "a")
	ctx, cancel := context.WithCancel(context.Background())
	n := 0
	err := p.Scan(ctx, set, h.Generation, nil, func([]byte, []byte) (bool, error) { n++; cancel(); return true, nil })
	if !errors.Is(err, context.Canceled) || n > checkEvery {
		t.Errorf("%d rows after the end: %v", n, err)
	}
}

// Ensure memory does not grow with the number of rows: a load of 100,000 holds less
// than its rows would take.
func TestConstantMemory(t *testing.T) {
	p := &place{key: vault.NewKey(vault.AES256GCM{})}
	var err error
	if p.db, err = engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Vault, Logger: storagetest.Quiet}); err != nil {
		t.Fatal(err)
	}
	defer p.db.Close()
	if p.Tables, err = Open(p.db, p.key, vault.AES256GCM{}); err != nil {
		t.Fatal(err)
	}
	row := bytes.Repeat([]byte("row "), 100)
	l, err := p.Begin(set)
	if err != nil {
		t.Fatal(err)
	}
	held := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	var early uint64
	for i := range 100_000 {
		if i == 20_000 { // memtables are as large as they get
			early = held()
		}
		if err := l.Put(context.Background(), key(i), row); err != nil {
			t.Fatal(err)
		}
	}
	if late := held(); late > early+16<<20 {
		t.Errorf("%d MiB after 20,000 rows, %d after 100,000", early>>20, late>>20)
	}
	h, err := l.Commit("x", "form", 1)
	if err != nil || h.Rows != 100_000 {
		t.Fatalf("%+v, %v", h, err)
	}
}
