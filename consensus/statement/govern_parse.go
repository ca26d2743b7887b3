package statement

import (
	"encoding/base64"
	"slices"

	"sandi.internal/gateway/certs/keyring"
)

var std64 = base64.StdEncoding.Strict()

// ParseKeyAdd reads the body of key.add. The key is well formed (its curve and
// size too); whether it proves possession is for Proven.Check. The error of
// this and the following is an *Error.
func ParseKeyAdd(body []byte) (KeyAddBody, error) {
	var b KeyAddBody
	var active bool
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "key":
			b.Key, ok = s.publicKey(3)
		case "issuer":
			b.Issuer, ok = s.formed(name, IsIssuer)
		case "node":
			b.Node, ok = s.formed(name, IsNodeID)
		case "active":
			active = true
			b.Active, ok = s.boolean(name)
		case "proof":
			b.Proof, ok = s.formed(name, isProof)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err != nil {
		return KeyAddBody{}, err
	}
	ofIssuer := b.Key.Use == keyring.UseToken
	ofNode := b.Key.Use == keyring.UseLog || b.Key.Use == keyring.UseCosigner
	switch {
	case b.Key.ID == "":
		err = refuseField(CodeMissing, "key")
	case !active:
		err = refuseField(CodeMissing, "active")
	case b.Proof == "":
		err = refuseField(CodeMissing, "proof")
	case ofIssuer && b.Issuer == "":
		err = refuseField(CodeMissing, "issuer")
	case !ofIssuer && b.Issuer != "":
		err = refuseField(CodeUnknown, "issuer")
	case ofNode && b.Node == "":
		err = refuseField(CodeMissing, "node")
	case !ofNode && b.Node != "":
		err = refuseField(CodeUnknown, "node")
	}
	return b, err
}

// ParseKey reads the body of key.activate, key.retire or key.revoke; the last
// needs a reason, the others have none.
func ParseKey(kind string, body []byte) (KeyBody, error) {
	var b KeyBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch {
		case name == "key":
			b.Key, ok = s.formed(name, IsKeyID)
		case name == "reason" && kind == KindKeyRevoke:
			b.Reason, ok = s.formed(name, isReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"key", b.Key != ""}, member{"reason", b.Reason != "" || kind != KindKeyRevoke})
	}
	return b, err
}

// ParseIssuerAdd reads the body of issuer.add.
func ParseIssuerAdd(body []byte) (IssuerAddBody, error) {
	var b IssuerAddBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "issuer":
			b.Issuer, ok = s.formed(name, IsIssuer)
		case "roles":
			b.Roles, ok = s.ascending(name, IsTokenRole, len(TokenRoles))
		case "keys":
			b.Keys, ok = s.provenKeys()
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"issuer", b.Issuer != ""}, member{"roles", b.Roles != nil}, member{"keys", b.Keys != nil})
	}
	return b, err
}

// ParseIssuerDrop reads the body of issuer.drop.
func ParseIssuerDrop(body []byte) (IssuerDropBody, error) {
	var b IssuerDropBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "issuer":
			b.Issuer, ok = s.formed(name, IsIssuer)
		case "reason":
			b.Reason, ok = s.formed(name, isReason)
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"issuer", b.Issuer != ""}, member{"reason", b.Reason != ""})
	}
	return b, err
}

// ParseRole reads the body of role.grant or role.revoke.
func ParseRole(body []byte) (RoleBody, error) {
	var b RoleBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "issuer":
			b.Issuer, ok = s.formed(name, IsIssuer)
		case "roles":
			b.Roles, ok = s.ascending(name, IsTokenRole, len(TokenRoles))
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if err == nil {
		err = missing(member{"issuer", b.Issuer != ""}, member{"roles", b.Roles != nil})
	}
	return b, err
}

