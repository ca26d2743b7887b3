package audit

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// forgery is a file in the hands of somebody who can change every byte of it, and
// rebuilds whatever can be rebuilt: tiles, names, digests. What was not changed is
// the fixture's.
type forgery struct {
	*fixture
	truth *forgery // nil: this is what holds
	rng   *rand.Rand

	// A whole log, as its parts. file makes the zip of them.
	entries [][]byte
	parts   map[string][]byte // every file but tiles and manifest
	stale   bool              // the tiles are those of the true entries
	named   int               // the size that the tiles are named for; 0: what there is
	after   func(files map[string][]byte)
	claims  func(m *bundle.Manifest)
	raw     func(files map[string][]byte) []byte // packs them otherwise

	alone   []byte // a file that is no whole log, as it is
	options func(*Options)

	did     string
	touched []uint64 // entries of which one has to be named
	blamed  string   // file that has to be
	within  bool     // only a range that holds it can be named
	want    int      // exit status; 0: ExitFail
	refused bool     // instead of a report there is an error
	lower   bool     // or it is one of a lower grade: a cosigner's name was changed, so its line is nobody's
}

func (f *forgery) clone(rng *rand.Rand) *forgery {
	return &forgery{fixture: f.fixture, truth: f, rng: rng, entries: slices.Clone(f.entries), parts: maps.Clone(f.parts)}
}

// forge takes the fixture's log apart.
func (f *fixture) forge(t testing.TB) *forgery {
	t.Helper()
	b := opened(t, f.zip)
	out := &forgery{fixture: f, parts: make(map[string][]byte)}
	for _, name := range b.Names() {
		body, err := b.Read(name)
		must(t, err)
		switch class, _ := bundle.Classify(name); class {
		case bundle.ClassBundle:
			entries, err := merkle.SplitEntries(body)
			must(t, err)
			out.entries = append(out.entries, entries...)
		case bundle.ClassTile, bundle.ClassManifest:
		default:
			out.parts[name] = body
		}
	}
	return out
}

func opened(t testing.TB, file []byte) *bundle.Bundle {
	t.Helper()
	b, err := bundle.Open(bytes.NewReader(file), int64(len(file)))
	must(t, err)
	return b
}

// shelf is a tree with all its hashes.
type shelf struct {
	tree   *merkle.Tree
	hashes map[uint8][]merkle.Hash // by level
}

func shelve(entries [][]byte) *shelf {
	s := &shelf{merkle.NewTree(), make(map[uint8][]merkle.Hash)}
	for _, e := range entries {
		for _, h := range s.tree.Append(merkle.LeafHash(e)) {
			s.hashes[h.Level] = append(s.hashes[h.Level], h.Hash)
		}
	}
	return s
}

// StoredHashes implements merkle.Reader.
func (s *shelf) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	if first+uint64(count) > uint64(len(s.hashes[level])) {
		return nil, fmt.Errorf("no hashes %d to %d of level %d", first, first+uint64(count), level)
	}
	return s.hashes[level][first:][:count], nil
}

// tiles adds the tiles of entries, and those of the hashes of others.
func tiles(t testing.TB, files map[string][]byte, entries, hashed [][]byte) {
	t.Helper()
	s := shelve(hashed)
	for level := 0; s.tree.Size()>>(merkle.StoredStep*level) > 0; level++ {
		must(t, bundle.EachTile(level, s.tree.Size(), func(tile merkle.Tile) error {
			body, err := tile.Hashes(s)
			files[tile.Path()] = slices.Clone(body)
			return err
		}))
	}
	must(t, bundle.EachTile(merkle.LevelEntries, uint64(len(entries)), func(tile merkle.Tile) error {
		var body []byte
		for _, e := range entries[tile.Index*merkle.TileWidth:][:tile.Width] {
			body = append(append(body, byte(len(e)>>8), byte(len(e))), e...)
		}
		files[tile.Path()] = body
		return nil
	}))
}

// rename gives partial tiles of a log of some size the names of another size.
func rename(files map[string][]byte, from, to uint64) {
	for level := merkle.LevelEntries; level < 2; level++ {
		tile := merkle.Tile{Level: level}
		for tile.Width = tile.WidthAt(from); tile.Width > 0; tile.Width = tile.WidthAt(from) {
			as := tile
			if as.Width = as.WidthAt(to); as.Width > 0 && as.Width != tile.Width {
				files[as.Path()] = files[tile.Path()]
				delete(files, tile.Path())
			}
			tile.Index++
		}
	}
}

// file is the forged file, with everything around the change put right.
func (f *forgery) file(t testing.TB) []byte {
	t.Helper()
	if f.alone != nil {
		return f.alone
	}
	files := maps.Clone(f.parts)
	hashed := f.entries
	if f.stale {
		hashed = f.truth.entries
	}
	tiles(t, files, f.entries, hashed)
	if f.named != 0 {
		rename(files, uint64(len(f.entries)), uint64(f.named))
	}
	if f.after != nil {
		f.after(files)
	}
	m := &bundle.Manifest{Format: bundle.Format, Kind: bundle.KindLog, Network: f.Signed.Network(), Origin: f.Signed.Origin}
	if c, err := claimOf(files[bundle.NameCheckpoint]); err == nil {
		m.Origin, m.Size, m.Root = c.Origin, c.Size, b64(c.Root)
	}
	list(files, m)
	if f.claims != nil {
		f.claims(m)
	}
	files[bundle.NameManifest] = text(t, m)
	if f.raw != nil {
		return f.raw(files)
	}
	return pack(t, files)
}

