package graph_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/graph"
	"sandi.internal/gateway/consensus/procedure/law"
)

func documents(t *testing.T) map[string]*procedure.Document {
	t.Helper()
	out := make(map[string]*procedure.Document)
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		out[text.Name] = d
	}
	return out
}

// Ensure every state and every way between two states is in the Mermaid text, in
// both languages, and that no label breaks a line of it.
func TestMermaid(t *testing.T) {
	for name, d := range documents(t) {
		for _, lang := range []graph.Language{graph.Chinese, graph.English} {
			got := graph.Mermaid(d, lang)
			for _, s := range d.States {
				if !strings.Contains(got, " as "+s.Name+"\n") {
					t.Errorf("%s: no state %s", name, s.Name)
				}
			}
			for i := range d.Events {
				e := &d.Events[i]
				for _, from := range e.From {
					to := e.To
					if to == "" {
						to = from
					}
					if !strings.Contains(got, "    "+from+" --> "+to+": ") {
						t.Errorf("%s: no way %s --> %s", name, from, to)
					}
				}
			}
			for i, line := range strings.Split(got, "\n") {
				if i > 3 && strings.Count(line, ":") > 1 {
					t.Errorf("%s: line %q", name, line)
				}
			}
			if got != graph.Mermaid(d, lang) {
				t.Errorf("%s: drawn twice, two texts", name)
			}
		}
	}
}

// Ensure the drawing is well-formed, shows every state once and has as many lines
// as there are pairs of states with an event between them.
func TestSVG(t *testing.T) {
	for name, d := range documents(t) {
		got := graph.SVG(d, graph.Chinese)
		if got != graph.SVG(d, graph.Chinese) {
			t.Errorf("%s: drawn twice, two drawings", name)
		}
		pairs := map[string]bool{}
		for i := range d.Events {
			for _, from := range d.Events[i].From {
				if to := d.Events[i].To; to != "" && to != from {
					pairs[from+" "+to] = true
				}
			}
		}
		states, lines := 0, 0
		dec := xml.NewDecoder(strings.NewReader(got))
		for {
			tok, err := dec.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if e, ok := tok.(xml.StartElement); ok {
				for _, a := range e.Attr {
					switch {
					case e.Name.Local == "rect":
						states++
					case e.Name.Local == "path" && a.Name.Local == "class":
						lines++
					}
					if e.Name.Local == "rect" {
						break
					}
				}
			}
		}
		if states != len(d.States) || lines != len(pairs) {
			t.Errorf("%s: %d boxes for %d states, %d lines for %d ways", name, states, len(d.States), lines, len(pairs))
		}
	}
}
