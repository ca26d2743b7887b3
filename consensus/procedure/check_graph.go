package procedure

import (
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// checkUse refuses fields that no event takes: mostly a name written wrong
// somewhere else.
func checkUse(ix *index) error {
	d := ix.doc
	for i := range d.Fields {
		name := d.Fields[i].Name
		used := d.Open.takes(name) || d.Open.appends(name)
		for k := range d.Events {
			used = used || d.Events[k].takes(name) || d.Events[k].appends(name)
		}
		if !used {
			return lawtext.Errorf(d.Fields[i].Line, "no event takes the field %q", name)
		}
	}
	return nil
}

// checkGraph wants every state reachable from the initial one, a way from
// every state to a terminal one, and no circle of events that conditions
// cause: such a circle could fire for ever.
func checkGraph(ix *index) error {
	d := ix.doc
	reached := spread(d, map[string]bool{d.Initial: true}, true)
	ends := make(map[string]bool, len(d.Terminal))
	for _, s := range d.Terminal {
		ends[s] = true
	}
	ends = spread(d, ends, false)
	for _, s := range d.States {
		if !reached[s.Name] {
			return lawtext.Errorf(s.Line, "the state %q cannot be reached", s.Name)
		}
		if !ends[s.Name] {
			return lawtext.Errorf(s.Line, "no way leads from the state %q to an end", s.Name)
		}
	}
	return checkCircles(d)
}

// spread grows a set of states along the events, forwards or backwards, until
// nothing is added. Each round adds a state, so there are at most as many
// rounds as states.
func spread(d *Document, set map[string]bool, forward bool) map[string]bool {
	for grown := true; grown; {
		grown = false
		for i := range d.Events {
			e := &d.Events[i]
			if e.To == "" {
				continue
			}
			for _, s := range e.From {
				a, b := s, e.To
				if !forward {
					a, b = b, a
				}
				if set[a] && !set[b] {
					set[b], grown = true, true
				}
			}
		}
	}
	return set
}

// checkCircles removes, again and again, states from which no condition leads
// on; what remains in the end are circles.
func checkCircles(d *Document) error {
	left := make(map[string]bool, len(d.States))
	for _, s := range d.States {
		left[s.Name] = true
	}
	leads := func(s string) *Event {
		for i := range d.Events {
			e := &d.Events[i]
			if e.Auto == AutoCondition && has(e.From, s) && (e.To == "" || left[e.To]) {
				return e
			}
		}
		return nil
	}
	for shrunk := true; shrunk; {
		shrunk = false
		for _, s := range d.States {
			if left[s.Name] && leads(s.Name) == nil {
				left[s.Name], shrunk = false, true
			}
		}
	}
	for _, s := range d.States {
		if left[s.Name] {
			return lawtext.Errorf(leads(s.Name).Line, "conditions lead in a circle through the state %q", s.Name)
		}
	}
	return nil
}
