package strict

import "encoding/base64"

var url64 = base64.RawURLEncoding.Strict()

// Base64URL decodes unpadded base64url (RFC 4648 section 5) in its one
// canonical spelling: no padding, no line breaks (encoding/base64 skips CR and
// LF even in strict mode), unused bits zero. The error is an *Error.
func Base64URL(s string) ([]byte, error) {
	for i := 0; i < len(s); i++ {
		if !urlChar(s[i]) {
			return nil, refuse(Syntax, i)
		}
	}
	out, err := url64.DecodeString(s)
	if err != nil {
		return nil, refuse(Syntax, len(s))
	}
	return out, nil
}

// B64 is the inverse of Base64URL.
func B64(b []byte) string { return url64.EncodeToString(b) }

func urlChar(c byte) bool {
	return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}
