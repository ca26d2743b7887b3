package proficiency_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/proficiency"
)

// values are the test vector of the house's sources (synthetic, mg/L, 15 laboratories).
var values = strings.Fields("0.482 0.495 0.501 0.488 0.507 0.476 0.493 0.499 0.512 0.485 0.490 0.640 0.503 0.421 0.497")

// fields is a round's record: the vector, one laboratory that sealed and did not show,
// and what was stated of it.
func fields(t *testing.T, values []string, method, sigma, score, evaluations, scores string) map[string]json.RawMessage {
	t.Helper()
	type item struct {
		At    int    `json:"at"`
		Org   string `json:"org"`
		Value any    `json:"value"`
	}
	var sealed, opened []item
	for i, v := range values {
		lab := fmt.Sprintf("%064d", i+1)
		sealed = append(sealed, item{1, "110000-SJ", proficiency.Sealing{Lab: lab, Measurand: "Pb"}})
		opened = append(opened, item{2, "110000-SJ", proficiency.Shown{Lab: lab, Measurand: "Pb", Value: v + "000", Expanded: "0.020000", K: "2.00"}})
	}
	silent := item{1, "110000-SJ", proficiency.Sealing{Lab: strings.Repeat("f", 64), Measurand: "Pb"}}
	sealed = append(sealed, silent, silent) // and corrected it once
	marshal := func(v any) json.RawMessage {
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	m := map[string]json.RawMessage{
		proficiency.FieldMethod: marshal(method), proficiency.FieldSigma: marshal(sigma), proficiency.FieldScore: marshal(score),
		proficiency.FieldSealed: marshal(sealed), proficiency.FieldOpened: marshal(opened),
	}
	if evaluations != "" {
		m[proficiency.FieldEvaluations], m[proficiency.FieldScores] = json.RawMessage(evaluations), json.RawMessage(scores)
	}
	return m
}

func record(t *testing.T, m map[string]json.RawMessage) *proficiency.Record {
	t.Helper()
	r, err := proficiency.ReadRecord(m)
	if err != nil || r == nil {
		t.Fatalf("%v, %v", r, err)
	}
	return r
}

// Ensure a record gives the figures of the sources' vector, and that a record which
// states them, and no other, holds.
func TestRecord(t *testing.T) {
	r := record(t, fields(t, values, "consensus", "consensus", "z", "", ""))
	out, err := r.Compute(nil)
	if err != nil {
		t.Fatal(err)
	}
	if e := out.Evaluations[0]; e != (proficiency.Evaluation{Measurand: "Pb", Assigned: "0.494462", Uncertainty: "0.004528", Sigma: "0.014030", Robust: "0.014030"}) {
		t.Errorf("%+v", e)
	}
	if out.Reports["Pb"].Score != proficiency.ZPrime || !out.Reports["Pb"].Few {
		t.Errorf("u is above 0.3 s*, so z' is used: %+v", out.Reports["Pb"])
	}
	if n := len(out.Scores); n != 16 || out.Scores[15].Verdict != proficiency.NoResult || out.Scores[15].Score != "" || out.Scores[11].Verdict != proficiency.Unsatisfactory {
		t.Errorf("%d scores: %+v", n, out.Scores)
	}
	evaluations, _ := json.Marshal(out.Evaluations)
	scores, _ := json.Marshal(out.Scores)
	check := func(evaluations, scores string) error {
		_, err := record(t, fields(t, values, "consensus", "consensus", "z", evaluations, scores)).Check()
		return err
	}
	if err := check(string(evaluations), string(scores)); err != nil {
		t.Error(err)
	}
	for name, change := range map[string][2]string{
		"another assigned value": {strings.Replace(string(evaluations), "0.494462", "0.494463", 1), string(scores)},
		"another verdict":        {string(evaluations), strings.Replace(string(scores), "unsatisfactory", "questionable", 1)},
		"a score left out":       {string(evaluations), strings.Replace(string(scores), string(scores)[1:strings.Index(string(scores), "},")+2], "", 1)},
		"a laboratory invented":  {string(evaluations), strings.Replace(string(scores), `[{`, `[{"lab_ref":"x","measurand":"Pb","score":"0.00","verdict":"satisfactory"},{`, 1)},
		"a score twice":          {string(evaluations), strings.Replace(string(scores), `[{`, `[`+string(scores)[1:strings.Index(string(scores), "},")+1]+`,{`, 1)},
		"no evaluation":          {"[]", string(scores)},
	} {
		if err := check(change[0], change[1]); !errors.Is(err, proficiency.ErrDiffers) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Ensure a spread of zero is refused, and that what comes from outside is used and not
// computed.
func TestRecordMethods(t *testing.T) {
	equal := strings.Fields("0.500 0.500 0.500 0.500 0.490 0.510")
	if _, err := record(t, fields(t, equal, "consensus", "consensus", "z", "", "")).Compute(nil); !errors.Is(err, proficiency.ErrNoSpread) {
		t.Errorf("s* = 0: %v", err)
	}
	given := []proficiency.Evaluation{{Measurand: "Pb", Assigned: "0.500000", Uncertainty: "0.001000", Sigma: "0.010000"}}
	out, err := record(t, fields(t, equal, "crm", "prescribed", "z", "", "")).Compute(given)
	if err != nil || out.Evaluations[0] != given[0] || out.Scores[4].Score != "-1.00" || out.Reports["Pb"].Score != proficiency.Z {
		t.Errorf("%+v, %v", out, err)
	}
	out, err = record(t, fields(t, equal, "crm", "prescribed", "en", "", "")).Compute(given)
	if err != nil || out.Scores[4].Score != "-0.50" || out.Scores[4].Verdict != proficiency.Satisfactory { // U 0.02 at k = 2, U(x_pt) 0.002
		t.Errorf("%+v, %v", out, err)
	}
	if _, err = record(t, fields(t, equal, "crm", "prescribed", "z", "", "")).Compute(nil); err == nil {
		t.Error("a certified value that nobody gave")
	}
	for _, m := range []map[string]json.RawMessage{nil, {proficiency.FieldMethod: json.RawMessage(`"crm"`)}} {
		if r, err := proficiency.ReadRecord(m); r != nil || err != nil {
			t.Errorf("%v is no round: %v %v", m, r, err)
		}
	}
	if _, err := proficiency.ReadRecord(map[string]json.RawMessage{proficiency.FieldMethod: json.RawMessage(`1`), proficiency.FieldOpened: json.RawMessage(`[]`)}); err == nil {
		t.Error("a method that is a number")
	}
}
