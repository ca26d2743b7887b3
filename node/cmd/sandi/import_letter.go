package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/paper"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/node/cli"
)

// writeLetters writes one letter for every row that stands on the ledger. A letter
// that is there already is written anew: it is the same.
func writeLetters(ctx context.Context, c *client.Client, report v1.ImportReport, dir string) error {
	law, err := c.Procedure(ctx, report.Procedure)
	if err != nil {
		return err
	}
	d, err := procedure.Parse([]byte(law.Text))
	if err != nil {
		return fmt.Errorf("couldn't read the law document %s: %w", report.Procedure, err)
	}
	if d.Import == nil || d.Import.Letter == nil {
		return usagef("%s has no letters", report.Procedure)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make the folder for letters: %w", err)
	}
	for _, row := range report.Items {
		if row.Status != v1.RowDone {
			continue
		}
		rec, err := c.Record(ctx, row.Record, client.Read{})
		if err != nil {
			return fmt.Errorf("couldn't read %s for its letter: %w", row.Record, err)
		}
		if err := writeLetter(ctx, c, dir, plain(rec.Fields[d.Import.Letter.Number]), row.Record); err != nil {
			return err
		}
	}
	return nil
}

// writeLetter writes the document of a record that bears the number, by the bureau's own
// template.
func writeLetter(ctx context.Context, c *client.Client, dir, number, record string) error {
	papers, err := c.Papers(ctx, record, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't list the documents of %s: %w", record, err)
	}
	i := slices.IndexFunc(papers, func(p v1.PaperName) bool { return number != "" && p.Number == number })
	if i < 0 {
		return fmt.Errorf("no document of %s bears the number %q: the bureau's templates have no letter for it (sandi paper list %s)", record, number, record)
	}
	p, err := c.Paper(ctx, record, papers[i].Document, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't fill the letter of %s: %w", record, err)
	}
	name := strings.NewReplacer("/", "-", "\\", "-").Replace(number)
	return cli.WriteWhole(filepath.Join(dir, name+".txt"), true, func(w io.Writer) error {
		_, err := io.WriteString(w, paper.Text(&p))
		return err
	})
}

// plain is the text of a JSON string; other values as they are written.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}
