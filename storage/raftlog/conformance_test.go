package raftlog

import (
	"bytes"
	"math"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/storagetest"
)

type logAndStable interface {
	raft.LogStore
	raft.StableStore
}

// kind is what a store under the conformance table promises beyond the common.
type kind struct {
	name      string
	monotonic bool // refuses gaps and holes
	missing   bool // a missing key is an error (raft.InmemStore)
	open      func(t *testing.T) logAndStable
}

var kinds = []kind{
	{"ours", true, false, func(t *testing.T) logAndStable {
		n := open(t, storagetest.NewDisk())
		t.Cleanup(func() { n.close(t) })
		return n.Store
	}},
	{"raft.InmemStore", false, true, func(*testing.T) logAndStable { return raft.NewInmemStore() }},
}

// TestConformance runs what Raft expects of any store over ours and over
// Raft's own, so that the table itself is checked too.
func TestConformance(t *testing.T) {
	cases := []struct {
		name string
		run  func(t *testing.T, k kind, s logAndStable)
	}{
		{"empty", testEmpty},
		{"store and get", testStoreGet},
		{"every field comes back", testFields},
		{"start above one", testStartAbove},
		{"delete prefix", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 1, 4, entries(5, 10, 1)) }},
		{"delete suffix", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 7, 10, entries(1, 6, 1)) }},
		{"delete all", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 1, 10, nil) }},
		{"delete first only", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 1, 1, entries(2, 10, 1)) }},
		{"delete last only", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 10, 10, entries(1, 9, 1)) }},
		{"delete beyond the end", func(t *testing.T, k kind, s logAndStable) { testDelete(t, s, 6, 99, entries(1, 5, 1)) }},
		{"replace a suffix", testReplaceSuffix},
		{"restart after delete all", testRestart},
		{"caller keeps its buffers", testBuffers},
		{"stable bytes", testStable},
		{"stable numbers", testNumbers},
		{"missing keys", testMissing},
		{"gaps and holes", testGaps},
	}
	for _, k := range kinds {
		for _, c := range cases {
			t.Run(k.name+"/"+c.name, func(t *testing.T) { c.run(t, k, k.open(t)) })
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func testEmpty(t *testing.T, _ kind, s logAndStable) {
	must(t, checkLog(s, nil))
	must(t, s.StoreLogs(nil))
	must(t, s.DeleteRange(1, 5))
	must(t, checkLog(s, nil))
}

func testStoreGet(t *testing.T, _ kind, s logAndStable) {
	must(t, s.StoreLog(entry(1, 1)))
	must(t, s.StoreLogs(entries(2, 40, 1)))
	must(t, s.StoreLogs(entries(41, 41, 2)))
	must(t, checkLog(s, append(entries(1, 40, 1), entry(41, 2))))
}

func testFields(t *testing.T, _ kind, s logAndStable) {
	full := entry(1, math.MaxUint64)
	full.Type, full.Data, full.Extensions = 255, bytes.Repeat([]byte{0}, 1<<20), []byte{0, 1, 2}
	bare := &raft.Log{Index: 2} // no time, no data
	must(t, s.StoreLogs([]*raft.Log{full, bare}))
	var l raft.Log
	for _, want := range []*raft.Log{full, bare} {
		must(t, s.GetLog(want.Index, &l))
		must(t, same(&l, want))
	}
	if !l.AppendedAt.IsZero() || l.Extensions != nil {
		t.Fatalf("an entry without time or extensions came back as %+v", l)
	}
}

func testStartAbove(t *testing.T, _ kind, s logAndStable) {
	must(t, s.StoreLogs(entries(1000, 1003, 4)))
	must(t, checkLog(s, entries(1000, 1003, 4)))
}

func testDelete(t *testing.T, s logAndStable, from, to uint64, want []*raft.Log) {
	must(t, s.StoreLogs(entries(1, 10, 1)))
	must(t, s.DeleteRange(from, to))
	must(t, checkLog(s, want))
}

func testReplaceSuffix(t *testing.T, _ kind, s logAndStable) {
	must(t, s.StoreLogs(entries(1, 10, 1)))
	must(t, s.DeleteRange(6, 10))
	must(t, s.StoreLogs(entries(6, 8, 2)))
	must(t, checkLog(s, append(entries(1, 5, 1), entries(6, 8, 2)...)))
}

func testRestart(t *testing.T, _ kind, s logAndStable) {
	must(t, s.StoreLogs(entries(1, 10, 1)))
	must(t, s.DeleteRange(1, 10))
	must(t, s.StoreLogs(entries(500, 502, 3)))
	must(t, checkLog(s, entries(500, 502, 3)))
}

func testBuffers(t *testing.T, k kind, s logAndStable) {
	if !k.monotonic {
		return // raft.InmemStore keeps the caller's entry
	}
	l := entry(4, 1)
	l.Data = []byte("data")
	must(t, s.StoreLog(l))
	l.Data[0], l.Extensions[0] = 'X', 'X'
	var a, b raft.Log
	must(t, s.GetLog(4, &a))
	a.Data[1] = 'Y'
	must(t, s.GetLog(4, &b))
	if string(b.Data) != "data" || string(b.Extensions) != "ext-4" {
		t.Fatalf("got %q %q", b.Data, b.Extensions)
	}
}

func testStable(t *testing.T, _ kind, s logAndStable) {
	must(t, s.Set([]byte("LastVoteCand"), []byte("node-a")))
	must(t, s.Set([]byte("LastVoteCand"), []byte("node-b")))
	must(t, s.Set([]byte("l\x00\x00\x00\x00\x00\x00\x00\x01"), []byte("no log entry")))
	got, err := s.Get([]byte("LastVoteCand"))
	if must(t, err); string(got) != "node-b" {
		t.Fatalf("got %q", got)
	}
	got[0] = 'X'
	if got, err = s.Get([]byte("LastVoteCand")); err != nil || len(got) != 6 {
		t.Fatalf("got %q, %v", got, err)
	}
	must(t, checkLog(s, nil))
}

func testNumbers(t *testing.T, _ kind, s logAndStable) {
	for _, n := range []uint64{1, 0, math.MaxUint64} {
		must(t, s.SetUint64([]byte("CurrentTerm"), n))
		if got, err := s.GetUint64([]byte("CurrentTerm")); err != nil || got != n {
			t.Fatalf("got %d, %v; want %d", got, err, n)
		}
	}
}

func testMissing(t *testing.T, k kind, s logAndStable) {
	value, err := s.Get([]byte("absent"))
	if len(value) != 0 || (err != nil) != k.missing {
		t.Fatalf("got %q, %v", value, err)
	}
	if n, err := s.GetUint64([]byte("absent")); n != 0 || err != nil {
		t.Fatalf("got %d, %v", n, err)
	}
}

func testGaps(t *testing.T, k kind, s logAndStable) {
	must(t, s.StoreLogs(entries(5, 10, 1)))
	if !k.monotonic {
		return
	}
	if m, ok := s.(raft.MonotonicLogStore); !ok || !m.IsMonotonic() {
		t.Fatal("the store does not say that it is monotonic")
	}
	gap := []*raft.Log{entry(11, 1), entry(13, 1)}
	large := entry(11, 1)
	large.Data = make([]byte, maxEntry+1)
	for name, logs := range map[string][]*raft.Log{
		"gap": entries(12, 12, 1), "overlap": entries(10, 11, 1), "before": entries(4, 4, 1),
		"inner gap": gap, "zero": {{Index: 0}}, "too large": {large},
	} {
		if err := s.StoreLogs(logs); err == nil {
			t.Errorf("%s was stored", name)
		}
	}
	if err := s.DeleteRange(6, 9); err == nil {
		t.Error("a hole was made")
	}
	for _, r := range [][2]uint64{{0, 4}, {11, 99}, {9, 7}} { // misses the log
		must(t, s.DeleteRange(r[0], r[1]))
	}
	must(t, checkLog(s, entries(5, 10, 1)))
	if err := s.SetUint64([]byte("n"), 1); err != nil {
		t.Errorf("a refusal made the store fail: %v", err)
	}
	must(t, s.DeleteRange(0, math.MaxUint64))
	must(t, checkLog(s, nil))
}
