//go:build e2e

package e2e

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/demo"
)

// Ensure the three-year data set, loaded through the public API of three real
// nodes, gives the figures of the sources at each of them, that the rows behind
// a figure can be had one by one, and that a workbook says the same. The demo
// itself has compared some four thousand figures before it says that it stays up.
func TestThreeYears(t *testing.T) {
	r := startDemo(t, "three-years", "--seed", "20220104")
	for i, region := range []string{"110000", "120000", "130000"} {
		show := func(args ...string) v1.Report {
			t.Helper()
			var out v1.Report
			text := run(t, 0, "sandi", append([]string{"report", "show", "--addr", addrs[i], "--token", r.token(t, region), "-o", "json"}, args...)...)
			if err := json.Unmarshal([]byte(text), &out); err != nil {
				t.Fatal(err)
			}
			return out
		}
		help := show("technical_help", "--list", "problems_solved")
		figures(t, &help, map[string]string{"dispatches": "945", "trainings": "274", "clusters": "10", "enterprises": "1279", "problems_solved": "766"})
		if l := help.Listed; l == nil || len(l.Counted) != 766 || l.Truncated {
			t.Fatalf("%s: not the 766 problems, one by one", region)
		}
		reasons := map[string]int64{}
		for _, l := range help.LeftOut {
			reasons[l.Rows+"/"+l.Code] = l.Count
		}
		for _, code := range []string{"activities/duplicate", "problems/duplicate", "problems/unsolved", "problems/reopened", "helped/cancelled"} {
			if reasons[code] == 0 {
				t.Errorf("%s: the data have no %s, or it was counted", region, code)
			}
		}
		monitoring := show("risk_monitoring")
		figures(t, &monitoring, map[string]string{"products": "50", "batches": "1510"})
		if year := show("risk_monitoring", "--from", "2023-01-01", "--to", "2023-12-31"); len(year.Figures) == 0 || year.Figures[1].Value != "504" && year.Figures[1].Value != "503" {
			t.Errorf("%s: the batches of 2023 are %+v", region, year.Figures)
		}
		for _, f := range show("listed_floor").Figures {
			if f.Name == "share" && (f.Num == "" || f.Den == "" || f.Met == nil || f.Floor != "0.30" || len(f.By) != 3) {
				t.Errorf("%s: the floor: %+v", region, f)
			}
		}
	}
	file := filepath.Join(t.TempDir(), "help.xlsx")
	run(t, 0, "sandi", "report", "show", "technical_help", "--addr", addrs[1], "--token", r.token(t, "120000"), "--lang", "en", "-f", file)
	book, err := excelize.OpenFile(file)
	if err != nil {
		t.Fatal(err)
	}
	defer book.Close()
	if got, err := book.GetCellValue("Figures", "C2"); err != nil || got != "945" {
		t.Errorf("the workbook says %q dispatches (%v)", got, err)
	}
}

// figures compares the totals of a report.
func figures(t *testing.T, r *v1.Report, want map[string]string) {
	t.Helper()
	for _, f := range r.Figures {
		if value, named := want[f.Name]; named && f.Value != value {
			t.Errorf("%s of %s at %s is %s, not %s", f.Name, r.Name, r.Sees, f.Value, value)
		}
		delete(want, f.Name)
	}
	for name := range want {
		t.Errorf("%s has no figure %s", r.Name, name)
	}
}

// token is one of a region's liaison in a running demo.
func (r *running) token(t *testing.T, region string) string {
	t.Helper()
	network, _, err := demo.Existing(r.dir)
	if err != nil {
		t.Fatal(err)
	}
	token, err := network.Token(demo.Actor{Region: region, Org: region + "-SJ", Role: "liaison", Person: "e2e"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}
