package ledger_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

func (w *world) addKey(region string, key keyring.Signer, owner string, active bool) []byte {
	body := statement.KeyAddBody{Proven: w.prove(region, owner, key), Active: active}
	switch key.Public().Use {
	case keyring.UseToken:
		body.Issuer = owner
	case keyring.UseLog, keyring.UseCosigner:
		body.Node = owner
	}
	return w.govern(region, statement.KindKeyAdd, body.Marshal())
}

func (w *world) turnKey(region, kind, key string) []byte {
	body := statement.KeyBody{Key: key}
	if kind == statement.KindKeyRevoke {
		body.Reason = "compromised"
	}
	return w.govern(region, kind, body.Marshal())
}

// Ensure a statement key signs from the leaf after its activation to the leaf of
// its retirement, and that a key revoked between admission and apply is refused.
func TestKeyLife(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	fresh := w.key(keyring.UseStatement, "st-2")
	try := func() []byte {
		body := statement.OpenBody{Procedure: "handover", Fields: []byte(`{"case_no":"x-1","receiver_org":"130000-SJ"}`)}.Marshal()
		return w.sign(fresh, w.payload(beijing, statement.KindRecordOpen, "clerk", body))
	}
	state := func(want keyring.State) {
		t.Helper()
		for _, r := range []*replica{r, r.restart()} {
			if got, err := r.books().KeyState(beijing, "st-2"); err != nil || got != want {
				t.Fatalf("state %q, want %q (%v)", got, want, err)
			}
		}
	}
	refuse := func(raw []byte, want ledger.Code) {
		t.Helper()
		if got := r.refused(raw); got != want {
			t.Fatalf("code %s, want %s", got, want)
		}
	}
	refuse(try(), ledger.CodeKey)
	r.commit(w.addKey(beijing, fresh, "", false))
	state(keyring.StatePrepared)
	refuse(try(), ledger.CodeKeyState)
	refuse(w.turnKey(beijing, statement.KindKeyRetire, "st-2"), ledger.CodeKeyActive)
	r.commit(w.turnKey(beijing, statement.KindKeyActivate, "st-2"))
	state(keyring.StateActive)
	r.commit(try())
	refuse(w.turnKey(beijing, statement.KindKeyActivate, "st-2"), ledger.CodeKeyPrepared)

	// Admitted together, applied in order: the revocation comes first.
	late := try()
	res := r.apply(w.turnKey(beijing, statement.KindKeyRetire, "st-2"), late)
	if res[0].Status != ledger.Committed || res[1].Refusal == nil || res[1].Refusal.Code != ledger.CodeKeyState {
		t.Fatalf("retired in the same command: %+v", res)
	}
	state(keyring.StateRetiring)
	r.commit(w.turnKey(beijing, statement.KindKeyRevoke, "st-2"))
	state(keyring.StateRevoked)
	refuse(try(), ledger.CodeKeyState)
	refuse(w.turnKey(beijing, statement.KindKeyRevoke, "st-2"), ledger.CodeKeyRevoked)
	r.check() // what the key signed while it was active still verifies
}

