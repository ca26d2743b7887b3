package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"sandi.internal/gateway/api/client"
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
		if err := writeLetter(dir, d, rec); err != nil {
			return err
		}
	}
	return nil
}

func writeLetter(dir string, d *procedure.Document, rec v1.Record) error {
	name := rec.ID
	if number := plain(rec.Fields[d.Import.Letter.Number]); number != "" {
		name = strings.NewReplacer("/", "-", "\\", "-").Replace(number)
	}
	return cli.WriteWhole(filepath.Join(dir, name+".txt"), true, func(w io.Writer) error {
		_, err := io.WriteString(w, letter(d, rec))
		return err
	})
}

// letter is what is printed for one record: a draft layout in plain text, from what is
// clear on the ledger. The bureau's own form takes its place (程序规定 art. 86).
func letter(d *procedure.Document, rec v1.Record) string {
	l := d.Import.Letter
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s\n\n%s：\n\n", l.Title.ZH, plain(rec.Fields[l.Number]), plain(rec.Fields[l.To]))
	for i := range d.Fields {
		f := &d.Fields[i]
		value := rec.Fields[f.Name]
		if value == nil || f.Name == l.Number || f.Name == l.To || f.Type == procedure.TypeCommitment {
			continue
		}
		fmt.Fprintf(&b, "    %s：%s\n", f.ZH, shown(f, value))
	}
	fmt.Fprintf(&b, "\n    %s\n\n    %s\n    %s\n\n----\n%s  seq %d  %s\n", l.Ending.ZH, rec.Parties[d.Parties[0].Name].Org, strings.ReplaceAll(rec.UpdatedAt, "T", " "), rec.ID, rec.Seq, rec.Head)
	if rec.Synthetic {
		b.WriteString("演练 SYNTHETIC\n")
	}
	return b.String()
}

// plain is the text of a JSON string; other values as they are written.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// shown is a value in the words of its field.
func shown(f *procedure.Field, value json.RawMessage) string {
	text := plain(value)
	switch f.Type {
	case procedure.TypeEnum:
		for _, v := range f.Values {
			if v.Name == text {
				return v.ZH
			}
		}
	case procedure.TypeBool:
		if text == "true" {
			return "是"
		}
		return "否"
	case procedure.TypeMaterials:
		var items []struct {
			Kind       string `json:"kind"`
			Pages      int    `json:"pages"`
			Commitment string `json:"commitment"`
		}
		if json.Unmarshal(value, &items) == nil {
			var lines []string
			for i, m := range items {
				kind := procedure.Field{Type: procedure.TypeEnum, Values: f.Values}
				lines = append(lines, fmt.Sprintf("\n      %d. %s %d页 %s", i+1, shown(&kind, json.RawMessage(`"`+m.Kind+`"`)), m.Pages, m.Commitment))
			}
			return strings.Join(lines, "")
		}
	}
	return text
}
