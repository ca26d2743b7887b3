package calendar

import "time"

const (
	zone      = 8 * 3600 // Asia/Shanghai in seconds east of UTC, no summer time
	daySecs   = 24 * 3600
	firstYear = 1992 // the last change of the zone's offset was in 1991
	lastYear  = 2199 // far beyond any limit; bounds every walk
)

// Zone is Shanghai time without time-zone data.
var Zone = time.FixedZone("CST", zone)

// Day counts Shanghai civil days; day 0 is 1970-01-01.
type Day int64

// DayOf returns the Shanghai civil day that holds an instant (unix s).
func DayOf(unix int64) Day {
	s := unix + zone
	d := s / daySecs
	if s%daySecs < 0 {
		d--
	}
	return Day(d)
}

// Start is the first second of the day in unix seconds.
func (d Day) Start() int64 { return int64(d)*daySecs - zone }

// End is the last second of the day in unix seconds: an act of that second is
// still in time.
func (d Day) End() int64 { return d.Start() + daySecs - 1 }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return time.Weekday(((int64(d)+4)%7 + 7) % 7) }

// date splits a day into year, month and day of the month.
func (d Day) date() (int, time.Month, int) {
	return time.Unix(int64(d)*daySecs, 0).UTC().Date()
}

// String formats a day as 2006-01-02.
func (d Day) String() string {
	y, m, dd := d.date()
	b := [10]byte{4: '-', 7: '-'}
	put(b[0:4], y)
	put(b[5:7], int(m))
	put(b[8:10], dd)
	return string(b[:])
}

func put(b []byte, v int) {
	for i := len(b) - 1; i >= 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
}

// ParseDay reads 2006-01-02, strictly, between 1992 and 2199.
func ParseDay(s string) (Day, bool) {
	if len(s) != 10 || s[4] != '-' || s[7] != '-' {
		return 0, false
	}
	y, ok1 := digits(s[0:4])
	m, ok2 := digits(s[5:7])
	d, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || y < firstYear || y > lastYear || m < 1 || m > 12 || d < 1 || d > 31 {
		return 0, false
	}
	day := dayFrom(y, time.Month(m), d)
	if _, _, got := day.date(); got != d { // 31 April and the like roll over
		return 0, false
	}
	return day, true
}

func digits(s string) (int, bool) {
	v := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}

func dayFrom(y int, m time.Month, d int) Day {
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / daySecs)
}

// lastDay bounds every walk over days.
var lastDay = dayFrom(lastYear, 12, 31)
