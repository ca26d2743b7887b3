package checkpoint

import (
	"encoding/base64"
	"strconv"

	"sandi.internal/gateway/consensus/merkle"
)

const (
	// maxOrigin is the length of the longest origin, as genesis has it.
	maxOrigin = 200
	// maxSize bounds tree sizes and indexes: C2SP tools count in int64.
	maxSize = 1<<63 - 1
)

var b64 = base64.StdEncoding.Strict()

// decode64 reads standard base64 in its one spelling. encoding/base64 skips CR
// and LF even in strict mode, hence the comparison.
func decode64(s string) ([]byte, bool) {
	raw, err := b64.DecodeString(s)
	return raw, err == nil && b64.EncodeToString(raw) == s
}

// parseHash reads the base64 of one hash.
func parseHash(s string) (merkle.Hash, bool) {
	if len(s) != b64.EncodedLen(len(merkle.Hash{})) {
		return merkle.Hash{}, false
	}
	raw, ok := decode64(s)
	if !ok || len(raw) != len(merkle.Hash{}) {
		return merkle.Hash{}, false
	}
	return merkle.Hash(raw), true
}

// parseNumber reads an ASCII decimal without sign and leading zeros, at most
// maxSize.
func parseNumber(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 64)
	return n, err == nil && n <= maxSize && strconv.FormatUint(n, 10) == s
}

// isName: what may stand as origin and as key name. C2SP allows any Unicode but
// spaces and the plus sign; names here are printable ASCII, so that no two look
// alike.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f || s[i] == '+' {
			return false
		}
	}
	return s != ""
}

func isOrigin(s string) bool { return isName(s) && len(s) <= maxOrigin }