// list puts the digests of files into a manifest.
func list(files map[string][]byte, m *bundle.Manifest) {
	m.Files = nil
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if name != bundle.NameManifest {
			sum := sha256.Sum256(files[name])
			m.Files = append(m.Files, hex.EncodeToString(sum[:])+"  "+name)
		}
	}
}

func text(t testing.TB, v any) []byte {
	t.Helper()
	out, err := json.Marshal(v)
	must(t, err)
	return out
}

// pack makes a zip; a name may stand twice when more gives it again.
func pack(t testing.TB, files map[string][]byte, more ...string) []byte {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, name := range append(slices.Sorted(maps.Keys(files)), more...) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		must(t, err)
		_, err = w.Write(files[name])
		must(t, err)
	}
	must(t, z.Close())
	return out.Bytes()
}

// repack changes the files of a zip that is no whole log, and its manifest with
// them.
func (f *forgery) repack(t testing.TB, file []byte, change func(files map[string][]byte, m *bundle.Manifest)) []byte {
	t.Helper()
	b := opened(t, file)
	files := make(map[string][]byte)
	for _, name := range b.Names() {
		if name == bundle.NameManifest {
			continue
		}
		var err error
		files[name], err = b.Read(name)
		must(t, err)
	}
	m := *b.Manifest()
	change(files, &m)
	list(files, &m)
	files[bundle.NameManifest] = text(t, &m)
	return pack(t, files)
}

// leaf is entry i, taken apart.
func (f *forgery) leaf(t testing.TB, i int) merkle.Leaf {
	t.Helper()
	l, err := merkle.ParseLeaf(f.entries[i])
	must(t, err)
	return l
}

func (f *forgery) put(i int, l merkle.Leaf) { f.entries[i] = merkle.AppendLeaf(nil, l) }

// any is a random entry but the last.
func (f *forgery) any() int { return f.rng.IntN(len(f.entries) - 1) }

// renumber gives every entry from some index on its place as its number.
func (f *forgery) renumber(t testing.TB, from int) {
	t.Helper()
	for i := from; i < len(f.entries); i++ {
		l := f.leaf(t, i)
		l.Seq = uint64(i)
		f.put(i, l)
	}
}

// flip changes one bit of a copy.
func (f *forgery) flip(data []byte) []byte {
	data = bytes.Clone(data)
	data[f.rng.IntN(len(data))] ^= 1 << f.rng.IntN(8)
	return data
}

// digit changes one decimal digit of a copy, at or behind a place.
func (f *forgery) digit(data []byte, from int) []byte {
	data = bytes.Clone(data)
	at := from + bytes.IndexAny(data[from:], "0123456789")
	data[at] = '0' + (data[at]-'0'+1+byte(f.rng.IntN(9)))%10
	return data
}

// resign lets all regions sign what the entries give now: the conspiracy of all,
// which only signatures, rules and what was kept outside can show. Older
// checkpoints would, so they are left out.
func (f *forgery) resign(t testing.TB) {
	t.Helper()
	s := shelve(f.entries)
	note, err := f.SignAt(checkpoint.Checkpoint{Origin: f.Signed.Origin, Size: s.tree.Size(), Root: s.tree.Root()}, f.Now+twoDays+60)
	must(t, err)
	f.parts[bundle.NameCheckpoint] = note
	for name := range f.parts {
		if strings.HasPrefix(name, "checkpoints/") {
			delete(f.parts, name)
		}
	}
}

// noteLines are the text of a note and its signature lines.
func noteLines(note []byte) (body string, lines []string) {
	body, rest, _ := strings.Cut(string(note), "\n\n")
	return body + "\n\n", strings.SplitAfter(strings.TrimSuffix(rest, "\n"), "\n")
}

// edit changes the lines of the checkpoint.
func (f *forgery) edit(change func(lines []string) []string) {
	body, lines := noteLines(f.parts[bundle.NameCheckpoint])
	lines[len(lines)-1] += "\n"
	f.parts[bundle.NameCheckpoint] = []byte(body + strings.Join(change(lines), ""))
}

// signature cuts a line into what stands before the base64, and its bytes.
func signature(t testing.TB, line string) (head string, raw []byte) {
	t.Helper()
	line = strings.TrimSuffix(line, "\n")
	at := strings.LastIndexByte(line, ' ') + 1
	raw, err := base64.StdEncoding.DecodeString(line[at:])
	must(t, err)
	return line[:at], raw
}

func signatureLine(head string, raw []byte) string {
	return head + base64.StdEncoding.EncodeToString(raw) + "\n"
}

// of picks one of a list.
func of[T any](rng *rand.Rand, list []T) T { return list[rng.IntN(len(list))] }
