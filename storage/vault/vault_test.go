package vault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

var (
	testKey = NewKey(AES256GCM{})
	ctx     = context.Background()
)

// node is a vault with the things around it that a test needs to crash it.
type node struct {
	*Vault
	disk *storagetest.Disk
}

func open(t testing.TB, disk *storagetest.Disk) *node {
	t.Helper()
	n, err := tryOpen(disk, Options{}, nil)
	must(t, err)
	t.Cleanup(func() { n.db.Close() })
	return n
}

func tryOpen(disk *storagetest.Disk, o Options, fatal func(string)) (*node, error) {
	db, err := engine.Open(engine.Options{Dir: "vault", FS: disk.FS(), Kind: engine.Vault, Logger: storagetest.Quiet, Fatal: fatal})
	if err != nil {
		return nil, err
	}
	if o.DB = db; o.Key == nil {
		o.Key = testKey
	}
	o.Now = func() time.Time { return time.UnixMilli(1_763_600_000_123) }
	v, err := Open(o)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return &node{v, disk}, nil
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("got error %v, want %v", err, want)
	}
}

// bytesOf makes content that is not the same in any two chunks.
func bytesOf(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i ^ i>>8 ^ i>>16 ^ i>>20*37)
	}
	return b
}

func (n *node) put(t testing.TB, content []byte) Object {
	t.Helper()
	o, err := n.Put(ctx, Meta{Name: "photo.jpg"}, bytes.NewReader(content))
	must(t, err)
	return o
}

func (n *node) read(c commitment.Commitment) ([]byte, error) {
	r, _, err := n.Get(ctx, c)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(r)
	return content, errors.Join(err, r.Close())
}

// checkObject reads an object in every way and compares.
func (n *node) checkObject(t testing.TB, o Object, content []byte) {
	t.Helper()
	got, err := n.read(o.Commitment)
	if must(t, err); !bytes.Equal(got, content) {
		t.Fatalf("read %d other bytes than the %d stored", len(got), len(content))
	}
	stat, err := n.Stat(ctx, o.Commitment)
	if must(t, err); stat != o || stat.Size != int64(len(content)) {
		t.Fatalf("stat says %+v, put said %+v", stat, o)
	}
	salt, err := n.Opening(ctx, o.Commitment)
	must(t, err)
	must(t, commitment.Verify(o.Commitment.String(), salt[:], content))
}

// left counts what lies in the vault: objects, notes of pending uploads, files.
func (n *node) left(t testing.TB) (objects, pending, files int) {
	t.Helper()
	iter, err := n.db.NewIter(nil)
	must(t, err)
	for ok := iter.First(); ok; ok = iter.Next() {
		switch iter.Key()[0] {
		case tagObject:
			objects++
		case tagPending:
			pending++
		}
	}
	must(t, iter.Close())
	all, err := n.disk.Files("vault")
	must(t, err)
	for _, f := range all {
		if strings.Contains(f, "/"+objectsDir+"/") {
			files++
		}
	}
	return objects, pending, files
}

func (n *node) wantLeft(t testing.TB, objects, files int) {
	t.Helper()
	if o, p, f := n.left(t); o != objects || p != 0 || f != files {
		t.Fatalf("%d objects, %d pending, %d files; want %d, 0, %d", o, p, f, objects, files)
	}
}

func TestPutGet(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	stored := map[int]Object{}
	for _, size := range []int{1, 100, inlineMax - 1, inlineMax, inlineMax + 1, chunkSize - 1, chunkSize, chunkSize + 1, 2 * chunkSize, 2*chunkSize + 77} {
		content := bytesOf(size)
		meta := Meta{Name: "证据 1.jpg", MediaType: "image/jpeg", Person: "p-7", Org: "110000-SJ"}
		o, err := n.Put(ctx, meta, iotest.DataErrReader(iotest.HalfReader(bytes.NewReader(content))))
		must(t, err)
		if o.Meta != meta || !o.StoredAt.Equal(time.UnixMilli(1_763_600_000_123)) {
			t.Fatalf("put says %+v", o)
		}
		stored[size] = o
	}
	n.wantLeft(t, 10, 6)
	must(t, n.db.Close())
	n = open(t, n.disk.Crash(0, 1)) // durable without a sync at the end
	for size, o := range stored {
		n.checkObject(t, o, bytesOf(size))
	}
	n.wantLeft(t, 10, 6)
}

