package public_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
)

// help brings one matter of technical help to its solution.
func help(t *testing.T, d *door, number, cluster, activity string) v1.Receipt {
	t.Helper()
	liaison := d.as(solo.Someone(d.bureau.Region, "sun", "liaison"))
	r := liaison.open("help", "liaison", `{"help_no":"`+number+`","programme":"2025","cluster":"`+cluster+`"}`)
	r = liaison.act(r.Record, r.Head, "dispatch", "liaison", `{"activity":"training","activity_no":"`+activity+`","held_on":"2025-09-01","expert_times":3,"attendees":["91130108XXXX00043G","91131003XXXX00027R"]}`)
	return liaison.act(r.Record, r.Head, "solve", "liaison", `{"problems":[{"no":1,"text":"=HYPERLINK(1)"}],"problems_solved":[1]}`)
}

// Ensure a report counts what its reader may see, to the record; says at which
// length of the ledger and what it left out; and does so in a workbook, too.
func TestReport(t *testing.T) {
	n := solo.New(t)
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "li", "clerk"), solo.Options{})
	help(t, tianjin, "B1", "=自行车", "P1")
	help(t, tianjin, "B2", "线缆", "P1") // the same activity
	help(t, hebei, "B1", "箱包", "P1")

	var list v1.Reports
	tianjin.get("/v1/reports", &list)
	if len(list.Items) < 9 || list.Items[0].Name == "" || list.Items[0].Digest == "" {
		t.Errorf("%d reports: %+v", len(list.Items), list.Items)
	}
	var got v1.Report
	tianjin.get("/v1/reports/technical_help?list=dispatches", &got)
	figures := map[string]string{}
	for _, f := range got.Figures {
		figures[f.Name] = f.Value
	}
	for name, want := range map[string]string{"dispatches": "3", "trainings": "1", "clusters": "2", "enterprises": "2", "problems_solved": "2"} {
		if figures[name] != want {
			t.Errorf("%s is %q, not %s", name, figures[name], want)
		}
	}
	if got.Index != 9 || got.Sees != solo.Tianjin || got.Records != 2 || got.LedgerTime == "" {
		t.Errorf("index %d, sees %s, %d records at %s", got.Index, got.Sees, got.Records, got.LedgerTime)
	}
	if len(got.LeftOut) == 0 || got.LeftOut[0].Code != "duplicate" || got.LeftOut[0].Count != 1 {
		t.Errorf("left out: %+v", got.LeftOut)
	}
	if l := got.Listed; l == nil || len(l.Counted) != 1 || len(l.Omitted) != 1 || l.Counted[0].Amount != "3" || l.Omitted[0].Code != "duplicate" {
		t.Errorf("listed: %+v", got.Listed)
	}
	tianjin.get("/v1/reports/technical_help?from=2025-09-02&to=2035-09-01", &got)
	if got.Figures[0].Value != "0" {
		t.Errorf("%s dispatches after the day", got.Figures[0].Value)
	}
	workbook(t, tianjin)
}

func workbook(t *testing.T, d *door) {
	t.Helper()
	w := d.do("GET", "/v1/reports/technical_help?as=xlsx&lang=zh&list=problems_solved", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != v1.ReportMedia || !strings.Contains(w.Header().Get("Content-Disposition"), "technical_help-9.xlsx") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	book, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got := strings.Join(book.GetSheetList(), " "); got != "指标 分组 未计入 记录清单 口径" {
		t.Errorf("sheets %s", got)
	}
	for cell, want := range map[string]string{"A2": "派出专家", "B2": "人次", "C2": "3"} {
		if got, err := book.GetCellValue("指标", cell); err != nil || got != want {
			t.Errorf("%s is %q (%v), not %q", cell, got, err, want)
		}
	}
	// What people stated never becomes a formula.
	for _, cell := range []string{"H2", "I2"} {
		got, err := book.GetCellValue("记录清单", cell)
		formula, _ := book.GetCellFormula("记录清单", cell)
		if err != nil || formula != "" || !strings.HasPrefix(got, "'=") {
			t.Errorf("%s is %q, formula %q (%v)", cell, got, formula, err)
		}
	}
}

// Ensure nonsense is refused, with all that is wrong at once.
func TestReportRefusals(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	problemOf(t, d.do("GET", "/v1/reports/nothing", ""), http.StatusNotFound, problem.NotFound)
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "op", "operator")).do("GET", "/v1/reports/overdue", ""), http.StatusForbidden, problem.Forbidden)
	for target, fields := range map[string]int{
		"technical_help?from=2025-13-01&list=no&as=pdf": 3,
		"technical_help?from=2025-01-02&to=2025-01-01":  1,
		"technical_help?from=2001-01-01&to=2025-01-01":  1,
		"reciprocity?region=120000":                     1,
		"situation?list=safety_and_growth":              1,
		"technical_help?colour=red":                     1,
		"technical_help?consistency=maybe":              1,
	} {
		p := problemOf(t, d.do("GET", "/v1/reports/"+target, ""), http.StatusUnprocessableEntity, problem.ValidationFailed)
		if len(p.Errors) != fields {
			t.Errorf("%s: %d errors: %+v", target, len(p.Errors), p.Errors)
		}
	}
}
