package report

import (
	"errors"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

const sound = `schema: 1
name: sound
version: 1
title: {zh: 甲, en: A}
note: {zh: 甲, en: A}
rows:
  r:
    title: {zh: 甲, en: A}
    columns:
      k: {zh: 甲, en: A}
      n: {type: int, zh: 甲, en: A}
    take:
      - of: help
        values: {k: rec_owner, n: '1'}
    distinct: [k]
figures:
  a: {title: {zh: 甲, en: A}, unit: {zh: 甲, en: A}, rows: r, measure: count, by: [[k, year]]}
  b: {title: {zh: 甲, en: A}, unit: {zh: 甲, en: A}, rows: r, measure: sum, of: n}
  c: {title: {zh: 甲, en: A}, unit: {zh: 甲, en: A}, ratio: [a, b], floor: "0.30", by: [[k]]}
  d: {title: {zh: 甲, en: A}, unit: {zh: 甲, en: A}, spearman: [a, c], over: [k]}
  e: {title: {zh: 甲, en: A}, unit: {zh: 甲, en: A}, composite: c, weight: b, direction: b, per: k, over: [year], by: [[year, quarter]]}
`

// Ensure a definition's mistakes are found when it is read, with their line.
func TestParse(t *testing.T) {
	if _, err := Parse([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ old, put, want string }{
		{"schema: 1", "schema: 2", "line 1: schema has to be 1"},
		{"distinct: [k]", "distinct: [q]", `there is no column "q"`},
		{"distinct: [k]", "distinct: [k]\n    keep: some", "is none of"},
		{"values: {k: rec_owner, n: '1'}", "values: {k: rec_owner}", `the column "n" has no value here`},
		{"values: {k: rec_owner, n: '1'}", "limits: true", "time limits are those of any procedure"},
		{"of: help\n        values: {k: rec_owner, n: '1'}", "of: any\n        limits: true", `time limits have no column "k"`},
		{"type: int,", "type: decimal,", "a decimal column has 1 to 12 places"},
		{"type: int,", "type: float,", "is none of"},
		{"of: n}", "of: k}", "text has no sum"},
		{"rows: r, measure: sum", "rows: q, measure: sum", `there are no rows "q"`},
		{"measure: count", "measure: guess", "is none of"},
		{"ratio: [a, b]", "ratio: [a]", "two figures are wanted"},
		{"ratio: [a, b]", "ratio: [a, d]", `no figure "d" to use`},
		{"spearman: [a, c]", "spearman: [c, e]", `no figure "e" to use`},
		{"spearman: [a, c]", "spearman: [a, d]", `no figure "d" to use`},
		{"composite: c", "composite: a", "no figure of that name to use as composite"},
		{"weight: b", "weight: c", "no figure of that name to use as weight"},
		{"direction: b", "direction: q", "no figure of that name to use as direction"},
		{"per: k", "per: month", `cannot be broken down by "month"`},
		{", by: [[year, quarter]]", "", "a composite is broken down by"},
		{"by: [[year, quarter]]", "by: [[quarter, year]]", "a composite is broken down by"},
		{"by: [[year, quarter]]", "by: [[year]]", "a composite is broken down by"},
		{"by: [[year, quarter]]", "by: [[year, k]]", "a composite is broken down by"},
		{`floor: "0.30"`, "floor: much", "is no number"},
		{"by: [[k, year]]", "by: [[k, month]]", `nothing to break down by is called "month"`},
		{"by: [[k, year]]", "by: [[k, year]], colour: red", `unknown key "colour"`},
		{"  d: {", "  a: {", "already defined"},
	} {
		if !strings.Contains(sound, c.old) {
			t.Fatalf("nothing to replace: %s", c.old)
		}
		_, err := Parse([]byte(strings.Replace(sound, c.old, c.put, 1)))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%s: the error is %v, not %q", c.put, err, c.want)
		}
	}
}

// Ensure bounds hold: a report that goes beyond them is an error, a list that
// does is cut and says so.
func TestBounds(t *testing.T) {
	d := Find("red_black_list")
	r := &run{d: d, src: newShelf(t), out: &Result{Records: MaxRecords}}
	if err := r.record(t.Context(), "listing", &procedure.Record{}); !errors.Is(err, ErrTooMuch) {
		t.Errorf("one record more: %v", err)
	}
	r = &run{d: d, keys: MaxKeys}
	if err := r.keep(); !errors.Is(err, ErrTooMuch) {
		t.Errorf("one key more: %v", err)
	}
	r = &run{d: d, out: &Result{}}
	full := make([]Row, MaxListed)
	if got := r.list(full, 0, &line{}, ""); len(got) != MaxListed || !r.out.Truncated {
		t.Errorf("%d rows are listed, truncated %v", len(got), r.out.Truncated)
	}
}
