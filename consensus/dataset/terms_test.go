package dataset

import (
	"encoding/json"
	"errors"
	"maps"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/procedure"
)

var (
	entryLaw = &procedure.Document{Shares: &procedure.Shares{
		States: []string{"shown"}, Roles: []string{"clerk"}, Title: "title", Columns: "columns", Key: "key", Personal: "personal",
	}}
	agreementLaw = &procedure.Document{Shares: &procedure.Shares{
		States: []string{"open"}, Roles: []string{"officer"}, Of: "of", Purposes: "purposes", Fields: "fields", Rows: "rows", Until: "until",
	}}
)

func entryRecord() *procedure.Record {
	return &procedure.Record{ID: "DS-130000-2025-000001", Owner: "130000", State: "shown", Fields: map[string]json.RawMessage{
		"title": json.RawMessage(`"合成名录"`), "columns": json.RawMessage(testColumns), "key": json.RawMessage(`["no"]`), "personal": json.RawMessage(`"personal"`),
	}}
}

func agreementRecord() *procedure.Record {
	return &procedure.Record{
		ID: "DA-110000-2025-000001", Owner: "110000", State: "open",
		Parties: map[string]procedure.Party{"a": {Region: "110000", Org: "110000-SJ"}, "b": {Region: "130000", Org: "130000-SJ"}},
		Fields: map[string]json.RawMessage{
			"of": json.RawMessage(`"DS-130000-2025-000001"`), "purposes": json.RawMessage(`["inspection"]`), "fields": json.RawMessage(`["uscc","no","city"]`),
			"rows": json.RawMessage(`"city == \"保定市\" && (!known.phone || phone != \"1\")"`), "until": json.RawMessage(`"2025-12-31"`),
		},
	}
}

func under(t *testing.T, e, a *procedure.Record, now int64) (*Terms, error) {
	t.Helper()
	entry, err := ReadEntry(entryLaw, e)
	if err != nil {
		t.Fatal(err)
	}
	agreement, err := ReadAgreement(agreementLaw, a)
	if err != nil {
		t.Fatal(err)
	}
	return Under(agreement, entry, now)
}

func lastDay(t *testing.T) int64 {
	day, ok := calendar.ParseDay("2025-12-31")
	if !ok {
		t.Fatal("no day")
	}
	return day.Start()
}

