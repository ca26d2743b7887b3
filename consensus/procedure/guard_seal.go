package procedure

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

// sealDomain keeps sealed values apart from every other digest.
const sealDomain = "sandi.internal/sealed/v1\n"

// digestOf is the digest (hex) under which a value is sealed before it is shown.
func digestOf(_ *frame, text, _ string) ref.Val { return types.String(sealed([]byte(text))) }

func sealed(text []byte) string {
	sum := sha256.Sum256(append([]byte(sealDomain), text...))
	return hex.EncodeToString(sum[:])
}

// Sealed is the digest under which a value is sealed: that of its one canonical form,
// as the guards' digest_of computes it when the value is shown. The value has a random
// member, or it could be found by trying. False for what is no JSON.
func Sealed(value json.RawMessage) (digest string, ok bool) {
	list, ok := parseJSON(nil, value)
	if !ok {
		return "", false
	}
	return sealed(appendJSON(nil, list, 0)), true
}
