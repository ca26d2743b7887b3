package threeyears

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// commitment is a commitment of nothing that anybody has.
func commitment(what string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "synthetic %s %d", what, n))
	return "sc1." + base64.RawURLEncoding.EncodeToString(sum[:])
}
