package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// credit makes a synthetic credit code of 17 characters complete (GB 32100-2015).
func credit(body string) string {
	digit, _ := procedure.CheckDigit(body)
	return body + string(digit)
}

// Ensure a round runs from the seal to the report on the command line: what was sealed
// opens and nothing else does, the figures come out again, and a false one is found.
func TestProficiencyRound(t *testing.T) {
	b := newBureau(t, nil)
	own := b.Bureau(solo.Beijing, solo.Options{})
	must := func(args ...string) string {
		t.Helper()
		code, out := b.as("liaison", args...)
		if code != exitOK {
			t.Fatalf("%v: exit %d: %s", args, code, out)
		}
		return out
	}
	act := func(event, fields string) {
		t.Helper()
		must("record", "act", "PT-110000-2025-000001", event, "--fields", fields)
	}
	const id = "PT-110000-2025-000001"
	must("record", "open", "pt_round", "--fields", `{"title":"食品中铅的测定"}`)
	act("announce", `{"round_no":"NL-1","provider_org":"110000-SJ","region_orgs":["110000-SJ","120000-SJ"],"measurands":[{"code":"Pb","name":"铅","unit":"mg/L","matrix":"食品","methods":["GB 5009.12"]}],`+
		`"eligible_rule":"取得资质认定的机构","assigned_value_method":"consensus","sigma_method":"consensus","scoring_rule":"z","enrol_by":"2025-11-10","results_by":"2025-11-20"}`)
	values := []string{"0.482", "0.495", "0.501", "0.488", "0.507", "0.640"}
	lab := func(i int) string { return fmt.Sprintf("%064x", i+1) }
	for i := range values {
		act("enrol", fmt.Sprintf(`{"lab_uscc":%q,"cma_no":"230112340001","lab_contact":"联系人","lab_ref":%q}`, credit(fmt.Sprintf("91110105MA%07d", i)), lab(i)))
	}
	zero := `"sc1.` + strings.Repeat("A", 43) + `"`
	samples := func(last string) string {
		return b.file("samples.json", []byte(`[{"measurand":"Pb","sigma_pt":"0.05","pairs":[["1.00","1.02"],["1.01","0.99"],["1.00","1.01"],["0.98","1.01"],["1.02","1.00"],["1.01","1.00"],`+last+`],`+
			`"before":["1.00","1.02"],"after":["1.02","1.03"]}]`))
	}
	if code, out := b.as("liaison", "pt", "samples", id, samples(`["1.19","1.20"]`), "--submit"); code != exitVerify || !strings.Contains(out, "0.071730315  0.013093073  false") {
		t.Errorf("samples with an outlier: exit %d: %s", code, out)
	}
	if code, out := b.as("liaison", "pt", "samples", id, b.file("none.json", []byte(`[]`))); code != exitFailed {
		t.Errorf("no samples: exit %d: %s", code, out)
	}
	if out := must("pt", "samples", id, samples(`["0.99","1.00"]`)); !strings.Contains(out, "0.013093073") || !strings.Contains(out, "0.015000000") {
		t.Errorf("samples: %s", out)
	}
	must("pt", "samples", id, samples(`["0.99","1.00"]`), "--submit")
	act("dispatch", `{"sample_ids":["S1"],"dispatch_time":"2025-11-03T09:00:00+08:00","instruction_sheet":`+zero+`}`)

	raw := b.file("raw.txt", []byte("raw record"))
	file := func(i int) string { return filepath.Join(b.dir, fmt.Sprintf("sealed-%d.json", i)) }
	seal := func(i int, value, out string) []string {
		return []string{"pt", "seal", id, "--lab", lab(i), "--measurand", "Pb", "--value", value, "--method", "GB 5009.12", "--tested-on", "2025-11-03", "--raw", raw, "-f", out}
	}
	must(seal(0, "0.999", filepath.Join(b.dir, "first.json"))...) // corrected below
	for i, v := range values {
		must(seal(i, v, file(i))...)
	}
	if code, _ := b.as("liaison", seal(1, "0.1", file(1))...); code != exitFailed {
		t.Errorf("a sealed result was overwritten: exit %d", code)
	}
	if code, _ := b.as("liaison", seal(1, "0.1234567", filepath.Join(b.dir, "x.json"))...); code != exitUsage {
		t.Errorf("a value of seven places: exit %d", code)
	}
	if code, _ := b.as("liaison", "pt", "open", file(0)); code != exitFailed {
		t.Errorf("opened before the deadline: exit %d", code)
	}
	b.Pass(18 * 24 * time.Hour)
	due(t, b, own, id)
	if code, _ := b.as("liaison", "pt", "open", filepath.Join(b.dir, "first.json")); code != exitFailed {
		t.Errorf("the seal that was corrected opened: exit %d", code)
	}
	forged, err := os.ReadFile(file(5))
	if err != nil {
		t.Fatal(err)
	}
	if code, _ := b.as("liaison", "pt", "open", b.file("forged.json", []byte(strings.Replace(string(forged), "0.640000", "0.500000", 1)))); code != exitFailed {
		t.Errorf("another value than was sealed opened: exit %d", code)
	}
	for i := range values {
		must("pt", "open", file(i))
	}
	if out := must("pt", "evaluate", id); !strings.Contains(out, "unsatisfactory") || !strings.Contains(out, "z_prime") {
		t.Errorf("evaluated: %s", out)
	}
	must("pt", "evaluate", id, "--submit")
	if out := must("pt", "verify", id); !strings.Contains(out, "comes out again: 1 measurands, 6 scores") {
		t.Errorf("verified: %s", out)
	}
	must("pt", "verify", id, "--submit")
	report := filepath.Join(b.dir, "report.txt")
	must("pt", "report", id, "-f", report)
	text, err := os.ReadFile(report)
	if err != nil || !strings.Contains(string(text), "食品中铅的测定  NL-1") || !strings.Contains(string(text), "不满意 1") || !strings.Contains(string(text), "不足 18 家") {
		t.Errorf("%v: %s", err, text)
	}

	// The provider evaluates again and states another verdict: anybody finds it.
	act("revise", `{"reason":"重新评价"}`)
	code, out := b.as("liaison", "record", "get", id, "-o", "json")
	if code != exitOK {
		t.Fatal(out)
	}
	act("evaluate", fmt.Sprintf(`{"evaluations":[{"measurand":"Pb","assigned_value":"0.500000","u_assigned":"0.001000","sigma_pt":"0.010000","robust_sd":"0.010000"}],"scores":[{"lab_ref":%q,"measurand":"Pb","score":"0.10","verdict":"satisfactory"}],"collusion_check":"未见异常","calculation":%s}`, lab(5), zero))
	if code, out := b.as("liaison", "pt", "verify", id); code != exitVerify {
		t.Errorf("a false evaluation: exit %d: %s", code, out)
	}
	if code, out := b.as("liaison", "pt", "report", id); code != exitVerify {
		t.Errorf("a report of a false evaluation: exit %d: %s", code, out)
	}
}

// due lets a node state that the deadline of a round has passed.
func due(t *testing.T, b *bureau, own *solo.Bureau, record string) {
	t.Helper()
	view, err := b.Ledger.View(t.Context(), desk.Fresh{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	rec, err := b.Ledger.Books(view).Record(record)
	view.Close()
	if err != nil {
		t.Fatal(err)
	}
	none, err := desk.ParseFields([]byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := own.Desk.Act(t.Context(), record, desk.Draft{ID: client.NewKey(), Role: "node", Org: "110000-SJ", Event: "deadline", Prev: rec.Head, Fields: none})
	if err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("%+v, %v", receipt, err)
	}
}
