package graph

import (
	"slices"

	"sandi.internal/gateway/consensus/procedure"
)

// Language chooses the labels.
type Language string

const (
	Chinese Language = "zh"
	English Language = "en"
)

func (l Language) of(label procedure.Label) string {
	if l == Chinese {
		return label.ZH
	}
	return label.EN
}

// edge is every event that leads from one state to another.
type edge struct {
	from, to string
	events   []string // labels, in the order of the document
}

// edges collects what moves a record, and what happens inside a state.
func edges(d *procedure.Document, lang Language) (between []edge, inside map[string][]string) {
	inside = make(map[string][]string)
	for i := range d.Events {
		e := &d.Events[i]
		label := title(e, lang)
		for _, from := range e.From {
			if e.To == "" || e.To == from {
				inside[from] = append(inside[from], label)
				continue
			}
			at := slices.IndexFunc(between, func(x edge) bool { return x.from == from && x.to == e.To })
			if at < 0 {
				at, between = len(between), append(between, edge{from: from, to: e.To})
			}
			between[at].events = append(between[at].events, label)
		}
	}
	return between, inside
}

// title is an event's label; what happens by itself has a sign before it.
func title(e *procedure.Event, lang Language) string {
	label := lang.of(e.Title)
	switch {
	case e.Auto == procedure.AutoDue || e.After != "":
		return "⏱ " + label
	case e.Auto != "":
		return "⚙ " + label
	case e.Joint != nil:
		return "⚭ " + label
	}
	return label
}

// layers gives each state its distance from the initial one.
func layers(d *procedure.Document, between []edge) [][]string {
	seen := map[string]bool{d.Initial: true}
	out := [][]string{{d.Initial}}
	for len(out[len(out)-1]) > 0 {
		var next []string
		for _, s := range d.States { // the order of screens
			if !seen[s.Name] && slices.ContainsFunc(between, func(e edge) bool { return e.to == s.Name && slices.Contains(out[len(out)-1], e.from) }) {
				next = append(next, s.Name)
			}
		}
		for _, s := range next {
			seen[s] = true
		}
		out = append(out, next)
	}
	return out[:len(out)-1]
}
