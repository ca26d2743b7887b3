package calendar_test

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
)

func table(t testing.TB) *calendar.Calendar {
	t.Helper()
	c, err := calendar.Parse([]byte(data.Workdays))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func day(t testing.TB, s string) calendar.Day {
	t.Helper()
	d, ok := calendar.ParseDay(s)
	if !ok {
		t.Fatalf("%q is not a day", s)
	}
	return d
}

// Ensure days agree with package time over the whole range, on both sides of
// midnight in Shanghai.
func TestDayAgainstTime(t *testing.T) {
	for unix := time.Date(1992, 1, 1, 0, 0, 0, 0, calendar.Zone).Unix(); unix < time.Date(2199, 12, 31, 0, 0, 0, 0, calendar.Zone).Unix(); unix += 86400*13 + 3601 {
		want := time.Unix(unix, 0).In(calendar.Zone)
		d := calendar.DayOf(unix)
		if d.String() != want.Format("2006-01-02") || d.Weekday() != want.Weekday() {
			t.Fatalf("%d: got %s %s, want %s", unix, d, d.Weekday(), want)
		}
		if back, ok := calendar.ParseDay(d.String()); !ok || back != d {
			t.Fatalf("%s does not read back", d)
		}
		if calendar.DayOf(d.Start()) != d || calendar.DayOf(d.End()) != d || calendar.DayOf(d.End()+1) != d+1 {
			t.Fatalf("%s: bounds are off", d)
		}
	}
	if calendar.DayOf(-1).String() != "1970-01-01" || calendar.DayOf(-8*3600-1).String() != "1969-12-31" {
		t.Fatal("days before 1970 are off")
	}
}

func TestParseDayRefuses(t *testing.T) {
	for _, s := range []string{
		"", "2025-9-25", "2025-09-31", "2025-02-29", "1991-12-31", "2200-01-01", "2025/09/25", "2025-09-25 ",
		"+025-09-25", "2025-00-10", "2025-13-01", "2025-01-00", "２０２５-01-01", "20250925",
	} {
		if _, ok := calendar.ParseDay(s); ok {
			t.Errorf("%q was taken for a day", s)
		}
	}
}

// Ensure the spot checks of DOMAIN 4.3 hold, and the counts of 5.3.
func TestWorkdays(t *testing.T) {
	c := table(t)
	for _, s := range []string{"2024-02-09", "2023-10-07", "2022-10-08", "2021-02-07", "2025-09-28", "2025-10-11", "2026-02-14", "2026-02-28", "2026-01-04", "2018-12-29"} {
		if works, covered := c.Workday(day(t, s)); !works || !covered {
			t.Errorf("%s has to be a working day of the table", s)
		}
	}
	for _, s := range []string{"2021-10-01", "2025-10-01", "2025-10-08", "2026-02-15", "2026-02-23", "2025-09-27", "2025-11-29"} {
		if works, _ := c.Workday(day(t, s)); works {
			t.Errorf("%s has to be off", s)
		}
	}
	if off, _ := c.Holiday(day(t, "2025-11-29")); off {
		t.Error("an ordinary Saturday is no holiday")
	}
	counts := map[string][2]int{"2021": {31, 7}, "2022": {32, 7}, "2023": {26, 7}, "2024": {28, 8}, "2025": {28, 5}, "2026": {33, 6}}
	for y, want := range counts {
		off, work := 0, 0
		for d := day(t, y+"-01-01"); d <= day(t, y+"-12-31"); d++ {
			if h, _ := c.Holiday(d); h {
				off++
			}
			if w, _ := c.Workday(d); w && (d.Weekday() == time.Saturday || d.Weekday() == time.Sunday) {
				work++
			}
		}
		if off != want[0] || work != want[1] {
			t.Errorf("%s: %d days off and %d make-up days, want %v", y, off, work, want)
		}
	}
}

// Ensure days outside the table are assumed, and say so.
func TestOutsideTheTable(t *testing.T) {
	c := table(t)
	for s, want := range map[string]bool{
		"2027-01-01": false, "2027-05-03": true, "2027-05-02": false, "2027-10-01": false, "2027-10-04": true, "2027-01-02": false, "2017-12-29": true,
	} {
		works, covered := c.Workday(day(t, s))
		if works != want || covered {
			t.Errorf("%s: works %v covered %v", s, works, covered)
		}
	}
	first, last := c.Covers()
	if first.String() != "2018-01-01" || last.String() != "2026-12-31" {
		t.Errorf("covers %s to %s", first, last)
	}
}

func TestParseRefuses(t *testing.T) {
	long := `{"tz":"Asia/Shanghai","years":{},"source":"` + strings.Repeat("x", 200<<10) + `"}`
	for name, text := range map[string]string{
		"not JSON":        `{`,
		"unknown member":  `{"tz":"Asia/Shanghai","years":{"2025":{}},"more":1}`,
		"duplicate year":  `{"tz":"Asia/Shanghai","years":{"2025":{},"2025":{}}}`,
		"no years":        `{"tz":"Asia/Shanghai","years":{}}`,
		"other zone":      `{"tz":"UTC","years":{"2025":{}}}`,
		"year":            `{"tz":"Asia/Shanghai","years":{"25":{}}}`,
		"year too late":   `{"tz":"Asia/Shanghai","years":{"2200":{}}}`,
		"day elsewhere":   `{"tz":"Asia/Shanghai","years":{"2025":{"off":["2026-01-01"]}}}`,
		"day twice":       `{"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-01-01","2025-01-01"]}}}`,
		"off and worked":  `{"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-01-01"],"work":["2025-01-01"]}}}`,
		"not a day":       `{"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-02-30"]}}}`,
		"fixed":           `{"tz":"Asia/Shanghai","fixed":["13-01"],"years":{"2025":{}}}`,
		"negative":        `{"version":-1,"tz":"Asia/Shanghai","years":{"2025":{}}}`,
		"fraction":        `{"version":1.5,"tz":"Asia/Shanghai","years":{"2025":{}}}`,
		"case":            `{"TZ":"Asia/Shanghai","years":{"2025":{}}}`,
		"something after": `{"tz":"Asia/Shanghai","years":{"2025":{}}} x`,
		"too long":        long,
	} {
		if _, err := calendar.Parse([]byte(text)); err == nil {
			t.Errorf("%s: was accepted", name)
		}
	}
}

// Ensure a table may have gaps: what lies between is assumed.
func TestGap(t *testing.T) {
	c, err := calendar.Parse([]byte(`{"version":3,"tz":"Asia/Shanghai","fixed":["01-01"],"years":{"2025":{},"2027":{}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != 3 {
		t.Errorf("version %d", c.Version)
	}
	if _, covered := c.Workday(day(t, "2026-06-01")); covered {
		t.Error("2026 is not covered")
	}
	if works, _ := c.Workday(day(t, "2026-05-01")); !works {
		t.Error("1 May is no holiday of this table")
	}
	if works, covered := c.Workday(day(t, "2027-01-01")); !works || !covered {
		t.Error("a covered year knows only its own days off")
	}
}

func TestWorkdaysLeft(t *testing.T) {
	c := table(t)
	for _, v := range []struct {
		from, to string
		want     int
	}{
		{"2025-09-16", "2025-10-13", 15},
		{"2025-10-13", "2025-10-13", 0},
		{"2025-10-14", "2025-10-13", -1},
		{"2025-09-30", "2025-10-08", 0},
		{"2025-10-09", "2025-09-30", -1},
	} {
		if got := c.WorkdaysLeft(day(t, v.from).Start()+3600, day(t, v.to).End()); got != v.want {
			t.Errorf("%s to %s: %d, want %d", v.from, v.to, got, v.want)
		}
	}
}

// TestWorkdaysLeftFar: days beyond the table are counted as if one looked at each
// of them, and at once: a stated day may lie at the end of time.
func TestWorkdaysLeftFar(t *testing.T) {
	for _, text := range []string{
		data.Workdays,
		`{"version":1,"tz":"Asia/Shanghai","fixed":["01-01","02-29","10-01","10-01"],"years":{"2022":{"off":["2022-01-03"],"work":[]},"2026":{"off":["2026-10-02"],"work":["2026-10-10"]}}}`,
	} {
		c, err := calendar.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		rapid.Check(t, func(rt *rapid.T) {
			a := day(t, "2020-01-01") + calendar.Day(rapid.IntRange(0, 6000).Draw(rt, "from"))
			b := a + calendar.Day(rapid.IntRange(0, 6000).Draw(rt, "days"))
			want := 0
			for d := a + 1; d <= b; d++ {
				if works, _ := c.Workday(d); works {
					want++
				}
			}
			if got := c.WorkdaysLeft(a.Start(), b.End()); got != want {
				rt.Fatalf("%s to %s: %d, want %d", a, b, got, want)
			}
		})
	}
}

// Ensure the embedded tables are the ones that were reviewed: they go into
// every new genesis, so a change has to be made on purpose.
func TestDataPinned(t *testing.T) {
	sum := sha256.Sum256([]byte(data.Workdays))
	if got := hex.EncodeToString(sum[:8]); got != "2fe2d8ad577b1472" {
		t.Errorf("workdays.json is %s", got)
	}
}

// TestContinues: a later table may change what is to come, never what has been or
// what was covered.
func TestContinues(t *testing.T) {
	parse := func(text string) *calendar.Calendar {
		t.Helper()
		c, err := calendar.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	const first = `{"version":1,"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-10-01"],"work":["2025-09-28"]}}}`
	today, _ := calendar.ParseDay("2025-06-30")
	for _, tc := range []struct {
		name, text string
		good       bool
	}{
		{"a year more", `{"version":2,"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-10-01"],"work":["2025-09-28"]},"2026":{"off":["2026-01-01"]}}}`, true},
		{"another day to come", `{"version":2,"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-10-01","2025-06-30"],"work":["2025-09-28"]}}}`, true},
		{"another day that has been", `{"version":2,"tz":"Asia/Shanghai","years":{"2025":{"off":["2025-10-01","2025-06-27"],"work":["2025-09-28"]}}}`, false},
		{"a year forgotten", `{"version":2,"tz":"Asia/Shanghai","years":{"2026":{"off":["2026-01-01"]}}}`, false},
	} {
		if err := parse(first).Continues(parse(tc.text), today); (err == nil) != tc.good {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
}