// ParseTokenRevoke reads the body of token.revoke: issuer with jti, or with sub
// and before, or with kid.
func ParseTokenRevoke(body []byte) (TokenRevokeBody, error) {
	var b TokenRevokeBody
	s := bodyScanner(body)
	err := s.body(func(name string) (ok bool) {
		switch name {
		case "issuer":
			b.Issuer, ok = s.formed(name, IsIssuer)
		case "jti":
			b.JTI, ok = s.formed(name, IsTokenText)
		case "sub":
			b.Subject, ok = s.formed(name, IsTokenText)
		case "kid":
			b.KID, ok = s.formed(name, IsKeyID)
		case "before":
			if b.Before, ok = s.integer(); ok && b.Before <= 0 {
				ok = s.failField(CodeForm, name)
			}
		default:
			ok = s.failField(CodeUnknown, "body")
		}
		return ok
	})
	ways := 0
	for _, given := range [...]bool{b.JTI != "", b.Subject != "" || b.Before != 0, b.KID != ""} {
		if given {
			ways++
		}
	}
	switch {
	case err != nil:
	case b.Issuer == "":
		err = refuseField(CodeMissing, "issuer")
	case ways == 0:
		err = refuseField(CodeMissing, "jti")
	case ways > 1:
		err = refuseField(CodeUnknown, "body")
	case (b.Subject == "") != (b.Before == 0):
		err = refuseField(CodeMissing, "sub")
	}
	return b, err
}

func bodyScanner(body []byte) *scanner { return &scanner{text: string(body)} }

// body reads the whole text as one object at the depth a body has.
func (s *scanner) body(each func(name string) bool) error {
	if len(s.text) > MaxBytes {
		return refuseField(CodeTooLarge, "body")
	}
	if !s.members(2, each) || !s.end() {
		return s.err
	}
	return nil
}

func (s *scanner) formed(field string, form func(string) bool) (string, bool) {
	text, ok := s.plain(field)
	if ok && !form(text) {
		return "", s.failField(CodeForm, field)
	}
	return text, ok
}

func (s *scanner) boolean(field string) (bool, bool) {
	switch s.peek() {
	case 't':
		return true, s.literal("true")
	case 'f':
		return false, s.literal("false")
	}
	return false, s.failField(CodeWrongType, field)
}

// publicKey reads a key and checks that it can be registered at all.
func (s *scanner) publicKey(depth int) (keyring.PublicKey, bool) {
	var k keyring.PublicKey
	ok := s.members(depth, func(name string) (ok bool) {
		var text string
		switch name {
		case "id":
			k.ID, ok = s.formed("key.id", IsKeyID)
		case "alg":
			text, ok = s.plain("key.alg")
			k.Alg = keyring.Alg(text)
		case "use":
			text, ok = s.plain("key.use")
			k.Use = keyring.Use(text)
		case "key":
			if text, ok = s.plain("key.key"); !ok {
				return false
			}
			key, err := std64.DecodeString(text)
			if err != nil {
				return s.failField(CodeBase64, "key.key")
			}
			k.Key = key
		default:
			ok = s.failField(CodeUnknown, "key")
		}
		return ok
	})
	if ok && k.Check() != nil {
		return k, s.failField(CodeForm, "key")
	}
	return k, ok
}

// provenKeys reads the keys of an issuer: token keys with distinct ids.
func (s *scanner) provenKeys() ([]Proven, bool) {
	var keys []Proven
	ok := s.elements(3, func() bool {
		var p Proven
		ok := s.members(4, func(name string) (ok bool) {
			switch name {
			case "key":
				p.Key, ok = s.publicKey(5)
			case "proof":
				p.Proof, ok = s.formed(name, isProof)
			default:
				ok = s.failField(CodeUnknown, "keys")
			}
			return ok
		})
		switch {
		case !ok:
			return false
		case p.Key.ID == "" || p.Proof == "":
			return s.failField(CodeMissing, "keys")
		case len(keys) == MaxIssuerKeys:
			return s.failField(CodeTooMany, "keys")
		case p.Key.Use != keyring.UseToken || slices.ContainsFunc(keys, func(k Proven) bool { return k.Key.ID == p.Key.ID }):
			return s.failField(CodeForm, "keys")
		}
		keys = append(keys, p)
		return true
	})
	if ok && len(keys) == 0 {
		return nil, s.failField(CodeForm, "keys")
	}
	return keys, ok
}

func isReason(s string) bool { return slices.Contains(reasons[:], s) }

// isProof: 64 bytes in base64url, or the 96 of a draw key.
func isProof(s string) bool { return is64(s, 86) || is64(s, 128) }
