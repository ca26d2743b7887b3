package threeyears

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// creditAlphabet is that of GB 32100-2015.
const creditAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

// creditCode is a credit code of an invented body: its organisation code begins
// with XXXX. kind is the registering department and the kind of body ("91").
func creditCode(kind, division string, n int) string {
	code := fmt.Sprintf("%s%sXXXX%05d", kind, division, n)
	sum, weight := 0, 1
	for _, c := range code {
		sum += weight * strings.IndexRune(creditAlphabet, c)
		weight = weight * 3 % 31
	}
	return code + string(creditAlphabet[(31-sum%31)%31])
}

// commitment is a commitment of nothing that anybody has.
func commitment(what string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "synthetic %s %d", what, n))
	return "sc1." + base64.RawURLEncoding.EncodeToString(sum[:])
}
