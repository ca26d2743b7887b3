package bundle_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/bundle/bundletest"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// world is a ledger of n entries.
func world(t testing.TB, n int) *bundletest.World {
	t.Helper()
	w, err := bundletest.New()
	if err == nil {
		err = w.Play(n, 9, 30*time.Minute)
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func write(t testing.TB, w *bundletest.World, s bundle.Selection) []byte {
	t.Helper()
	data, err := w.Write(s)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func selection(t testing.TB, w *bundletest.World) bundle.Selection {
	t.Helper()
	s, err := w.Selection()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func open(t testing.TB, data []byte) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range b.Names() {
		content, err := b.Read(name)
		if err != nil {
			t.Fatal(err)
		}
		sum, listed := b.Digest(name)
		if listed != (name != bundle.NameManifest) || listed && sum != sha256.Sum256(content) {
			t.Errorf("the manifest is wrong about %s", name)
		}
	}
	if len(b.Listed()) != len(b.Names())-1 {
		t.Errorf("%d files listed, %d there", len(b.Listed()), len(b.Names()))
	}
	return b
}

// Ensure a whole log holds every tile and entry of its size and nothing else, and
// is the same bytes every time.
func TestWholeLog(t *testing.T) {
	w := world(t, 300)
	early, err := w.Note()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Play(400, 9, time.Minute); err != nil {
		t.Fatal(err)
	}
	s := selection(t, w)
	s.Earlier = [][]byte{early, s.Note}
	s.Openings = w.Openings
	s.Evidence = map[string][]byte{"fork-0": []byte("{}\n")}
	done := uint64(0)
	var out bytes.Buffer
	err = bundle.Write(&out, w.Books(), s, func(n, total uint64) {
		if n <= done || total != 700 {
			t.Errorf("progress went from %d to %d of %d", done, n, total)
		}
		done = n
	})
	if err != nil || done != 700 {
		t.Fatalf("wrote %d entries: %v", done, err)
	}
	if !bytes.Equal(out.Bytes(), write(t, w, s)) {
		t.Error("the same selection gave other bytes")
	}
	b := open(t, out.Bytes())
	want := []string{
		"README.txt", "policy.txt", "checkpoint", "genesis.json", "checkpoints/300",
		"tile/0/000", "tile/0/001", "tile/0/002.p/188", "tile/1/000.p/2", "tile/entries/000", "tile/entries/001", "tile/entries/002.p/188",
	}
	if got := b.Names(); !slices.Equal(got[:len(want)], want) || len(got) != len(want)+len(w.Openings)+2 {
		t.Errorf("files %q", got)
	}
	m := b.Manifest()
	if m.Kind != bundle.KindLog || m.Size != 700 || m.Network != w.Signed.Network() || m.Origin != w.Signed.Origin {
		t.Errorf("manifest %+v", m)
	}
	tree := merkle.NewTree()
	for _, name := range b.Names(bundle.ClassBundle) {
		body, _ := b.Read(name)
		entries, err := merkle.SplitEntries(body)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			tree.Append(merkle.LeafHash(e))
		}
	}
	keys, err := checkpoint.FromGenesis(w.Signed.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := b.Read(bundle.NameCheckpoint)
	n, err := keys.Open(raw)
	if err != nil || n.Size != tree.Size() || n.Root != tree.Root() {
		t.Errorf("the entries do not give the checkpoint: %v", err)
	}
}

// Ensure an extract of a record holds the record, proved, and how the keys that
// signed it came to be.
func TestRecord(t *testing.T) {
	w := world(t, 40)
	region := w.Records[0][3:9] // the owner's
	if err := w.Rotate(region, "st-2"); err != nil {
		t.Fatal(err)
	}
	if err := w.Play(60, 9, time.Minute); err != nil {
		t.Fatal(err)
	}
	s := selection(t, w)
	// Entries behind the checkpoint stay out.
	if err := w.Play(20, 9, time.Minute); err != nil {
		t.Fatal(err)
	}
	id := w.Records[0]
	s.Records = []string{id}
	b := open(t, write(t, w, s))
	var want []string
	history, err := w.Books().History(id, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range history {
		if c.Index < 103 {
			want = append(want, bundle.EntryName(c.Index), bundle.ProofName(c.Index))
		}
	}
	// st-1 signed before the rotation, the entries 40 to 42, and st-2 after it.
	if got := b.Names(bundle.ClassEntry, bundle.ClassProof); len(got) <= len(want) || !contains(got, want) || !contains(got, []string{"entries/40", "entries/41", "entries/42"}) {
		t.Errorf("files %q, want at least %q and the rotation", got, want)
	}
	keys, _ := checkpoint.FromGenesis(w.Signed.Genesis)
	for _, name := range b.Names(bundle.ClassEntry) {
		entry, _ := b.Read(name)
		raw, err := b.Read("proofs/" + strings.TrimPrefix(name, "entries/") + ".tlog-proof")
		if err != nil {
			t.Fatal(err)
		}
		p, err := checkpoint.ParseProof(raw)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.Verify(merkle.LeafHash(entry), keys); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func contains(all, some []string) bool {
	return !slices.ContainsFunc(some, func(s string) bool { return !slices.Contains(all, s) })
}

// Ensure a range holds its entries, and dates find their indexes.
func TestRange(t *testing.T) {
	w := world(t, 50)
	s := selection(t, w)
	s.From, s.To = 10, 13
	got := open(t, write(t, w, s)).Names(bundle.ClassEntry)
	if !slices.Equal(got, []string{"entries/10", "entries/11", "entries/12"}) {
		t.Errorf("files %q", got)
	}
	last := int64(0)
	for n := range uint64(50) {
		c, err := w.Books().Leaf(n)
		if err != nil {
			t.Fatal(err)
		}
		at, err := bundle.IndexAt(w.Books(), 50, c.TS)
		if err != nil || at > n || c.TS != last && at != n {
			t.Errorf("the time of entry %d leads to %d, %v", n, at, err)
		}
		last = c.TS
	}
	if at, err := bundle.IndexAt(w.Books(), 50, last+1); err != nil || at != 50 {
		t.Errorf("after the end: %d, %v", at, err)
	}
}

// Ensure nothing is written of what the ledger does not hold.
func TestSelections(t *testing.T) {
	w := world(t, 20)
	good := selection(t, w)
	other := world(t, 20)
	false20, err := other.Note()
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*bundle.Selection)
		want   error
	}{
		"another tree":     {func(s *bundle.Selection) { s.Note = false20 }, bundle.ErrSelection},
		"no note":          {func(s *bundle.Selection) { s.Note = nil }, checkpoint.ErrNote},
		"beyond the tree":  {func(s *bundle.Selection) { s.To = 21 }, bundle.ErrSelection},
		"backwards":        {func(s *bundle.Selection) { s.From, s.To = 9, 8 }, bundle.ErrSelection},
		"unknown record":   {func(s *bundle.Selection) { s.Records = []string{"AR-110000-2025-999999"} }, bundle.ErrSelection},
		"evidence outside": {func(s *bundle.Selection) { s.Evidence = map[string][]byte{"../x": nil} }, bundle.ErrName},
		"not a commitment": {func(s *bundle.Selection) { s.Openings = map[string][]byte{"sc1.x": nil} }, bundle.ErrName},
	} {
		s := good
		tc.change(&s)
		if _, err := w.Write(s); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure the empty ledger can be exported too.
func TestEmpty(t *testing.T) {
	w := world(t, 0)
	b := open(t, write(t, w, selection(t, w)))
	if n := len(b.Names()); n != 5 || b.Manifest().Size != 0 {
		t.Errorf("%d files of size %d", n, b.Manifest().Size)
	}
}

// file is a file of a zip made by hand.
type file struct {
	name    string
	content []byte
	deflate bool
}

func pack(t *testing.T, files ...file) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range files {
		method := zip.Store
		if f.deflate {
			method = zip.Deflate
		}
		z, err := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		if err == nil {
			_, err = z.Write(f.content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// Ensure a bundle that somebody packed again can be read.
func TestPackedAgain(t *testing.T) {
	w := world(t, 300)
	b := open(t, write(t, w, selection(t, w)))
	var files []file
	for _, name := range b.Names() {
		content, _ := b.Read(name)
		files = append(files, file{name, content, true})
	}
	again := open(t, pack(t, files...))
	if !slices.Equal(again.Names(), b.Names()) {
		t.Errorf("files %q", again.Names())
	}
}

// Ensure hostile zips are refused by their limits, quickly and without memory.
func TestHostileZips(t *testing.T) {
	manifest := file{bundle.NameManifest, []byte(`{"format":"sandi-bundle/1","kind":"log","network":"","origin":"","size":0,"root":""}`), false}
	if _, err := bundle.Open(bytes.NewReader(pack(t, manifest)), int64(len(pack(t, manifest)))); err != nil {
		t.Fatalf("the smallest zip is refused: %v", err)
	}
	named := func(name string) []byte { return pack(t, manifest, file{name: name}) }
	zeros := make([]byte, 256*(2+merkle.MaxEntry))
	var many, tiles []file
	for i := range 100_000 {
		many = append(many, file{name: fmt.Sprintf("junk/%d", i)})
		tiles = append(tiles, file{name: merkle.Tile{Level: 0, Index: uint64(i), Width: 256}.Path()})
	}
	for i := range bundle.MaxFiles {
		tiles = append(tiles, file{name: merkle.Tile{Level: 1, Index: uint64(i), Width: 256}.Path()})
	}
	plain := pack(t, manifest, file{"checkpoint", []byte("note"), false})
	for name, tc := range map[string]struct {
		data []byte
		want error
	}{
		"nothing":                     {nil, bundle.ErrFormat},
		"no zip":                      {bytes.Repeat([]byte("sandi"), 1000), bundle.ErrFormat},
		"truncated":                   {plain[:len(plain)-9], bundle.ErrFormat},
		"half":                        {plain[:len(plain)/2], bundle.ErrFormat},
		"no manifest":                 {pack(t, file{name: "checkpoint"}), bundle.ErrFormat},
		"slip":                        {named("../checkpoint"), bundle.ErrName},
		"slip below":                  {named("evidence/../../x.json"), bundle.ErrName},
		"absolute":                    {named("/checkpoint"), bundle.ErrName},
		"backslash":                   {named(`evidence\x.json`), bundle.ErrName},
		"empty name":                  {named(""), bundle.ErrName},
		"folder":                      {named("evidence/"), bundle.ErrName},
		"hidden":                      {named("evidence/.x.json"), bundle.ErrName},
		"another spelling":            {named("tile/0/1"), bundle.ErrName},
		"leading zero":                {named("entries/007"), bundle.ErrName},
		"twice":                       {pack(t, manifest, file{name: "checkpoint"}, file{name: "checkpoint"}), bundle.ErrName},
		"bomb":                        {pack(t, manifest, file{"tile/entries/000", zeros, true}), bundle.ErrLimit},
		"tile too large":              {pack(t, manifest, file{"tile/0/000", make([]byte, 8193), false}), bundle.ErrLimit},
		"100,000 files":               {pack(t, many...), bundle.ErrName},
		"more tiles than are read":    {pack(t, tiles...), bundle.ErrLimit},
		"encrypted":                   {flag(plain, 1), bundle.ErrFormat},
		"unknown method":              {method(plain, 99), bundle.ErrFormat},
		"overlap":                     {overlap(plain), bundle.ErrFormat},
		"manifest of another version": {pack(t, file{bundle.NameManifest, []byte(`{"format":"sandi-bundle/2","kind":"log","network":"","origin":"","size":0,"root":""}`), false}), bundle.ErrFormat},
	} {
		t.Run(name, func(t *testing.T) {
			start := processorTime(t)
			_, err := bundle.Open(bytes.NewReader(tc.data), int64(len(tc.data)))
			if !errors.Is(err, tc.want) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if d := processorTime(t) - start; d > 10*time.Second { // one or two, and the race detector
				t.Errorf("took %v of processor time", d)
			}
		})
	}
}

// processorTime is what this process has used, however busy the machine is.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// directory is where the last line of a zip's directory begins.
func directory(data []byte) int { return bytes.LastIndex(data, []byte("PK\x01\x02")) }

func flag(data []byte, bit uint16) []byte {
	data = slices.Clone(data)
	at := directory(data) + 8
	binary.LittleEndian.PutUint16(data[at:], binary.LittleEndian.Uint16(data[at:])|bit)
	return data
}

func method(data []byte, m uint16) []byte {
	data = slices.Clone(data)
	binary.LittleEndian.PutUint16(data[directory(data)+10:], m)
	return data
}

// overlap makes the last file as long as the whole zip.
func overlap(data []byte) []byte {
	data = slices.Clone(data)
	at := directory(data)
	binary.LittleEndian.PutUint32(data[at+20:], uint32(len(data)))
	binary.LittleEndian.PutUint32(data[at+24:], uint32(len(data)))
	return data
}

// Ensure a directory that is larger than any bundle's is not even read.
func TestLongDirectory(t *testing.T) {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	comment := strings.Repeat("x", 60_000)
	for i := range 1000 {
		z, err := w.CreateRaw(&zip.FileHeader{Name: fmt.Sprintf("evidence/e%d.json", i), CRC32: crc32.ChecksumIEEE(nil), Comment: comment})
		if err == nil {
			_, err = z.Write(nil)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := bundle.Open(bytes.NewReader(out.Bytes()), int64(out.Len())); !errors.Is(err, bundle.ErrLimit) {
		t.Fatalf("got %v", err)
	}
}

// Ensure the golden log can be exported: entries with governance, never the same
// keys twice.
func TestGolden(t *testing.T) {
	log, err := os.ReadFile("../ledger/testdata/golden/protocol1.json")
	if err != nil {
		t.Fatal(err)
	}
	w, err := bundletest.Golden(log)
	if err != nil {
		t.Fatal(err)
	}
	b := open(t, write(t, w, selection(t, w)))
	if b.Manifest().Size < 100 {
		t.Errorf("only %d entries", b.Manifest().Size)
	}
}

func FuzzOpen(f *testing.F) {
	w, err := bundletest.New()
	if err != nil {
		f.Fatal(err)
	}
	s, err := w.Selection()
	if err != nil {
		f.Fatal(err)
	}
	data, err := w.Write(s)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data[len(data)-2000:])
	f.Fuzz(func(_ *testing.T, data []byte) {
		b, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		for _, name := range b.Names() {
			_, _ = b.Read(name)
		}
	})
}
