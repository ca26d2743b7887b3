package state

import (
	"bytes"
	"errors"
	"fmt"
	"testing"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// node is a store with the things around it that a test needs to crash it.
type node struct {
	*Store
	db   *engine.DB
	disk *storagetest.Disk
}

func open(t testing.TB, disk *storagetest.Disk) *node {
	t.Helper()
	n, err := tryOpen(disk, nil)
	must(t, err)
	return n
}

func tryOpen(disk *storagetest.Disk, fatal func(string)) (*node, error) {
	db, err := engine.Open(engine.Options{Dir: "ledger", FS: disk.FS(), Kind: engine.Ledger, Logger: storagetest.Quiet, Fatal: fatal})
	if err != nil {
		return nil, err
	}
	s, err := Open(db)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &node{s, db, disk}, nil
}

func openNew(t testing.TB) *node {
	t.Helper()
	n := open(t, storagetest.NewDisk())
	t.Cleanup(func() { n.close(t) })
	return n
}

func (n *node) close(t testing.TB) {
	t.Helper()
	must(t, n.db.Close())
}

// tb is what *testing.T and *rapid.T have in common.
type tb interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}

func must(t tb, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t tb, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// pairs is a ledger's content as a test expects it.
type pairs map[string]string

func at(index uint64) Meta {
	return Meta{RaftIndex: index, RaftTerm: 1 + index/100, Config: []byte("three voters"), ConfigIndex: min(index, 1)}
}

func (n *node) apply(t testing.TB, m Meta, set pairs, remove ...string) {
	t.Helper()
	must(t, n.tryApply(m, set, remove...))
}

func (n *node) tryApply(m Meta, set pairs, remove ...string) error {
	b := n.Batch()
	defer b.Close()
	for k, v := range set {
		if err := b.Set([]byte(k), []byte(v)); err != nil {
			return err
		}
	}
	for _, k := range remove {
		if err := b.Delete([]byte(k)); err != nil {
			return err
		}
	}
	return b.Commit(m)
}

// content reads everything a reader shows, forwards, and checks that the other
// ways to read agree.
func content(r Reader) (pairs, error) {
	got := pairs{}
	var keys []string
	err := r.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
		got[string(k)] = string(v)
		keys = append(keys, string(k))
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	back := len(keys)
	err = r.Scan(nil, nil, true, func(k, v []byte) (bool, error) {
		if back--; back < 0 || keys[back] != string(k) || got[string(k)] != string(v) {
			return false, fmt.Errorf("backwards, %q comes at %d", k, back)
		}
		return true, nil
	})
	if err != nil || back != 0 {
		return nil, fmt.Errorf("%d pairs missing backwards: %w", back, err)
	}
	for i, k := range keys {
		if i > 0 && keys[i-1] >= k {
			return nil, fmt.Errorf("%q after %q", k, keys[i-1])
		}
		if v, err := r.Get([]byte(k)); err != nil || v == nil || string(v) != got[k] {
			return nil, fmt.Errorf("get %q: %q, %w; the scan has %q", k, v, err, got[k])
		}
	}
	return got, nil
}

func (n *node) content(t testing.TB) pairs {
	t.Helper()
	v := n.View()
	defer v.Close()
	got, err := content(v)
	must(t, err)
	return got
}

func wantContent(t tb, got, want pairs) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d pairs, want %d", len(got), len(want))
	}
	for k, v := range want {
		if g, ok := got[k]; !ok || g != v {
			t.Fatalf("%q = %q (%v), want %q", k, g, ok, v)
		}
	}
}

// sample makes n pairs of several sizes; tag tells two ledgers apart.
func sample(tag string, n int) pairs {
	p := pairs{}
	for i := range n {
		p[fmt.Sprintf("k%05d", i)] = tag + string(bytes.Repeat([]byte{byte(i)}, i*7%200))
	}
	return p
}

func (n *node) stream(t testing.TB) []byte {
	t.Helper()
	s, err := n.Snapshot()
	must(t, err)
	defer s.Close()
	var buf bytes.Buffer
	written, err := s.WriteTo(&buf)
	must(t, err)
	size, err := s.Size()
	must(t, err)
	if size != written || size != int64(buf.Len()) {
		t.Fatalf("size %d, written %d, got %d bytes", size, written, buf.Len())
	}
	return buf.Bytes()
}
