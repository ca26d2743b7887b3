package procedure

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// Ensure an extract says what the whole record says, whatever the record.
func TestExtract(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRecord(rt)
		x, err := ParseExtract(r.Marshal())
		if err != nil {
			rt.Fatalf("%v in %s", err, r.Marshal())
		}
		back := Record{
			ID: x.ID, Procedure: x.Procedure, Version: x.Version, Owner: x.Owner, State: x.State, Seq: x.Seq, Head: x.Head,
			Joint: x.Joint, CreatedAt: x.CreatedAt, UpdatedAt: x.UpdatedAt, Synthetic: x.Synthetic,
		}
		for _, m := range []struct {
			from json.RawMessage
			to   any
		}{{x.Parties, &back.Parties}, {x.Fields, &back.Fields}, {x.Commits, &back.Commits}, {x.Home, &back.Home}, {x.Links, &back.Links}} {
			if m.from == nil {
				continue
			}
			if err := json.Unmarshal(m.from, m.to); err != nil {
				rt.Fatalf("%v in %s", err, m.from)
			}
		}
		left := cmpopts.IgnoreFields(Record{}, "RulesVersion", "CalendarVersion", "Acts", "Clocks")
		if d := cmp.Diff(r, &back, cmpopts.EquateEmpty(), left); d != "" {
			rt.Fatal(d)
		}
		if d := cmp.Diff(r.Regions(), x.Regions); d != "" {
			rt.Fatal(d)
		}
	})
}

// Ensure parties and those who acted as one are there, and no one else.
func TestRegions(t *testing.T) {
	r := &Record{
		ID: "x", Owner: "120000", Parties: map[string]Party{"a": {Region: "130000", Org: "130000-SJ"}, "b": {Region: "120000"}},
		Acts: []ActNote{{Region: "110000", Party: "was"}, {Region: "140000", Party: AnyParty}, {Party: "b"}, {Region: "110000", Party: "was"}},
	}
	want := []string{"110000", "120000", "130000"}
	if d := cmp.Diff(want, r.Regions()); d != "" {
		t.Error(d)
	}
	x, err := ParseExtract(r.Marshal())
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(want, x.Regions); d != "" {
		t.Error(d)
	}
}

// Ensure ParseExtract refuses whatever ParseRecord refuses, and nothing else.
func FuzzParseExtract(f *testing.F) {
	whole := `{"id":"x","parties":{"p":{"region":"110000"}},"seq":2,"fields":{"a":{"k":1},"b":"é"},"commits":{"c":"d"},` +
		`"acts":[{"event":"e","seq":3,"fields":["a"],"warn":["w"]}],"joint":[{"event":"e"}],"clocks":[{"name":"n"}],"links":[{"rel":"r","id":"i"}],"created_at":5}`
	f.Add([]byte(whole))
	for _, edit := range [][2]string{
		{`"id":`, `"id": `},
		{`"seq":2`, `"seq":02`},
		{`"seq":2`, `"seq":2,"zz":1`},
		{`"a":{"k":1},`, `"a":{"k":1},"a":{"k":1},`},
		{`é`, `\u00e9`},
		{`é`, "\xff"},
		{`{"c":"d"}`, `{}`},
		{`{"c":"d"}`, `{"c":1}`},
		{`"fields":["a"]`, `"fields":[]`},
		{`{"k":1}`, `{"k":1,}`},
		{`"rel":"r"`, `"rel":""`},
		{`[{"name":"n"}]`, `[]`},
		{`5}`, `5} `},
	} {
		f.Add([]byte(strings.Replace(whole, edit[0], edit[1], 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRecord(data)
		x, short := ParseExtract(data)
		if (err == nil) != (short == nil) {
			t.Fatalf("%q: as a record %v, as an extract %v", data, err, short)
		}
		if err == nil && (x.ID != r.ID || len(r.Fields) > 0 && !bytes.Contains(data, x.Fields)) {
			t.Fatalf("%q: %+v", data, x)
		}
	})
}

func BenchmarkParseExtract(b *testing.B) { benchmarkParse(b, ParseExtract) }
func BenchmarkParseRecord(b *testing.B)  { benchmarkParse(b, ParseRecord) }

func benchmarkParse[T any](b *testing.B, parse func([]byte) (T, error)) {
	data := (&Record{
		ID: "UN-110000-2025-000001", Procedure: "unqualified", Version: 1, Owner: "110000", State: "result_issued", Seq: 1, Head: strings.Repeat("h", 43),
		Parties: map[string]Party{"organiser": {Region: "110000", Org: "110000-SJ"}},
		Fields: map[string]json.RawMessage{
			"sample_no": []byte(`"S-1"`), "sampled_on": []byte(`"2025-08-19"`), "sampling_level": []byte(`"provincial"`),
			"place_kind": []byte(`"market"`), "product_name": []byte(`"电动自行车充电器"`), "model": []byte(`"RC-4802"`), "batch_no": []byte(`"20250611"`),
		},
		Acts:      []ActNote{{Event: "open", Region: "110000", Org: "110000-SJ", Role: "clerk", At: 1, Now: 2, Seq: 3, To: "result_issued", Party: "organiser", Fields: []string{"a", "b"}}},
		CreatedAt: 1762131600, UpdatedAt: 1762131600, Synthetic: true,
	}).Marshal()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := parse(data); err != nil {
			b.Fatal(err)
		}
	}
}
