package law_test

import (
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// documents are the embedded documents by name.
func documents(t *testing.T) map[string]*procedure.Document {
	t.Helper()
	out := map[string]*procedure.Document{}
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		out[d.Name] = d
	}
	return out
}

// names reports whether a field names records.
func namesRecords(d *procedure.Document, field string) bool {
	f := d.Field(field)
	return f != nil && (f.Type == procedure.TypeRecord || f.Of != nil && f.Of.Type == procedure.TypeRecord)
}

func hasState(d *procedure.Document, name string) bool {
	return slices.ContainsFunc(d.States, func(s procedure.State) bool { return s.Name == name })
}

// Ensure what a document says of other procedures is true of them: no document
// can be checked against others when it is adopted.
func TestSectionsAboutOthers(t *testing.T) {
	all := documents(t)
	seen := 0
	for name, d := range all {
		if d.Private != nil {
			for _, r := range d.Private.Release {
				seen++
				other := all[r.Because]
				if other == nil {
					t.Fatalf("%s: released because of %s, which is no procedure", name, r.Because)
				}
				for _, f := range r.Names {
					if !namesRecords(other, f) {
						t.Errorf("%s: %s.%s names no records", name, r.Because, f)
					}
				}
				for _, s := range r.States {
					if !hasState(other, s) {
						t.Errorf("%s: %s has no state %s", name, r.Because, s)
					}
				}
				for _, p := range r.To {
					if !slices.ContainsFunc(other.Parties, func(rule procedure.PartyRule) bool { return rule.Name == p }) {
						t.Errorf("%s: %s has no party %s", name, r.Because, p)
					}
				}
			}
		}
		if d.Pool == nil {
			continue
		}
		for _, u := range d.Pool.Uses {
			seen++
			other := all[u.In]
			if other == nil {
				t.Fatalf("%s: used in %s, which is no procedure", name, u.In)
			}
			for _, f := range []string{u.Names, u.Round, u.Recused} {
				if f != "" && !namesRecords(other, f) {
					t.Errorf("%s: %s.%s names no records", name, u.In, f)
				}
			}
			for f, kind := range map[string]procedure.FieldType{u.From: procedure.TypeDate, u.To: procedure.TypeDate, u.Target: procedure.TypeUSCC} {
				if f != "" && (other.Field(f) == nil || other.Field(f).Type != kind || other.Field(f).See != procedure.SeeClear) {
					t.Errorf("%s: %s.%s is no clear %s", name, u.In, f, kind)
				}
			}
			for _, s := range u.Except {
				if !hasState(other, s) {
					t.Errorf("%s: %s has no state %s", name, u.In, s)
				}
			}
			if u.Event != "" && other.Event(u.Event, "") == nil {
				t.Errorf("%s: %s has no event %s", name, u.In, u.Event)
			}
		}
	}
	if seen < 4 {
		t.Errorf("only %d sections about other procedures", seen)
	}
}

// Ensure the reasons of the pool are those that a draw can record.
func TestPoolReasonsAreThoseOfDraws(t *testing.T) {
	all := documents(t)
	reasons := all["draw"].Field("exclusions").Of
	i := slices.IndexFunc(reasons.Members, func(f procedure.Field) bool { return f.Name == "reason" })
	for _, r := range all["expert"].Pool.Reasons {
		if !slices.ContainsFunc(reasons.Members[i].Values, func(v procedure.Value) bool { return v.Name == r.Name }) {
			t.Errorf("a draw cannot record the reason %s", r.Name)
		}
	}
}

// Ensure mistakes in the sections are refused with their line.
func TestSectionsRefused(t *testing.T) {
	good := ""
	for _, text := range law.Texts() {
		if text.Name == "expert" {
			good = text.Text
		}
	}
	for name, v := range map[string]struct{ from, to, want string }{
		"no reader":          {"read: [clerk, liaison, bureau_head]", "read: []", "no role is named"},
		"the node reads":     {"read: [clerk, liaison, bureau_head]", "read: [node]", `no office role "node"`},
		"no such role":       {"roles: [liaison, lead]", "roles: [cook]", `no office role "cook"`},
		"released to nobody": {"to: [organiser, lead, host]", "to: []", "are not empty"},
		"pool state":         {"  states: [active]\n  skill", "  states: [awake]\n  skill", `no state "awake"`},
		"pool skill":         {"skill_name: field", "skill_name: years", "is not a clear list"},
		"pool term":          {"  term_to: term_to\n", "  term_to: reason\n", "is not a clear date"},
		"pool reason":        {"reason: recusal_unit}", "reason: dislike}", `no reason "dislike"`},
		"pool unit":          {"{field: employer_uscc, reason", "{field: expert_name, reason", "neither a clear credit code"},
		"pool unit member":   {"member: uscc, until: until", "member: uscc, until: reason", "has no member"},
		"rounds alone":       {"round: plan, rounds: 2, visited: visited", "round: plan, visited: visited", "go together"},
		"too far back":       {"rounds: 2", "rounds: 11", "from 1 to 10"},
	} {
		text := strings.Replace(good, v.from, v.to, 1)
		if text == good {
			t.Errorf("%s: nothing to replace", name)
			continue
		}
		d, err := procedure.Parse([]byte(text))
		if err == nil {
			_, err = procedure.Compile(d)
		}
		if err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: got %v, want …%s…", name, err, v.want)
		}
	}
}

// Ensure a release asks for everything at once: procedure, state, party, role and
// that the record is really named.
func TestReleaseOf(t *testing.T) {
	d := documents(t)["expert"]
	rec := func(change func(*procedure.Record)) *procedure.Record {
		r := &procedure.Record{
			Procedure: "assignment", State: "notified",
			Parties: map[string]procedure.Party{"organiser": {Region: "110000"}, "panel@130000": {Region: "130000"}, "lead": {Region: "120000"}},
			Links:   []procedure.Link{{Rel: "experts", ID: "EX-120000-2025-000001"}},
		}
		change(r)
		return r
	}
	ask := func(r *procedure.Record, region, role string) bool {
		return d.ReleaseOf("EX-120000-2025-000001", r, region, role) != nil
	}
	if !ask(rec(func(*procedure.Record) {}), "110000", "liaison") {
		t.Error("the organiser's liaison is refused")
	}
	for name, got := range map[string]bool{
		"nobody selected":      ask(rec(func(r *procedure.Record) { r.Links = nil }), "110000", "liaison"),
		"as somebody else":     ask(rec(func(r *procedure.Record) { r.Links[0].Rel = "passed" }), "110000", "liaison"),
		"not yet notified":     ask(rec(func(r *procedure.Record) { r.State = "drawn" }), "110000", "liaison"),
		"after the end":        ask(rec(func(r *procedure.Record) { r.State = "closed" }), "110000", "liaison"),
		"of another procedure": ask(rec(func(r *procedure.Record) { r.Procedure = "mi_plan" }), "110000", "liaison"),
		"the panel":            ask(rec(func(*procedure.Record) {}), "130000", "liaison"),
		"a clerk":              ask(rec(func(*procedure.Record) {}), "110000", "clerk"),
		"no record":            ask(nil, "110000", "liaison"),
	} {
		if got {
			t.Errorf("released: %s", name)
		}
	}
	if d.MayRead("officer") || !d.MayRead("liaison") || d.MayRead("node") {
		t.Error("the roles at home are not those of the document")
	}
}
