package tamper

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// maxEntries bounds what is forged, in memory: this is a demonstration.
const maxEntries = 20_000

// original is the bundle that is copied. Nobody writes to it.
type original struct {
	names    []string // files in the order of the zip, without the manifest
	files    map[string][]byte
	manifest *bundle.Manifest
	genesis  *genesis.Signed
	note     []byte
	at       checkpoint.Checkpoint
	entries  [][]byte
	leaves   []merkle.Leaf
	acts     []*statement.Statement // the statements in the leaves
}

// errNotLog says that a bundle cannot be forged upon.
var errNotLog = errors.New("a bundle of a whole ledger is needed (sandi audit export --all)")

func openOriginal(data []byte) (*original, error) {
	b, err := bundle.Open(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return nil, err
	}
	o := &original{files: make(map[string][]byte), manifest: b.Manifest()}
	if o.manifest.Kind != bundle.KindLog || o.manifest.Size > maxEntries {
		return nil, fmt.Errorf("%w, of at most %d entries", errNotLog, maxEntries)
	}
	for _, name := range b.Names() {
		if name == bundle.NameManifest {
			continue
		}
		if o.files[name], err = b.Read(name); err != nil {
			return nil, err
		}
		o.names = append(o.names, name)
	}
	if o.genesis, err = genesis.Parse(o.files[bundle.NameGenesis]); err != nil {
		return nil, err
	}
	o.note = o.files[bundle.NameCheckpoint]
	body, _, _ := bytes.Cut(o.note, []byte("\n\n"))
	if o.at, err = checkpoint.ParseBody(append(bytes.Clone(body), '\n')); err != nil {
		return nil, err
	}
	return o, o.readEntries()
}

func (o *original) readEntries() error {
	err := bundle.EachTile(merkle.LevelEntries, o.at.Size, func(t merkle.Tile) error {
		list, err := merkle.SplitEntries(o.files[t.Path()])
		o.entries = append(o.entries, list...)
		return err
	})
	if err != nil {
		return err
	}
	for _, entry := range o.entries {
		leaf, err := merkle.ParseLeaf(entry)
		if err != nil {
			return err
		}
		st, err := statement.Parse(leaf.Stmt)
		if err != nil {
			return err
		}
		o.leaves, o.acts = append(o.leaves, leaf), append(o.acts, st)
	}
	return nil
}

// grove is a tree with all its stored hashes, as a merkle.Reader.
type grove struct {
	tree   *merkle.Tree
	hashes map[uint8][]merkle.Hash // by level
}

func plant(entries [][]byte) *grove {
	g := &grove{merkle.NewTree(), make(map[uint8][]merkle.Hash)}
	for _, entry := range entries {
		for _, s := range g.tree.Append(merkle.LeafHash(entry)) {
			g.hashes[s.Level] = append(g.hashes[s.Level], s.Hash)
		}
	}
	return g
}

// StoredHashes implements merkle.Reader. The caller may write to what it gets.
func (g *grove) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	row := g.hashes[level]
	if first+uint64(count) > uint64(len(row)) {
		return nil, fmt.Errorf("couldn't read %d hashes of level %d", count, level)
	}
	return slices.Clone(row[first:][:count]), nil
}

// forge packs a bundle of other entries, every hash and digest put right. note
// stands in place of the checkpoint; nil keeps the true one.
func (o *original) forge(entries [][]byte, note []byte) ([]byte, error) {
	g := plant(entries)
	size := uint64(len(entries))
	out := &packer{manifest: *o.manifest}
	at := o.at
	if note != nil {
		at = checkpoint.Checkpoint{Origin: o.at.Origin, Size: size, Root: g.tree.Root()}
		out.manifest.Size, out.manifest.Root = size, b64(at.Root)
	}
	for _, name := range o.names {
		switch {
		case strings.HasPrefix(name, "tile/"):
		case name == bundle.NameCheckpoint && note != nil:
			out.put(name, note)
		case strings.HasPrefix(name, "checkpoints/") && !o.stillTrue(name, g):
			// No forger leaves what gives the game away.
		default:
			out.put(name, o.files[name])
		}
	}
	for level := 0; size>>(merkle.StoredStep*level) > 0; level++ {
		err := bundle.EachTile(level, size, func(t merkle.Tile) error {
			body, err := t.Hashes(g)
			out.put(t.Path(), body)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	err := bundle.EachTile(merkle.LevelEntries, size, func(t merkle.Tile) error {
		var body []byte
		for _, entry := range entries[t.Index*merkle.TileWidth:][:t.Width] {
			var err error
			if body, err = merkle.AppendEntry(body, entry); err != nil {
				return err
			}
		}
		out.put(t.Path(), body)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out.close()
}

// stillTrue reports whether an older checkpoint fits the forged tree.
func (o *original) stillTrue(name string, g *grove) bool {
	body, _, _ := bytes.Cut(o.files[name], []byte("\n\n"))
	c, err := checkpoint.ParseBody(append(bytes.Clone(body), '\n'))
	if err != nil || c.Size > g.tree.Size() {
		return false
	}
	root, err := merkle.RootAt(g, c.Size)
	return err == nil && root == c.Root
}

// packer writes a zip as bundle.Write does, whatever is in it.
type packer struct {
	manifest bundle.Manifest
	out      bytes.Buffer
	zip      *zip.Writer
	err      error // the first one
}

func (p *packer) put(name string, content []byte) {
	if p.zip == nil {
		p.zip = zip.NewWriter(&p.out)
		p.manifest.Files = nil
	}
	if p.err != nil {
		return
	}
	f, err := p.zip.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
	if err == nil {
		_, err = f.Write(content)
	}
	sum := sha256.Sum256(content)
	p.manifest.Files = append(p.manifest.Files, hex.EncodeToString(sum[:])+"  "+name)
	p.err = err
}

func (p *packer) close() ([]byte, error) {
	text, err := json.MarshalIndent(p.manifest, "", " ")
	if err != nil {
		return nil, err
	}
	files := p.manifest.Files
	p.put(bundle.NameManifest, append(text, '\n'))
	p.manifest.Files = files // it does not list itself
	if p.err != nil {
		return nil, p.err
	}
	err = p.zip.Close()
	return p.out.Bytes(), err
}
