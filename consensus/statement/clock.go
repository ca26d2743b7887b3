package statement

import "fmt"

// A signed time is written `2025-11-10T09:00:00+08:00`: RFC 3339, whole
// seconds, always Beijing time, 25 characters, so that the same instant has one
// spelling and a lawyer reads the civil day off it. China has had no summer
// time since 1991, hence the bounds on the year and no zone table.
const (
	atLength   = 25
	atZone     = "+08:00"
	zoneSecond = 8 * 3600
	yearMin    = 2000
	yearMax    = 2199
)

// ParseAt reads a signed time and returns unix seconds.
func ParseAt(s string) (int64, error) {
	if len(s) != atLength || s[4] != '-' || s[7] != '-' || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19:] != atZone {
		return 0, refuseField(CodeForm, "at")
	}
	y1, ok1 := two(s[0:])
	y2, ok2 := two(s[2:])
	month, ok3 := two(s[5:])
	day, ok4 := two(s[8:])
	hour, ok5 := two(s[11:])
	minute, ok6 := two(s[14:])
	second, ok7 := two(s[17:])
	year := 100*y1 + y2
	if !(ok1 && ok2 && ok3 && ok4 && ok5 && ok6 && ok7) || year < yearMin || year > yearMax ||
		month < 1 || month > 12 || day < 1 || day > daysIn(year, month) || hour > 23 || minute > 59 || second > 59 {
		return 0, refuseField(CodeForm, "at")
	}
	return int64(daysSince1970(year, month, day))*86400 + int64(hour*3600+minute*60+second) - zoneSecond, nil
}

// FormatAt is the inverse of ParseAt. Instants outside the years 2000 to 2199
// give a string that ParseAt refuses.
func FormatAt(unix int64) string {
	local := unix + zoneSecond
	days, second := local/86400, local%86400
	if second < 0 {
		days, second = days-1, second+86400
	}
	year, month, day := civil(days)
	if year < 0 || year > 9999 {
		return fmt.Sprintf("%04d-%02d-%02d", year, month, day)
	}
	// By hand, because every statement and every answer holds one or two.
	var room [atLength]byte
	b := appendTwo(room[:0], year/100)
	b = append(appendTwo(b, year%100), '-')
	b = append(appendTwo(b, month), '-')
	b = append(appendTwo(b, day), 'T')
	b = append(appendTwo(b, second/3600), ':')
	b = append(appendTwo(b, second/60%60), ':')
	return string(append(appendTwo(b, second%60), atZone...))
}

// appendTwo writes two digits.
func appendTwo(dst []byte, n int64) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }

func two(s string) (int, bool) {
	a, b := s[0]-'0', s[1]-'0'
	return int(a)*10 + int(b), a <= 9 && b <= 9
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// daysSince1970 counts days in the proleptic Gregorian calendar; years start in
// March so that the leap day is the last of its year (Hinnant, "chrono-compatible
// low-level date algorithms"). Years before 0 do not occur here.
func daysSince1970(year, month, day int) int {
	if month <= 2 {
		year--
		month += 12
	}
	era, ofEra := year/400, year%400
	ofYear := (153*(month-3)+2)/5 + day - 1
	return era*146097 + ofEra*365 + ofEra/4 - ofEra/100 + ofYear - 719468
}

// civil is the inverse of daysSince1970.
func civil(days int64) (year, month, day int64) {
	days += 719468
	era := days / 146097
	if days < 0 {
		era = (days - 146096) / 146097
	}
	ofEra := days - era*146097
	yearOfEra := (ofEra - ofEra/1460 + ofEra/36524 - ofEra/146096) / 365
	ofYear := ofEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*ofYear + 2) / 153
	day = ofYear - (153*shifted+2)/5 + 1
	month, year = shifted+3, yearOfEra+era*400
	if month > 12 {
		month, year = month-12, year+1
	}
	return year, month, day
}
