package calendar_test

import (
	"testing"

	"pgregory.net/rapid"

	"sandi.internal/gateway/consensus/calendar"
)

func rule(n int, u calendar.Unit, roll calendar.Roll) calendar.Rule {
	return calendar.Rule{ID: "x", N: n, Unit: u, Roll: roll}
}

const (
	wd = calendar.Workdays
	d  = calendar.Days
	h  = calendar.Hours
)

// The vectors of DOMAIN 4.3, and those of the worked scenarios of section 7.
func TestVectors(t *testing.T) {
	c := table(t)
	for _, v := range []struct {
		start        string
		n            int
		unit         calendar.Unit
		date, strict string
	}{
		{"2025-09-16", 15, wd, "2025-10-13", ""},
		{"2025-09-25", 15, wd, "2025-10-22", ""},
		{"2025-09-29", 7, wd, "2025-10-15", ""},
		{"2026-02-10", 15, wd, "2026-03-09", ""},
		{"2025-12-26", 10, wd, "2026-01-12", ""},
		{"2025-09-16", 15, d, "2025-10-09", "2025-10-01"},
		{"2025-09-30", 60, d, "2025-11-29", ""},
		{"2025-09-30", 75, d, "2025-12-14", ""},
		{"2025-11-03", 60, d, "2026-01-04", "2026-01-02"},
		{"2025-10-16", 90, d, "2026-01-14", ""},
		// 7.1
		{"2025-09-09", 15, d, "2025-09-24", ""},
		{"2025-10-17", 15, wd, "2025-11-07", ""},
		{"2025-12-19", 20, wd, "2026-01-19", ""},
		// 7.2
		{"2025-06-05", 30, wd, "2025-07-17", ""},
		{"2025-05-29", 20, wd, "2025-06-27", ""},
		{"2025-07-14", 10, wd, "2025-07-28", ""},
		{"2025-05-29", 3, wd, "2025-06-04", ""},
		// 7.3
		{"2025-11-10", 5, wd, "2025-11-17", ""},
		{"2025-11-14", 15, wd, "2025-12-05", ""},
		{"2025-11-14", 7, wd, "2025-11-25", ""},
		{"2025-11-26", 7, wd, "2025-12-05", ""},
		{"2025-12-04", 15, wd, "2025-12-25", ""},
		{"2025-12-22", 90, d, "2026-03-22", ""},
		{"2026-01-30", 10, wd, "2026-02-13", ""},
		{"2026-02-06", 10, wd, "2026-02-27", ""},
		{"2026-03-20", 3, wd, "2026-03-25", ""},
	} {
		roll := calendar.RollNone
		if v.unit == d {
			roll = calendar.RollHoliday
		}
		if v.strict == "" {
			v.strict = v.date
		}
		// The hour of the start does not matter: days are Shanghai's civil days.
		for _, s := range []int64{0, 1, 43200, 86399} {
			got := c.Due(rule(v.n, v.unit, roll), day(t, v.start).Start()+s, nil, nil)
			if got.Date != v.date || got.Strict != v.strict || got.Provisional || got.At != day(t, v.date).End() {
				t.Errorf("%s + %d %s: got %s strict %s provisional %v, want %s strict %s",
					v.start, v.n, v.unit, got.Date, got.Strict, got.Provisional, v.date, v.strict)
			}
		}
	}
}

func TestRoll(t *testing.T) {
	c := table(t)
	for _, v := range []struct {
		start string
		n     int
		roll  calendar.Roll
		date  string
	}{
		{"2025-09-30", 60, calendar.RollHoliday, "2025-11-29"},    // a Saturday stays
		{"2025-09-30", 60, calendar.RollNonworking, "2025-12-01"}, // or moves to Monday
		{"2025-09-16", 15, calendar.RollNone, "2025-10-01"},
		{"2025-09-16", 15, calendar.RollNonworking, "2025-10-09"},
		{"2025-09-13", 15, calendar.RollNonworking, "2025-09-28"}, // a Sunday that is worked
	} {
		got := c.Due(rule(v.n, d, v.roll), day(t, v.start).Start(), nil, nil)
		if got.Date != v.date {
			t.Errorf("%s + %d d, roll %s: got %s, want %s", v.start, v.n, v.roll, got.Date, v.date)
		}
	}
}

