package bundle

import (
	"bytes"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// Source is what an export reads of a ledger: one view, which may be longer than
// the exported checkpoint. *ledger.Books is one.
type Source interface {
	merkle.Reader
	// Entries passes on the bytes of the leaves from <= index < to, valid during
	// the call, until fn returns false.
	Entries(from, to uint64, fn func(index uint64, leaf []byte) (bool, error)) error
	// History gives the statements of a record from a leaf index on, at most
	// limit; none when there is no such record. Only exports of records ask.
	History(record string, from uint64, limit int) ([]*ledger.Committal, error)
	// Key finds a registered key, nil when there is none. Only extracts ask.
	Key(region, id string) (*ledger.Key, error)
}

// Selection is what to export. Without records and range it is the whole log.
type Selection struct {
	Note    []byte   // the signed checkpoint that the export stands on, final if there is one
	Earlier [][]byte // older signed notes; whole logs only
	Genesis []byte   // the signed genesis file
	Policy  []byte   // policy.txt of that checkpoint's moment; nil: that of genesis

	Records []string // their statements
	From    uint64   // first leaf index of a range; with To
	To      uint64   // one past its last, at most the checkpoint's size; 0: no range

	Evidence map[string][]byte // JSON by name (letters, digits, - and _)
	Openings map[string][]byte // salt and content by commitment, see Opening
	Draws    map[string]Draw   // what was frozen for a draw, by its record
}

// Draw is what a draw was made from, as text: its record has the digests only.
// consensus/draw says how they are read.
type Draw struct {
	Pool string
	Rule string
}

// Opening is the file that opens a commitment: 32 bytes of salt, then the content.
func Opening(salt [32]byte, content []byte) []byte { return append(salt[:], content...) }

// Whole reports whether the selection is the whole log.
func (s *Selection) Whole() bool { return len(s.Records) == 0 && s.To == 0 }

// export is one Write in progress.
type export struct {
	src      Source
	sel      Selection
	at       checkpoint.Checkpoint
	genesis  *genesis.Signed
	progress func(done, total uint64)
	out      *zipWriter
}

// prepare reads the parts of a selection and holds the ledger against them.
func prepare(src Source, s Selection, progress func(done, total uint64)) (*export, error) {
	e := &export{src: src, sel: s, progress: progress}
	if e.progress == nil {
		e.progress = func(uint64, uint64) {}
	}
	var err error
	if e.at, err = bodyOf(s.Note); err != nil {
		return nil, err
	}
	if e.genesis, err = genesis.Parse(s.Genesis); err != nil {
		return nil, fmt.Errorf("couldn't use the genesis: %w", err)
	}
	if e.at.Origin != e.genesis.Origin {
		return nil, fmt.Errorf("the checkpoint is of %s, the genesis of %s: %w", e.at.Origin, e.genesis.Origin, ErrSelection)
	}
	root, err := merkle.RootAt(src, e.at.Size)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the tree: %w", err)
	}
	if root != e.at.Root {
		return nil, fmt.Errorf("at size %d the ledger has another root than the checkpoint: %w", e.at.Size, ErrSelection)
	}
	if s.To > e.at.Size || s.From > s.To {
		return nil, fmt.Errorf("entries %d to %d are not below the checkpoint's size of %d: %w", s.From, s.To, e.at.Size, ErrSelection)
	}
	return e, nil
}

// bodyOf is the checkpoint in a signed note. Who signed it, the reader judges.
func bodyOf(note []byte) (checkpoint.Checkpoint, error) {
	body, _, ok := bytes.Cut(note, []byte("\n\n"))
	if !ok {
		return checkpoint.Checkpoint{}, fmt.Errorf("couldn't use the checkpoint: %w", checkpoint.ErrNote)
	}
	return checkpoint.ParseBody(append(slices.Clone(body), '\n'))
}

func (e *export) manifest() *Manifest {
	m := &Manifest{
		Format: Format, Kind: KindLog, Network: e.genesis.Network(), Origin: e.at.Origin, Size: e.at.Size, Root: b64(e.at.Root),
		Records: e.sel.Records, From: e.sel.From, To: e.sel.To,
	}
	if !e.sel.Whole() {
		m.Kind = KindExtract
	}
	return m
}

// IndexAt is the first leaf index, at most size, whose ledger time (unix ms) is at
// least the given one: where a range of dates begins, and where another ends.
func IndexAt(src Source, size uint64, ms int64) (uint64, error) {
	low, high := uint64(0), size
	for low < high {
		middle := low + (high-low)/2
		var leaf merkle.Leaf
		err := src.Entries(middle, middle+1, func(_ uint64, entry []byte) (bool, error) {
			var err error
			leaf, err = merkle.ParseLeaf(entry)
			return false, err
		})
		if err != nil {
			return 0, fmt.Errorf("couldn't read leaf %d: %w", middle, err)
		}
		if leaf.TS >= ms {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low, nil
}
