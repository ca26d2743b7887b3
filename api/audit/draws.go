package audit

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// drawFiles are pools and rules of the draws that have an outcome below a size. What
// this node doesn't keep is left out: the verifier names it, and cannot draw again.
func (l *Log) drawFiles(size uint64) (map[string]bundle.Draw, error) {
	if l.cfg.DrawText == nil {
		return nil, nil
	}
	files := map[string]bundle.Draw{}
	_, err := ask(source{l.cfg.Open}, func(books *ledger.Books) (struct{}, error) {
		var names []string
		for _, law := range books.Laws() {
			if slices.ContainsFunc(law.Document.Events, func(e procedure.Event) bool { return e.Auto == procedure.AutoDraw }) {
				names = append(names, law.Name)
			}
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			if err := l.drawsOf(books, name, size, files); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't export draws: %w", err)
	}
	return files, nil
}

// drawsOf adds the draws of one procedure.
func (l *Log) drawsOf(books *ledger.Books, name string, size uint64, files map[string]bundle.Draw) error {
	filter := ledger.Filter{Procedure: name, Limit: ledger.MaxLimit}
	for {
		page, err := books.Records(filter)
		if err != nil {
			return err
		}
		for i := range page.Rows {
			rec := page.Rows[i].Record
			r, err := draw.ReadRecord(rec.ID, rec.Fields)
			if err != nil || r == nil || r.Outcome == nil || outcomeAt(rec) >= size {
				continue // the verifier says what is wrong with a record
			}
			d, err := l.drawFile(r)
			if err != nil {
				l.cfg.Logger.Warn("a bundle goes without a draw's pool or rule", "record", rec.ID, "error", err)
				continue
			}
			files[rec.ID] = d
		}
		if filter.Cursor = page.Next; filter.Cursor == "" {
			return nil
		}
	}
}

// drawFile is what was frozen for one draw.
func (l *Log) drawFile(r *draw.Record) (d bundle.Draw, err error) {
	for into, digest := range map[*string][sha256.Size]byte{&d.Pool: r.Pool, &d.Rule: r.Rule} {
		text, err := l.cfg.DrawText(digest)
		if err == nil && text == nil {
			err = errors.New("this node doesn't keep it")
		}
		if err != nil {
			return d, err
		}
		*into = string(text)
	}
	return d, nil
}

// outcomeAt is the leaf that completed a draw's outcome.
func outcomeAt(rec *procedure.Record) uint64 {
	for _, a := range slices.Backward(rec.Acts) {
		if !a.Part && slices.Contains(a.Fields, draw.FieldRanking) {
			return a.Seq
		}
	}
	return 0
}
