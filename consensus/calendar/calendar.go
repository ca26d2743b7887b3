package calendar

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/go-json-experiment/json"
)

// maxTable bounds the working-day table in bytes; a year takes about 700.
const maxTable = 128 << 10

// Calendar is a working-day table.
type Calendar struct {
	Version int    // of the table; 1 when the text does not say
	Source  string // where its data comes from
	first   Day    // first day of flags
	flags   []uint8
	fixed   []monthDay // holidays assumed outside the table
}

const (
	flagCovered uint8 = 1 << iota // the table speaks about this day
	flagHoliday                   // day off by the State Council's notice
	flagWork                      // working day
)

type monthDay struct {
	month time.Month
	day   int
}

// defaultFixed are the statutory holidays whose date does not follow the moon
// or the sun: 全国年节及纪念日放假办法 as amended on 2024-11-10, article 2.
var defaultFixed = []monthDay{{1, 1}, {5, 1}, {5, 2}, {10, 1}, {10, 2}, {10, 3}}

// table is the JSON form: {"source","tz","years":{"2025":{"off":[],"work":[]}}}.
type table struct {
	Version int             `json:"version"`
	Source  string          `json:"source"`
	TZ      string          `json:"tz"`
	Fixed   []string        `json:"fixed"` // "01-01"; replaces the default
	Years   map[string]year `json:"years"`
}

type year struct {
	Off  []string `json:"off"`
	Work []string `json:"work"`
}

// Parse reads a working-day table.
func Parse(text []byte) (*Calendar, error) {
	if len(text) > maxTable {
		return nil, fmt.Errorf("couldn't read the calendar: %d bytes, at most %d are allowed", len(text), maxTable)
	}
	var t table
	if err := json.Unmarshal(text, &t, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("couldn't read the calendar: %w", err)
	}
	if t.TZ != "Asia/Shanghai" {
		return nil, fmt.Errorf("couldn't read the calendar: time zone %q, only Asia/Shanghai is known", t.TZ)
	}
	if t.Version < 0 || len(t.Years) == 0 {
		return nil, fmt.Errorf("couldn't read the calendar: no years, or a negative version")
	}
	c := &Calendar{Version: max(t.Version, 1), Source: t.Source, fixed: defaultFixed}
	if t.Fixed != nil {
		c.fixed = nil
		for _, s := range t.Fixed {
			d, ok := ParseDay("2000-" + s) // a leap year, so 02-29 would pass
			if !ok {
				return nil, fmt.Errorf("couldn't read the calendar: fixed holiday %q is not MM-DD", s)
			}
			_, m, day := d.date()
			c.fixed = append(c.fixed, monthDay{m, day})
		}
	}
	if err := c.fill(t.Years); err != nil {
		return nil, fmt.Errorf("couldn't read the calendar: %w", err)
	}
	return c, nil
}

// fill lays the years out as one flag per day.
func (c *Calendar) fill(years map[string]year) error {
	names := make([]string, 0, len(years))
	for name := range years {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		if _, ok := ParseDay(name + "-01-01"); !ok {
			return fmt.Errorf("%q is not a year from %d to %d", name, firstYear, lastYear)
		}
	}
	c.first, _ = ParseDay(names[0] + "-01-01")
	last, _ := ParseDay(names[len(names)-1] + "-12-31")
	c.flags = make([]uint8, last-c.first+1)
	for i := range c.flags {
		c.flags[i] = c.assumed(c.first + Day(i))
	}
	for _, name := range names {
		if err := c.fillYear(name, years[name]); err != nil {
			return err
		}
	}
	return nil
}

