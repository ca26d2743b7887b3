package raftlog

import (
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
	"pgregory.net/rapid"

	"sandi.internal/gateway/storage/storagetest"
)

// model is Raft's own in-memory store beside ours, under random operations.
type model struct {
	t    *testing.T
	ours *node
	ref  *raft.InmemStore
	term uint64
}

func (m *model) bounds() (first, last uint64) {
	first, _ = m.ref.FirstIndex()
	last, _ = m.ref.LastIndex()
	return first, last
}

func (m *model) both(t *rapid.T, what string, f func(logAndStable) error) {
	if err := f(m.ref); err != nil {
		t.Fatalf("%s: the model fails: %v", what, err)
	}
	if err := f(m.ours); err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

func (m *model) store(t *rapid.T) {
	_, last := m.bounds()
	next := last + 1
	if last == 0 {
		next = rapid.Uint64Range(1, 1000).Draw(t, "start")
	}
	n := rapid.Uint64Range(1, 70).Draw(t, "entries")
	m.term += rapid.Uint64Range(0, 1).Draw(t, "term")
	logs := entries(next, next+n-1, m.term)
	m.both(t, "store", func(s logAndStable) error { return s.StoreLogs(logs) })
}

func (m *model) remove(t *rapid.T) {
	first, last := m.bounds()
	if first == 0 {
		return // nothing to delete
	}
	at := rapid.Uint64Range(first, last).Draw(t, "at")
	from, to := first, at
	if rapid.Bool().Draw(t, "suffix") {
		from, to = at, last
	}
	m.both(t, "delete", func(s logAndStable) error { return s.DeleteRange(from, to) })
}

func (m *model) removeAll(t *rapid.T) {
	first, last := m.bounds()
	if first > 0 {
		m.ref.DeleteRange(first, last)
	}
	if err := m.ours.DeleteAll(); err != nil {
		t.Fatal(err)
	}
}

func (m *model) vote(t *rapid.T) {
	key := []byte(rapid.SampledFrom([]string{"CurrentTerm", "LastVoteTerm"}).Draw(t, "key"))
	n := rapid.Uint64().Draw(t, "value")
	m.both(t, "set", func(s logAndStable) error { return s.SetUint64(key, n) })
}

func (m *model) reopen(t *rapid.T) {
	m.ours.close(m.t)
	m.ours = open(m.t, m.ours.disk)
}

// crash loses everything that was not synced. All operations have returned,
// so nothing may be missing.
func (m *model) crash(t *rapid.T) {
	unsynced := rapid.SampledFrom([]int{0, 50, 100}).Draw(t, "unsynced")
	disk := m.ours.disk.Crash(unsynced, rapid.Uint64().Draw(t, "seed"))
	m.ours.close(m.t)
	m.ours = open(m.t, disk)
}

func (m *model) flush(t *rapid.T) {
	if err := m.ours.db.Flush(); err != nil {
		t.Fatal(err)
	}
}

func (m *model) check(t *rapid.T) {
	first, last := m.bounds()
	var want []*raft.Log
	for i := first; i <= last && i > 0; i++ {
		l := new(raft.Log)
		if err := m.ref.GetLog(i, l); err != nil {
			t.Fatal(err)
		}
		want = append(want, l)
	}
	if err := checkLog(m.ours, want); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"CurrentTerm", "LastVoteTerm"} {
		w, _ := m.ref.GetUint64([]byte(key))
		if got, err := m.ours.GetUint64([]byte(key)); err != nil || got != w {
			t.Fatal(fmt.Errorf("%s: got %d, %v; want %d", key, got, err, w))
		}
	}
}

// TestModel compares the store with raft.InmemStore under random appends,
// truncations, votes, restarts and power cuts.
func TestModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		m := &model{t: t, ours: open(t, storagetest.NewDisk()), ref: raft.NewInmemStore(), term: 1}
		defer func() { m.ours.close(t) }()
		rt.Repeat(map[string]func(*rapid.T){
			"store": m.store, "store more": m.store, "remove": m.remove, "remove all": m.removeAll,
			"vote": m.vote, "reopen": m.reopen, "crash": m.crash, "flush": m.flush, "": m.check,
		})
	})
}
