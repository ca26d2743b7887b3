package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// exportsAtOnce is how many bundles are written at a time: one reads the whole
// ledger, and a bureau has few auditors.
const exportsAtOnce = 2

// Range says which part of the log is exported. The zero Range is the whole log.
type Range struct {
	Records []string // their statements, or
	From    *Bound   // from the first entry at or after it,
	To      *Bound   // to the last one before it; nil: to the last one
}

// Bound is a place of the log: an index, or an instant of ledger time.
type Bound struct {
	Index uint64
	MS    int64 // unix ms; 0: the index counts
}

// Export is a bundle about to be written.
type Export struct {
	Size uint64 // of the final checkpoint that it stands on

	l         *Log
	selection bundle.Selection
	end       func()
}

// Prepare takes a turn and chooses what goes into a bundle. Close gives the turn
// back. Refusals: no_checkpoint before there is a final one, out_of_range.
func (l *Log) Prepare(ctx context.Context, r Range) (*Export, error) {
	s, err := l.final.show()
	if err != nil {
		return nil, err
	}
	if s == nil {
		return nil, problem.New(problem.NoCheckpoint).Retry(time.Second)
	}
	e := &Export{Size: s.note.Size, l: l, selection: bundle.Selection{Note: s.raw, Genesis: l.cfg.Genesis, Records: r.Records}}
	if l.cfg.PolicyFile != nil {
		if e.selection.Policy, err = l.cfg.PolicyFile(e.Size); err != nil {
			return nil, fmt.Errorf("couldn't write down the policy: %w", err)
		}
	}
	if r.From != nil {
		if e.selection.From, err = l.place(*r.From, e.Size); err != nil {
			return nil, err
		}
		if e.selection.To = e.Size; r.To != nil {
			if e.selection.To, err = l.place(*r.To, e.Size); err != nil {
				return nil, err
			}
		}
		if e.selection.From >= e.selection.To || e.selection.To > e.Size {
			return nil, problem.Invalid(problem.At("query.from", problem.OutOfRange)) // no entry lies there yet
		}
	}
	if e.selection.Whole() {
		for _, n := range l.cfg.Notes.Earlier() {
			if n.Size < e.Size {
				e.selection.Earlier = append(e.selection.Earlier, n.Marshal())
			}
		}
		if e.selection.Draws, err = l.drawFiles(e.Size); err != nil {
			return nil, err
		}
	}
	if e.selection.Evidence, err = l.evidenceFiles(); err != nil {
		return nil, err
	}
	e.end, err = l.exports.take(ctx)
	return e, err
}

// place is the index where a bound lies.
func (l *Log) place(b Bound, size uint64) (uint64, error) {
	if b.MS == 0 {
		return b.Index, nil
	}
	return bundle.IndexAt(source{l.cfg.Open}, size, b.MS)
}

// evidenceFiles are the forks that this node has seen, as they go into a bundle.
func (l *Log) evidenceFiles() (map[string][]byte, error) {
	files := map[string][]byte{}
	for n, e := range l.cfg.Evidence() {
		body, err := json.Marshal(e.item(n, string(e.First), string(e.Second)))
		if err != nil {
			return nil, fmt.Errorf("couldn't export evidence: %w", err)
		}
		files["fork-"+strconv.Itoa(n)] = append(body, '\n')
	}
	return files, l.delayFiles(files)
}

// Write writes the bundle. Refusals before the first byte: not_found for a record
// that the log does not hold, out_of_range for more than an extract may have.
func (e *Export) Write(w io.Writer, progress func(done, total uint64)) error {
	err := bundle.Write(w, source{e.l.cfg.Open}, e.selection, progress)
	switch {
	case errors.Is(err, bundle.ErrLimit):
		return problem.Invalid(problem.At("query", problem.TooLong)).Because(err)
	case errors.Is(err, bundle.ErrSelection) && len(e.selection.Records) > 0:
		return problem.New(problem.NotFound).Because(err)
	}
	return err
}

// Close ends the export's turn.
func (e *Export) Close() { e.end() }

// source reads the ledger for an export. The log below a checkpoint never
// changes, so every question opens books of its own: an export takes as long as
// its reader does, and no view of the store stays open that long.
type source struct{ open Open }

var _ bundle.Source = source{}

func ask[T any](s source, question func(*ledger.Books) (T, error)) (T, error) {
	books, done, err := s.open()
	if err != nil {
		var none T
		return none, err
	}
	defer done()
	return question(books)
}

// StoredHashes implements bundle.Source.
func (s source) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	return ask(s, func(b *ledger.Books) ([]merkle.Hash, error) { return b.StoredHashes(level, first, count) })
}

// Entries implements bundle.Source.
func (s source) Entries(from, to uint64, fn func(index uint64, leaf []byte) (bool, error)) error {
	_, err := ask(s, func(b *ledger.Books) (struct{}, error) { return struct{}{}, b.Entries(from, to, fn) })
	return err
}

// History implements bundle.Source.
func (s source) History(record string, from uint64, limit int) ([]*ledger.Committal, error) {
	return ask(s, func(b *ledger.Books) ([]*ledger.Committal, error) { return b.History(record, from, limit) })
}

// Key implements bundle.Source.
func (s source) Key(region, id string) (*ledger.Key, error) {
	return ask(s, func(b *ledger.Books) (*ledger.Key, error) { return b.Key(region, id) })
}
