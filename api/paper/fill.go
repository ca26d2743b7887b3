package paper

import (
	"encoding/json"
	"strings"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// digestRunes is how much of a digest stands on paper: sc1. and 48 bits.
const digestRunes = 12

// Source is what a document is filled from.
type Source struct {
	Record *procedure.Record
	Law    *procedure.Document
	Name   func(code string) string // an organisation's or a region's Chinese name
	// Linked finds a record that this one names, with its law; nil for one that whoever
	// prints may not see.
	Linked func(id string) (*procedure.Record, *procedure.Document, error)
}

// Fill fills a document, without its codes. Errors are those of Linked.
func Fill(t *Template, s Source) (*v1.Paper, error) {
	f := filler{Source: s, names: s.Name}
	rec := s.Record
	out := &v1.Paper{
		Document: t.Name, Procedure: rec.Procedure, Record: rec.ID, Head: rec.Head, Title: t.Title, Draft: t.Draft,
		Number: f.runs(t.Number), To: f.runs(t.To), From: f.runs(t.From), Date: f.runs(t.Date), Body: []v1.PaperPart{}, Synthetic: rec.Synthetic,
	}
	for _, p := range t.parts {
		out.Body = append(out.Body, f.part(p)...)
	}
	if field := s.Law.Field(t.Attachments); field != nil {
		var items []json.RawMessage
		if json.Unmarshal(rec.Fields[t.Attachments], &items) == nil {
			for _, item := range items {
				if m, ok := material(kindsOf(s.Law, field), item); ok {
					out.Materials = append(out.Materials, v1.PaperMaterial{Kind: m.Kind, Name: m.Name, Pages: m.Pages, Digest: head(m.Commitment, digestRunes)})
				}
			}
		}
	}
	return out, f.err
}

// kindsOf is a field of materials with names for its kinds: some fields leave them to the
// others of their law.
func kindsOf(law *procedure.Document, field *procedure.Field) *procedure.Field {
	for i := range law.Fields {
		if f := &law.Fields[i]; len(field.Values) == 0 && f.Type == procedure.TypeMaterials && len(f.Values) > 0 {
			return f
		}
	}
	return field
}

func head(text string, n int) string { return text[:min(n, len(text))] }

// filler fills places; the first error of Linked stays.
type filler struct {
	Source
	names names
	err   error
}

func (f *filler) part(p part) []v1.PaperPart {
	if field, ok := listOf(p.text); ok {
		var out []v1.PaperPart
		for _, line := range f.list(field) {
			out = append(out, v1.PaperPart{Kind: kindItem, Runs: []v1.PaperRun{{Text: line, Field: field}}})
		}
		if out == nil && !p.optional {
			out = []v1.PaperPart{{Kind: kindItem, Runs: []v1.PaperRun{f.blank(field)}}}
		}
		return out
	}
	made := v1.PaperPart{Kind: p.kind, Runs: f.runs(p.text)}
	for _, cell := range p.cells {
		runs := f.runs(cell)
		if runs == nil {
			runs = []v1.PaperRun{}
		}
		made.Cells = append(made.Cells, runs)
	}
	if p.optional && lacks(made) {
		return nil
	}
	return []v1.PaperPart{made}
}

// listOf is the field of a line that is nothing but {field:list}.
func listOf(text string) (string, bool) {
	inner, ok := strings.CutPrefix(text, "{")
	field, listed := strings.CutSuffix(inner, ":list}")
	return field, ok && listed && !strings.ContainsAny(field, "{}")
}

func lacks(p v1.PaperPart) bool {
	for _, runs := range append(p.Cells, p.Runs) {
		for _, r := range runs {
			if r.Blank == blankMissing {
				return true
			}
		}
	}
	return false
}

// runs is a text with its places filled.
func (f *filler) runs(text string) []v1.PaperRun {
	var out []v1.PaperRun
	at := 0
	for _, m := range placeholder.FindAllStringSubmatchIndex(text, -1) {
		if m[0] > at {
			out = append(out, v1.PaperRun{Text: text[at:m[0]]})
		}
		out = append(out, f.value(strings.TrimSuffix(text[m[2]:m[3]], ":list")))
		at = m[1]
	}
	if at < len(text) {
		out = append(out, v1.PaperRun{Text: text[at:]})
	}
	return out
}

// value is what stands in a place.
func (f *filler) value(place string) v1.PaperRun {
	first, second, dotted := strings.Cut(place, ".")
	text := ""
	switch {
	case !dotted:
		return f.field(f.Record, f.Law, first, place)
	case first == "record" && second == "id":
		text = f.Record.ID
	case first == "party":
		text = f.party(second)
	case first == "act":
		text = f.act(second)
	default:
		rec, law, err := f.linked(first)
		if err != nil && f.err == nil {
			f.err = err
		}
		if rec == nil {
			return v1.PaperRun{Field: place, Blank: blankMissing}
		}
		return f.field(rec, law, second, place)
	}
	if text == "" {
		return v1.PaperRun{Field: place, Blank: blankMissing}
	}
	return v1.PaperRun{Text: text, Field: place}
}

// Why a place is blank.
const (
	blankMissing = "missing"
	blankPrivate = "private"
)

func (f *filler) field(rec *procedure.Record, law *procedure.Document, name, place string) v1.PaperRun {
	field := law.Field(name)
	if field == nil {
		return v1.PaperRun{Field: place, Blank: blankMissing}
	}
	if value, ok := rec.Fields[name]; ok {
		if text := f.names.words(field, value); text != "" {
			return v1.PaperRun{Text: text, Field: place}
		}
		return v1.PaperRun{Text: "无", Field: place} // a list without items was stated so
	}
	if rec.ID == f.Record.ID {
		return f.blank(name)
	}
	return v1.PaperRun{Field: place, Blank: blankMissing}
}

// blank is the place of a field that the ledger has no value of.
func (f *filler) blank(name string) v1.PaperRun {
	if f.Record.Commits[name] != "" || f.Record.Home[name] != "" {
		return v1.PaperRun{Field: name, Blank: blankPrivate}
	}
	return v1.PaperRun{Field: name, Blank: blankMissing}
}

func (f *filler) list(name string) []string {
	field := f.Law.Field(name)
	if field == nil {
		return nil
	}
	return f.names.lines(field, f.Record.Fields[name])
}

// party is the name of whoever fills a relative role.
func (f *filler) party(name string) string {
	p, ok := f.Record.Parties[name]
	switch {
	case !ok:
		return ""
	case p.Org != "":
		return f.names(p.Org)
	}
	return f.names(p.Region)
}

// act is the day on which an event was signed last.
func (f *filler) act(event string) string {
	for i := len(f.Record.Acts) - 1; i >= 0; i-- {
		if f.Record.Acts[i].Event == event {
			return day(head(statement.FormatAt(f.Record.Acts[i].At), 10))
		}
	}
	return ""
}

// linked is the record that a field of this one names.
func (f *filler) linked(field string) (*procedure.Record, *procedure.Document, error) {
	declared := f.Law.Field(field)
	if declared == nil || declared.Type != procedure.TypeRecord || f.Linked == nil {
		return nil, nil, nil
	}
	value, ok := f.Record.Fields[field]
	if !ok {
		return nil, nil, nil
	}
	return f.Linked(plain(value))
}