func TestSameContentTwice(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	a, b := n.put(t, []byte("same")), n.put(t, []byte("same"))
	if a.Commitment == b.Commitment {
		t.Fatal("two objects with the same content have the same commitment")
	}
	n.checkObject(t, a, []byte("same"))
	n.checkObject(t, b, []byte("same"))
}

func TestRefusals(t *testing.T) {
	n, err := tryOpen(storagetest.NewDisk(), Options{MaxObject: chunkSize + 10}, nil)
	must(t, err)
	defer n.db.Close()
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		ctx  context.Context
		meta Meta
		r    io.Reader
		want error
	}{
		"empty":        {ctx, Meta{}, strings.NewReader(""), ErrEmpty},
		"too large":    {ctx, Meta{}, bytes.NewReader(bytesOf(chunkSize + 11)), ErrTooLarge},
		"endless":      {ctx, Meta{}, endless{}, ErrTooLarge},
		"cancelled":    {cancelled, Meta{}, strings.NewReader("x"), context.Canceled},
		"long name":    {ctx, Meta{Name: strings.Repeat("n", 256)}, strings.NewReader("x"), ErrMeta},
		"line break":   {ctx, Meta{Name: "a\r\nb"}, strings.NewReader("x"), ErrMeta},
		"NUL":          {ctx, Meta{Name: "a\x00b"}, strings.NewReader("x"), ErrMeta},
		"bidi":         {ctx, Meta{Name: "gpj.\u202eexe"}, strings.NewReader("x"), ErrMeta},
		"zero width":   {ctx, Meta{Org: "a\u200bb"}, strings.NewReader("x"), ErrMeta},
		"not UTF-8":    {ctx, Meta{Person: "\xff"}, strings.NewReader("x"), ErrMeta},
		"broken small": {ctx, Meta{}, iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("xyz"))), iotest.ErrTimeout},
		"broken large": {ctx, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(chunkSize)), iotest.ErrReader(broken)), broken},
		"cut small":    {ctx, Meta{}, io.MultiReader(strings.NewReader("x"), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"cut large":    {ctx, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(chunkSize)), iotest.ErrReader(io.ErrUnexpectedEOF)), io.ErrUnexpectedEOF},
		"gives naught": {ctx, Meta{}, naught{}, io.ErrNoProgress},
	} {
		if _, err := n.Put(c.ctx, c.meta, c.r); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	n.wantLeft(t, 0, 0)
	absent, _ := commitment.New([]byte("absent"))
	_, _, err = n.Get(ctx, absent)
	wantErr(t, err, ErrNotFound)
	_, err = n.Stat(ctx, absent)
	wantErr(t, err, ErrNotFound)
	_, err = n.Opening(ctx, absent)
	wantErr(t, err, ErrNotFound)
	_, err = n.Stat(cancelled, absent)
	wantErr(t, err, context.Canceled)
	n.checkObject(t, n.put(t, bytesOf(chunkSize+10)), bytesOf(chunkSize+10)) // at the limit
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type naught struct{}

func (naught) Read(p []byte) (int, error) { return 0, nil }

type liar struct{}

func (liar) Read(p []byte) (int, error) { return len(p) + 1, nil }

// TestAborts ends uploads of two chunks in other ways than by an error of the
// reader: nothing stays, at once.
func TestAborts(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	during, cancel := context.WithCancel(ctx)
	_, err := n.Put(during, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(chunkSize+5)), call(cancel), bytes.NewReader(bytesOf(9))))
	wantErr(t, err, context.Canceled)
	if _, err := n.Put(ctx, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(inlineMax)), liar{})); err == nil {
		t.Fatal("a reader that lies was believed")
	}
	func() {
		defer func() { recover() }()
		n.Put(ctx, Meta{}, io.MultiReader(bytes.NewReader(bytesOf(chunkSize+5)), call(func() { panic("reader") })))
		t.Error("a panic was swallowed")
	}()
	n.wantLeft(t, 0, 0)
	if len(n.puts) != 0 {
		t.Fatal("an aborted upload keeps its place")
	}
}

