package statement

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var testCommitment = "sc1." + RequestDigest([]byte("commitment"))

// TestBodiesSurvive: any body our nodes can build reads back the same, and two
// nodes that build the same body write the same bytes.
func TestBodiesSurvive(t *testing.T) {
	name := rapid.StringMatching(`[a-z][a-z0-9_]{0,20}`)
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(name, 1, 12, rapid.ID[string]).Draw(t, "names")
		clear := rapid.IntRange(0, len(names)).Draw(t, "clear")
		secret := rapid.IntRange(clear, len(names)).Draw(t, "secret")
		b := OpenBody{Procedure: "case_transfer"}
		var fields []string
		for _, n := range names[:clear] {
			fields = append(fields, fmt.Sprintf(`"%s":["值",%d]`, n, len(n)))
		}
		b.Fields = []byte("{" + strings.Join(fields, ",") + "}")
		for _, n := range names[clear:secret] {
			if b.Commits == nil {
				b.Commits = make(map[string]string)
			}
			b.Commits[n] = testCommitment
		}
		if b.Home = names[secret:]; len(b.Home) > 0 {
			b.Private = testCommitment
		}
		bytes := b.Marshal()
		back, err := ParseOpen(bytes)
		if err != nil {
			t.Fatalf("%s: %v", bytes, err)
		}
		if d := cmp.Diff(b, back, cmpopts.EquateEmpty(), cmpopts.SortSlices(strings.Compare)); d != "" {
			t.Fatal(d)
		}
		act := ActBody{Event: "send", Fields: b.Fields, Commits: b.Commits, Home: rapid.Permutation(b.Home).Draw(t, "order"), Private: b.Private}
		other := act
		other.Home = b.Home
		if string(act.Marshal()) != string(other.Marshal()) {
			t.Fatal("the order in which a node names fields shows")
		}
	})
}

func TestRecordBodiesRefused(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       Code
	}{
		{"least", `{"event":"send","fields":{}}`, ""},
		{"everything", `{"event":"send","fields":{"a":1},"commits":{"b":"` + testCommitment + `"},"home":["c","d"],"private":"` + testCommitment + `"}`, ""},
		{"no event", `{"fields":{}}`, CodeMissing},
		{"no fields", `{"event":"send"}`, CodeMissing},
		{"procedure for event", `{"procedure":"send","fields":{}}`, CodeUnknown},
		{"event form", `{"event":"Send","fields":{}}`, CodeForm},
		{"fields array", `{"event":"send","fields":[]}`, CodeWrongType},
		{"fields null", `{"event":"send","fields":null}`, CodeWrongType},
		{"unknown member", `{"event":"send","fields":{},"payload":"x"}`, CodeUnknown},
		{"commits empty", `{"event":"send","fields":{},"commits":{}}`, CodeForm},
		{"commits in clear", `{"event":"send","fields":{},"commits":{"b":"Zhang San"}}`, CodeForm},
		{"commits object", `{"event":"send","fields":{},"commits":{"b":{}}}`, CodeWrongType},
		{"home empty", `{"event":"send","fields":{},"home":[],"private":"` + testCommitment + `"}`, CodeForm},
		{"home unsorted", `{"event":"send","fields":{},"home":["b","a"],"private":"` + testCommitment + `"}`, CodeForm},
		{"home twice", `{"event":"send","fields":{},"home":["a","a"],"private":"` + testCommitment + `"}`, CodeForm},
		{"home with a value", `{"event":"send","fields":{},"home":{"a":1},"private":"` + testCommitment + `"}`, CodeWrongType},
		{"home without private", `{"event":"send","fields":{},"home":["a"]}`, CodeMissing},
		{"private without home", `{"event":"send","fields":{},"private":"` + testCommitment + `"}`, CodeMissing},
		{"private in clear", `{"event":"send","fields":{},"home":["a"],"private":"x"}`, CodeForm},
		{"field in clear and at home", `{"event":"send","fields":{"a":1},"home":["a"],"private":"` + testCommitment + `"}`, CodeOverlap},
		{"field in clear and committed", `{"event":"send","fields":{"a":1},"commits":{"a":"` + testCommitment + `"}}`, CodeOverlap},
		{"field committed and at home", `{"event":"send","fields":{},"commits":{"a":"` + testCommitment + `"},"home":["a"],"private":"` + testCommitment + `"}`, CodeOverlap},
		{"trailing", `{"event":"send","fields":{}}{}`, CodeTrailing},
		{"too large", `{"event":"send","fields":{"a":"` + strings.Repeat("x", MaxBytes) + `"}}`, CodeTooLarge},
		{"not JSON", `event`, CodeSyntax},
	} {
		if _, err := ParseAct([]byte(c.body)); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := ParseOpen([]byte(`{"event":"send","fields":{}}`)); code(err) != CodeUnknown {
		t.Errorf("an act read as an opening: %v", err)
	}
}

// TestMarshalCannotInject: names with quotes stay inside their string, so that
// Sign refuses them instead of signing another structure.
func TestMarshalCannotInject(t *testing.T) {
	b := ActBody{Event: `send","fields":{"x":1},"z":"`, Home: []string{"a\"]\n\\"}, Private: testCommitment}
	if _, err := ParseAct(b.Marshal()); code(err) != CodeForm {
		t.Errorf("got %v from %s", err, b.Marshal())
	}
}
