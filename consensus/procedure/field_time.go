package procedure

import (
	"sandi.internal/gateway/consensus/calendar"
)

func checkDate(s string) reason {
	_, ok := calendar.ParseDay(s)
	return need(ok, badForm)
}

// checkTime: RFC 3339 in whole seconds with offset +08:00, the one spelling in
// which statements write times.
func checkTime(s string) reason {
	_, ok := parseTime(s)
	return need(ok, badWholeSeconds)
}

// parseTime reads 2025-09-25T15:02:00+08:00 as unix seconds.
func parseTime(s string) (int64, bool) {
	if len(s) != 25 || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19:] != "+08:00" {
		return 0, false
	}
	d, ok := calendar.ParseDay(s[:10])
	if !ok || !allDigits(s[11:13], 2) || !allDigits(s[14:16], 2) || !allDigits(s[17:19], 2) {
		return 0, false
	}
	h, m, sec := two(s[11:]), two(s[14:]), two(s[17:])
	if h > 23 || m > 59 || sec > 59 {
		return 0, false
	}
	return d.Start() + h*3600 + m*60 + sec, true
}

func two(s string) int64 { return int64(s[0]-'0')*10 + int64(s[1]-'0') }

// moment reads a date (its first second) or a time as unix seconds.
func moment(s string) (int64, bool) {
	if d, ok := calendar.ParseDay(s); ok {
		return d.Start(), true
	}
	return parseTime(s)
}

// interval validates {kind, from, to}: dates, both included.
func (c *checker) interval(f *Field, i int) reason {
	if why := c.object(intervalMembers, i); why != valid {
		return why
	}
	if !c.choice(f, i) {
		return badChoice
	}
	from, to := c.list[c.member(i, "from")].text, c.list[c.member(i, "to")].text
	return need(from <= to, badOrder)
}

// choice holds the kind of an interval or of a material to the declared values.
func (c *checker) choice(f *Field, i int) bool {
	if f.Values == nil {
		return true
	}
	ok := hasValue(f.Values, c.list[c.member(i, "kind")].text)
	if !ok {
		c.where = ".kind"
	}
	return ok
}

// apart refuses intervals that overlap, whatever their kinds: a day is
// excluded once.
func (c *checker) apart(i int) reason {
	type span struct{ from, to string }
	spans := make([]span, 0, c.list[i].n)
	for x := i + 1; x < int(c.list[i].next); x = int(c.list[x].next) {
		s := span{c.list[c.member(x, "from")].text, c.list[c.member(x, "to")].text}
		for _, o := range spans {
			if s.from <= o.to && o.from <= s.to {
				return badOverlap
			}
		}
		spans = append(spans, s)
	}
	return valid
}
