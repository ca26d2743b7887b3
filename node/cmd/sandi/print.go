package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/jedib0t/go-pretty/v6/table"
	"sandi.internal/gateway/node/cli"
)

// tabular is what a command prints: one value for machines, rows for people. A word or
// a label in a cell is shown in the chosen language.
type tabular interface {
	header() table.Row
	rows() []table.Row
}

// print writes v in the chosen form. In table form a tabular becomes a table, a
// map of strings two columns; anything else is refused at compile time by the
// callers' types.
func (s *settings) print(w io.Writer, v any) error {
	switch s.output {
	case "json":
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(v)
	case "yaml":
		return yaml.NewEncoder(w, yaml.UseJSONMarshaler()).Encode(v)
	}
	t := cli.NewTable(w)
	switch v := v.(type) {
	case tabular:
		if h := v.header(); h != nil {
			t.AppendHeader(s.rowOf(h))
		}
		for _, row := range v.rows() {
			t.AppendRow(s.rowOf(row))
		}
	case map[string]string:
		for _, k := range slices.Sorted(maps.Keys(v)) {
			t.AppendRow(table.Row{word(k).in(s.lang), v[k]})
		}
	default:
		return fmt.Errorf("couldn't print a %T as a table; use -o json", v)
	}
	t.Render()
	return nil
}

// printText prints a value whose own text is its best table.
func (s *settings) printText(w io.Writer, v any, text string) error {
	if s.output != "table" {
		return s.print(w, v)
	}
	_, err := io.WriteString(w, text)
	return err
}

// pick is the text in the chosen language.
func (s *settings) pick(zh, en string) string {
	if s.lang == "zh" {
		return zh
	}
	return en
}