func (c *Calendar) fillYear(name string, y year) error {
	from, _ := ParseDay(name + "-01-01")
	to, _ := ParseDay(name + "-12-31")
	for d := from; d <= to; d++ {
		f := flagCovered
		if !weekend(d) {
			f |= flagWork
		}
		c.flags[d-c.first] = f
	}
	seen := make(map[Day]bool, len(y.Off)+len(y.Work))
	set := func(days []string, f uint8) error {
		for _, s := range days {
			d, ok := ParseDay(s)
			if !ok || d < from || d > to || seen[d] {
				return fmt.Errorf("%q does not belong to %s, or stands there twice", s, name)
			}
			seen[d] = true
			c.flags[d-c.first] = f
		}
		return nil
	}
	if err := set(y.Off, flagCovered|flagHoliday); err != nil {
		return err
	}
	return set(y.Work, flagCovered|flagWork)
}

func weekend(d Day) bool {
	w := d.Weekday()
	return w == time.Saturday || w == time.Sunday
}

// assumed is what holds for a day without a table.
func (c *Calendar) assumed(d Day) uint8 {
	_, m, day := d.date()
	for _, f := range c.fixed {
		if f.month == m && f.day == day {
			return flagHoliday
		}
	}
	if weekend(d) {
		return 0
	}
	return flagWork
}

func (c *Calendar) at(d Day) uint8 {
	if i := int64(d - c.first); i >= 0 && i < int64(len(c.flags)) {
		return c.flags[i]
	}
	return c.assumed(d)
}

// Workday reports whether a day is worked, and whether the table says so.
func (c *Calendar) Workday(d Day) (works, covered bool) {
	f := c.at(d)
	return f&flagWork != 0, f&flagCovered != 0
}

// Holiday reports whether a day is off by notice, and whether the table says so.
func (c *Calendar) Holiday(d Day) (off, covered bool) {
	f := c.at(d)
	return f&flagHoliday != 0, f&flagCovered != 0
}

// Covers returns the first and last day the table reaches; years between may
// be missing.
func (c *Calendar) Covers() (first, last Day) {
	return c.first, c.first + Day(len(c.flags)) - 1
}

// WorkdaysLeft counts the working days after the day of `from` up to the day
// of `to` (unix s); negative when `to` lies before.
func (c *Calendar) WorkdaysLeft(from, to int64) int {
	a, b := DayOf(from), DayOf(to)
	if b < a {
		return -c.between(b, a)
	}
	return c.between(a, b)
}

// between counts the working days d with a < d <= b. Days that the table does
// not reach are counted by weeks and years: a stated day may lie far ahead.
func (c *Calendar) between(a, b Day) int {
	b = min(b, lastDay)
	first, last := c.Covers()
	n := c.assumedBetween(a, min(b, first-1)) + c.assumedBetween(max(a, last), b)
	for d := max(a+1, first); d <= min(b, last); d++ {
		if c.at(d)&flagWork != 0 {
			n++
		}
	}
	return n
}

// assumedBetween is between for days without a table.
func (c *Calendar) assumedBetween(a, b Day) int {
	if b <= a {
		return 0
	}
	weeks := (b - a) / 7
	n := 5 * int(weeks)
	for d := a + 7*weeks + 1; d <= b; d++ {
		if !weekend(d) {
			n++
		}
	}
	from, _, _ := a.date()
	to, _, _ := b.date()
	for y := from; y <= to; y++ {
		for i, f := range c.fixed {
			d := dayFrom(y, f.month, f.day)
			if _, m, _ := d.date(); m != f.month || slices.Index(c.fixed, f) < i {
				continue // 29 February in other years; named twice
			}
			if a < d && d <= b && !weekend(d) {
				n--
			}
		}
	}
	return n
}

// Continues reports, as an error, what keeps a later table from taking the place
// of this one: it must cover what this one covers, and days before until, by
// which limits were already judged, must be as they were.
func (c *Calendar) Continues(later *Calendar, until Day) error {
	first, last := c.Covers()
	for d := first; d <= last; d++ {
		was, is := c.at(d), later.at(d)
		switch {
		case was&flagCovered != 0 && is&flagCovered == 0:
			return fmt.Errorf("%s is not in the table any more", d)
		case d < until && was != is:
			return fmt.Errorf("%s is another day than before", d)
		}
	}
	return nil
}
