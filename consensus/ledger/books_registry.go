package ledger

import "sandi.internal/gateway/certs/keyring"

// Key finds a registered key; nil when there is none.
func (b *Books) Key(region, id string) (*Key, error) {
	row, err := b.r.Get(keyKey(region, id))
	if err != nil || row == nil {
		return nil, err
	}
	return parseKeyRow(row)
}

// KeyState returns the state of a key for the next leaf.
func (b *Books) KeyState(region, id string) (keyring.State, error) {
	k, err := b.Key(region, id)
	if err != nil || k == nil {
		return keyring.StateUnknown, err
	}
	h, err := b.head()
	if err != nil {
		return keyring.StateUnknown, err
	}
	return k.Life.StateAt(h.tree.Size()), nil
}

// Keys lists a region's keys by id, whatever their state.
func (b *Books) Keys(region string) ([]*Key, error) {
	var list []*Key
	lower, upper := prefixSpan(keyKey(region, ""))
	err := b.r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		k, err := parseKeyRow(v)
		list = append(list, k)
		return err == nil, err
	})
	return list, err
}

// Issuer finds a token issuer, a dropped one too; nil when there is none.
func (b *Books) Issuer(id string) (*Issuer, error) {
	row, err := b.r.Get(issuerKey(id))
	if err != nil || row == nil {
		return nil, err
	}
	return parseIssuerRow(row)
}

// Issuers lists the token issuers of all regions by id, the dropped ones too.
func (b *Books) Issuers() ([]*Issuer, error) {
	var list []*Issuer
	lower, upper := tableSpan(tableIssuer)
	err := b.r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		i, err := parseIssuerRow(v)
		list = append(list, i)
		return err == nil, err
	})
	return list, err
}

// Token is what revocation asks of an access token.
type Token struct {
	Issuer   string // iss
	JTI      string
	Subject  string // sub
	KeyID    string // kid
	IssuedAt int64  // iat, unix s
}

// TokenRevoked reports whether a token was revoked: itself, with all of its
// subject's tokens of that time, or with all under its key. Whether issuer and
// key still stand is a question for Issuer and Key.
func (b *Books) TokenRevoked(t Token) (bool, error) {
	for _, way := range [...]struct{ kind, value string }{
		{revokedJTI, t.JTI}, {revokedSubject, t.Subject}, {revokedKID, t.KeyID},
	} {
		if way.value == "" {
			continue
		}
		row, err := b.r.Get(revokedKey(t.Issuer, way.kind, way.value))
		if err != nil {
			return false, err
		}
		if row == nil {
			continue
		}
		v, err := parseRevocation(row)
		if err != nil {
			return false, err
		}
		if way.kind != revokedSubject || t.IssuedAt < v.Before {
			return true, nil
		}
	}
	return false, nil
}
