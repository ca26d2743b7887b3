package statement

import "sandi.internal/gateway/certs/strict"

// Forms of names. They are checked by hand: regexp reads Unicode tables that
// move with the Go release, and these run for every statement.

// IsRegion reports whether s is a region by its division code: six digits, the
// first not zero.
func IsRegion(s string) bool { return len(s) == 6 && s[0] != '0' && digits(s) }

// IsOrg reports whether s is an organisation code: `<division6>-<unit>`, unit
// two to eight capitals or digits starting with a capital, e.g. "120114-SJ".
func IsOrg(s string) bool {
	return len(s) >= 9 && len(s) <= 15 && IsRegion(s[:6]) && s[6] == '-' && upper(s[7]) && all(s[7:], func(c byte) bool { return upper(c) || digit(c) })
}

// IsKeyID reports whether s names a key: [a-z0-9][a-z0-9.-]{0,63}.
func IsKeyID(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && (lower(s[0]) || digit(s[0])) &&
		all(s, func(c byte) bool { return lower(c) || digit(c) || c == '.' || c == '-' })
}

// IsNodeID reports whether s names a node; same form as a key id.
func IsNodeID(s string) bool { return IsKeyID(s) }

// IsRole reports whether s has the form of a role: [a-z][a-z_]{1,31}.
func IsRole(s string) bool {
	return len(s) >= 2 && len(s) <= 32 && lower(s[0]) && all(s, func(c byte) bool { return lower(c) || c == '_' })
}

// IsPerson reports whether s is a per-region keyed pseudonym: 16 bytes as
// base64url, 22 characters.
func IsPerson(s string) bool { return is64(s, 22) }

// IsDigest reports whether s is a SHA-256 digest as base64url, 43 characters.
func IsDigest(s string) bool { return is64(s, 43) }

// IsCommitment reports whether s is a salted commitment: `sc1.` and a digest.
func IsCommitment(s string) bool { return len(s) == 47 && s[:4] == "sc1." && IsDigest(s[4:]) }

// IsRecordID reports whether s is a record number
// `<PREFIX>-<region>-<year>-<number>`: prefix two capitals, year four digits,
// number six to twelve digits.
func IsRecordID(s string) bool {
	return len(s) >= 21 && len(s) <= 27 && upper(s[0]) && upper(s[1]) && s[2] == '-' && IsRegion(s[3:9]) &&
		s[9] == '-' && digits(s[10:14]) && s[14] == '-' && digits(s[15:])
}

// IsField reports whether s names a field, procedure, event or material set:
// [a-z][a-z0-9_]{0,63}.
func IsField(s string) bool {
	return len(s) >= 1 && len(s) <= 64 && lower(s[0]) && all(s, func(c byte) bool { return lower(c) || digit(c) || c == '_' })
}

// IsIssuer reports whether s has the form of a token issuer: an https URL in
// lower case of at most 256 plain characters, without user, query, fragment or
// closing slash. Issuers are compared as bytes, so variants must not exist.
func IsIssuer(s string) bool {
	const scheme = "https://"
	if len(s) <= len(scheme) || len(s) > 256 || s[:len(scheme)] != scheme || s[len(s)-1] == '/' || s[len(scheme)] == '/' {
		return false
	}
	return all(s[len(scheme):], func(c byte) bool {
		return lower(c) || digit(c) || c == '.' || c == '-' || c == '/' || c == ':' || c == '_'
	})
}

// IsTokenText reports whether s can be a jti or sub of a token: 1 to 128
// printable ASCII characters without quote and backslash.
func IsTokenText(s string) bool {
	return len(s) >= 1 && len(s) <= 128 && all(s, func(c byte) bool { return c > 0x20 && c < 0x7f && c != '"' && c != '\\' })
}

// isKind: words of lower-case letters joined by one dot, e.g. "record.open".
func isKind(s string) bool {
	dot := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '.':
			if dot != 0 || i == 0 || i == len(s)-1 {
				return false
			}
			dot = i
		case !lower(c) && c != '_':
			return false
		}
	}
	return dot != 0 && len(s) <= 40
}

// is64 reports whether s is length characters of base64url whose unused bits
// are zero.
func is64(s string, length int) bool {
	if len(s) != length {
		return false
	}
	for i := 0; i < len(s); i++ {
		if sextet[s[i]] < 0 {
			return false
		}
	}
	last := sextet[s[len(s)-1]]
	switch length % 4 {
	case 2:
		return last&0x0f == 0
	case 3:
		return last&0x03 == 0
	}
	return length%4 == 0
}

// sextet is the value of a base64url character, -1 for all others.
var sextet = func() (t [256]int8) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range t {
		t[i] = -1
	}
	for i := 0; i < len(alphabet); i++ {
		t[alphabet[i]] = int8(i)
	}
	return t
}()

func digit(c byte) bool { return c >= '0' && c <= '9' }
func lower(c byte) bool { return c >= 'a' && c <= 'z' }
func upper(c byte) bool { return c >= 'A' && c <= 'Z' }

func digits(s string) bool { return all(s, digit) }

func all(s string, ok func(byte) bool) bool {
	for i := 0; i < len(s); i++ {
		if !ok(s[i]) {
			return false
		}
	}
	return true
}

// String is the hash as text: 43 characters of base64url.
func (h Hash) String() string { return strict.B64(h[:]) }

// ParseHash is the inverse of String.
func ParseHash(s string) (Hash, error) {
	var h Hash
	if !IsDigest(s) {
		return h, refuseField(CodeForm, "hash")
	}
	b, err := strict.Base64URL(s)
	if err != nil {
		return h, refuseField(CodeForm, "hash")
	}
	copy(h[:], b)
	return h, nil
}
