package state

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

func TestBatchIsAtomicAndCarriesMeta(t *testing.T) {
	n := openNew(t)
	n.apply(t, Meta{}, sample("genesis", 3)) // before the first entry
	b := n.Batch()
	must(t, b.Set([]byte("new"), []byte("1")))
	must(t, b.Delete([]byte("k00001")))
	if len(n.content(t)) != 3 {
		t.Fatal("an uncommitted batch is visible")
	}
	m := Meta{RaftIndex: 5, RaftTerm: 2, Config: []byte("c"), ConfigIndex: 4}
	must(t, b.Commit(m))
	want := sample("genesis", 3)
	want["new"] = "1"
	delete(want, "k00001")
	wantContent(t, n.content(t), want)
	wantErr(t, b.Commit(m), errDone)
	wantErr(t, b.Set([]byte("late"), nil), errDone)
	n.close(t)
	again := open(t, n.disk)
	n.db = again.db // the cleanup closes it
	got := again.Meta()
	if got.RaftIndex != 5 || got.RaftTerm != 2 || string(got.Config) != "c" || got.ConfigIndex != 4 {
		t.Fatalf("after reopening: %+v", got)
	}
	wantContent(t, again.content(t), want)
}

func TestClosedBatchLeavesNothing(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	must(t, b.Set([]byte("k"), []byte("v")))
	must(t, b.Close())
	wantErr(t, b.Commit(at(1)), errDone)
	if len(n.content(t)) != 0 || n.Meta().RaftIndex != 0 {
		t.Fatal("a closed batch left something")
	}
}

func TestMetaNeverMovesBack(t *testing.T) {
	n := openNew(t)
	base := Meta{RaftIndex: 10, RaftTerm: 3, ConfigIndex: 8}
	n.apply(t, base, pairs{"k": "v"})
	for name, m := range map[string]Meta{
		"index":         {RaftIndex: 9, RaftTerm: 3, ConfigIndex: 8},
		"term":          {RaftIndex: 11, RaftTerm: 2, ConfigIndex: 8},
		"configuration": {RaftIndex: 11, RaftTerm: 3, ConfigIndex: 7},
	} {
		if err := n.tryApply(m, pairs{"k": name}); err == nil {
			t.Errorf("%s moved back", name)
		} else {
			wantErr(t, err, ErrBack)
		}
	}
	wantErr(t, n.tryApply(Meta{RaftIndex: 11, RaftTerm: 3, ConfigIndex: 12}, nil), ErrCorrupt)
	wantContent(t, n.content(t), pairs{"k": "v"})
	n.apply(t, base, pairs{"k": "same place"})
}

func TestInterleavedBatches(t *testing.T) {
	n := openNew(t)
	a, b := n.Batch(), n.Batch()
	must(t, a.Set([]byte("k"), []byte("a")))
	must(t, b.Set([]byte("k"), []byte("b")))
	must(t, a.Commit(at(1)))
	wantErr(t, b.Commit(at(2)), ErrConflict)
	wantContent(t, n.content(t), pairs{"k": "a"})
}

func TestSpans(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	l := n.Local()
	long := strings.Repeat("k", MaxKey+1)
	for _, key := range []string{"", "\x00", "\x00m", "\x80", "\xffx", long} {
		wantErr(t, b.Set([]byte(key), nil), ErrKey)
		wantErr(t, b.Delete([]byte(key)), ErrKey)
	}
	for _, key := range []string{"", "\x00m", "\x01", "\x7f\xff", "\x80" + long} {
		wantErr(t, l.Set([]byte(key), nil, false), ErrKey)
		wantErr(t, l.Delete([]byte(key)), ErrKey)
		_, err := l.Get([]byte(key))
		wantErr(t, err, ErrKey)
	}
	wantErr(t, b.Set([]byte("k"), make([]byte, MaxValue+1)), ErrKey)
	for _, key := range []string{"\x01", "\x7f\xff", long[:MaxKey]} {
		must(t, b.Set([]byte(key), []byte("ledger")))
	}
	must(t, b.Commit(at(1)))
	must(t, l.Set([]byte("\x80"), []byte("local"), true))
	must(t, l.Set([]byte("\xff"+long[:MaxKey-1]), []byte("local"), false))
	if got := n.content(t); len(got) != 3 {
		t.Fatalf("the ledger shows %d pairs", len(got))
	}
	count := 0
	must(t, l.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
		count++
		return string(v) == "local", nil
	}))
	if count != 2 {
		t.Fatalf("the node-local span shows %d pairs", count)
	}
	must(t, l.Delete([]byte("\x80")))
	if v, err := l.Get([]byte("\x80")); v != nil || err != nil {
		t.Fatalf("got %q, %v", v, err)
	}
}

