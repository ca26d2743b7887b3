package problem

import (
	"strconv"
	"strings"
)

// Language is one of the two languages people see.
type Language string

const (
	Chinese Language = "zh"
	English Language = "en"
)

// maxRanges bounds how much of an Accept-Language header is read: browsers
// send fewer than ten ranges.
const maxRanges = 16

// Choose picks the language of an Accept-Language header (RFC 9110 section
// 12.5.4): the range of greatest weight that names one of ours, the earlier
// one when weights are equal, Chinese when none does.
func Choose(accept string) Language {
	best, weight := Chinese, -1
	for n := 0; accept != "" && n < maxRanges; n++ {
		var item string
		item, accept, _ = strings.Cut(accept, ",")
		tag, params, _ := strings.Cut(item, ";")
		lang, ok := language(strings.TrimSpace(tag))
		if !ok {
			continue
		}
		if q := quality(params); q > weight && q > 0 {
			best, weight = lang, q
		}
	}
	return best
}

func language(tag string) (Language, bool) {
	if tag == "*" {
		return Chinese, true
	}
	primary, _, _ := strings.Cut(tag, "-")
	switch {
	case strings.EqualFold(primary, "zh"):
		return Chinese, true
	case strings.EqualFold(primary, "en"):
		return English, true
	}
	return "", false
}

// quality reads a weight in thousandths; a malformed one counts as 0.
func quality(params string) int {
	params = strings.TrimSpace(params)
	if params == "" {
		return 1000
	}
	value, ok := strings.CutPrefix(params, "q=")
	if !ok {
		return 1000
	}
	q, err := strconv.ParseFloat(value, 64)
	if err != nil || !(q >= 0 && q <= 1) {
		return 0
	}
	return int(q * 1000)
}