// call is a reader that gives nothing and does something.
func call(f func()) io.Reader {
	return iotest.DataErrReader(readerFunc(func([]byte) (int, error) { f(); return 0, io.EOF }))
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestReserve(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	n.disk.SetFree(ReserveBytes - 1)
	for _, size := range []int{1, chunkSize} {
		_, err := n.Put(ctx, Meta{}, bytes.NewReader(bytesOf(size)))
		wantErr(t, err, ErrNoRoom)
	}
	n.disk.SetFree(ReserveBytes)
	fills := io.MultiReader(bytes.NewReader(bytesOf(chunkSize)), call(func() { n.disk.SetFree(1) }), bytes.NewReader(bytesOf(9)))
	_, err := n.Put(ctx, Meta{}, fills)
	wantErr(t, err, ErrNoRoom)
	n.wantLeft(t, 0, 0)
}

func TestWrongKeys(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	o := n.put(t, bytesOf(100))
	must(t, n.db.Close())
	_, err := tryOpen(n.disk, Options{Key: NewKey(AES256GCM{})}, nil)
	wantErr(t, err, ErrKey)
	if strings.Contains(err.Error(), "\n") || !strings.Contains(err.Error(), "put the right key file in place") {
		t.Errorf("%q is not one line that says what to do", err)
	}
	_, err = tryOpen(n.disk, Options{Key: sameName{NewKey(AES256GCM{})}}, nil)
	wantErr(t, err, ErrKey)
	_, err = tryOpen(n.disk, Options{Suite: otherSuite{}}, nil)
	wantErr(t, err, ErrKey)
	n = open(t, n.disk)
	n.checkObject(t, o, bytesOf(100))
	db, err := engine.Open(engine.Options{Dir: "ledger", FS: n.disk.FS(), Kind: engine.Ledger, Logger: storagetest.Quiet})
	must(t, err)
	defer db.Close()
	if _, err := Open(Options{DB: db, Key: testKey}); err == nil {
		t.Error("a vault was opened in a ledger store")
	}
}

// sameName is another key under the name of the right one.
type sameName struct{ *Key }

func (sameName) ID() string { return testKey.ID() }

type otherSuite struct{ AES256GCM }

func (otherSuite) ID() byte { return 2 }

// TestNothingReadableAtRest looks for the content and its description in every
// file of the disk.
func TestNothingReadableAtRest(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	secret := []byte("this sentence must not be found on the disk")
	for _, size := range []int{200, 2 * chunkSize} {
		content := bytes.Repeat(secret, size/len(secret))
		_, err := n.Put(ctx, Meta{Name: "informant-name.txt"}, bytes.NewReader(content))
		must(t, err)
	}
	must(t, n.db.Set([]byte("z"), secret, pebble.Sync)) // the search must be able to find
	must(t, n.db.Flush())
	files, err := n.disk.Files("vault")
	must(t, err)
	found := 0
	for _, f := range files {
		data, err := engine.ReadFile(n.disk.FS(), f, 1<<30)
		must(t, err)
		found += bytes.Count(data, secret)
		if bytes.Contains(data, []byte("informant")) {
			t.Errorf("%s holds the file's name", f)
		}
	}
	if found < 1 || found > 2 {
		t.Errorf("the secret was found %d times", found)
	}
}
