package threeyears

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

// fixed are doors behind which every node counts the same.
type fixed struct{ base string }

func (f fixed) Of(Actor) (*client.Client, error) { return client.New(client.Options{Base: f.base}) }

func (fixed) SetClock(context.Context, time.Time) error { return nil }

// Ensure a check finds a figure that is off by one, a floor judged wrongly, and
// rows that were left out without a reason known.
func TestCheck(t *testing.T) {
	met := false
	answer := v1.Report{
		ReportTitle: v1.ReportTitle{Figures: []v1.Figure{
			{Name: "batches", Number: v1.Number{Value: "1510"}, By: []v1.Cut{{Groups: []v1.Group{{Key: []v1.Cell{{Code: "2022"}}, Number: v1.Number{Value: "503"}}}}}},
			{Name: "share", Number: v1.Number{Value: "0.3000", Num: "3", Den: "10", Met: &met}},
		}},
		LeftOut: []v1.LeftOut{{Rows: "batches", Code: "duplicate", Count: 40}, {Rows: "batches", Code: "lost", Count: 1}},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(answer)
	}))
	defer server.Close()
	s := &Set{Truth: Truth{"r": {"batches": "1510", "batches/2022": "504", "share": "3/10 met", "-batches/duplicate": "40"}}}
	got, err := s.Check(t.Context(), fixed{server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for _, d := range got.Differences {
		if d.Region == Regions[0] {
			wrong = append(wrong, d.Figure+" "+d.Want+" "+d.Got)
		}
	}
	if want := "-batches/lost  1; batches/2022 504 503; share 3/10 met 3/10 below"; strings.Join(wrong, "; ") != want {
		t.Errorf("differences: %s", strings.Join(wrong, "; "))
	}
	if got.Figures != 4*len(Regions) {
		t.Errorf("%d figures were compared", got.Figures)
	}
}
