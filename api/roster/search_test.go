package roster

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// pooled is the law's own document that declares a pool.
func pooled(t *testing.T) *procedure.Document {
	t.Helper()
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		if d.Pool != nil {
			return d
		}
	}
	t.Fatal("no document declares a pool")
	return nil
}

func fields(text string) (m map[string]json.RawMessage) {
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		panic(err)
	}
	return m
}

// stock is a pool of five and the services that some of them gave.
func stock(t *testing.T) *pool {
	t.Helper()
	d := pooled(t)
	p := &pool{law: &ledger.Law{Name: d.Name, Document: d}, members: map[string]*member{}, uses: map[string][]use{}}
	expert := func(id, state, employer, units string) {
		p.members[id] = extractMember(d, &procedure.Record{
			ID: id, Owner: id[3:9], State: state, Parties: map[string]procedure.Party{"home": {Region: id[3:9], Org: id[3:9] + "-SJ"}, "reader@110000": {Region: "110000", Org: "110000-SJ"}},
			Fields: fields(`{"employer_uscc":"` + employer + `","specialities":[{"field":"cable","years":3},{"field":"food","years":1}],"recusal_units":` + units +
				`,"term_from":"2025-01-01","term_to":"2026-12-31"}`),
		})
	}
	expert("EX-110000-2025-000001", "active", "E1", `[]`)
	expert("EX-120000-2025-000002", "active", "TARGET", `[]`)
	expert("EX-120000-2025-000003", "active", "E3", `[{"uscc":"TARGET","reason":"consulting"},{"uscc":"OLD","reason":"employed","until":"2025-03-01"}]`)
	expert("EX-120000-2025-000004", "suspended", "E4", `[{"uscc":"TARGET","reason":"shareholding","until":"2025-06-30"}]`)
	expert("EX-130000-2025-000005", "active", "E5", `[]`)
	visit := func(id, plan, target, from, to, state string, experts ...string) {
		rule := &d.Pool.Uses[slices.IndexFunc(d.Pool.Uses, func(u procedure.Use) bool { return u.Round != "" })]
		named, _ := json.Marshal(experts)
		list, err := extractUses(nil, rule, &procedure.Record{
			ID: id, State: state, Parties: map[string]procedure.Party{"organiser": {Region: "120000"}},
			Fields: fields(fmt.Sprintf(`{"plan":%q,"target_uscc":%q,"window_from":%q,"window_to":%q,"experts":%s,"recused":"EX-130000-2025-000005"}`, plan, target, from, to, named)),
		})
		if err != nil {
			t.Fatal(err)
		}
		p.uses[id] = list
	}
	visit("MA-1", "MP-1", "TARGET", "2024-05-01", "2024-05-02", "closed", "EX-110000-2025-000001")
	visit("MA-2", "MP-2", "TARGET", "2024-12-30", "2025-01-02", "closed", "EX-120000-2025-000003")
	visit("MA-3", "MP-3", "TARGET", "2025-04-01", "2025-04-03", "closed", "EX-120000-2025-000003")
	visit("MA-4", "MP-3", "OTHER", "2025-09-01", "2025-09-05", "notified", "EX-110000-2025-000001", "EX-120000-2025-000003")
	visit("MA-5", "MP-3", "OTHER", "2025-10-01", "2025-10-05", "cancelled", "EX-110000-2025-000001")
	return p
}

// ask judges everybody of the stock and tells what came out as "id: reasons".
func ask(t *testing.T, q Query) map[string]Member {
	t.Helper()
	p := stock(t)
	out := map[string]Member{}
	by, recent := p.byMember(), p.recentRounds(&q)
	for id, m := range p.members {
		out[id[len(id)-1:]] = judge(p.law.Document.Pool, m, by[id], recent, &q)
	}
	return out
}

func reasons(m Member) string {
	var out []string
	for _, h := range slices.Concat(m.Hits, m.Missing) {
		out = append(out, strings.TrimSpace(h.Reason+" "+h.Record))
	}
	return strings.Join(out, ", ")
}

// Ensure everything that DOMAIN 3.6 excludes an expert for is found, with its
// reason, and nothing else.
func TestRecusal(t *testing.T) {
	for _, c := range []struct {
		name string
		q    Query
		want map[string]string
	}{
		{"nobody to visit", Query{From: "2025-08-01", To: "2025-08-02"}, map[string]string{"4": "state"}},
		{"days that are taken", Query{From: "2025-09-05", To: "2025-09-06"}, map[string]string{"1": "busy", "3": "busy", "4": "state"}},
		{"a cancelled service takes no days", Query{From: "2025-10-02", To: "2025-10-02"}, map[string]string{"4": "state"}},
		{"beyond the term", Query{From: "2026-12-30", To: "2027-01-02"}, map[string]string{"1": "term", "2": "term", "3": "term", "4": "state", "5": "term"}},
		{
			"the target, two rounds back",
			Query{From: "2025-07-01", To: "2025-07-02", Party: "TARGET", Host: "110000", Viewer: "120000"},
			map[string]string{"1": "same_region", "2": "same_employer", "3": "consulting, visited MA-2, visited MA-3", "4": "state", "5": "declared MA-1, declared MA-2, declared MA-3"},
		},
		{
			"the round that is prepared does not count",
			Query{From: "2025-06-01", To: "2025-06-02", Party: "TARGET", Round: "MP-3"},
			map[string]string{"1": "visited", "2": "same_employer", "3": "consulting, visited", "4": "recusal_unit, state", "5": "declared, declared, declared"},
		},
		{"the target's group", Query{From: "2025-02-01", To: "2025-02-02", Party: "X", Group: "OLD"}, map[string]string{"3": "recusal_unit", "4": "state"}},
		{"a unit whose time has passed", Query{From: "2025-03-02", To: "2025-03-02", Party: "OLD"}, map[string]string{"4": "state"}},
	} {
		got := ask(t, c.q)
		for id, m := range got {
			if reasons(m) != c.want[id] {
				t.Errorf("%s: expert %s: %q, want %q", c.name, id, reasons(m), c.want[id])
			}
		}
	}
}

// Ensure days are counted in their year and visits to the party are told.
func TestLoad(t *testing.T) {
	got := ask(t, Query{From: "2025-08-01", To: "2025-08-01", Party: "TARGET", Viewer: "120000"})
	if l := got["3"].Load; l != (Load{Services: 3, Days: 2 + 3 + 5}) {
		t.Errorf("load %+v", l)
	}
	if l := got["5"].Load; l != (Load{}) {
		t.Errorf("who stepped back has served: %+v", l)
	}
	if v := got["3"].Visits; len(v) != 2 || v[0] != (Visit{Record: "MA-3", From: "2025-04-01", To: "2025-04-03"}) {
		t.Errorf("visits %+v", v)
	}
	if v := ask(t, Query{From: "2025-08-01", To: "2025-08-01", Party: "TARGET", Viewer: "110000"})["3"].Visits; v[0].Record != "" {
		t.Errorf("a region that is no party to it sees %+v", v)
	}
}
