package statement

import (
	"bytes"
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/vectors"
)

// The vectors under testdata are for programs in other languages as well:
// plain JSON, hex for raw bytes. A changed vector is a changed format, which
// protocol 1 cannot have; -update is for adding some.
var update = flag.Bool("update", false, "write testdata instead of comparing with it")

func golden(t *testing.T, name string, got any) {
	t.Helper()
	vectors.JSON(t, name, got, *update)
}

func load(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// vector is a statement with everything that a reader must find in it.
type vector struct {
	Name    string `json:"name"`
	Seed    string `json:"seed,omitempty"` // hex, Ed25519 private key seed
	Alg     string `json:"alg"`
	Public  string `json:"public"` // hex
	Header  string `json:"header"`
	Payload string `json:"payload"`
	Raw     string `json:"raw"`
	Hash    string `json:"hash"`
	Kid     string `json:"kid"`
	Kind    string `json:"kind"`
	AtUnix  int64  `json:"at_unix"`
	Body    string `json:"body"`
}

func vectorOf(name, seed string, key keyring.PublicKey, st *Statement) vector {
	parts := strings.Split(string(st.Raw), ".")
	header, _ := url64.DecodeString(parts[0])
	payload, _ := url64.DecodeString(parts[1])
	return vector{
		Name: name, Seed: seed, Alg: st.Alg, Public: hex.EncodeToString(key.Key), Header: string(header), Payload: string(payload),
		Raw: string(st.Raw), Hash: st.Hash.String(), Kid: st.Region + "/" + st.Key, Kind: st.Kind, AtUnix: st.AtUnix, Body: string(st.Body),
	}
}

// goldenPayloads is one payload of every kind.
func goldenPayloads(t *testing.T) (names []string, payloads []Payload) {
	add := func(name, kind string, body []byte) {
		p := testPayload()
		p.Kind, p.Body = kind, body
		if kind != KindRecordAct {
			p.Record, p.Prev = "", ""
		}
		if IsGovernance(kind) {
			p.Actor = Actor{Role: RoleGovernance, Org: "120000-SJ"}
		}
		names, payloads = append(names, name), append(payloads, p)
	}
	proven := func(use keyring.Use, id string, seed byte, owner string) Proven {
		proven, err := Prove(testKey(t, use, id, seed), testNetwork, "120000", owner)
		if err != nil {
			t.Fatal(err)
		}
		return proven
	}
	const issuer = "https://120000.sandi/issuer"
	commitment := "sc1." + RequestDigest([]byte("commitment"))
	add("record.open", KindRecordOpen, OpenBody{
		Procedure: "case_transfer", Fields: []byte(`{"receiver_org":"110108-SJ","title":"商标侵权 “𠮷”"}`),
		Commits: map[string]string{"party": commitment, "address": commitment}, Home: []string{"phone", "facts"}, Private: commitment,
	}.Marshal())
	add("record.act", KindRecordAct, ActBody{Event: "send", Fields: []byte(`{"doc_no":"津市监移〔2025〕18号","pages":12}`)}.Marshal())
	add("record.act without fields", KindRecordAct, ActBody{Event: "receive"}.Marshal())
	add("key.add statement", KindKeyAdd, KeyAddBody{Proven: proven(keyring.UseStatement, "st-2", 21, "")}.Marshal())
	add("key.add token", KindKeyAdd, KeyAddBody{Proven: proven(keyring.UseToken, "tok-2", 22, issuer), Issuer: issuer, Active: true}.Marshal())
	add("key.add cosigner", KindKeyAdd, KeyAddBody{Proven: proven(keyring.UseCosigner, "cos-b", 23, "120000-b"), Node: "120000-b"}.Marshal())
	add("key.activate", KindKeyActivate, KeyBody{Key: "st-2"}.Marshal())
	add("key.retire", KindKeyRetire, KeyBody{Key: "st-1"}.Marshal())
	add("key.revoke", KindKeyRevoke, KeyBody{Key: "st-1", Reason: "compromised"}.Marshal())
	add("issuer.add", KindIssuerAdd, IssuerAddBody{
		Issuer: issuer, Roles: []string{"clerk", "officer"}, Keys: []Proven{proven(keyring.UseToken, "tok-3", 24, issuer)},
	}.Marshal())
	add("issuer.drop", KindIssuerDrop, IssuerDropBody{Issuer: issuer, Reason: "replaced"}.Marshal())
	add("role.grant", KindRoleGrant, RoleBody{Issuer: issuer, Roles: []string{"auditor"}}.Marshal())
	add("role.revoke", KindRoleRevoke, RoleBody{Issuer: issuer, Roles: []string{"clerk", "operator"}}.Marshal())
	add("token.revoke jti", KindTokenRevoke, TokenRevokeBody{Issuer: issuer, JTI: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"}.Marshal())
	add("token.revoke subject", KindTokenRevoke, TokenRevokeBody{Issuer: issuer, Subject: "p-0017", Before: 1762736400}.Marshal())
	add("token.revoke key", KindTokenRevoke, TokenRevokeBody{Issuer: issuer, KID: "tok-2"}.Marshal())
	add("leader.move", KindLeaderMove, MoveBody{Leader: "110000-a", Candidate: "120000-a", Term: 7, Reason: "delay"}.Marshal())
	add("law.propose", KindLawPropose, []byte(`{"form":"rules","name":"rules","version":2,"from":1767196800,"text":"K0stKs7Mz7NSMOICAA"}`))
	add("law.vote", KindLawVote, ProposalBody{Region: "110000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ", Approve: true}.Marshal(KindLawVote))
	add("law.adopt", KindLawAdopt, ProposalBody{Region: "110000", Proposal: "01J9ZZZZZZZZZZZZZZZZZZZZZZ"}.Marshal(KindLawAdopt))
	add("recovery.order", KindRecovery, RecoveryBody{Size: 7, Root: make([]byte, 32), Survivors: []string{"110000-a"}, Reason: "lost"}.Marshal())
	return names, payloads
}

// TestGoldenStatements: Ed25519 is deterministic, so every byte is fixed.
func TestGoldenStatements(t *testing.T) {
	var got []vector
	names, payloads := goldenPayloads(t)
	for i, p := range payloads {
		k := testKey(t, keyring.UseStatement, "st-1", 7)
		if IsGovernance(p.Kind) {
			k = testKey(t, keyring.UseGovernance, "gov-1", 9)
		}
		raw, st, err := Sign(k, p)
		if err != nil {
			t.Fatalf("%s: %v", names[i], err)
		}
		seed := map[keyring.Use]byte{keyring.UseStatement: 7, keyring.UseGovernance: 9}[k.Public().Use]
		if again, err := Parse(raw); err != nil || !reflect.DeepEqual(again, st) {
			t.Errorf("%s: Sign and Parse differ: %v\n%+v\n%+v", names[i], err, st, again)
		}
		got = append(got, vectorOf(names[i], hex.EncodeToString(bytes.Repeat([]byte{seed}, 32)), k.Public(), st))
	}
	golden(t, "statements.json", got)
}

// TestForeignStatements: statements that another implementation signed (the npm
// package jose): other member order, white space, ES256 in low-S form. The last
// ones are the high-S twins, which have form and verify nowhere.
func TestForeignStatements(t *testing.T) {
	var vectors []struct {
		vector
		Valid bool `json:"valid"`
	}
	load(t, "foreign.json", &vectors)
	valid := 0
	for _, v := range vectors {
		st, err := Parse([]byte(v.Raw))
		if err != nil {
			t.Errorf("%s: %v", v.Name, err)
			continue
		}
		public, err := hex.DecodeString(v.Public)
		if err != nil {
			t.Fatal(err)
		}
		key := keyring.PublicKey{ID: st.Key, Alg: keyring.Alg(v.Alg), Use: keyring.UseStatement, Key: public}
		if err := key.Check(); err != nil {
			t.Errorf("%s: %v", v.Name, err)
		}
		again := vectorOf(v.Name, v.Seed, key, st)
		if again != v.vector {
			t.Errorf("%s: read differently:\n%+v\n%+v", v.Name, again, v.vector)
		}
		if got := NewPool(1, 16).Verify(st, key); got != v.Valid {
			t.Errorf("%s: verifies %v, want %v", v.Name, got, v.Valid)
		}
		if v.Valid {
			valid++
		}
	}
	if valid < 4 || valid == len(vectors) {
		t.Errorf("%d valid of %d", valid, len(vectors))
	}
}
