package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// Codes are written in decimal digits: they pass through a URL's fragment untouched, and a
// QR code packs three of them into ten bits. Seven bytes are a big-endian number of 17
// digits, which wastes one bit in a hundred; codeDigits has how many the bytes of the last,
// shorter group take.
const codeGroup = 7

var codeDigits = [codeGroup + 1]int{0, 3, 5, 8, 10, 13, 15, 17}

// CodeText is a code in digits.
func CodeText(code []byte) string {
	var out strings.Builder
	for len(code) > 0 {
		n := min(codeGroup, len(code))
		var v uint64
		for _, b := range code[:n] {
			v = v<<8 | uint64(b)
		}
		fmt.Fprintf(&out, "%0*d", codeDigits[n], v)
		code = code[n:]
	}
	return out.String()
}

// ParseCodeText reads digits, with whatever stands before a # (the address of a page that
// verifies) and white space left out. The error wraps ErrReceipt.
func ParseCodeText(text string) ([]byte, error) {
	if _, after, found := strings.Cut(text, "#"); found {
		text = after
	}
	text = strings.Join(strings.Fields(text), "")
	if text == "" || len(text) > (MaxCode/codeGroup+1)*codeDigits[codeGroup] {
		return nil, fmt.Errorf("couldn't read a code of %d digits: %w", len(text), ErrReceipt)
	}
	var out []byte
	for text != "" {
		n := codeGroup
		for codeDigits[n] > len(text) {
			n--
		}
		if len(text) < codeDigits[codeGroup] && codeDigits[n] != len(text) {
			return nil, fmt.Errorf("couldn't read a code: digits are missing: %w", ErrReceipt)
		}
		v, err := strconv.ParseUint(text[:codeDigits[n]], 10, 64)
		if err != nil || v>>(8*n) != 0 {
			return nil, fmt.Errorf("couldn't read a code: it has other characters than digits, or digits that none has: %w", ErrReceipt)
		}
		for i := n - 1; i >= 0; i-- {
			out = append(out, byte(v>>(8*i)))
		}
		text = text[codeDigits[n]:]
	}
	return out, nil
}
