package dataset

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Ensure a filter decides by the values, and that what is absent or undecided is not
// given.
func TestFilters(t *testing.T) {
	s := testSchema(t)
	full := Row{{true, 0, "91130605MA00000001"}, {true, 7, ""}, {true, 0, "保定市"}, {true, 1250, ""}, {true, 0, "2020-01-02"}, {true, 0, "0312"}}
	bare := Row{full[0], full[1], full[2], {}, {}, {}}
	for _, c := range []struct {
		text       string
		full, bare bool
	}{
		{`true`, true, true},
		{`city == "保定市" && no > 3`, true, true},
		{`output >= 1250`, true, false},
		{`output < 0`, false, false},
		{`!(output < 0)`, true, false},
		{`known.output && output == 1250`, true, false},
		{`!known.output`, false, true},
		{`output > 0 || no == 7`, true, true},
		{`since >= "2020-01-01"`, true, false},
		{`uscc.startsWith("911306")`, true, true},
		{`city in ["石家庄市", "保定市"]`, true, true},
		{`["石家庄市", "保定市"].exists(x, x == city)`, true, true},
		{`10 / (no - 7) > 0`, false, false},
		{`9223372036854775807 + no > 0`, false, false},
	} {
		f, err := s.Compile(c.text, s.All())
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if got := f.Takes(full); got != c.full {
			t.Errorf("%s takes the full row: %v", c.text, got)
		}
		if got := f.Takes(bare); got != c.bare {
			t.Errorf("%s takes the bare row: %v", c.text, got)
		}
	}
}

// Ensure hostile filters are refused before they see a row.
func TestHostileFilters(t *testing.T) {
	s := testSchema(t)
	clear := []int{0, 1, 2}
	for name, text := range map[string]string{
		"empty":                    ``,
		"not a truth value":        `no + 1`,
		"a column not agreed":      `phone == "0312"`,
		"whether one is there":     `known.phone`,
		"floats":                   `double(no) > 1.5`,
		"a float":                  `1.5 > 0.5`,
		"regular expressions":      `uscc.matches("(a+)+$")`,
		"maps":                     `{"a": 1}["a"] == 1`,
		"types":                    `type(no) == int`,
		"conversion":               `int(uscc) > 0`,
		"clock":                    `timestamp("2020-01-01T00:00:00Z") != timestamp("2020-01-01T00:00:00Z")`,
		"the record's own names":   `rec_id != ""`,
		"who acts":                 `act.region != ""`,
		"marks":                    `marked("x", "y")`,
		"comment":                  "true // no",
		"too long":                 strings.Repeat("true || ", 80) + "true",
		"too deep":                 strings.Repeat("(", 60) + "true" + strings.Repeat(")", 60),
		"dear: nested loops":       `[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c, a + b + c > 0)))`,
		"dear: growing text":       `[uscc,uscc,uscc,uscc,uscc,uscc].all(a, (a+a+a+a+a+a+a+a).contains(a+a+a+a+a+a+a) && (a+a+a+a+a+a+a+a).contains(a+a+a+a+a+a+a))`,
		"a macro that is not ours": `[1,2].map(x, x * 2) == [2,4]`,
		"unclosed":                 `(no == 1`,
	} {
		if _, err := s.Compile(text, clear); !errors.Is(err, ErrFilter) {
			t.Errorf("%s: %v, want ErrFilter", name, err)
		}
	}
}

// Ensure no filter of the asker brings back a row that the agreement's leaves out: both
// have to take it, whatever the asker's says.
func TestFiltersNarrow(t *testing.T) {
	s := testSchema(t)
	agreed, err := s.Compile(`city == "保定市"`, s.All())
	if err != nil {
		t.Fatal(err)
	}
	texts := []string{`true`, `no > 0 || true`, `!(city == "保定市")`, `city != "保定市"`, `true) || (true`, `no == no`, `10 / no > 0 || true`}
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom(texts).Draw(rt, "filter")
		own, err := s.Compile(text, []int{0, 1, 2})
		if err != nil {
			if text != `true) || (true` {
				rt.Fatal(err)
			}
			return
		}
		row := drawRow(rt)
		if Both(agreed, own, row) && row[2].Text != "保定市" {
			rt.Fatalf("%s brought back %v", text, row)
		}
	})
}
