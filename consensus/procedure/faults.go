package procedure

import (
	"errors"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Faults are the mistakes that Compile would stop at one after the other, for
// people who write documents: the first of each part of the document (states,
// parties, fields, creation, events, deadlines, unused fields, the graph) and,
// when names hold together, one for each event and deadline whose expressions do
// not compile. nil means that Compile accepts the document.
func Faults(d *Document) []*lawtext.Error {
	ix := newIndex(d)
	var out []*lawtext.Error
	note := func(err error) {
		var at *lawtext.Error
		if errors.As(err, &at) {
			out = append(out, at)
		} else if err != nil {
			out = append(out, &lawtext.Error{Msg: err.Error()})
		}
	}
	for _, part := range checks {
		note(part(ix))
	}
	if out != nil {
		return out
	}
	lang, err := newLanguage(ix)
	if err != nil {
		note(err)
		return out
	}
	p := &Procedure{doc: d, ix: ix, named: make(map[string][]*event), effects: make(map[string][]effect)}
	p.open = &event{Event: &d.Open}
	_, err = lang.event(&d.Open)
	note(err)
	for i := range d.Events {
		e := &d.Events[i]
		_, err = lang.event(e)
		note(err)
		p.named[e.Name] = append(p.named[e.Name], &event{Event: e})
	}
	for i := range d.Limits {
		note(p.addLimit(lang, i))
	}
	return out
}
