package state

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"sandi.internal/gateway/storage/storagetest"
)

func (n *node) restore(t testing.TB, stream []byte) {
	t.Helper()
	must(t, n.Restore(bytes.NewReader(stream), nil))
}

func TestRestore(t *testing.T) {
	src := openNew(t)
	want := sample("new", 2000)
	src.apply(t, at(90), want)
	stream := src.stream(t)

	n := openNew(t)
	old := sample("old", 2500) // longer: nothing of it may stay
	n.apply(t, at(5), old)
	must(t, n.Local().Set([]byte("\x80outbox"), []byte("mine"), true))
	must(t, n.Restore(bytes.NewReader(stream), func(c *Candidate) error {
		if c.Meta().RaftIndex != 90 {
			t.Errorf("the candidate stands at %d", c.Meta().RaftIndex)
		}
		got, err := content(c)
		must(t, err)
		wantContent(t, got, want)
		if v, err := c.Get([]byte("k00001x")); v != nil || err != nil {
			t.Errorf("got %q, %v", v, err)
		}
		wantContent(t, n.content(t), old) // not switched yet
		return nil
	}))
	wantContent(t, n.content(t), want)
	if m := n.Meta(); m.RaftIndex != 90 || string(m.Config) != "three voters" {
		t.Fatalf("restored at %+v", m)
	}
	if !bytes.Equal(n.stream(t), stream) {
		t.Fatal("the restored ledger streams other bytes")
	}
	// Durable without a sync, and the node's own keys are untouched.
	again := open(t, n.disk.Crash(0, 1))
	defer again.close(t)
	wantContent(t, again.content(t), want)
	for _, s := range []*node{n, again} {
		if v, err := s.Local().Get([]byte("\x80outbox")); string(v) != "mine" || err != nil {
			t.Fatalf("got %q, %v", v, err)
		}
	}
	if _, err := n.disk.FS().Stat(n.incoming()); !errors.Is(err, os.ErrNotExist) {
		t.Fatalf("tables were left behind: %v", err)
	}
}

// TestSnapshotIsDeterministic writes the same ledger in different batches, with
// detours, and asserts the same stream.
func TestSnapshotIsDeterministic(t *testing.T) {
	want := sample("x", 500)
	one, many := openNew(t), openNew(t)
	one.apply(t, at(500), want)
	for i := range 500 {
		k := fmt.Sprintf("k%05d", i)
		many.apply(t, at(uint64(i)), pairs{k: "detour", "gone": "x"})
		many.apply(t, at(uint64(i+1)), pairs{k: want[k]}, "gone")
		if i%100 == 0 {
			must(t, many.db.Flush())
		}
	}
	if !bytes.Equal(one.stream(t), many.stream(t)) {
		t.Fatal("the streams differ")
	}
}

// TestRestoreRefuses feeds wrong streams: the old ledger must stay, with its
// open views.
func TestRestoreRefuses(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(50), sample("new", 40))
	good := src.stream(t)
	older := openNew(t)
	older.apply(t, at(4), sample("new", 40))
	fresh := openNew(t)
	fresh.apply(t, Meta{}, nil)

	n := openNew(t)
	n.apply(t, at(5), sample("old", 30))
	v := n.View()
	defer v.Close()
	refused := errors.New("wrong root")
	for name, c := range map[string]struct {
		in    io.Reader
		check func(*Candidate) error
		want  error
	}{
		"empty":        {bytes.NewReader(nil), nil, ErrCorrupt},
		"another file": {bytes.NewReader(bytes.Repeat([]byte("x"), 100)), nil, ErrCorrupt},
		"older":        {bytes.NewReader(older.stream(t)), nil, ErrBack},
		"from nowhere": {bytes.NewReader(fresh.stream(t)), nil, ErrBack},
		"longer":       {bytes.NewReader(append(bytes.Clone(good), 0)), nil, ErrCorrupt},
		"broken off":   {iotest.TimeoutReader(iotest.OneByteReader(bytes.NewReader(good))), nil, iotest.ErrTimeout},
		"check":        {bytes.NewReader(good), func(*Candidate) error { return refused }, refused},
	} {
		wantErr(t, n.Restore(c.in, c.check), c.want)
		got, err := content(v)
		if err != nil || len(got) != 30 || n.Meta().RaftIndex != 5 {
			t.Fatalf("%s: the old ledger changed: %d pairs, %v", name, len(got), err)
		}
	}
	n.restore(t, good)
}

