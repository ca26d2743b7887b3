package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// objectFile returns the path of the only object's file.
func (n *node) objectFile(t *testing.T, o Object) string {
	t.Helper()
	e, err := n.find(ctx, o.Commitment)
	must(t, err)
	return n.path(e.id)
}

// refused reads an object that was tampered with: an error that says so, and
// only right bytes before it.
func (n *node) refused(t *testing.T, what string, c commitment.Commitment, content []byte) {
	t.Helper()
	got, err := n.readAll(c)
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("%s: %v", what, err)
	}
	if !bytes.HasPrefix(content, got) || len(got) == len(content) {
		t.Errorf("%s: %d bytes were given before the error", what, len(got))
	}
	if len(n.gets) != 0 {
		t.Errorf("%s: a refused read keeps its place", what)
	}
}

func (n *node) readAll(c commitment.Commitment) (content []byte, err error) {
	r, _, err := n.Get(ctx, c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// TestTamperedFile does to an object's file what a thief or a bad disk does.
func TestTamperedFile(t *testing.T) {
	const sealed = chunkSize + tagSize
	content := bytesOf(2*chunkSize + 500)
	n := open(t, storagetest.NewDisk())
	o, other := n.put(t, content), n.put(t, content)
	path := n.objectFile(t, o)
	good, err := engine.ReadFile(n.fs, path, 1<<30)
	must(t, err)
	foreign, err := engine.ReadFile(n.fs, n.objectFile(t, other), 1<<30)
	must(t, err)
	head, one, two, last := good[:headerSize], good[headerSize:headerSize+sealed], good[headerSize+sealed:headerSize+2*sealed], good[headerSize+2*sealed:]
	foreignOne := foreign[headerSize : headerSize+sealed]
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

	cases := map[string][]byte{
		"empty":                 {},
		"header only":           head,
		"last chunk missing":    join(head, one, two),
		"last byte missing":     good[:len(good)-1],
		"a byte more":           join(good, []byte{0}),
		"last chunk twice":      join(good, last),
		"swapped":               join(head, two, one, last),
		"first chunk twice":     join(head, one, one, last),
		"middle as last":        join(head, one, two[:len(last)], last),
		"foreign chunk":         join(head, foreignOne, two, last),
		"foreign file":          foreign,
		"foreign, own header":   join(head, foreign[headerSize:]),
		"own, foreign header":   join(foreign[:headerSize], good[headerSize:]),
		"zeroes":                make([]byte, len(good)),
		"a block of the middle": join(good[:5000], make([]byte, 4096), good[9096:]),
	}
	for _, at := range []int{0, 4, 5, 11, 27, 28, 1000, headerSize + chunkSize, headerSize + sealed - 1, headerSize + sealed, len(good) - 17, len(good) - 1} {
		flipped := bytes.Clone(good)
		flipped[at] ^= 0x10
		cases[fmt.Sprintf("flip at %d", at)] = flipped
	}
	for what, stored := range cases {
		must(t, engine.WriteFile(n.fs, path, stored))
		n.refused(t, what, o.Commitment, content)
	}
	must(t, n.fs.Remove(path))
	n.refused(t, "no file", o.Commitment, content)
	must(t, engine.WriteFile(n.fs, path, good))
	n.checkObject(t, o, content)
}

// TestTamperedEntry flips, cuts and moves rows in Pebble, for an object inside
// its entry and one in a file.
func TestTamperedEntry(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	for _, size := range []int{300, inlineMax + 1} {
		content := bytesOf(size)
		o, other := n.put(t, content), n.put(t, content)
		good, err := n.get(objectKey(o.Commitment))
		must(t, err)
		set := func(value []byte) {
			t.Helper()
			must(t, n.db.Set(objectKey(o.Commitment), value, pebble.NoSync))
		}
		step := max(1, len(good)/400)
		for at := 0; at < len(good); at += step {
			bad := bytes.Clone(good)
			bad[at] ^= 1 << (at % 8)
			set(bad)
			n.refused(t, "flipped", o.Commitment, content)
			set(good[:at])
			n.refused(t, "cut", o.Commitment, content)
		}
		set(append(bytes.Clone(good), 0))
		n.refused(t, "longer", o.Commitment, content)
		moved, err := n.get(objectKey(other.Commitment))
		must(t, err)
		set(moved)
		n.refused(t, "another object's entry", o.Commitment, content)
		set(good)
		n.checkObject(t, o, content)
	}
}

// TestReadersEnd: a closed or cancelled reader gives nothing more.
func TestReadersEnd(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	o := n.put(t, bytesOf(2*chunkSize))
	r, _, err := n.Get(ctx, o.Commitment)
	must(t, err)
	if got, err := io.ReadFull(r, make([]byte, 10)); got != 10 || err != nil {
		t.Fatal(got, err)
	}
	must(t, r.Close())
	must(t, r.Close())
	if got, err := r.Read(make([]byte, 10)); got != 0 || err == nil {
		t.Fatalf("a closed reader gave %d bytes, %v", got, err)
	}
	if len(n.gets) != 0 {
		t.Fatal("a closed reader keeps its place")
	}
}

// FuzzEntry feeds the entry decoder arbitrary rows.
func FuzzEntry(f *testing.F) {
	v := &Vault{key: testKey, suite: AES256GCM{}}
	c, salt := commitment.New([]byte("x"))
	e, key, err := v.newEntry(placeInline)
	must(f, err)
	e.inline = []byte("inline")
	e.details = details{Salt: salt[:], Size: 1, SHA256: make([]byte, 32)}
	row, err := e.encode(c, key, testKey)
	must(f, err)
	f.Add(row)
	f.Add(row[:entryClear])
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, row []byte) {
		if _, err := v.decodeEntry(row, c); err == nil {
			t.Fatal("a row with a false digest was accepted") // no seed opens c
		} else if !errors.Is(err, ErrCorrupt) {
			t.Fatal(err)
		}
	})
}
