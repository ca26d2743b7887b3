package audit

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/proficiency"
)

// oneRound is a record of a round of six laboratories that was evaluated and confirmed.
func oneRound(t *testing.T) *procedure.Record {
	t.Helper()
	var opened []string
	for i, v := range []string{"0.482000", "0.495000", "0.501000", "0.488000", "0.507000", "0.640000"} {
		opened = append(opened, fmt.Sprintf(`{"at":1,"org":"110000-SJ","value":{"lab_ref":"%064d","measurand":"Pb","value":%q}}`, i+1, v))
	}
	r := &procedure.Record{ID: "PT-110000-2025-000001", Fields: map[string]json.RawMessage{
		proficiency.FieldMethod: json.RawMessage(`"consensus"`), proficiency.FieldSigma: json.RawMessage(`"consensus"`), proficiency.FieldScore: json.RawMessage(`"z"`),
		proficiency.FieldOpened: json.RawMessage(`[` + strings.Join(opened, ",") + `]`), proficiency.FieldAgrees: json.RawMessage(`true`),
	}, Acts: []procedure.ActNote{{Seq: 7, Fields: []string{proficiency.FieldEvaluations}}, {Seq: 9, Fields: []string{proficiency.FieldAgrees}}}}
	record, err := proficiency.ReadRecord(r.Fields)
	must(t, err)
	out, err := record.Compute(nil)
	must(t, err)
	r.Fields[proficiency.FieldEvaluations], err = json.Marshal(out.Evaluations)
	must(t, err)
	r.Fields[proficiency.FieldScores], err = json.Marshal(out.Scores)
	must(t, err)
	return r
}

// Ensure the figures of a confirmed round are computed again, that one false digit is
// found with its entry, and that what nobody has confirmed is not judged.
func TestRounds(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*procedure.Record)
		want   Result
		text   string
	}{
		"as computed": {func(*procedure.Record) {}, Pass, "statistics of 1 rounds"},
		"another digit": {func(r *procedure.Record) {
			swap(r, proficiency.FieldEvaluations, `"assigned_value":"0.`, `"assigned_value":"1.`)
		}, Fail, "as entry 7 says"},
		"another verdict":      {func(r *procedure.Record) { swap(r, proficiency.FieldScores, `"unsatisfactory"`, `"satisfactory"`) }, Fail, "as entry 7 says"},
		"another result":       {func(r *procedure.Record) { swap(r, proficiency.FieldOpened, `0.501000`, `0.502000`) }, Fail, "as entry 7 says"},
		"nobody has confirmed": {func(r *procedure.Record) { r.Acts = r.Acts[:1] }, Pass, "confirmed yet: 1"},
		"confirmed before":     {func(r *procedure.Record) { r.Acts[0].Seq, r.Acts[0], r.Acts[1] = 11, r.Acts[1], r.Acts[0] }, Pass, "confirmed yet: 1"},
		"refused":              {func(r *procedure.Record) { r.Fields[proficiency.FieldAgrees] = json.RawMessage(`false`) }, Pass, "confirmed yet: 1"},
		"no round":             {func(r *procedure.Record) { delete(r.Fields, proficiency.FieldOpened) }, "", ""},
	} {
		r := oneRound(t)
		tc.change(r)
		w := &walk{audit: &audit{report: &Report{Summary: &Summary{}}}, rules: &rules{}}
		w.recorder = newRecorder(w.report)
		w.round(r)
		w.concludeRounds()
		if got := w.report.Of(CheckDraws); got != tc.want || !strings.Contains(show(w.report), tc.text) {
			t.Errorf("%s: %s, want %s with %q: %s", name, got, tc.want, tc.text, show(w.report))
		}
	}
}

func swap(r *procedure.Record, field, from, to string) {
	r.Fields[field] = json.RawMessage(strings.Replace(string(r.Fields[field]), from, to, 1))
}
