package procedure_test

import (
	"os"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

// Ensure a question names only what the document has, and asks for an act only
// where rows are acts. What the answers are, package report tests.
func TestQuestionsAreHeldToTheDocument(t *testing.T) {
	text, err := os.ReadFile("law/help.yaml")
	if err != nil {
		t.Fatal(err)
	}
	d, err := procedure.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	p, err := procedure.Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		span procedure.Span
		text string
		kind procedure.Kind
		want string // in the error; empty: compiles
	}{
		{"record", procedure.Span{}, "rec.cluster", procedure.KindText, ""},
		{"act", procedure.Span{Event: "dispatch"}, "in.expert_times", procedure.KindInt, ""},
		{"item", procedure.Span{Event: "dispatch", Each: "in.attendees"}, "item", procedure.KindText, ""},
		{"member", procedure.Span{Each: "rec.problems"}, "item.no in rec.problems_solved", procedure.KindTruth, ""},
		{"no event", procedure.Span{Event: "fly"}, "", "", `no event "fly"`},
		{"no list", procedure.Span{Each: "rec.cluster"}, "", "", "is no list"},
		{"not stated", procedure.Span{Event: "close", Each: "in.attendees"}, "", "", "no clear field in.attendees here"},
		{"no member", procedure.Span{Each: "rec.problems"}, "item.flavour", procedure.KindText, "undeclared"},
		{"no item", procedure.Span{}, "item", procedure.KindText, "undeclared"},
		{"no act", procedure.Span{}, "act.region", procedure.KindText, "the rows are records"},
		{"kind", procedure.Span{}, "rec.cluster", procedure.KindInt, "int is wanted"},
		{"clock", procedure.Span{}, "timestamp(0) == timestamp(1)", procedure.KindTruth, "undeclared"},
	} {
		q, err := p.Questions(c.span)
		if err == nil {
			_, err = q.Compile(c.text, c.kind)
		}
		switch {
		case c.want == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: the error is %v, not %q", c.name, err, c.want)
		}
	}
}