func span(t testing.TB, from, to string) calendar.Interval {
	t.Helper()
	return calendar.Interval{From: day(t, from).Start(), To: (day(t, to) + 1).Start()}
}

// Ensure excluded intervals push the end, in every form in which they come.
func TestExcluded(t *testing.T) {
	c := table(t)
	noon := func(s string) int64 { return day(t, s).Start() + 43200 }
	for _, v := range []struct {
		name  string
		rule  calendar.Rule
		start string
		ex    []calendar.Interval
		date  string
	}{
		{"dates, both included", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-11-10", "2025-11-12")}, "2025-11-27"},
		{"over a weekend", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-11-08", "2025-11-09")}, "2025-11-24"},
		{"overlapping count once", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-11-11", "2025-11-12"), span(t, "2025-11-10", "2025-11-11")}, "2025-11-27"},
		{"after the end counts nothing", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-11-25", "2025-11-30")}, "2025-11-24"},
		{"before the start counts nothing", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-10-01", "2025-11-03")}, "2025-11-24"},
		{"suspended and resumed by acts", rule(15, wd, ""), "2025-11-03", []calendar.Interval{{From: noon("2025-11-11"), To: noon("2025-11-14")}}, "2025-11-27"},
		{"suspended and resumed the same day", rule(15, wd, ""), "2025-11-03", []calendar.Interval{{From: noon("2025-11-11"), To: noon("2025-11-11") + 60}}, "2025-11-24"},
		{"suspended on the last day", rule(15, wd, ""), "2025-11-03", []calendar.Interval{{From: noon("2025-11-24"), To: noon("2025-11-26")}}, "2025-11-27"},
		{"an interval that begins at the end changes nothing", rule(15, wd, ""), "2025-11-03", []calendar.Interval{span(t, "2025-11-25", "2025-11-26")}, "2025-11-24"},
		{"calendar days", rule(90, d, calendar.RollHoliday), "2025-10-16", []calendar.Interval{span(t, "2025-12-01", "2025-12-10")}, "2026-01-24"},
		{"pushed into a holiday, then rolled", rule(15, d, calendar.RollHoliday), "2025-09-10", []calendar.Interval{span(t, "2025-09-12", "2025-09-18")}, "2025-10-09"},
		{"rolled into an exclusion", rule(15, d, calendar.RollHoliday), "2025-09-16", []calendar.Interval{span(t, "2025-10-09", "2025-10-10")}, "2025-10-11"},
	} {
		got := c.Due(v.rule, noon(v.start), v.ex, nil)
		if got.Date != v.date {
			t.Errorf("%s: got %s, want %s (%+v)", v.name, got.Date, v.date, got.Steps)
		}
	}
}

func TestExtensions(t *testing.T) {
	c := table(t)
	for _, v := range []struct {
		name  string
		rule  calendar.Rule
		start string
		ext   []calendar.Extension
		date  string
	}{
		{"fifteen more working days", rule(15, wd, ""), "2025-09-16", []calendar.Extension{{N: 15, Unit: wd}}, "2025-11-03"},
		{"thirty days are counted on from the limit as counted, not as rolled", rule(15, d, calendar.RollHoliday), "2025-09-16", []calendar.Extension{{N: 30, Unit: d}}, "2025-10-31"},
		{"to a stated date", rule(90, d, calendar.RollHoliday), "2025-10-16", []calendar.Extension{{N: 30, Unit: d}, {Until: day(t, "2026-03-31").Start()}}, "2026-03-31"},
		{"a stated date that is earlier changes nothing", rule(90, d, calendar.RollHoliday), "2025-10-16", []calendar.Extension{{Until: day(t, "2025-12-01").Start()}}, "2026-01-14"},
		{"hours become days", rule(24, h, ""), "2025-10-16", []calendar.Extension{{N: 2, Unit: wd}}, "2025-10-21"},
		{"days become hours", rule(1, d, calendar.RollNone), "2025-10-16", []calendar.Extension{{N: 1, Unit: h}}, "2025-10-18"},
	} {
		got := c.Due(v.rule, day(t, v.start).Start()+3600, nil, v.ext)
		if got.Date != v.date {
			t.Errorf("%s: got %s, want %s", v.name, got.Date, v.date)
		}
	}
	// A suspension after a stated date was granted still pushes it, here into Qingming.
	ex := []calendar.Interval{span(t, "2026-03-02", "2026-03-06")}
	ext := []calendar.Extension{{Until: day(t, "2026-03-31").Start(), Since: day(t, "2026-01-10").Start()}}
	if got := c.Due(rule(90, d, calendar.RollHoliday), day(t, "2025-10-16").Start(), ex, ext); got.Strict != "2026-04-05" || got.Date != "2026-04-07" {
		t.Errorf("suspended after the extension: got %s", got.Date)
	}
}

func TestHours(t *testing.T) {
	c := table(t)
	start := day(t, "2025-10-01").Start() + 7
	if got := c.Due(rule(24, h, ""), start, nil, nil); got.At != start+86400 || got.Provisional {
		t.Errorf("24 hours end at %d, want %d", got.At, start+86400)
	}
	ex := []calendar.Interval{{start + 100, start + 200}, {start + 150, start + 300}, {start + 86400 + 150, start + 86400 + 160}, {start + 90000, start + 95000}}
	if got := c.Due(rule(24, h, ""), start, ex, nil); got.At != start+86400+200+10 {
		t.Errorf("24 hours with exclusions end %d s after the start, want %d", got.At-start, 86400+210)
	}
}

func TestProvisional(t *testing.T) {
	c := table(t)
	for _, v := range []struct {
		rule  calendar.Rule
		start string
		want  bool
	}{
		{rule(15, wd, ""), "2026-12-01", false},
		{rule(15, wd, ""), "2026-12-21", true},
		{rule(30, d, calendar.RollHoliday), "2026-11-01", false},
		{rule(30, d, calendar.RollHoliday), "2026-12-10", true},
		{rule(30, d, calendar.RollNone), "2026-12-10", false}, // no table can change it
		{rule(24, h, ""), "2026-12-31", false},
	} {
		if got := c.Due(v.rule, day(t, v.start).Start(), nil, nil); got.Provisional != v.want {
			t.Errorf("%v from %s: provisional %v", v.rule.N, v.start, got.Provisional)
		}
	}
}

// Ensure the walk is bounded however odd the facts.
func TestBounded(t *testing.T) {
	c := table(t)
	all := []calendar.Interval{{From: -1 << 60, To: 1 << 60}}
	for _, r := range []calendar.Rule{rule(3660, wd, ""), rule(3660, d, calendar.RollNonworking), rule(1, d, calendar.RollHoliday)} {
		c.Due(r, day(t, "2025-01-01").Start(), all, []calendar.Extension{{N: 3660, Unit: wd}, {Until: 1 << 50, Since: 1}})
		c.Due(r, 1<<50, all, nil)
	}
}

// intervals draws exclusions around a start.
func intervals(rt *rapid.T, start int64) []calendar.Interval {
	return rapid.SliceOfN(rapid.Custom(func(rt *rapid.T) calendar.Interval {
		from := start + rapid.Int64Range(-86400*5, 86400*120).Draw(rt, "from")
		return calendar.Interval{From: from, To: from + rapid.Int64Range(0, 86400*20).Draw(rt, "len")}
	}), 0, 5).Draw(rt, "excluded")
}

// Properties: more days never end sooner, exclusions never shorten, their order
// and overlaps do not matter, the fast count equals the explained one, and the
// steps add up.
func TestDueProperties(t *testing.T) {
	c := table(t)
	rapid.Check(t, func(rt *rapid.T) {
		unit := rapid.SampledFrom([]calendar.Unit{wd, d, h}).Draw(rt, "unit")
		roll := calendar.RollNone
		if unit == d {
			roll = rapid.SampledFrom([]calendar.Roll{calendar.RollNone, calendar.RollHoliday, calendar.RollNonworking}).Draw(rt, "roll")
		}
		n := rapid.IntRange(1, 120).Draw(rt, "n")
		start := day(t, "2024-01-01").Start() + rapid.Int64Range(0, 86400*800).Draw(rt, "start")
		ex := intervals(rt, start)
		got := c.Due(rule(n, unit, roll), start, ex, nil)
		if at, provisional := c.DueAt(rule(n, unit, roll), start, ex, nil); at != got.At || provisional != got.Provisional {
			rt.Fatalf("DueAt gives %d, Due %d", at, got.At)
		}
		if plain, _ := c.DueAt(rule(n, unit, roll), start, nil, nil); got.At < plain {
			rt.Fatalf("exclusions shortened %d to %d", plain, got.At)
		}
		if more, _ := c.DueAt(rule(n+1, unit, roll), start, ex, nil); more < got.At {
			rt.Fatalf("one more %s ends sooner", unit)
		}
		perm := rapid.Permutation(append(append([]calendar.Interval{}, ex...), ex...)).Draw(rt, "perm")
		if again, _ := c.DueAt(rule(n, unit, roll), start, perm, nil); again != got.At {
			rt.Fatalf("the order or repetition of exclusions matters: %d and %d", again, got.At)
		}
		if got.Strict > got.Date {
			rt.Fatalf("strict %s after %s", got.Strict, got.Date)
		}
		if unit == h {
			return
		}
		if got.At != day(t, got.Date).End() {
			rt.Fatalf("%s does not end at midnight", got.Date)
		}
		counted, all := 0, 0
		for _, s := range got.Steps {
			all += s.Days
			if s.Kind == calendar.StepCounted {
				counted += s.Days
			}
		}
		if counted < n || day(t, got.Date) != calendar.DayOf(start)+calendar.Day(all)-1 {
			rt.Fatalf("steps do not add up: %+v", got.Steps)
		}
	})
}

// Ensure a limit in working days ends on a working day of the right number.
func TestWorkdaysProperty(t *testing.T) {
	c := table(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 200).Draw(rt, "n")
		start := day(t, "2018-01-01").Start() + rapid.Int64Range(0, 86400*3000).Draw(rt, "start")
		at, _ := c.DueAt(rule(n, wd, ""), start, nil, nil)
		if works, _ := c.Workday(calendar.DayOf(at)); !works {
			rt.Fatalf("ends on %s, a day off", calendar.DayOf(at))
		}
		if left := c.WorkdaysLeft(start, at); left != n {
			rt.Fatalf("%d working days in between, want %d", left, n)
		}
	})
}

func BenchmarkDueAt(b *testing.B) {
	c := table(b)
	start := day(b, "2025-09-16").Start()
	b.Run("15wd", func(b *testing.B) {
		for b.Loop() {
			c.DueAt(rule(15, wd, ""), start, nil, nil)
		}
	})
	b.Run("90d", func(b *testing.B) {
		for b.Loop() {
			c.DueAt(rule(90, d, calendar.RollHoliday), start, nil, nil)
		}
	})
}

// plainDue counts day by day, as one would with a finger on the calendar.
func plainDue(c *calendar.Calendar, r calendar.Rule, start int64, ex []calendar.Interval) int64 {
	excluded := func(x calendar.Day) bool {
		for _, i := range ex {
			if i.From <= x.Start() && x.Start() < i.To {
				return true
			}
		}
		return false
	}
	outlasted := func(x calendar.Day) bool {
		for _, i := range ex {
			if x.Start() < i.From && i.From <= x.End() && i.To > x.End()+1 {
				return true
			}
		}
		return false
	}
	counts := func(x calendar.Day) bool {
		works, _ := c.Workday(x)
		return !excluded(x) && (r.Unit == d || works)
	}
	x := calendar.DayOf(start)
	for n := 0; n < r.N; {
		if x++; counts(x) {
			if n++; n == r.N && outlasted(x) {
				n--
			}
		}
	}
	for r.Roll != calendar.RollNone {
		off, _ := c.Holiday(x)
		if r.Roll == calendar.RollNonworking {
			works, _ := c.Workday(x)
			off = !works
		}
		if !off && !excluded(x) {
			break
		}
		x++
	}
	return x.End()
}

func TestAgainstPlainCount(t *testing.T) {
	c := table(t)
	rapid.Check(t, func(rt *rapid.T) {
		r := rule(rapid.IntRange(1, 60).Draw(rt, "n"), rapid.SampledFrom([]calendar.Unit{wd, d}).Draw(rt, "unit"), calendar.RollNone)
		if r.Unit == d {
			r.Roll = rapid.SampledFrom([]calendar.Roll{calendar.RollNone, calendar.RollHoliday, calendar.RollNonworking}).Draw(rt, "roll")
		}
		start := day(t, "2025-06-01").Start() + rapid.Int64Range(0, 86400*300).Draw(rt, "start")
		ex := intervals(rt, start)
		if got, want := c.Due(r, start, ex, nil).At, plainDue(c, r, start, ex); got != want {
			rt.Fatalf("%s, counted plainly %s", calendar.DayOf(got), calendar.DayOf(want))
		}
	})
}
