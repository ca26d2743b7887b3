package node

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
)

// Ensure the console stands before the public door only where the token key is, and
// that a network with real data has no door for sign-in links.
func TestFront(t *testing.T) {
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseToken, "tok-2")
	if err != nil {
		t.Fatal(err)
	}
	statement, err := keyring.Generate(keyring.EdDSA, keyring.UseStatement, "st-1")
	if err != nil {
		t.Fatal(err)
	}
	g := &genesis.Genesis{Clock: genesis.ClockReal, Regions: []genesis.Region{{
		Code: "110000", Issuers: []genesis.Issuer{{ID: "https://first.example"}, {ID: "https://own.example", Keys: []keyring.PublicKey{key.Public()}}},
	}}}
	n := &Node{
		cfg: Config{Region: "110000", Data: t.TempDir(), Listen: Listen{Public: "127.0.0.1:0"}}, secrets: &secrets{}, genesis: &genesis.Signed{Genesis: g},
		public: &public.API{}, self: &genesis.Node{Public: "http://127.0.0.1:8011"}, log: slog.New(slog.DiscardHandler), reg: prometheus.NewRegistry(),
	}
	if front, err := n.front(); err != nil || front != n.public {
		t.Fatalf("without a token key: %T, %v", front, err)
	}
	n.secrets.token = statement
	if _, err := n.front(); err == nil || !strings.Contains(err.Error(), "keys.token") {
		t.Errorf("with a statement key: %v", err)
	}
	n.secrets.token = key
	if issuer := n.issuerOf(&g.Regions[0]); issuer != "https://own.example" {
		t.Errorf("the key's issuer is %s", issuer)
	}
	n.cfg.Console.Links = t.TempDir()
	if _, err := n.front(); err == nil || !strings.Contains(err.Error(), "console.links") {
		t.Errorf("sign-in links on a network with real data: %v", err)
	}
	n.cfg.Console = Console{OIDC: OIDC{Issuer: "https://idp.example", Client: "c", Secret: filepath.Join(t.TempDir(), "none")}}
	if _, err := n.front(); err == nil || !strings.Contains(err.Error(), "console.oidc.secret") {
		t.Errorf("a client secret that is not there: %v", err)
	}
	n.cfg.Console = Console{}
	if front, err := n.front(); err != nil || front == n.public {
		t.Errorf("with a token key: %T, %v", front, err)
	}
}