// TestHostileStream flips every bit and cuts at every byte of a stream, and
// forges what checksums do not protect.
func TestHostileStream(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(50), sample("new", 12))
	good := src.stream(t)
	n := openNew(t)
	n.apply(t, at(1), sample("old", 3))
	refuse := func(what string, stream []byte) {
		t.Helper()
		if err := n.Restore(bytes.NewReader(stream), nil); err == nil {
			t.Fatalf("%s was restored", what)
		} else if !errors.Is(err, ErrCorrupt) {
			t.Fatalf("%s: %v", what, err)
		}
	}
	for i := range good {
		refuse(fmt.Sprintf("cut at %d", i), good[:i])
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		refuse(fmt.Sprintf("flip at %d", i), bad)
	}
	// A damaged block is refused as soon as it is whole, not at the end.
	early := bytes.Clone(good[:len(good)-endSize])
	early[len(early)-10] ^= 1
	err := n.Restore(io.MultiReader(bytes.NewReader(early), iotest.ErrReader(errors.New("read on"))), nil)
	wantErr(t, err, ErrCorrupt)

	meta := at(50).encode()
	ok := string(metaKey)
	for what, forged := range map[string][][2]string{
		"no meta":        {{"k", "v"}},
		"meta later":     {{"a", "v"}, {ok, string(meta)}},
		"meta twice":     {{ok, string(meta)}, {ok, string(meta)}},
		"bad meta":       {{ok, "x"}},
		"order":          {{ok, string(meta)}, {"b", ""}, {"a", ""}},
		"double":         {{ok, string(meta)}, {"a", "1"}, {"a", "2"}},
		"reserved":       {{ok, string(meta)}, {"\x00z", ""}},
		"node-local":     {{ok, string(meta)}, {"\x80", ""}},
		"empty key":      {{ok, string(meta)}, {"", ""}},
		"key too long":   {{ok, string(meta)}, {string(bytes.Repeat([]byte("k"), MaxKey+1)), ""}},
		"config too far": {{ok, string(Meta{RaftIndex: 60, RaftTerm: 9, ConfigIndex: 61}.encode())}},
	} {
		refuse(what, forge(forged))
	}
	wantContent(t, n.content(t), sample("old", 3))
}

// forge writes pairs as they are, with right checksums and digest.
func forge(frames [][2]string) []byte {
	var buf bytes.Buffer
	w := newStreamWriter(&buf)
	err := w.begin()
	for _, f := range frames {
		err = errors.Join(err, w.pair([]byte(f[0]), []byte(f[1])))
	}
	if err = errors.Join(err, w.end()); err != nil {
		panic(err)
	}
	return buf.Bytes()
}

// TestFalseLengths claims huge blocks and fields in a few bytes: refused
// without reserving what they claim.
func TestFalseLengths(t *testing.T) {
	n := openNew(t)
	for _, tail := range []string{"\xff\xff\xff\xff", "\x01\x00\x00\x00", "\x00\xff\xff\xff"} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		wantErr(t, n.Restore(bytes.NewReader([]byte(streamMagic+tail)), nil), ErrCorrupt)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 3*readStep {
			t.Errorf("%x: %d bytes allocated", tail, got)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(forge([][2]string{{string(metaKey), string(at(3).encode())}, {"a", "1"}, {"b", ""}}))
	f.Add([]byte(streamMagic))
	f.Fuzz(func(t *testing.T, stream []byte) {
		r, err := newStreamReader(bytes.NewReader(stream))
		var buf bytes.Buffer
		w := newStreamWriter(&buf)
		must(t, w.begin())
		for err == nil {
			var k, v []byte
			if k, v, err = r.next(); err == nil {
				must(t, w.pair(k, v))
			}
		}
		if err != io.EOF {
			wantErr(t, err, ErrCorrupt)
			return
		}
		if must(t, w.end()); !bytes.Equal(buf.Bytes(), stream) {
			t.Fatalf("%x was accepted and is written as %x", stream, buf.Bytes())
		}
	})
}

// TestManyTables restores a ledger that spans several tables and reads the
// candidate across their borders.
func TestManyTables(t *testing.T) {
	src := openNew(t)
	want := sample("many", 4000)
	want["k00100"] = string(make([]byte, MaxValue)) // one at the limit
	src.apply(t, at(9), want)
	snap, err := src.Snapshot()
	must(t, err)
	defer snap.Close()
	r, w := io.Pipe()
	go func() {
		_, err := snap.WriteTo(w)
		w.CloseWithError(err)
	}()
	n := openNew(t)
	n.tableBytes = 8 << 10
	must(t, n.Restore(r, func(c *Candidate) error {
		if len(c.tables) < 5 {
			t.Errorf("only %d tables", len(c.tables))
		}
		got, err := content(c)
		must(t, err)
		wantContent(t, got, want)
		var keys []string
		must(t, c.Scan([]byte("k00500"), []byte("k03501"), true, func(k, _ []byte) (bool, error) {
			keys = append(keys, string(k))
			return len(keys) < 2500, nil
		}))
		if len(keys) != 2500 || keys[0] != "k03500" || keys[2499] != "k01001" || !slices.IsSortedFunc(keys, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("got %d keys from %q", len(keys), keys[:1])
		}
		return nil
	}))
	wantContent(t, n.content(t), want)
}

// TestRestoreWithoutRoom fills the disk while the new tables are written: an
// error, the old ledger, and a store that goes on.
func TestRestoreWithoutRoom(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(50), sample("new", 3000))
	stream := src.stream(t)
	n := openNew(t)
	n.apply(t, at(5), sample("old", 30))
	n.disk.Break(func(op storagetest.Op) error {
		if op.Write && bytes.Contains([]byte(op.Path), []byte(incomingDir)) {
			return syscall.ENOSPC
		}
		return nil
	})
	wantErr(t, n.Restore(bytes.NewReader(stream), nil), syscall.ENOSPC)
	n.disk.Break(nil)
	wantContent(t, n.content(t), sample("old", 30))
	n.apply(t, at(6), pairs{"k": "v"})
	n.restore(t, stream)
}
