package procedure

import "strings"

// decimalUnits reads a decimal number as a count of its last place: "12.5"
// with two places is 1250. Form: optional minus, no leading zeros, at most
// `places` digits after the point, at most 15 digits in all, no "-0".
func decimalUnits(s string, places int) (int64, bool) {
	body, neg := strings.CutPrefix(s, "-")
	whole, frac, point := strings.Cut(body, ".")
	if whole == "" || len(whole)+places > 15 || (len(whole) > 1 && whole[0] == '0') {
		return 0, false
	}
	if point && (frac == "" || len(frac) > places) {
		return 0, false
	}
	var v int64
	for i := range len(whole) {
		if whole[i] < '0' || whole[i] > '9' {
			return 0, false
		}
		v = v*10 + int64(whole[i]-'0')
	}
	for i := range places {
		c := byte('0')
		if i < len(frac) {
			c = frac[i]
		}
		if c < '0' || c > '9' {
			return 0, false
		}
		v = v*10 + int64(c-'0')
	}
	if neg {
		if v == 0 {
			return 0, false
		}
		v = -v
	}
	return v, true
}

// DecimalUnits reads the value of a decimal field as a count of its last place:
// "12.5" with two places is 1250.
func DecimalUnits(s string, places int) (int64, bool) { return decimalUnits(s, places) }
