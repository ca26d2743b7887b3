package public_test

import (
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
)

var ledgerAway = replica.ErrUnknownOutcome

// govern is a statement of a region under its governance key, or another one.
func govern(t testing.TB, n *solo.Network, signer keyring.Signer, region, kind string, body []byte) (id string, raw []byte) {
	t.Helper()
	id = client.NewKey()
	raw, _, err := statement.Sign(signer, statement.Payload{
		Network: n.Genesis.Network(), Kind: kind, ID: id, Region: region, At: statement.FormatAt(n.Clock().Unix()),
		Actor:   statement.Actor{Role: statement.RoleGovernance, Org: region + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		t.Fatal(err)
	}
	return id, raw
}

// governed submits a statement of the door's own region, which is taken.
func (d *door) governed(kind string, body []byte) (id string) {
	d.t.Helper()
	region := d.bureau.Region
	id, raw := govern(d.t, d.net, d.net.Keys.Region(region).Governance, region, kind, body)
	d = d.as(solo.Someone(region, "yun", "operator"))
	if w := d.do("POST", "/v1/statements", string(raw), "Idempotency-Key", id, "Content-Type", v1.StatementMedia); w.Code != 200 {
		d.t.Fatalf("%s: %d %s", kind, w.Code, w.Body)
	}
	return id
}

// revoke is a region's statement that revokes all tokens of a subject.
func revoke(t *testing.T, n *solo.Network, signer keyring.Signer, region, subject string) (id string, raw []byte) {
	t.Helper()
	body := statement.TokenRevokeBody{Issuer: n.Keys.Region(region).Issuer, Subject: subject, Before: n.Clock().Unix() + 1<<31}
	return govern(t, n, signer, region, statement.KindTokenRevoke, body.Marshal())
}

// Ensure a statement signed with the offline governance key takes effect, once,
// through the operator's hands only, and at once closes the door to whom it
// names.
func TestSubmitStatement(t *testing.T) {
	n := solo.New(t)
	operator := openDoor(t, n, solo.Someone(solo.Beijing, "yun", "operator"), solo.Options{})
	clerk := operator.as(solo.Someone(solo.Beijing, "zhang", "clerk"))
	governance := n.Keys.Region(solo.Beijing).Governance
	id, raw := revoke(t, n, governance, solo.Beijing, "zhang")
	send := func(d *door, key string, raw []byte) func() (int, string) {
		return func() (int, string) {
			w := d.do("POST", "/v1/statements", string(raw), "Idempotency-Key", key, "Content-Type", "application/jose")
			return w.Code, w.Body.String()
		}
	}
	w := clerk.do("POST", "/v1/statements", string(raw), "Idempotency-Key", id, "Content-Type", "application/jose")
	problemOf(t, w, 403, problem.Forbidden)
	w = operator.do("POST", "/v1/statements", string(raw), "Idempotency-Key", client.NewKey(), "Content-Type", "application/jose")
	problemOf(t, w, 422, problem.KeyDiffers)
	w = operator.do("POST", "/v1/statements", string(raw[:len(raw)-4])+"AAAA", "Idempotency-Key", id, "Content-Type", "application/jose")
	if w.Code != 403 && w.Code != 422 {
		t.Errorf("a forged signature: %d %s", w.Code, w.Body)
	}
	if n.Ledger.Size() != 0 {
		t.Fatal("a refused statement moved the ledger")
	}
	if status, body := send(operator, id, raw)(); status != 200 {
		t.Fatalf("%d %s", status, body)
	}
	if status, body := send(operator, id, raw)(); status != 200 || n.Ledger.Size() != 1 {
		t.Errorf("the same bytes again: %d %s, %d leaves", status, body, n.Ledger.Size())
	}
	problemOf(t, clerk.do("GET", "/v1/records", ""), 401, problem.Unauthorized)

	// Another region's statement and another network's.
	otherID, other := revoke(t, n, n.Keys.Region(solo.Tianjin).Governance, solo.Tianjin, "zhao")
	w = operator.do("POST", "/v1/statements", string(other), "Idempotency-Key", otherID, "Content-Type", "application/jose")
	problemOf(t, w, 403, problem.ForeignBody)
	m := solo.New(t)
	strangeID, strange := revoke(t, m, m.Keys.Region(solo.Beijing).Governance, solo.Beijing, "zhao")
	w = operator.do("POST", "/v1/statements", string(strange), "Idempotency-Key", strangeID, "Content-Type", "application/jose")
	problemOf(t, w, 422, problem.WrongNetwork)
	if n.Ledger.Size() != 1 {
		t.Error("a refused statement moved the ledger")
	}
}
