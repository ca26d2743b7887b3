package procedure

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/calendar"
)

var word = rapid.OneOf(rapid.StringMatching(`[a-z_]{1,12}`), rapid.SampledFrom([]string{"津市监〔2025〕1号", `q"\`, "两\n行\t\u0001", "𠀀"}))

func drawRecord(rt *rapid.T) *Record {
	num := rapid.Int64Range(0, 1<<40)
	raw := rapid.SampledFrom([]string{`"x"`, `-5`, `0`, `true`, `[]`, `{}`, `{"a":[1,"\n"],"b":null}`, `["津",{"k":"v"}]`})
	texts := rapid.MapOfN(word, word, 0, 4)
	fields := rapid.Custom(func(rt *rapid.T) map[string]json.RawMessage {
		m := map[string]json.RawMessage{}
		for _, k := range rapid.SliceOfNDistinct(word, 0, 30, rapid.ID).Draw(rt, "names") {
			m[k] = json.RawMessage(raw.Draw(rt, "value"))
		}
		return m
	})
	words := rapid.SliceOfN(word, 0, 3)
	act := rapid.Custom(func(rt *rapid.T) ActNote {
		return ActNote{
			Event: word.Draw(rt, "event"), Region: word.Draw(rt, "region"), At: num.Draw(rt, "at"), Now: num.Draw(rt, "now"),
			Seq: rapid.Uint64().Draw(rt, "seq"), From: word.Draw(rt, "from"), To: word.Draw(rt, "to"), Part: rapid.Bool().Draw(rt, "part"),
			Fields: words.Draw(rt, "fields"), Late: words.Draw(rt, "late"), Warn: words.Draw(rt, "warn"),
		}
	})
	clock := rapid.Custom(func(rt *rapid.T) Clock {
		return Clock{
			Name: word.Draw(rt, "name"), Rule: word.Draw(rt, "rule"), RulesVersion: int(num.Draw(rt, "rv")), Start: num.Draw(rt, "start"),
			PausedAt: num.Draw(rt, "paused"), Verdict: Verdict(word.Draw(rt, "verdict")), Due: num.Draw(rt, "due"),
			Excluded: rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) calendar.Interval {
				return calendar.Interval{From: num.Draw(rt, "f"), To: num.Draw(rt, "t")}
			}), 0, 2).Draw(rt, "ex"),
			Extensions: rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Extended {
				return Extended{Rule: 1, N: int(num.Draw(rt, "n")), Unit: "wd", At: num.Draw(rt, "a")}
			}), 0, 2).Draw(rt, "ext"),
		}
	})
	joint := rapid.Custom(func(rt *rapid.T) JointPart {
		return JointPart{
			Event: word.Draw(rt, "event"), Party: word.Draw(rt, "party"), Person: word.Draw(rt, "person"),
			Fields: fields.Draw(rt, "fields"), Commits: texts.Draw(rt, "commits"), Home: texts.Draw(rt, "home"),
		}
	})
	party := rapid.Custom(func(rt *rapid.T) Party { return Party{Region: word.Draw(rt, "region"), Org: word.Draw(rt, "org")} })
	return &Record{
		ID: word.Draw(rt, "id"), Procedure: word.Draw(rt, "procedure"), Version: int(num.Draw(rt, "version")), Owner: "110000",
		Parties: rapid.MapOfN(word, party, 0, 3).Draw(rt, "parties"), State: word.Draw(rt, "state"), Seq: int(num.Draw(rt, "seq")),
		Fields: fields.Draw(rt, "fields"), Commits: texts.Draw(rt, "commits"), Home: texts.Draw(rt, "home"),
		Acts: rapid.SliceOfN(act, 0, 8).Draw(rt, "acts"), Joint: rapid.SliceOfN(joint, 0, 2).Draw(rt, "joint"),
		Clocks:    rapid.SliceOfN(clock, 0, 4).Draw(rt, "clocks"),
		Links:     rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) Link { return Link{Rel: word.Draw(rt, "rel"), ID: word.Draw(rt, "id")} }), 0, 2).Draw(rt, "links"),
		CreatedAt: num.Draw(rt, "created"), UpdatedAt: num.Draw(rt, "updated"), Synthetic: rapid.Bool().Draw(rt, "synthetic"),
	}
}

// Ensure a record reads back as it was written, by our reader and by an
// independent one, and has exactly one form.
func TestRecordRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		r := drawRecord(rt)
		data := r.Marshal()
		back, err := ParseRecord(data)
		if err != nil {
			rt.Fatalf("%v in %s", err, data)
		}
		if d := cmp.Diff(r, back, cmpopts.EquateEmpty()); d != "" {
			rt.Fatal(d)
		}
		if !bytes.Equal(back.Marshal(), data) {
			rt.Fatal("the second writing differs")
		}
		var other Record
		if err := json.Unmarshal(data, &other); err != nil {
			rt.Fatal(err)
		}
		if d := cmp.Diff(r, &other, cmpopts.EquateEmpty()); d != "" {
			rt.Fatal(d)
		}
	})
}

func TestParseRecordRefuses(t *testing.T) {
	r := &Record{
		ID: "x", Seq: 2, Fields: map[string]json.RawMessage{"a": []byte(`{"k":1}`), "b": []byte(`"é"`)},
		Acts: []ActNote{{Event: "e", Fields: []string{"a"}}}, Parties: map[string]Party{"p": {Region: "110000"}},
	}
	good := string(r.Marshal())
	for name, edit := range map[string][2]string{
		"a space":             {`"id":`, `"id": `},
		"an unknown member":   {`"seq":2`, `"seq":2,"zz":1`},
		"another order":       {`"id":"x","parties":{"p":{"region":"110000"}}`, `"parties":{"p":{"region":"110000"}},"id":"x"`},
		"keys out of order":   {`"a":{"k":1},"b":"é"`, `"b":"é","a":{"k":1}`},
		"a key twice":         {`"a":{"k":1},`, `"a":{"k":1},"a":{"k":1},`},
		"a longer escape":     {`é`, `\u00e9`},
		"an empty member":     {`"seq":2`, `"state":"","seq":2`},
		"a zero":              {`"seq":2`, `"seq":0`},
		"a leading zero":      {`"seq":2`, `"seq":02`},
		"a fraction":          {`"seq":2`, `"seq":2.0`},
		"an empty list":       {`"fields":["a"]`, `"fields":[]`},
		"a space in a field":  {`{"k":1}`, `{"k": 1}`},
		"something after":     {`"acts":[{"event":"e","fields":["a"]}]}`, `"acts":[{"event":"e","fields":["a"]}]} `},
		"a missing end":       {`"acts":[{"event":"e","fields":["a"]}]}`, `"acts":[{"event":"e","fields":["a"]}]`},
		"a comma at the end":  {`{"k":1}`, `{"k":1,}`},
		"not UTF-8":           {`é`, "\xff"},
		"duplicate in fields": {`{"k":1}`, `{"k":1,"k":1}`},
		"false":               {`"seq":2`, `"seq":2,"synthetic":false`},
	} {
		bad := strings.Replace(good, edit[0], edit[1], 1)
		if bad == good {
			t.Errorf("%s: the edit does not apply to %s", name, good)
		} else if _, err := ParseRecord([]byte(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := ParseRecord(make([]byte, MaxRecordBytes+1)); err == nil {
		t.Error("a record over the limit was read")
	}
}

func FuzzParseRecord(f *testing.F) {
	f.Add([]byte(`{"id":"x","fields":{"a":[1,{"b":"c"}]},"acts":[{"event":"e","seq":3}],"clocks":[{"name":"n","excluded":[{"from":1,"to":2}]}],"created_at":5}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := ParseRecord(data)
		if err == nil && !bytes.Equal(r.Marshal(), data) {
			t.Fatalf("%q was read, but is written %q", data, r.Marshal())
		}
	})
}
