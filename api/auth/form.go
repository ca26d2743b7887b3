package auth

import (
	"net/http"
	"net/url"
	"strings"

	"sandi.internal/gateway/certs/strict"
)

// maxToken bounds a token's text. Honest ones have some 600 bytes; 8 KiB is
// what common proxies allow for a header line.
const maxToken = 8 << 10

// queryName is the parameter of RFC 6750 section 2.3, which we refuse: query
// strings end up in logs.
const queryName = "access_token"

// bearer takes the token out of a request: exactly one Authorization header
// with the scheme Bearer (RFC 9110: in any case) and one space.
func bearer(r *http.Request) (string, *Refusal) {
	if strings.Contains(r.URL.RawQuery, queryName) {
		if q, err := url.ParseQuery(r.URL.RawQuery); err != nil || q.Has(queryName) {
			return "", refuse(InQuery)
		}
	}
	switch values := r.Header["Authorization"]; len(values) {
	case 0:
		return "", refuse(NoHeader)
	case 1:
		scheme, token, _ := strings.Cut(values[0], " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", refuse(BadScheme)
		}
		return token, nil
	}
	return "", refuse(ManyHeaders)
}

// parts is a token cut into its three decoded segments.
type parts struct {
	header, payload, signature []byte
}

// cut checks size, charset and segments before anything is decoded.
func cut(token string) (parts, *Refusal) {
	if len(token) > maxToken {
		return parts{}, refuse(TooLong)
	}
	var dots [2]int
	n := 0
	for i := 0; i < len(token); i++ {
		c := token[i]
		switch {
		case c == '.':
			if n == len(dots) {
				return parts{}, refuse(BadSegments)
			}
			dots[n] = i
			n++
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_', c == '-':
		default:
			return parts{}, refuse(BadCharset)
		}
	}
	if n != len(dots) || dots[0] == 0 || dots[1] == dots[0]+1 || dots[1] == len(token)-1 {
		return parts{}, refuse(BadSegments)
	}
	var p parts
	for _, s := range []struct {
		into *[]byte
		text string
	}{{&p.header, token[:dots[0]]}, {&p.payload, token[dots[0]+1 : dots[1]]}, {&p.signature, token[dots[1]+1:]}} {
		var err error
		if *s.into, err = strict.Base64URL(s.text); err != nil {
			return parts{}, &Refusal{Reason: BadBase64, Err: err}
		}
	}
	return p, nil
}
