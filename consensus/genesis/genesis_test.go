package genesis

import (
	"bytes"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/statement"
)

// network is a genesis of three regions and its governance keys, the same every
// time: keys come from counted seeds.
type network struct {
	genesis *Genesis
	signers map[string]keyring.Signer
	seeds   byte
}

func (n *network) key(t testing.TB, use keyring.Use, id string) *keyring.PrivateKey {
	t.Helper()
	n.seeds++
	k, err := keyring.FromSeed(use, id, bytes.Repeat([]byte{n.seeds}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newNetwork(t testing.TB) *network {
	t.Helper()
	n := &network{signers: make(map[string]keyring.Signer)}
	n.genesis = &Genesis{
		Format: Format, Name: "三地 test", Origin: "sandi.internal/ledger", Clock: ClockPractice, Synthetic: true,
		CreatedAt: "2025-11-01T00:00:00+08:00", Protocol: 1, Final: "all",
		Timeouts: Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 5},
		Law:      []LawText{{Name: "assistance", Text: "schema: 1"}, {Name: "case_transfer", Text: "schema: 1"}},
		Rules:    "rules: []", Calendar: "{}",
	}
	for i, code := range []string{"110000", "120000", "130000"} {
		gov := n.key(t, keyring.UseGovernance, "gov-1")
		n.signers[code] = gov
		port := string(rune('1' + i))
		n.genesis.Regions = append(n.genesis.Regions, Region{
			Code: code, NameZH: "市场监管局", NameEN: "Administration for Market Regulation",
			Governance: gov.Public(),
			Statement:  []keyring.PublicKey{n.key(t, keyring.UseStatement, "st-1").Public()},
			Issuers: []Issuer{{
				ID: "https://" + code + ".sandi/issuer", Roles: []string{"clerk", "officer"},
				Keys: []keyring.PublicKey{n.key(t, keyring.UseToken, "tok-1").Public()},
			}},
			Roots: [][]byte{caCertificate(t, byte(i))},
			Nodes: []Node{{
				ID: code + "-a", Voter: true, Peer: "127.0.0.1:901" + port, Gossip: "127.0.0.1:701" + port, Public: "http://127.0.0.1:801" + port,
				Log: n.key(t, keyring.UseLog, "log-a").Public(), Cosigner: n.key(t, keyring.UseCosigner, "cos-a").Public(),
			}},
			Orgs: []Org{
				{Code: code + "-SJ", NameZH: "市局", NameEN: "Bureau", Level: "province", Parent: "100000-SJ"},
				{Code: code[:3] + "114-ZF", NameZH: "队", NameEN: "Team", Level: "county", Parent: code[:3] + "114-SJ"},
				{Code: code[:3] + "114-SJ", NameZH: "区局", NameEN: "District bureau", Level: "county", Parent: code + "-SJ"},
			},
		})
	}
	return n
}

func caCertificate(t testing.TB, seed byte) []byte {
	t.Helper()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{0xc0 + seed}, 32))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Unix(1_700_000_000, 0), NotAfter: time.Unix(2_000_000_000, 0), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func code(err error) Code {
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	if err != nil {
		return Code("untyped: " + err.Error())
	}
	return ""
}

func TestSealAndParse(t *testing.T) {
	n := newNetwork(t)
	data, err := Seal(n.genesis, n.signers)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(s.Raw)
	if want := strict.B64(sum[:]); s.Network() != want {
		t.Errorf("network id: got %s, want %s", s.Network(), want)
	}
	if got := strings.ReplaceAll(s.Fingerprint(), " ", ""); got != hex.EncodeToString(sum[:]) {
		t.Errorf("fingerprint: got %s", got)
	}
	if _, err := statement.ParseHash(s.Network()); err != nil {
		t.Errorf("the network id is no digest: %v", err)
	}
	if s.Voters() != 3 || s.FinalRegions() != 3 || s.CreatedUnix() != 1761926400 {
		t.Errorf("got %d voters, final %d, created %d", s.Voters(), s.FinalRegions(), s.CreatedUnix())
	}
	if node, region := s.Node("120000-a"); node == nil || region.Code != "120000" {
		t.Error("node 120000-a not found in 120000")
	}
	if s.Region("140000") != nil {
		t.Error("found a region that is not there")
	}
}

// TestCircular: the draft goes from region to region, in any order.
func TestCircular(t *testing.T) {
	n := newNetwork(t)
	data, err := Draft(n.genesis)
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range []string{"130000", "110000", "110000", "120000"} {
		if _, err := Parse(data); code(err) != CodeMissing {
			t.Fatalf("before %s: got %v", region, err)
		}
		if data, err = AddSignature(data, region, n.signers[region]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Parse(data); err != nil {
		t.Fatal(err)
	}
	if _, err := AddSignature(data, "120000", n.signers["110000"]); code(err) != CodeSignature {
		t.Errorf("another region's key: got %v", err)
	}
	if _, err := AddSignature(data, "140000", n.signers["110000"]); code(err) != CodeSignature {
		t.Errorf("a foreign region: got %v", err)
	}
	delete(n.signers, "120000")
	if _, err := Seal(n.genesis, n.signers); code(err) != CodeMissing {
		t.Errorf("seal without one signer: got %v", err)
	}
}

// TestRefusals changes one thing in a good genesis and seals it again.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Genesis)
		want   Code
	}{
		{"nothing", func(g *Genesis) {}, ""},
		{"format", func(g *Genesis) { g.Format = "sandi-genesis/2" }, CodeFormat},
		{"no name", func(g *Genesis) { g.Name = "" }, CodeForm},
		{"bidi name", func(g *Genesis) { g.Name = "a\u202eb" }, CodeForm},
		{"origin with space", func(g *Genesis) { g.Origin = "a b" }, CodeForm},
		{"origin with plus", func(g *Genesis) { g.Origin = "a+b" }, CodeForm},
		{"clock", func(g *Genesis) { g.Clock = "fast" }, CodeForm},
		{"practice clock on real data", func(g *Genesis) { g.Synthetic = false }, CodeForm},
		{"created", func(g *Genesis) { g.CreatedAt = "2025-11-01T00:00:00Z" }, CodeForm},
		{"protocol", func(g *Genesis) { g.Protocol = 0 }, CodeForm},
		{"final 1", func(g *Genesis) { g.Final = "1" }, CodeForm},
		{"final 4", func(g *Genesis) { g.Final = "4" }, CodeForm},
		{"final +2", func(g *Genesis) { g.Final = "+2" }, CodeForm},
		{"final 2", func(g *Genesis) { g.Final = "2" }, ""},
		{"lease above heartbeat", func(g *Genesis) { g.Timeouts.LeaseMS = 1001 }, CodeLimit},
		{"election below heartbeat", func(g *Genesis) { g.Timeouts.ElectionMS = 999 }, CodeLimit},
		{"heartbeat zero", func(g *Genesis) { g.Timeouts.HeartbeatMS = 0 }, CodeLimit},
		{"one region", func(g *Genesis) { g.Regions = g.Regions[:1] }, CodeLimit},
		{"region order", func(g *Genesis) { slices.Reverse(g.Regions) }, CodeOrder},
		{"region twice", func(g *Genesis) { g.Regions[1].Code = "110000" }, CodeOrder},
		{"region code", func(g *Genesis) { g.Regions[1].Code = "12000" }, CodeForm},
		{"no voter", func(g *Genesis) { g.Regions[1].Nodes[0].Voter = false }, CodeQuorum},
		{"region holds a quorum", func(g *Genesis) {
			g.Regions = g.Regions[:2]
			second := g.Regions[0].Nodes[0]
			second.ID, second.Peer, second.Gossip = "110000-b", "127.0.0.1:9021", "127.0.0.1:7021"
			second.Log, second.Cosigner = extraKey(keyring.UseLog, "log-b", 0xe1), extraKey(keyring.UseCosigner, "cos-b", 0xe2)
			g.Regions[0].Nodes = append(g.Regions[0].Nodes, second)
		}, CodeQuorum},
		{"node id twice", func(g *Genesis) { g.Regions[1].Nodes[0].ID = "110000-a" }, CodeDuplicate},
		{"node address twice", func(g *Genesis) { g.Regions[1].Nodes[0].Peer = g.Regions[0].Nodes[0].Peer }, CodeDuplicate},
		{"port 0", func(g *Genesis) { g.Regions[1].Nodes[0].Peer = "127.0.0.1:0" }, CodeForm},
		{"peer with path", func(g *Genesis) { g.Regions[1].Nodes[0].Peer = "a/b:1" }, CodeForm},
		{"IPv6 peer", func(g *Genesis) { g.Regions[1].Nodes[0].Peer = "[fd00::1]:9012" }, ""},
		{"public scheme", func(g *Genesis) { g.Regions[1].Nodes[0].Public = "ftp://a" }, CodeForm},
		{"no statement key", func(g *Genesis) { g.Regions[1].Statement = nil }, CodeLimit},
		{"key of another use", func(g *Genesis) { g.Regions[1].Statement[0].Use = keyring.UseToken }, CodeKey},
		{"small-order key", func(g *Genesis) { g.Regions[1].Statement[0].Key = make([]byte, 32) }, CodeKey},
		{"key id twice", func(g *Genesis) { g.Regions[1].Statement[0].ID = "gov-1" }, CodeDuplicate},
		{"key of another region", func(g *Genesis) { g.Regions[1].Statement[0].Key = g.Regions[0].Statement[0].Key }, CodeDuplicate},
		{"issuer of another region", func(g *Genesis) { g.Regions[1].Issuers[0].ID = g.Regions[0].Issuers[0].ID }, CodeDuplicate},
		{"issuer with slash", func(g *Genesis) { g.Regions[1].Issuers[0].ID += "/" }, CodeForm},
		{"issuer role", func(g *Genesis) { g.Regions[1].Issuers[0].Roles = []string{"node"} }, CodeForm},
		{"issuer role twice", func(g *Genesis) { g.Regions[1].Issuers[0].Roles = []string{"clerk", "clerk"} }, CodeDuplicate},
		{"no root", func(g *Genesis) { g.Regions[1].Roots = nil }, CodeLimit},
		{"root of another region", func(g *Genesis) { g.Regions[1].Roots = g.Regions[0].Roots }, CodeDuplicate},
		{"root garbage", func(g *Genesis) { g.Regions[1].Roots = [][]byte{{1}} }, CodeForm},
		{"org of another region", func(g *Genesis) { g.Regions[1].Orgs[1].Code = "110115-ZF" }, CodeForm},
		{"org twice", func(g *Genesis) { g.Regions[1].Orgs[1].Code = g.Regions[1].Orgs[2].Code }, CodeDuplicate},
		{"org level", func(g *Genesis) { g.Regions[1].Orgs[1].Level = "village" }, CodeForm},
		{"org orphan", func(g *Genesis) { g.Regions[1].Orgs[1].Parent = "" }, CodeForm},
		{"org circle", func(g *Genesis) {
			g.Regions[1].Orgs[1].Parent, g.Regions[1].Orgs[2].Parent = g.Regions[1].Orgs[2].Code, g.Regions[1].Orgs[1].Code
		}, CodeForm},
		{"bureau not first", func(g *Genesis) { slices.Reverse(g.Regions[1].Orgs) }, CodeForm},
		{"law order", func(g *Genesis) { slices.Reverse(g.Law) }, CodeOrder},
		{"law empty", func(g *Genesis) { g.Law[0].Text = "" }, CodeLimit},
		{"law too long", func(g *Genesis) { g.Law[0].Text = strings.Repeat("x", maxLawText+1) }, CodeLimit},
	} {
		n := newNetwork(t)
		c.change(n.genesis)
		_, err := Seal(n.genesis, n.signers)
		if got := code(err); got != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

func extraKey(use keyring.Use, id string, seed byte) keyring.PublicKey {
	k, err := keyring.FromSeed(use, id, bytes.Repeat([]byte{seed}, 32))
	if err != nil {
		panic(err)
	}
	return k.Public()
}

// TestTampering: whatever is changed in a sealed file, it is refused.
func TestTampering(t *testing.T) {
	n := newNetwork(t)
	data, err := Seal(n.genesis, n.signers)
	if err != nil {
		t.Fatal(err)
	}
	text := string(data)
	s, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Replace(string(s.Raw), "三地 test", "三地 tesT", 1)
	for _, c := range []struct {
		name, in string
		want     Code
	}{
		{"empty", "", CodeFormat},
		{"BOM", "\ufeff" + text, CodeFormat},
		{"unknown member", strings.Replace(text, `{"format"`, `{"x":1,"format"`, 1), CodeFormat},
		{"duplicate member", strings.Replace(text, `{"format"`, `{"format":"sandi-genesis/1","format"`, 1), CodeFormat},
		{"other genesis under the signatures", strings.Replace(text, strict.B64(s.Raw), strict.B64([]byte(other)), 1), CodeSignature},
		{"padding", strings.Replace(text, strict.B64(s.Raw), strict.B64(s.Raw)+"=", 1), CodeFormat},
		{"unknown member inside", strings.Replace(text, strict.B64(s.Raw), strict.B64(bytes.Replace(s.Raw, []byte(`{"format"`), []byte(`{"x":1,"format"`), 1)), 1), CodeFormat},
		{"signature swapped", strings.Replace(text, s.Signatures[1].Sig, s.Signatures[0].Sig, 1), CodeSignature},
		{"signature zero", strings.Replace(text, s.Signatures[1].Sig, strict.B64(make([]byte, 64)), 1), CodeSignature},
		{"signature short", strings.Replace(text, s.Signatures[1].Sig, "AAAA", 1), CodeSignature},
		{"signature of nobody", strings.Replace(text, `"region":"120000","kid"`, `"region":"140000","kid"`, 1), CodeSignature},
		{"signature twice", strings.Replace(text, `"region":"120000","kid"`, `"region":"110000","kid"`, 1), CodeOrder},
		{"kid", strings.Replace(text, `"kid":"gov-1"`, `"kid":"st-1"`, 1), CodeSignature},
		{"trailing", text + "{}", CodeFormat},
	} {
		if c.in == text {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		if _, err := Parse([]byte(c.in)); code(err) != c.want {
			t.Errorf("%s: got %v, want %q", c.name, err, c.want)
		}
	}
}

// FuzzParse: no input panics, and what is accepted was signed by every region.
func FuzzParse(f *testing.F) {
	n := newNetwork(f)
	data, err := Seal(n.genesis, n.signers)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"format":"sandi-genesis/1","genesis":"e30","signatures":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := Parse(data)
		if err == nil && len(s.Missing()) != 0 {
			t.Fatal("accepted without all signatures")
		}
	})
}
