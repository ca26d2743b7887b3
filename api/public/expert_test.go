package public_test

import (
	"fmt"
	"testing"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
)

// Ensure a search follows the ledger, shows to each region what is shared with it,
// and says why somebody is left out.
func TestExperts(t *testing.T) {
	n := solo.New(t)
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "liu", "liaison"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "liaison"), solo.Options{})
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "sun", "liaison"), solo.Options{})
	search := func(d *door, query string) (out v1.PoolSearch) {
		t.Helper()
		d.get("/v1/experts?"+query, &out)
		return out
	}
	if got := search(tianjin, ""); got.Pool != "expert" || len(got.Items) != 0 || got.Year != "2025" {
		t.Fatalf("an empty pool: %+v", got)
	}
	first := admit(t, hebei, "合成甲", employer, `[{"field":"cable","years":9}]`, `[]`)
	second := admit(t, hebei, "合成乙", uscc("91130108MA0000EF3"), `[{"field":"cable","years":2},{"field":"food","years":2}]`,
		fmt.Sprintf(`[{"uscc":%q,"reason":"consulting"}]`, visited))

	got := search(tianjin, "field=cable")
	if len(got.Items) != 2 || got.Items[0].Record != first || got.Items[0].Skills[0] != (v1.Named{Code: "cable", ZH: "电线电缆", EN: "Cable"}) || got.Items[0].Org != "130000-SJ" {
		t.Fatalf("%+v", got)
	}
	if got = search(tianjin, "field=food&region=130000"); len(got.Items) != 1 || got.Items[0].Record != second {
		t.Errorf("by field: %+v", got)
	}
	if got = search(beijing, "excluded=true"); got.Free != 0 || got.Out != 0 {
		t.Errorf("not shared with Beijing: %+v", got)
	}
	got = search(tianjin, "excluded=true&without_conflict_with="+visited)
	if len(got.Items) != 1 || got.Items[0].Record != first || len(got.Excluded) != 1 || got.Out != 1 {
		t.Fatalf("without conflict: %+v", got)
	}
	if r := got.Excluded[0].Reasons; len(r) != 1 || r[0].Code != "consulting" || !r[0].Recusal || r[0].ZH != "提供咨询" || r[0].Unit != visited {
		t.Errorf("reasons %+v", r)
	}
	if got = search(tianjin, "without_conflict_with="+visited+"&host=130000"); got.Free != 0 {
		t.Errorf("of the host's own region: %+v", got)
	}

	// Two dispatches on one record are two services; who served comes later.
	h := tianjin.open("help", "liaison", fmt.Sprintf(`{"help_no":"H1","programme":"2025","enterprise_uscc":%q,"enterprise_name":"合成企业"}`, employer))
	for _, date := range []string{"2025-11-04", "2025-11-06"} {
		h = tianjin.act(h.Record, h.Head, "dispatch", "liaison", `{"activity":"visit","held_on":"`+date+`","expert_times":1,"experts":["`+first+`"]}`)
	}
	got = search(tianjin, "field=cable&available_from=2025-11-07")
	if len(got.Items) != 2 || got.Items[1].Record != first || got.Items[1].Load != (v1.PoolLoad{Services: 2, Days: 2}) {
		t.Errorf("load: %+v", got.Items)
	}
	got = search(tianjin, "available_from=2025-11-05&to=2025-11-06&excluded=true")
	if got.Free != 1 || got.Excluded[0].Reasons[0].Code != "busy" || got.Excluded[0].Reasons[0].Record != h.Record || got.Excluded[0].Reasons[0].Recusal {
		t.Errorf("busy: %+v", got)
	}
	n.Pass(720 * 24 * time.Hour) // to 24 October 2027; the term ends on the 31st
	if got = search(tianjin, "available_from=2027-10-31"); got.Free != 2 {
		t.Errorf("on the last day: %+v", got)
	}
	if got = search(tianjin, "available_from=2027-10-31&to=2027-11-01&excluded=true"); got.Free != 0 || got.Excluded[0].Reasons[0].Code != "term" {
		t.Errorf("beyond the term: %+v", got)
	}

	p := problemOf(t, tianjin.do("GET", "/v1/experts?without_conflict_with=91130108MA0000AB1X&to=2025-01-01", ""), 422, problem.ValidationFailed)
	if len(p.Errors) != 2 {
		t.Errorf("errors %+v", p.Errors)
	}
	problemOf(t, tianjin.do("GET", "/v1/experts?field=magic", ""), 422, problem.ValidationFailed)
	problemOf(t, tianjin.do("GET", "/v1/experts?pool=assistance", ""), 422, problem.ValidationFailed)
}