func TestEmptyValueIsNotAbsent(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	check := func(r Reader) {
		t.Helper()
		if v, err := r.Get([]byte("empty")); v == nil || len(v) != 0 || err != nil {
			t.Fatalf("got %v, %v", v, err)
		}
		if v, err := r.Get([]byte("absent")); v != nil || err != nil {
			t.Fatalf("got %v, %v", v, err)
		}
	}
	must(t, b.Set([]byte("empty"), nil))
	check(b)
	must(t, b.Commit(at(1)))
	b = n.Batch()
	check(b)
	must(t, b.Close())
	v := n.View()
	defer v.Close()
	check(v)
}

func TestCallerKeepsItsBuffers(t *testing.T) {
	n := openNew(t)
	b := n.Batch()
	key, value := []byte("key"), []byte("value")
	must(t, b.Set(key, value))
	key[0], value[0] = 'X', 'X'
	got, err := b.Get([]byte("key"))
	must(t, err)
	got[1] = 'Y'
	must(t, b.Commit(at(1)))
	wantContent(t, n.content(t), pairs{"key": "value"})
}

// TestBatchModel compares a batch's reads with a map, over stored pairs and
// the batch's own, and what is stored after the commit.
func TestBatchModel(t *testing.T) {
	key := rapid.StringMatching(`[a-c]{1,3}`)
	rapid.Check(t, func(rt *rapid.T) {
		n := open(t, storagetest.NewDisk())
		defer n.close(t)
		model := pairs{}
		index := uint64(0)
		b := n.Batch()
		defer func() { must(t, b.Close()) }()
		rt.Repeat(map[string]func(*rapid.T){
			"set": func(rt *rapid.T) {
				k, v := key.Draw(rt, "key"), rapid.StringN(0, 5, 20).Draw(rt, "value")
				must(t, b.Set([]byte(k), []byte(v)))
				model[k] = v
			},
			"delete": func(rt *rapid.T) {
				k := key.Draw(rt, "key")
				must(t, b.Delete([]byte(k)))
				delete(model, k)
			},
			"commit": func(*rapid.T) {
				index++
				must(t, b.Commit(at(index)))
				wantContent(rt, n.content(t), model)
				b = n.Batch()
			},
			"range": func(rt *rapid.T) { checkRange(rt, b, model, key.Draw(rt, "lower"), key.Draw(rt, "upper")) },
			"": func(rt *rapid.T) {
				got, err := content(b)
				must(rt, err)
				wantContent(rt, got, model)
			},
		})
	})
}

func checkRange(t *rapid.T, r Reader, model pairs, lower, upper string) {
	reverse, limit := rapid.Bool().Draw(t, "reverse"), rapid.IntRange(1, 5).Draw(t, "limit")
	want := 0
	for k := range model {
		if lower <= k && k < upper {
			want++
		}
	}
	got, last := 0, []byte(nil)
	err := r.Scan([]byte(lower), []byte(upper), reverse, func(k, v []byte) (bool, error) {
		if string(k) < lower || string(k) >= upper || model[string(k)] != string(v) {
			t.Fatalf("%q = %q in [%q, %q)", k, v, lower, upper)
		}
		if last != nil && (bytes.Compare(last, k) < 0) == reverse {
			t.Fatalf("%q after %q", k, last)
		}
		last = bytes.Clone(k)
		got++
		return got < limit, nil
	})
	if err != nil || got != min(want, limit) {
		t.Fatalf("[%q, %q) has %d pairs, %v; want %d", lower, upper, got, err, min(want, limit))
	}
}

// TestScanMayWrite changes the batch inside its own scan: the scan must not
// derail.
func TestScanMayWrite(t *testing.T) {
	n := openNew(t)
	n.apply(t, at(1), sample("x", 50))
	b := n.Batch()
	must(t, b.Set([]byte("k00010x"), []byte("own")))
	seen := 0
	must(t, b.Scan(nil, nil, false, func(k, v []byte) (bool, error) {
		seen++
		must(t, b.Set(append(bytes.Clone(k), 'z'), v))
		must(t, b.Delete(k))
		return true, b.Scan(k, nil, true, func([]byte, []byte) (bool, error) { return false, nil })
	}))
	if seen < 51 || seen > 102 {
		t.Fatalf("saw %d pairs", seen)
	}
	got, err := content(b)
	must(t, err)
	for k := range got {
		if !strings.HasSuffix(k, "z") {
			t.Fatalf("%q was not replaced", k)
		}
	}
}

// TestWrongKind refuses to build the ledger in another store.
func TestWrongKind(t *testing.T) {
	db, err := engine.Open(engine.Options{Dir: "raft", FS: storagetest.NewDisk().FS(), Kind: engine.Raft, Logger: storagetest.Quiet})
	must(t, err)
	defer db.Close()
	if _, err := Open(db); err == nil {
		t.Fatal("a raft store was opened as a ledger")
	}
}