// Ensure governance is refused with the right code, and that nothing of it
// touches another region.
func TestGovernanceRefusals(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	fresh := w.key(keyring.UseStatement, "st-2")
	token := w.key(keyring.UseToken, "tok-2")
	logKey := w.key(keyring.UseLog, "log-b")
	foreignProof := statement.KeyAddBody{Proven: w.prove(tianjin, "", fresh)}
	taken := w.seeded(2, keyring.UseToken, "tok-9") // Beijing's statement key
	if !bytes.Equal(taken.Public().Key, w.keys[beijing].Public().Key) {
		t.Fatal("seed 2 is not that of Beijing's statement key")
	}
	issuer := func(region, id string, key keyring.Signer) []byte {
		return w.govern(region, statement.KindIssuerAdd, statement.IssuerAddBody{
			Issuer: id, Roles: []string{"clerk"}, Keys: []statement.Proven{w.prove(region, id, key)},
		}.Marshal())
	}
	role := func(region, kind, issuer, role string) []byte {
		return w.govern(region, kind, statement.RoleBody{Issuer: issuer, Roles: []string{role}}.Marshal())
	}
	tests := []struct {
		name string
		raw  []byte
		code ledger.Code
	}{
		{"signed with the statement key", w.forge(w.keys[beijing], w.payload(beijing, statement.KindKeyRevoke, "governance", statement.KeyBody{Key: "st-1", Reason: "ceased"}.Marshal())), ledger.CodeKeyUse},
		{"record opened with the governance key", w.forge(w.gov[beijing], w.payload(beijing, statement.KindRecordOpen, "clerk", statement.OpenBody{Procedure: "handover"}.Marshal())), ledger.CodeKeyUse},
		{"signed with another region's governance key", w.sign(w.gov[tianjin], w.payload(beijing, statement.KindKeyRevoke, "governance", statement.KeyBody{Key: "st-1", Reason: "ceased"}.Marshal())), ledger.CodeSignature},
		{"a key whose proof is for another region", w.govern(beijing, statement.KindKeyAdd, foreignProof.Marshal()), "proof_of_possession"},
		{"a key id that is taken", w.addKey(beijing, w.key(keyring.UseStatement, "st-1"), "", false), ledger.CodeKeyTaken},
		{"key bytes that serve already", w.addKey(beijing, taken, issuerOf(beijing), false), ledger.CodeKeyTwice},
		{"a token key of an unknown issuer", w.addKey(beijing, token, "https://nowhere.sandi/issuer", false), ledger.CodeIssuer},
		{"a token key of another region's issuer", w.addKey(beijing, token, issuerOf(hebei), false), ledger.CodeForeign},
		{"a log key of another region's node", w.addKey(beijing, logKey, "130000-a", false), ledger.CodeForeign},
		{"a log key of an unknown node", w.addKey(beijing, logKey, "110000-z", false), ledger.CodeForeign},
		{"turning an unknown key", w.turnKey(beijing, statement.KindKeyActivate, "st-7"), ledger.CodeKeyUnknown},
		{"revoking the last governance key", w.turnKey(beijing, statement.KindKeyRevoke, "gov-1"), ledger.CodeLastKey},
		{"retiring the last governance key", w.turnKey(beijing, statement.KindKeyRetire, "gov-1"), ledger.CodeLastKey},
		{"another region's issuer again", issuer(beijing, issuerOf(hebei), token), ledger.CodeIssuerTaken},
		{"an issuer with a key that serves already", issuer(beijing, "https://second.sandi/i", taken), ledger.CodeKeyTwice},
		{"dropping another region's issuer", w.govern(beijing, statement.KindIssuerDrop, statement.IssuerDropBody{Issuer: issuerOf(hebei), Reason: "ceased"}.Marshal()), ledger.CodeForeign},
		{"granting to another region's issuer", role(beijing, statement.KindRoleGrant, issuerOf(hebei), "legal"), ledger.CodeForeign},
		{"granting twice", role(beijing, statement.KindRoleGrant, issuerOf(beijing), "clerk"), ledger.CodeRoleTaken},
		{"revoking what was not granted", role(beijing, statement.KindRoleRevoke, issuerOf(beijing), "legal"), ledger.CodeRole},
		{"revoking another region's tokens", w.govern(beijing, statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: issuerOf(hebei), JTI: "1"}.Marshal()), ledger.CodeForeign},
		{"revoking under a key of no issuer", w.govern(beijing, statement.KindTokenRevoke, statement.TokenRevokeBody{Issuer: issuerOf(beijing), KID: "st-1"}.Marshal()), ledger.CodeKeyUnknown},
		{"a body that is not one", w.govern(beijing, statement.KindKeyAdd, []byte(`{}`)), "missing_field"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := r.refused(test.raw); got != test.code {
				t.Fatalf("got code %s, want %s", got, test.code)
			}
		})
	}
	if got := ledger.CodeForeign.Status(); got != 403 {
		t.Fatalf("acting about another region is %d, want 403", got)
	}
	r.check()
}

// Ensure a region can replace its governance key and is then governed by the
// new one alone.
func TestGovernanceKeyIsReplaced(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	second := w.key(keyring.UseGovernance, "gov-2")
	r.commit(w.addKey(beijing, second, "", false))
	if code := r.refused(w.turnKey(beijing, statement.KindKeyRevoke, "gov-1")); code != ledger.CodeLastKey {
		t.Fatalf("a prepared key counted as a governor: %s", code)
	}
	r.commit(w.turnKey(beijing, statement.KindKeyActivate, "gov-2"))
	r.commit(w.turnKey(beijing, statement.KindKeyRevoke, "gov-1")) // signed with gov-1 itself
	if code := r.refused(w.turnKey(beijing, statement.KindKeyRevoke, "st-1")); code != ledger.CodeKeyState {
		t.Fatalf("the old key still governs: %s", code)
	}
	w.gov[beijing] = second
	r.commit(w.turnKey(beijing, statement.KindKeyRevoke, "st-1"))
	r.check()
}