func wantCode(t *testing.T, what string, err error, want Code) {
	t.Helper()
	var r *Refusal
	if !errors.As(err, &r) || r.Code != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// Ensure an agreement gives nothing unless it is in force, not expired, about this set,
// between its publisher and one other, and fits its columns.
func TestUnder(t *testing.T) {
	day := lastDay(t)
	for _, c := range []struct {
		name  string
		now   int64
		spoil func(e, a *procedure.Record)
		want  Code
	}{
		{"the last second", day + 86399, func(_, _ *procedure.Record) {}, ""},
		{"the first second after", day + 86400, func(_, _ *procedure.Record) {}, Expired},
		{"no day", day, func(_, a *procedure.Record) { a.Fields["until"] = json.RawMessage(`"soon"`) }, Expired},
		{"revoked", day, func(_, a *procedure.Record) { a.State = "over" }, NotEffective},
		{"the set is suspended", day, func(e, _ *procedure.Record) { e.State = "hidden" }, SetClosed},
		{"another set", day, func(_, a *procedure.Record) { a.Fields["of"] = json.RawMessage(`"DS-130000-2025-000002"`) }, NotAgreed},
		{"without the publisher", day, func(e, _ *procedure.Record) { e.Owner = "120000" }, NotAgreed},
		{"with a third", day, func(_, a *procedure.Record) { a.Parties["c"] = procedure.Party{Region: "120000"} }, NotAgreed},
		{"a field that is not there", day, func(_, a *procedure.Record) { a.Fields["fields"] = json.RawMessage(`["nothing"]`) }, Unusable},
		{"a filter that is none", day, func(_, a *procedure.Record) { a.Fields["rows"] = json.RawMessage(`"city =="`) }, Unusable},
		{"columns that are none", day, func(e, _ *procedure.Record) { e.Fields["key"] = json.RawMessage(`["phone"]`) }, Unusable},
	} {
		e, a := entryRecord(), agreementRecord()
		c.spoil(e, a)
		terms, err := under(t, e, a, c.now)
		if c.want != "" {
			wantCode(t, c.name, err, c.want)
		} else if err != nil || terms.Agreement.Asker != "110000" {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Ensure a question is refused for each thing that is not agreed, and that its filter
// cannot look at a column that is not.
func TestPlan(t *testing.T) {
	terms, err := under(t, entryRecord(), agreementRecord(), lastDay(t))
	if err != nil {
		t.Fatal(err)
	}
	good := Question{Agreement: "DA-110000-2025-000001", Purpose: "inspection", Role: "officer", Fields: []string{"no", "uscc"}, Filter: `no > 3`}
	p, err := terms.Plan("110000", &good)
	if err != nil || strings.Join(p.Names, ",") != "no,uscc" || p.Limit != DefaultPage {
		t.Fatalf("%+v, %v", p, err)
	}
	for _, c := range []struct {
		name, region string
		spoil        func(q *Question)
		want         Code
	}{
		{"another region", "120000", func(*Question) {}, NotAgreed},
		{"the owner itself", "130000", func(*Question) {}, NotAgreed},
		{"another agreement", "110000", func(q *Question) { q.Agreement = "DA-110000-2025-000002" }, NotAgreed},
		{"another role", "110000", func(q *Question) { q.Role = "expert" }, RoleMayNot},
		{"no purpose", "110000", func(q *Question) { q.Purpose = "" }, NoPurpose},
		{"another purpose", "110000", func(q *Question) { q.Purpose = "statistics" }, NoPurpose},
		{"a field not agreed", "110000", func(q *Question) { q.Fields = []string{"phone"} }, NoField},
		{"a field twice", "110000", func(q *Question) { q.Fields = []string{"no", "no"} }, NoField},
		{"a field that is not there", "110000", func(q *Question) { q.Fields = []string{"nothing"} }, NoField},
		{"too many fields", "110000", func(q *Question) { q.Fields = make([]string, MaxColumns+1) }, NoField},
		{"a huge page", "110000", func(q *Question) { q.Limit = MaxPage + 1 }, BadPage},
		{"a page of less than nothing", "110000", func(q *Question) { q.Limit = -1 }, BadPage},
		{"a filter on what is not agreed", "110000", func(q *Question) { q.Filter = `phone == "1"` }, BadFilter},
		{"whether that is there", "110000", func(q *Question) { q.Filter = `known.phone` }, BadFilter},
		{"a bracket of the other's", "110000", func(q *Question) { q.Filter = `true) || (true` }, BadFilter},
	} {
		q := good
		c.spoil(&q)
		_, err := terms.Plan(c.region, &q)
		wantCode(t, c.name, err, c.want)
	}
	if _, err := ReadEntry(agreementLaw, agreementRecord()); !errors.Is(err, ErrNotShared) {
		t.Errorf("an agreement as an entry: %v", err)
	}
	if _, err := ReadAgreement(&procedure.Document{}, entryRecord()); !errors.Is(err, ErrNotShared) {
		t.Errorf("another record as an agreement: %v", err)
	}
}

// Ensure evidence holds only as it was signed, under a key of the node that it names.
func TestEvidence(t *testing.T) {
	private, err := keyring.FromSeed(keyring.UseLog, "log-1", make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	key := checkpoint.NewKey(checkpoint.KindLog, "sandi.internal/ledger", "130000", "130000-a", private.Public().Key)
	keys, err := checkpoint.NewKeys([]checkpoint.Key{key})
	if err != nil {
		t.Fatal(err)
	}
	q := Question{Agreement: "DA-110000-2025-000001", Purpose: "inspection"}
	names, rows := []string{"no"}, []json.RawMessage{json.RawMessage(`[1]`), json.RawMessage(`[2]`)}
	e := &Evidence{
		Network: "n", Owner: "130000", Node: "130000-a", Asker: "110000", Set: "DS-130000-2025-000001", Agreement: q.Agreement,
		Generation: "0011223344556677", Query: q.Digest("110000"), Count: 2, Rows: RowsDigest(names, rows), At: 1_763_000_000,
	}
	raw, err := e.Sign(key, private)
	if err != nil {
		t.Fatal(err)
	}
	if back, err := Open(keys, raw); err != nil || *back != *e {
		t.Fatalf("%+v, %v", back, err)
	}
	other := *e
	other.Node = "130000-b"
	stranger, err := other.Sign(key, private)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"a row more":   strings.Replace(string(raw), "rows 2", "rows 3", 1),
		"another set":  strings.Replace(string(raw), "000001\nagreement", "000002\nagreement", 1),
		"a line more":  strings.Replace(string(raw), "\n\n", "\nmore x\n\n", 1),
		"no signature": string(e.Body()),
		"another node": string(stranger),
		"nothing":      "",
		"short digest": strings.Replace(string(raw), "query ", "query 00\nquery ", 1),
	} {
		if _, err := Open(keys, []byte(bad)); !errors.Is(err, ErrEvidence) {
			t.Errorf("%s: %v", name, err)
		}
	}
	digests := map[[32]byte]string{}
	maps.Copy(digests, map[[32]byte]string{
		RowsDigest(names, rows): "", RowsDigest([]string{"on"}, rows): "", RowsDigest(names, rows[:1]): "", RowsDigest(names, nil): "",
		q.Digest("110000"): "", q.Digest("120000"): "", (&Question{Agreement: q.Agreement}).Digest("110000"): "",
	})
	if len(digests) != 7 {
		t.Errorf("%d different digests of 7 different things", len(digests))
	}
}
