package setup

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
)

func profile(region, port string) Profile {
	return Profile{
		Region: region, NameZH: "合成局" + region, NameEN: "Synthetic bureau " + region, Suffix: "a",
		Public: "https://gw" + region + ".example:8011", Peer: "127.0.0.1:4" + port, Gossip: "127.0.0.1:5" + port,
	}
}

// Ensure three bureaus found a network without seeing each other's private keys.
func TestFounding(t *testing.T) {
	dir := t.TempDir()
	var members []*Member
	var gossip []byte
	for i, region := range []string{"130000", "110000", "120000"} {
		p := profile(region, "000"+string(rune('1'+i)))
		p.Secret = gossip
		home := filepath.Join(dir, region)
		if _, err := Init(home, p); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(filepath.Join(home, "member.json"))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "PRIVATE") {
			t.Fatal("a member file holds a private key")
		}
		m, err := ParseMember(text)
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, m)
		if gossip, err = keyring.LoadSecret(filepath.Join(home, "keys", "gossip.key")); err != nil {
			t.Fatal(err)
		}
	}
	file, err := Assemble("合成网络", "test.sandi.internal/ledger", time.Now(), members)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := genesis.Parse(file); err == nil {
		t.Fatal("a genesis without signatures was accepted")
	}
	for _, region := range []string{"110000", "120000", "130000"} {
		key, err := keyring.LoadFile(filepath.Join(dir, region, "offline", "governance.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if file, err = genesis.AddSignature(file, region, key); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := genesis.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	if signed.Clock != genesis.ClockReal || signed.Synthetic {
		t.Errorf("a founded network has clock %s, synthetic %t", signed.Clock, signed.Synthetic)
	}
	for _, region := range []string{"110000", "120000", "130000"} {
		cfg, err := node.LoadConfig(filepath.Join(dir, region, "sandi.yaml"))
		if err != nil {
			t.Fatalf("the written configuration: %v", err)
		}
		self, _ := signed.Node(cfg.Node)
		if self == nil {
			t.Fatalf("genesis names no %s", cfg.Node)
		}
		if err := node.CheckKeys(cfg.Keys, signed.Genesis, cfg.Node); err != nil {
			t.Errorf("%s: %v", region, err)
		}
	}
}

// Ensure nothing is overwritten and bad profiles are refused before a key is made.
func TestInitRefuses(t *testing.T) {
	dir := t.TempDir()
	good := profile("110000", "0001")
	home := filepath.Join(dir, "a")
	if _, err := Init(home, good); err != nil {
		t.Fatal(err)
	}
	if _, err := Init(home, good); err == nil || !strings.Contains(err.Error(), "never overwritten") {
		t.Errorf("a second init: %v", err)
	}
	for name, change := range map[string]func(*Profile){
		"city":       func(p *Profile) { p.Region = "131000" },
		"no name":    func(p *Profile) { p.NameZH = "" },
		"no address": func(p *Profile) { p.Peer = "" },
		"suffix":     func(p *Profile) { p.Suffix = "A B" },
	} {
		p := profile("120000", "0002")
		change(&p)
		fresh := filepath.Join(dir, "fresh")
		if _, err := Init(fresh, p); err == nil {
			t.Errorf("%s: accepted", name)
		}
		if _, err := os.Stat(fresh); err == nil {
			t.Errorf("%s: left files behind", name)
		}
	}
}

// Ensure a member file is read strictly.
func TestParseMemberRefuses(t *testing.T) {
	for _, text := range []string{"", "[]", `{"format":"sandi-member/2","region":{}}`, `{"format":"sandi-member/1","region":{},"more":1}`, `{"format":"a","format":"sandi-member/1"}`} {
		if _, err := ParseMember([]byte(text)); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

// Ensure an offline key signs what the ledger's gate reads, and nothing else.
func TestGovern(t *testing.T) {
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseGovernance, "gov-1")
	if err != nil {
		t.Fatal(err)
	}
	network := statement.RequestDigest([]byte("a network"))
	body := statement.KeyBody{Key: "st-2"}.Marshal()
	id, raw, err := Govern(key, network, "110000", statement.KindKeyActivate, body, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	st, err := statement.Parse(raw)
	if err != nil || st.ID != id || st.Region != "110000" || st.Kind != statement.KindKeyActivate {
		t.Fatalf("statement %+v, %v", st, err)
	}
	if _, _, err := Govern(key, network, "110000", statement.KindRecordOpen, body, time.Now()); err == nil {
		t.Error("a governance key signed a record's statement")
	}
}

// Ensure a further node has keys of its own beside what the bureau's nodes share,
// and that what it leaves to be signed is well formed and proves its keys.
func TestAdd(t *testing.T) {
	dir := t.TempDir()
	var members []*Member
	for i, region := range []string{"110000", "120000", "130000"} {
		m, err := Init(filepath.Join(dir, region), profile(region, "000"+string(rune('1'+i))))
		if err != nil {
			t.Fatal(err)
		}
		members = append(members, m)
	}
	file, err := Assemble("合成网络", "test.sandi.internal/ledger", time.Now(), members)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range members {
		key, err := keyring.LoadFile(filepath.Join(dir, m.Region.Code, "offline", "governance.pem"))
		if err != nil {
			t.Fatal(err)
		}
		if file, err = genesis.AddSignature(file, m.Region.Code, key); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := genesis.Parse(file)
	if err != nil {
		t.Fatal(err)
	}
	f := Further{
		Home: filepath.Join(dir, "120000"), Genesis: file, Region: "120000", Suffix: "b",
		Public: "https://b.example", Peer: "10.0.0.9:9011", Gossip: "10.0.0.9:7011",
	}
	home := filepath.Join(dir, "b")
	path, err := Add(home, f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	body, err := statement.ParseNodeAdd([]byte(strings.TrimSpace(string(text))))
	if err != nil || body.Node != "120000-b" || body.Peer != f.Peer {
		t.Fatalf("%+v, %v", body, err)
	}
	for _, p := range []statement.Proven{body.Log, body.Cosigner} {
		if err := p.Check(signed.Network(), "120000", body.Node); err != nil {
			t.Errorf("%s: %v", p.Key.ID, err)
		}
	}
	cfg, err := node.LoadConfig(filepath.Join(home, "sandi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if cfg.Node != body.Node || cfg.Nodes != filepath.Join(home, "nodes.json") {
		t.Errorf("the configuration is %+v", cfg)
	}
	self := genesis.Node{ID: body.Node, Log: body.Log.Key, Cosigner: body.Cosigner.Key}
	today := make(map[string][]genesis.Node)
	for _, r := range signed.Genesis.Regions {
		today[r.Code] = r.Nodes
	}
	today["120000"] = append(slices.Clone(today["120000"]), self)
	if err := node.CheckKeys(cfg.Keys, signed.Genesis.WithNodes(today), body.Node); err != nil {
		t.Error(err)
	}
	if _, err := Add(home, f); err == nil {
		t.Error("a folder was overwritten")
	}
	for name, change := range map[string]func(*Further){
		"region":  func(f *Further) { f.Region = "140000" },
		"suffix":  func(f *Further) { f.Suffix = "B B" },
		"address": func(f *Further) { f.Peer = "10.0.0.9" },
		"home":    func(f *Further) { f.Home = dir },
	} {
		bad := f
		change(&bad)
		if _, err := Add(filepath.Join(dir, "bad-"+name), bad); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