// Ensure issuers, their roles and revocations are read as they were governed.
func TestIssuersAndTokens(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id := "https://second.sandi/issuer"
	token := w.key(keyring.UseToken, "tok-2")
	r.commit(w.govern(hebei, statement.KindIssuerAdd, statement.IssuerAddBody{
		Issuer: id, Roles: []string{"clerk", "legal"}, Keys: []statement.Proven{w.prove(hebei, id, token)},
	}.Marshal()))
	r.commit(w.govern(hebei, statement.KindRoleGrant, statement.RoleBody{Issuer: id, Roles: []string{"auditor", "lead"}}.Marshal()))
	r.commit(w.govern(hebei, statement.KindRoleRevoke, statement.RoleBody{Issuer: id, Roles: []string{"clerk"}}.Marshal()))
	before := r.standing().Governed
	revoke := func(b statement.TokenRevokeBody) []byte {
		b.Issuer = id
		return w.govern(hebei, statement.KindTokenRevoke, b.Marshal())
	}
	r.commit(revoke(statement.TokenRevokeBody{JTI: "j-1"}))
	r.commit(revoke(statement.TokenRevokeBody{Subject: "wang", Before: 1000}))
	r.commit(revoke(statement.TokenRevokeBody{Subject: "wang", Before: 2000}))
	if code := r.refused(revoke(statement.TokenRevokeBody{Subject: "wang", Before: 1500})); code != ledger.CodeRevokedTwice {
		t.Fatalf("a revocation was turned back: %s", code)
	}
	if code := r.refused(revoke(statement.TokenRevokeBody{JTI: "j-1"})); code != ledger.CodeRevokedTwice {
		t.Fatalf("revoked twice: %s", code)
	}
	if after := r.standing(); after.Governed != before+3 || after.Governed != after.Size {
		t.Fatalf("governed at %d, then %d", before, after.Governed)
	}
	for _, r := range []*replica{r, r.restart()} {
		if got, want := r.l.Governed(), r.standing().Governed; got != want {
			t.Fatalf("in memory governed at %d, in storage at %d", got, want)
		}
		b := r.books()
		issuer, err := b.Issuer(id)
		if err != nil || issuer.Region != hebei || !slices.Equal(issuer.Roles, []string{"auditor", "lead", "legal"}) || issuer.Dropped != 0 {
			t.Fatalf("issuer %+v, %v", issuer, err)
		}
		key, err := b.Key(hebei, "tok-2")
		if err != nil || key.Owner != id || key.Use != keyring.UseToken {
			t.Fatalf("key %+v, %v", key, err)
		}
		for token, want := range map[ledger.Token]bool{
			{Issuer: id, JTI: "j-1", Subject: "li", KeyID: "tok-2", IssuedAt: 5000}: false,
			{Issuer: issuerOf(hebei), JTI: "j-1"}:                                   false,
			{Issuer: id, JTI: "j-2", Subject: "wang", IssuedAt: 1999}:               true,
			{Issuer: id, JTI: "j-2", Subject: "wang", IssuedAt: 2000}:               false,
			{Issuer: id, JTI: "j-2", Subject: "li", KeyID: "tok-1", IssuedAt: 1}:    false,
		} {
			if token.JTI == "j-1" && token.Issuer == id {
				want = true
			}
			if got, err := b.TokenRevoked(token); err != nil || got != want {
				t.Fatalf("token %+v revoked: %v, want %v (%v)", token, got, want, err)
			}
		}
	}
	keys, err := r.books().Keys(hebei)
	if err != nil || len(keys) != 6 || keys[len(keys)-1].ID != "tok-2" {
		t.Fatalf("%d keys, %v", len(keys), err)
	}
	if issuers, err := r.books().Issuers(); err != nil || len(issuers) != 4 {
		t.Fatalf("%d issuers, %v", len(issuers), err)
	}
	r.commit(revoke(statement.TokenRevokeBody{KID: "tok-2"}))
	if got, err := r.books().TokenRevoked(ledger.Token{Issuer: id, KeyID: "tok-2"}); err != nil || !got {
		t.Fatalf("tokens under a revoked key stand: %v", err)
	}
	r.commit(w.govern(hebei, statement.KindIssuerDrop, statement.IssuerDropBody{Issuer: id, Reason: "ceased"}.Marshal()))
	if code := r.refused(w.govern(hebei, statement.KindRoleGrant, statement.RoleBody{Issuer: id, Roles: []string{"expert"}}.Marshal())); code != ledger.CodeIssuerGone {
		t.Fatalf("a dropped issuer was changed: %s", code)
	}
	r.check()
}

// Ensure a region cannot fill every replica's memory with keys.
func TestRegistryIsBounded(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	const most = 64 // issuers per region
	var code ledger.Code
	for n := 0; n <= most && code == ""; n++ {
		id := fmt.Sprintf("https://i%d.sandi/issuer", n)
		key := w.key(keyring.UseToken, fmt.Sprintf("t-%d", n))
		res := r.apply(w.govern(beijing, statement.KindIssuerAdd, statement.IssuerAddBody{
			Issuer: id, Roles: []string{"clerk"}, Keys: []statement.Proven{w.prove(beijing, id, key)},
		}.Marshal()))[0]
		if res.Refusal != nil {
			code = res.Refusal.Code
		}
	}
	if code != ledger.CodeFull {
		t.Fatalf("code %q", code)
	}
	if n := r.standing().Size; n != most-1 { // genesis brought one
		t.Fatalf("%d issuers were added", n)
	}
}
