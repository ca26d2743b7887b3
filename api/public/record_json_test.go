package public

import (
	"encoding/json"
	"reflect"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

// Ensure the record written by hand says what v1.Record says.
func TestAppendExtract(t *testing.T) {
	full := procedure.Record{
		ID: "CT-110000-2025-000001", Procedure: "case", Version: 2, State: "sent", Owner: "110000", Seq: 3, Head: "h", Acts: []procedure.ActNote{{Event: "open"}}, Clocks: []procedure.Clock{{Name: "c"}},
		Parties:   map[string]procedure.Party{"sender": {Region: "110000", Org: "110000-SJ"}, "receiver": {Region: "130000"}},
		Fields:    map[string]json.RawMessage{"b": json.RawMessage(`{"x":[1,"<&>"]}`), "a": json.RawMessage(`"案号 \"引\" \u0001"`)},
		Commits:   map[string]string{"contact": "sc1.x", "a": "sc1.y"},
		Home:      map[string]string{"facts": "sc1.z"},
		Links:     []procedure.Link{{Rel: "origin", ID: "LT-110000-2025-000002"}, {Rel: "x", ID: "y"}},
		Joint:     []procedure.JointPart{{Event: "agree", Party: "sender", Region: "110000", Seq: 9}},
		CreatedAt: 1762131600, UpdatedAt: 1762218000, Synthetic: true,
	}
	empty := procedure.Record{ID: "x", Fields: map[string]json.RawMessage{}, Parties: map[string]procedure.Party{}, CreatedAt: 1, UpdatedAt: 2}
	for _, rec := range []procedure.Record{full, empty} {
		want, err := json.Marshal(recordOf(&rec))
		if err != nil {
			t.Fatal(err)
		}
		x, err := procedure.ParseExtract(rec.Marshal())
		if err != nil {
			t.Fatal(err)
		}
		got := appendExtract(nil, x)
		var w, g any
		if err := json.Unmarshal(want, &w); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(got, &g); err != nil {
			t.Fatalf("%v in %s", err, got)
		}
		if !reflect.DeepEqual(w, g) {
			t.Errorf("by hand %s\nby reflection %s", got, want)
		}
	}
}
