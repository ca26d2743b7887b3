package ledger

import (
	"encoding/binary"
	"errors"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// govern judges the statements by which a region governs its own keys, issuers
// and roles. The signer was already found to be a governance key of the region
// that the statement names; everything a body names must belong to that region.
func (l *Ledger) govern(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	switch st.Kind {
	case statement.KindKeyAdd:
		return l.addKey(st)
	case statement.KindKeyActivate, statement.KindKeyRetire, statement.KindKeyRevoke:
		return l.turnKey(st)
	case statement.KindIssuerAdd:
		return l.addIssuer(st)
	case statement.KindIssuerDrop:
		return l.dropIssuer(st)
	case statement.KindRoleGrant, statement.KindRoleRevoke:
		return l.changeRoles(st)
	case statement.KindTokenRevoke:
		return l.revokeTokens(r, st)
	case statement.KindLeaderMove:
		return l.moveLeader(r, st)
	case statement.KindLawPropose:
		return l.propose(r, st, now)
	case statement.KindLawVote:
		return l.vote(r, st)
	case statement.KindLawAdopt:
		return l.adopt(r, st, now)
	case statement.KindNodeAdd:
		return l.addNode(st)
	case statement.KindNodeRemove:
		return l.removeNode(st)
	case statement.KindRecovery:
		return l.recover(r, st)
	case statement.KindReturn:
		return l.returnTo(st)
	}
	return decision{}, refuse(CodeKind, "kind", st.Kind), nil
}

// registers is the decision that puts keys and issuers in place of their
// predecessors.
func (l *Ledger) registers(keys []*Key, issuers []*Issuer) decision {
	reg := l.registry.Load()
	d := decision{registry: reg.with(keys, issuers)}
	for _, k := range keys {
		c := change{key: keyKey(k.Region, k.ID), after: k.row()}
		if before, ok := reg.keys[k.Region+"/"+k.ID]; ok {
			c.before = before.row()
		}
		d.changes = append(d.changes, c)
	}
	for _, i := range issuers {
		c := change{key: issuerKey(i.ID), after: i.row()}
		if before, ok := reg.issuers[i.ID]; ok {
			c.before = before.row()
		}
		d.changes = append(d.changes, c)
	}
	return d
}

// newKey checks a key that a region wants to register.
func (l *Ledger) newKey(st *statement.Statement, p statement.Proven, owner string, active bool) (*Key, *Refusal) {
	reg := l.registry.Load()
	if _, taken := reg.keys[st.Region+"/"+p.Key.ID]; taken {
		return nil, refuse(CodeKeyTaken, "key", p.Key.ID)
	}
	if _, taken := reg.material[string(p.Key.Key)]; taken {
		return nil, refuse(CodeKeyTwice, "key", p.Key.ID)
	}
	if err := p.Check(l.network, st.Region, owner); err != nil {
		return nil, malformed(err)
	}
	index := l.tree.Size()
	life, err := keyring.Life{}.Prepare(index)
	if err == nil && active {
		life, err = life.Activate(index)
	}
	if err != nil {
		return nil, lifeRefusal(err)
	}
	return &Key{PublicKey: p.Key, Region: st.Region, Owner: owner, Life: life}, nil
}

func (l *Ledger) addKey(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseKeyAdd(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	if body.Issuer != "" {
		if _, refusal := l.issuer(st.Region, body.Issuer); refusal != nil {
			return decision{}, refusal, nil
		}
	}
	if body.Node != "" {
		switch n := l.registry.Load().nodes[body.Node]; {
		case n == nil || n.Region != st.Region:
			return decision{}, refuse(CodeForeign, "node", body.Node), nil
		case !n.Standing():
			return decision{}, refuse(CodeNodeGone, "node", body.Node), nil
		}
	}
	if l.registry.Load().keysOf(st.Region) >= maxKeysPerRegion {
		return decision{}, refuse(CodeFull, "what", "keys"), nil
	}
	key, refusal := l.newKey(st, body.Proven, body.Owner(), body.Active)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	return l.registers([]*Key{key}, nil), nil, nil
}

// turnKey moves a key on in its life.
func (l *Ledger) turnKey(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseKey(st.Kind, st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	reg, index := l.registry.Load(), l.tree.Size()
	before, ok := reg.keys[st.Region+"/"+body.Key]
	if !ok {
		return decision{}, refuse(CodeKeyUnknown, "key", body.Key), nil
	}
	key := *before
	switch st.Kind {
	case statement.KindKeyActivate:
		key.Life, err = key.Life.Activate(index)
	case statement.KindKeyRetire:
		key.Life, err = key.Life.Retire(index)
	default:
		key.Life, err = key.Life.Revoke(index)
	}
	if err != nil {
		return decision{}, lifeRefusal(err), nil
	}
	// A region without a governance key could never change anything again.
	ends := st.Kind != statement.KindKeyActivate
	if ends && key.Use == keyring.UseGovernance && reg.governors(st.Region, key.ID, index) == 0 {
		return decision{}, refuse(CodeLastKey, "key", key.ID), nil
	}
	return l.registers([]*Key{&key}, nil), nil, nil
}

// issuer finds an issuer of the region that still stands.
func (l *Ledger) issuer(region, id string) (*Issuer, *Refusal) {
	i, ok := l.registry.Load().issuers[id]
	switch {
	case !ok:
		return nil, refuse(CodeIssuer, "issuer", id)
	case i.Region != region:
		return nil, refuse(CodeForeign, "issuer", id)
	case i.Dropped != 0:
		return nil, refuse(CodeIssuerGone, "issuer", id)
	}
	return i, nil
}

func (l *Ledger) addIssuer(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseIssuerAdd(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	reg := l.registry.Load()
	if _, taken := reg.issuers[body.Issuer]; taken {
		return decision{}, refuse(CodeIssuerTaken, "issuer", body.Issuer), nil
	}
	if reg.issuersOf(st.Region) >= maxIssuersPerRegion {
		return decision{}, refuse(CodeFull, "what", "issuers"), nil
	}
	if reg.keysOf(st.Region)+len(body.Keys) > maxKeysPerRegion {
		return decision{}, refuse(CodeFull, "what", "keys"), nil
	}
	keys := make([]*Key, 0, len(body.Keys))
	for _, p := range body.Keys {
		key, refusal := l.newKey(st, p, body.Issuer, true)
		if refusal != nil {
			return decision{}, refusal, nil
		}
		for _, other := range keys { // ids the body's parser has compared
			if string(other.Key) == string(key.Key) {
				return decision{}, refuse(CodeKeyTwice, "key", key.ID), nil
			}
		}
		keys = append(keys, key)
	}
	issuer := &Issuer{ID: body.Issuer, Region: st.Region, Roles: body.Roles}
	return l.registers(keys, []*Issuer{issuer}), nil, nil
}

func (l *Ledger) dropIssuer(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseIssuerDrop(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	before, refusal := l.issuer(st.Region, body.Issuer)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	issuer := *before
	issuer.Dropped = l.tree.Size() + 1
	return l.registers(nil, []*Issuer{&issuer}), nil, nil
}

// changeRoles grants roles to an issuer's tokens or takes them away. A role
// that is there already, or is not there, is refused: the governor's picture of
// the registry is wrong.
func (l *Ledger) changeRoles(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseRole(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	before, refusal := l.issuer(st.Region, body.Issuer)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	issuer := *before
	issuer.Roles = slices.Clone(before.Roles)
	for _, role := range body.Roles {
		i, granted := slices.BinarySearch(issuer.Roles, role)
		switch {
		case st.Kind == statement.KindRoleGrant && granted:
			return decision{}, refuse(CodeRoleTaken, "role", role), nil
		case st.Kind == statement.KindRoleGrant:
			issuer.Roles = slices.Insert(issuer.Roles, i, role)
		case !granted:
			return decision{}, refuse(CodeRole, "role", role), nil
		default:
			issuer.Roles = slices.Delete(issuer.Roles, i, i+1)
		}
	}
	return l.registers(nil, []*Issuer{&issuer}), nil, nil
}

// How tokens are revoked: the kind in a revocation's key.
const (
	revokedJTI     = "jti"
	revokedSubject = "sub"
	revokedKID     = "kid"
)

// revokeTokens ends tokens before they expire. It leaves keys and issuers as
// they are.
func (l *Ledger) revokeTokens(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseTokenRevoke(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	if _, refusal := l.issuer(st.Region, body.Issuer); refusal != nil {
		return decision{}, refusal, nil
	}
	kind, value := revokedJTI, body.JTI
	switch {
	case body.Subject != "":
		kind, value = revokedSubject, body.Subject
	case body.KID != "":
		kind, value = revokedKID, body.KID
		if k, ok := l.registry.Load().keys[st.Region+"/"+body.KID]; !ok || k.Owner != body.Issuer {
			return decision{}, refuse(CodeKeyUnknown, "key", body.KID), nil
		}
	}
	key := revokedKey(body.Issuer, kind, value)
	before, err := r.Get(key)
	if err != nil {
		return decision{}, nil, err
	}
	if before != nil {
		was, err := parseRevocation(before)
		if err != nil {
			return decision{}, nil, err
		}
		if body.Before <= was.Before {
			return decision{}, refuse(CodeRevokedTwice, "issuer", body.Issuer), nil
		}
	}
	row := Revocation{At: l.tree.Size() + 1, Before: body.Before}
	d := l.registers(nil, nil)
	d.changes = []change{{key: key, before: before, after: row.row()}}
	return d, nil, nil
}

// Revocation is one entry of the token revocations.
type Revocation struct {
	At     uint64 // leaf index + 1 of the statement
	Before int64  // by subject: tokens with an earlier iat, unix s; else 0
}

func (v Revocation) row() []byte {
	return binary.AppendUvarint(binary.AppendUvarint([]byte{rowVersion}, v.At), uint64(v.Before))
}

func parseRevocation(row []byte) (Revocation, error) {
	d := newDecoder(row)
	v := Revocation{At: d.uvarint(), Before: int64(d.uvarint())}
	return v, d.done("a revocation")
}

// lifeRefusal passes on why a key cannot move on.
func lifeRefusal(err error) *Refusal {
	var e *keyring.LifeError
	if errors.As(err, &e) {
		return refuse(Code(e.Code))
	}
	return refuse(CodeKeyOrder)
}
