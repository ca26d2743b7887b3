package vault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/rows"
	"sandi.internal/gateway/storage/storagetest"
)

// cargo is what a Carrier gave.
type cargo struct {
	rows    []byte
	objects []commitment.Commitment
	files   map[commitment.Commitment][]byte
	missing []commitment.Commitment
}

func carry(t *testing.T, c *Carrier) *cargo {
	t.Helper()
	g := &cargo{files: make(map[commitment.Commitment][]byte)}
	var out bytes.Buffer
	must(t, c.WriteRows(&out))
	size, err := c.RowsSize()
	if must(t, err); size != int64(out.Len()) {
		t.Fatalf("%d bytes of rows were announced, %d came", size, out.Len())
	}
	g.rows = out.Bytes()
	g.missing, err = c.Files(ctx, func(object commitment.Commitment, size int64, r io.Reader) error {
		data, err := io.ReadAll(r)
		if int64(len(data)) != size {
			t.Errorf("%s: %d bytes were announced, %d came", object, size, len(data))
		}
		g.objects, g.files[object] = append(g.objects, object), data
		return err
	})
	must(t, err)
	return g
}

// refill takes a cargo into a new store.
func refill(t *testing.T, g *cargo, key Wrapper, store bool) (*Refill, *engine.DB, error) {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: "vault", FS: storagetest.NewDisk().FS(), Kind: engine.Vault, Logger: storagetest.Quiet})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	f := NewRefill(Options{DB: db, Key: key}, store)
	if err := f.Rows(bytes.NewReader(g.rows)); err != nil {
		return f, db, err
	}
	for _, object := range g.objects {
		if err := f.Take(object, int64(len(g.files[object])), bytes.NewReader(g.files[object])); err != nil {
			return f, db, err
		}
	}
	for _, object := range g.missing {
		if err := f.Drop(object); err != nil {
			return f, db, err
		}
	}
	return f, db, f.Done()
}

// Ensure a vault comes back from a backup as it was, with what is said about its objects
// and with neighbours' rows, while objects come and go beside the backup.
func TestCarry(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	large, small := bytes.Repeat([]byte("evidence "), 300_000), []byte("a field")
	put := func(content []byte) commitment.Commitment {
		o, err := n.Put(ctx, Meta{Name: "x"}, bytes.NewReader(content))
		must(t, err)
		return o.Commitment
	}
	kept, inline, purged := put(large), put(small), put(large)
	for _, c := range []commitment.Commitment{kept, purged} {
		must(t, n.Retain(ctx, c, "class", time.UnixMilli(1)))
	}
	must(t, n.db.Set([]byte("a neighbour's"), []byte("row"), pebble.Sync))
	c := n.Carry()
	defer c.Close()
	must(t, n.Purge(ctx, purged, "its time has come"))
	later := put(large)
	g := carry(t, c)
	if len(g.objects) != 1 || len(g.missing) != 1 || g.missing[0] != purged {
		t.Fatalf("files %v, missing %v", g.objects, g.missing)
	}

	for _, store := range []bool{true, false} {
		f, _, err := refill(t, g, testKey, store)
		if err != nil || f.Objects != 2 || f.Bytes != int64(len(large)+len(small)) {
			t.Fatalf("stored %v: %d objects, %d bytes, %v", store, f.Objects, f.Bytes, err)
		}
	}
	if _, _, err := refill(t, g, nil, true); err != nil {
		t.Fatalf("without a key: %v", err)
	}
	_, db, err := refill(t, g, testKey, true)
	must(t, err)
	again, err := Open(Options{DB: db, Key: testKey})
	must(t, err)
	found, err := again.Scrub(ctx, nil)
	if err != nil || found.Objects != 2 || len(found.Damaged) != 0 {
		t.Fatalf("scrubbed: %+v, %v", found, err)
	}
	for object, want := range map[commitment.Commitment][]byte{kept: large, inline: small} {
		r, _, err := again.Get(context.Background(), object)
		must(t, err)
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s came back as %d bytes, %v", object, len(got), err)
		}
		must(t, r.Close())
	}
	if k, err := again.Keeping(ctx, kept); err != nil || k.Class != "class" {
		t.Errorf("it is kept as %+v, %v", k, err)
	}
	if _, err := again.Stat(ctx, later); !errors.Is(err, ErrNotFound) {
		t.Errorf("an object from after the moment: %v", err)
	}
	if row, err := again.get([]byte("a neighbour's")); err != nil || string(row) != "row" {
		t.Errorf("the neighbour's row: %q, %v", row, err)
	}
}

// Ensure a cargo that was changed is refused, with the key at the byte that differs, and
// without it as far as can be known.
func TestCarryForged(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	for _, content := range [][]byte{bytes.Repeat([]byte("a"), 2<<20), bytes.Repeat([]byte("b"), 2<<20), []byte("small")} {
		_, err := n.Put(ctx, Meta{}, bytes.NewReader(content))
		must(t, err)
	}
	c := n.Carry()
	defer c.Close()
	for name, change := range map[string]func(g *cargo){
		"a flipped bit":     func(g *cargo) { g.files[g.objects[0]][1<<20] ^= 1 },
		"a cut file":        func(g *cargo) { g.files[g.objects[1]] = g.files[g.objects[1]][:1<<20] },
		"swapped files":     func(g *cargo) { a, b := g.objects[0], g.objects[1]; g.files[a], g.files[b] = g.files[b], g.files[a] },
		"a file twice":      func(g *cargo) { g.objects = append(g.objects, g.objects[1]) },
		"a file less":       func(g *cargo) { g.objects = g.objects[1:] },
		"another order":     func(g *cargo) { g.objects[0], g.objects[1] = g.objects[1], g.objects[0] },
		"a strange file":    func(g *cargo) { g.objects = append(g.objects, commitment.Commitment{0: 0xff, 1: 0xff}) },
		"a missing small":   func(g *cargo) { g.missing = append(g.missing, commitment.Commitment{1}) },
		"a changed row":     func(g *cargo) { g.rows[bytes.Index(g.rows, []byte("SVO1"))+40] ^= 1 },
		"no check of a key": func(g *cargo) { g.rows = without(t, g.rows, tagCheck) },
	} {
		g := carry(t, c)
		change(g)
		if _, _, err := refill(t, g, testKey, true); !errors.Is(err, ErrCorrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := refill(t, carry(t, c), NewKey(AES256GCM{}), true); !errors.Is(err, ErrKey) {
		t.Errorf("another vault's key: %v", err)
	}
}

// without is a stream of rows without those of a tag.
func without(t *testing.T, stream []byte, tag byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := rows.NewWriter(&out)
	must(t, rows.Read(bytes.NewReader(stream), carryKey, carryValue, func(key, value []byte) error {
		if key[0] == tag {
			return nil
		}
		return w.Row(key, value)
	}))
	must(t, w.End())
	return out.Bytes()
}
