package procedure_test

import (
	"os"
	"slices"
	"testing"

	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/script"
)

// Ensure a joint event of the parties of a list says which of them are missing, and
// the actors that may do it each with its region.
func TestOptionsOfListedParties(t *testing.T) {
	law := map[string]*procedure.Procedure{"relay": compiled(t, "testdata/relay.yaml")}
	const begun = `at 2025-09-15 10:00
open a relay by 110000-SJ clerk 甲
  members: ["120000-SJ","130000-SJ"]
act a begin by 110000-SJ liaison 乙
act a check by 110000-SJ officer 丙
  word: 相符
act a check by 110000-SJ officer 丁
  word: 相符
act a agree by 130000-SJ bureau_head 戊
`
	w, ids, err := script.Prepare(begun, script.Options{Law: law, Calendar: data.Workdays, Rules: data.Rules, Read: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := w.Record(ids["a"])
	if err != nil {
		t.Fatal(err)
	}
	options := law["relay"].Options(w, rec, w.Time)
	if len(options) != 1 || options[0].Event != "agree" {
		t.Fatalf("options %+v", options)
	}
	o := options[0]
	if o.Joint.Needed != 2 || len(o.Joint.Acted) != 1 || !slices.Equal(o.Joint.Missing, []string{"member@120000"}) {
		t.Errorf("joint %+v", *o.Joint)
	}
	holds := func(role string) bool { return role == "bureau_head" }
	if !o.IsFor("120000", holds) || o.IsFor("130000", holds) || o.IsFor("110000", holds) || o.IsFor("120000", func(string) bool { return false }) {
		t.Error("the act is not, or not only, for the head of the region that is missing")
	}
	var regions []string
	for _, by := range o.By {
		regions = append(regions, by.Region)
	}
	if !slices.Equal(regions, []string{"120000", "130000"}) {
		t.Errorf("actors of %v", regions)
	}
}
