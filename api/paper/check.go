package paper

import (
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// Unknown are the names in a template that the law does not know: of its procedure, its
// events, fields and parties, and of fields of linked records (first of any procedure that
// has it). They print as blanks; a bureau that edits a template wants to be told. record.
// and anything but id is a blank on purpose: signature, seal, note.
func (t *Template) Unknown(laws []*procedure.Document) []string {
	i := slices.IndexFunc(laws, func(d *procedure.Document) bool { return d.Name == t.Procedure })
	if i < 0 {
		return []string{t.Procedure}
	}
	law := laws[i]
	var out []string
	for _, event := range slices.Concat(t.Acts, t.Proves) {
		if law.Event(event, "") == nil {
			out = append(out, event)
		}
	}
	if t.Attachments != "" && law.Field(t.Attachments) == nil {
		out = append(out, t.Attachments)
	}
	texts := []string{t.From, t.To, t.Number, t.Date}
	for _, p := range t.parts {
		texts = append(append(texts, p.text), p.cells...)
	}
	for _, text := range texts {
		for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
			if place := strings.TrimSuffix(m[1], ":list"); !knows(laws, law, place) && !slices.Contains(out, place) {
				out = append(out, place)
			}
		}
	}
	return out
}

func knows(laws []*procedure.Document, law *procedure.Document, place string) bool {
	first, second, dotted := strings.Cut(place, ".")
	switch {
	case !dotted:
		return law.Field(first) != nil
	case first == "record":
		return true
	case first == "party":
		return slices.ContainsFunc(law.Parties, func(p procedure.PartyRule) bool { return p.Name == second })
	case first == "act":
		return law.Event(second, "") != nil
	}
	f := law.Field(first)
	return f != nil && f.Type == procedure.TypeRecord && slices.ContainsFunc(laws, func(d *procedure.Document) bool { return d.Field(second) != nil })
}
