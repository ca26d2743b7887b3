package public_test

import (
	"testing"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
)

// Ensure rules say when a limit would end that starts at an instant, in working days and
// over holidays, and nothing of it when nobody asks.
func TestRulesForesee(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	for _, c := range []struct{ start, rule, want string }{
		{"2025-12-04T00:00:00+08:00", "verify_lead", "2025-12-25T23:59:59+08:00"},
		{"2025-10-17T23:59:00+08:00", "assist_reply", "2025-11-07T23:59:59+08:00"},
		{"2026-02-06T10:00:00+08:00", "penalty_publish_cross", "2026-02-27T23:59:59+08:00"}, // Spring Festival in between
		{"2025-11-10T09:00:00+08:00", "agree_ack", "2025-11-11T09:00:00+08:00"},
		{"", "verify_lead", ""},
	} {
		path := "/v1/rules"
		if c.start != "" {
			path += "?start=" + c.start[:19] + "%2B08:00"
		}
		var rules v1.Rules
		d.get(path, &rules)
		found := 0
		for _, r := range rules.Items {
			if r.ID == c.rule && (r.Ends != "" || c.want == "") {
				if found++; r.Ends != c.want {
					t.Errorf("%s from %q ends %q, want %q", c.rule, c.start, r.Ends, c.want)
				}
			}
		}
		if found != 1 {
			t.Errorf("%s from %q stands %d times", c.rule, c.start, found)
		}
	}
	for _, start := range []string{"2025-11-10", "today", "2025-11-10T09:00:00Z"} {
		if w := d.do("GET", "/v1/rules?start="+start, ""); w.Code != 422 {
			t.Errorf("start=%s is answered with %d", start, w.Code)
		}
	}
}
