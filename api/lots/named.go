package lots

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// NamedIn is what a ledger's freezes name. open gives its books and what closes them.
func NamedIn(open func() (*ledger.Books, func(), error)) Named {
	return func() (map[[sha256.Size]byte]bool, error) {
		books, done, err := open()
		if err != nil {
			return nil, fmt.Errorf("couldn't look for the draws on the ledger: %w", err)
		}
		defer done()
		named := map[[sha256.Size]byte]bool{}
		var draws []string
		for _, law := range books.Laws() { // every version: records keep theirs
			freezes := slices.ContainsFunc(law.Document.Fields, func(f procedure.Field) bool { return f.Name == draw.FieldPool })
			if freezes && !slices.Contains(draws, law.Name) {
				draws = append(draws, law.Name)
			}
		}
		for _, name := range draws {
			if err := namedBy(books, name, named); err != nil {
				return nil, fmt.Errorf("couldn't read the draws on the ledger: %w", err)
			}
		}
		return named, nil
	}
}

// namedBy adds what the records of one procedure name.
func namedBy(books *ledger.Books, name string, named map[[sha256.Size]byte]bool) error {
	filter := ledger.Filter{Procedure: name, Limit: ledger.MaxLimit}
	for {
		page, err := books.Records(filter)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			r, err := draw.ReadRecord(row.Record.ID, row.Record.Fields)
			if err != nil || r == nil {
				continue // nothing is frozen, or nothing that anybody could draw from
			}
			stands := r.Outcome != nil || !ended(books, row.Record)
			for _, digest := range [][sha256.Size]byte{r.Pool, r.Rule} {
				named[digest] = named[digest] || stands
			}
		}
		if filter.Cursor = page.Next; filter.Cursor == "" {
			return nil
		}
	}
}

func ended(books *ledger.Books, rec *procedure.Record) bool {
	law := books.Law(rec.Procedure, rec.Version)
	return law != nil && slices.Contains(law.Document.Terminal, rec.State)
}
