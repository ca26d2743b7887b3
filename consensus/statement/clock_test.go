package statement

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Ensure signed times are what the standard library writes, and that years
// which ParseAt refuses stay refused.
func TestFormatAtAgainstTime(t *testing.T) {
	beijing := time.FixedZone("", zoneSecond)
	first, last := time.Date(0, 1, 1, 0, 0, 0, 0, beijing).Unix(), time.Date(9999, 12, 31, 23, 59, 59, 0, beijing).Unix()
	rapid.Check(t, func(rt *rapid.T) {
		unix := rapid.Int64Range(first, last).Draw(rt, "unix")
		if got, want := FormatAt(unix), time.Unix(unix, 0).In(beijing).Format(time.RFC3339); got != want {
			rt.Errorf("got %s, want %s", got, want)
		}
	})
	for _, unix := range []int64{first - 1, last + 1, last + 400*366*86400} {
		if _, err := ParseAt(FormatAt(unix)); err == nil {
			t.Errorf("%s accepted", FormatAt(unix))
		}
	}
}
