package procedure

import (
	"encoding/base64"
	"strings"
)

func allDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// isDivision: six digits of GB/T 2260, province code from 11. Whether the
// division still exists is not asked: companies keep the code of an abolished
// one (DOMAIN 5.1).
func isDivision(s string) bool { return allDigits(s, 6) && s[0] != '0' && s[:2] > "10" }

// isRegionCode: the code of a province-level division.
func isRegionCode(s string) bool { return isDivision(s) && s[2:] == "0000" }

func (c *checker) region(s string) reason {
	if !isRegionCode(s) {
		return badForm
	}
	return need(c.facts == nil || c.facts.IsRegion(s), badRegion)
}

// isOrg: `<division6>-<unit>`, unit two capitals and up to two digits; the
// state's own bureau has division 100000.
func isOrg(s string) bool {
	if len(s) < 9 || len(s) > 11 || s[6] != '-' || !(isDivision(s[:6]) || s[:6] == stateDivision) {
		return false
	}
	for i := 7; i < len(s); i++ {
		if c := s[i]; i < 9 && (c < 'A' || c > 'Z') || i >= 9 && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func (c *checker) org(f *Field, s string) reason {
	if !isOrg(s) {
		return badForm
	}
	return need(!f.Known || c.facts == nil || c.facts.OrgKnown(s), badOrg)
}

const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// usccWeights are 3^(i-1) mod 31 for positions 1 to 17 (GB 32100-2015).
var usccWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}

// checkUSCC validates a unified social credit code (GB 32100-2015): alphabet,
// six digits of division at 3 to 8, check digit. The first position and the
// division table are not held against it (DOMAIN 5.1).
func checkUSCC(s string) reason {
	if len(s) != 18 || !allDigits(s[2:8], 6) {
		return badForm
	}
	digit, ok := CheckDigit(s[:17])
	if !ok || strings.IndexByte(usccAlphabet, s[17]) < 0 {
		return badForm
	}
	return need(s[17] == digit, badCheckDigit)
}

// CheckDigit is the eighteenth character of the unified social credit code that
// begins with these seventeen (GB 32100-2015); false if they cannot begin one.
func CheckDigit(body string) (byte, bool) {
	if len(body) != len(usccWeights) {
		return 0, false
	}
	sum := 0
	for i, weight := range usccWeights {
		v := strings.IndexByte(usccAlphabet, body[i])
		if v < 0 {
			return 0, false
		}
		sum += v * weight
	}
	return usccAlphabet[(31-sum%31)%31], true
}

// isPerson: a region's pseudonym (22 characters base64url), or a natural
// person's name masked to its first one or two characters and asterisks.
func isPerson(s string) bool {
	if len(s) == 22 {
		if b, err := base64.RawURLEncoding.Strict().DecodeString(s); err == nil && len(b) == 16 {
			return true
		}
	}
	name := strings.TrimRight(s, "*")
	stars := len(s) - len(name)
	count := 0
	for _, r := range name {
		if !isHan(r) && (r < 'A' || r > 'Z') {
			return false
		}
		count++
	}
	return stars >= 1 && stars <= 3 && count >= 1 && count <= 2
}

func isHex64(s string) bool {
	return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == ""
}

// isCommitment: the text form of storage/commitment, `sc1.` and 32 bytes in
// unpadded base64url.
func isCommitment(s string) bool {
	body, ok := strings.CutPrefix(s, "sc1.")
	return ok && len(body) == 43 && isBase64URL(body)
}

// isBase64URL checks 43 characters that stand for exactly 32 bytes: the last
// one carries two unused bits, which have to be zero.
func isBase64URL(s string) bool {
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' {
			return false
		}
	}
	return strings.IndexByte("AEIMQUYcgkosw048", s[len(s)-1]) >= 0
}

// isRecordID: `<PREFIX>-<region>-<year>-<number>`, e.g. CT-120000-2025-000018.
func isRecordID(s string) bool {
	return len(s) == 21 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' && s[2] == '-' &&
		isRegionCode(s[3:9]) && s[9] == '-' && allDigits(s[10:14], 4) && s[14] == '-' && allDigits(s[15:], 6)
}

// maxLinks bounds the records that one act names: each one is read.
const maxLinks = 20

func (c *checker) record(s string) reason {
	if !isRecordID(s) {
		return badForm
	}
	if c.links++; c.links > maxLinks {
		return badTooLong
	}
	if c.facts == nil {
		return valid
	}
	r, err := c.facts.Record(s)
	if err != nil {
		c.err = err
		return badRecord
	}
	return need(r != nil, badRecord)
}

// IsUSCC reports whether a text is a unified social credit code with its check digit
// (GB 32100-2015).
func IsUSCC(s string) bool { return checkUSCC(s) == valid }
