package bundle

import (
	"archive/zip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// Write writes a bundle. progress, which may be nil, is told how many entries of
// all have been written. Equal selections of equal ledgers give equal bytes. The
// error wraps ErrSelection for what the ledger does not hold, ErrLimit for an
// extract that is too large: nothing has been written then.
func Write(w io.Writer, src Source, s Selection, progress func(done, total uint64)) error {
	e, err := prepare(src, s, progress)
	if err != nil {
		return fmt.Errorf("couldn't export: %w", err)
	}
	entries := e.tiles
	if !s.Whole() {
		indexes, err := e.extract()
		if err != nil {
			return fmt.Errorf("couldn't export: %w", err)
		}
		entries = func() error { return e.entries(indexes) }
	}
	e.out = &zipWriter{zip: zip.NewWriter(w)}
	for _, step := range [...]func() error{e.front, entries, e.appendix, e.close} {
		if err := step(); err != nil {
			return fmt.Errorf("couldn't export: %w", err)
		}
	}
	return nil
}

// front writes what a reader wants first.
func (e *export) front() error {
	policy := e.sel.Policy
	if policy == nil {
		var err error
		if policy, err = checkpoint.MarshalPolicy(e.genesis.Genesis); err != nil {
			return err
		}
	}
	for _, f := range [...]struct {
		name    string
		content []byte
	}{
		{NameReadme, readme(e.sel.Whole())}, {NamePolicy, policy}, {NameCheckpoint, e.sel.Note}, {NameGenesis, e.sel.Genesis},
	} {
		if err := e.out.put(f.name, f.content); err != nil {
			return err
		}
	}
	if !e.sel.Whole() {
		return nil
	}
	earlier := make(map[uint64][]byte, len(e.sel.Earlier))
	for _, note := range e.sel.Earlier {
		c, err := bodyOf(note)
		if err != nil {
			return err
		}
		if c.Size < e.at.Size {
			earlier[c.Size] = note
		}
	}
	for _, size := range slices.Sorted(maps.Keys(earlier)) {
		if err := e.out.put(EarlierName(size), earlier[size]); err != nil {
			return err
		}
	}
	return nil
}

// tiles writes the whole log: level after level, then the entries.
func (e *export) tiles() error {
	for level := 0; e.at.Size>>(merkle.StoredStep*level) > 0; level++ {
		err := EachTile(level, e.at.Size, func(t merkle.Tile) error {
			body, err := t.Hashes(e.src)
			if err != nil {
				return err
			}
			return e.out.put(t.Path(), body)
		})
		if err != nil {
			return err
		}
	}
	var body []byte
	return EachTile(merkle.LevelEntries, e.at.Size, func(t merkle.Tile) error {
		first := t.Index * merkle.TileWidth
		next := first + uint64(t.Width)
		body = body[:0]
		count := 0
		err := e.src.Entries(first, next, func(_ uint64, entry []byte) (bool, error) {
			count++
			var err error
			body, err = merkle.AppendEntry(body, entry)
			return err == nil, err
		})
		if err == nil && count != t.Width {
			err = fmt.Errorf("%d of the %d entries from %d on: %w", count, t.Width, first, ErrSelection)
		}
		if err == nil {
			err = e.out.put(t.Path(), body)
		}
		e.progress(next, e.at.Size)
		return err
	})
}

// EachTile calls fn for every tile of a level (or merkle.LevelEntries) in a tree
// of a size: full tiles, then the partial one.
func EachTile(level int, size uint64, fn func(merkle.Tile) error) error {
	t := merkle.Tile{Level: level}
	for ; ; t.Index++ {
		if t.Width = t.WidthAt(size); t.Width == 0 {
			return nil
		}
		if err := fn(t); err != nil {
			return err
		}
	}
}

// entries writes an extract's entries, each with its proof.
func (e *export) entries(indexes []uint64) error {
	for i, n := range indexes {
		entry, err := e.entry(n)
		if err != nil {
			return err
		}
		path, err := merkle.Inclusion(e.src, n, e.at.Size)
		if err != nil {
			return err
		}
		proof := checkpoint.Proof{Index: n, Path: path, Checkpoint: e.sel.Note}
		if err := e.out.put(EntryName(n), entry); err != nil {
			return err
		}
		if err := e.out.put(ProofName(n), proof.Marshal()); err != nil {
			return err
		}
		e.progress(uint64(i+1), uint64(len(indexes)))
	}
	return nil
}

// appendix writes draws, openings and evidence.
func (e *export) appendix() error {
	for _, record := range slices.Sorted(maps.Keys(e.sel.Draws)) {
		d := e.sel.Draws[record]
		text, err := json.Marshal(map[string]string{"format": FormatDraw, "draw": record, "pool": d.Pool, "rule": d.Rule})
		if err == nil {
			err = e.attach(DrawName(record), text)
		}
		if err != nil {
			return err
		}
	}
	for _, c := range slices.Sorted(maps.Keys(e.sel.Openings)) {
		if err := e.attach(OpeningName(c), e.sel.Openings[c]); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(e.sel.Evidence)) {
		if err := e.attach(EvidenceName(name), e.sel.Evidence[name]); err != nil {
			return err
		}
	}
	return nil
}

// attach writes a file whose name came from outside.
func (e *export) attach(name string, content []byte) error {
	class, err := Classify(name)
	if err != nil {
		return err
	}
	if int64(len(content)) > bounds[class].bytes {
		return fmt.Errorf("%s has %d bytes: %w", name, len(content), ErrLimit)
	}
	return e.out.put(name, content)
}

// close writes the manifest, which knows all the others, and the directory.
func (e *export) close() error {
	m := e.manifest()
	m.Files = e.out.lines
	data, err := m.marshal()
	if err != nil {
		return err
	}
	if err := e.out.put(NameManifest, data); err != nil {
		return err
	}
	if err := e.out.zip.Close(); err != nil {
		return fmt.Errorf("couldn't write the zip's directory: %w", err)
	}
	return nil
}

func b64(h merkle.Hash) string { return base64.StdEncoding.EncodeToString(h[:]) }
