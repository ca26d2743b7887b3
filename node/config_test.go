package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConfig = `region: "110000"
node: 110000-a
listen: {public: "127.0.0.1:8011", peer: "127.0.0.1:9011", gossip: "127.0.0.1:7011", admin: "127.0.0.1:6011"}
`

// Ensure a file is read strictly, and each fault names its mend.
func TestLoadConfig(t *testing.T) {
	for _, tc := range []struct{ name, text, want string }{
		{"good", goodConfig, ""},
		{"unknown key", goodConfig + "genessis: x\n", `did you mean "genesis"`},
		{"unknown nested key", goodConfig + "limits: {cache_mb: 3}\n", `did you mean "limits.cache_mib"`},
		{"duplicate key", goodConfig + "node: b\n", "not valid YAML"},
		{"wrong type", goodConfig + "limits: {cache_mib: lots}\n", "wrong form"},
		{"region", strings.Replace(goodConfig, "110000\"", "11\"", 1), "six-digit"},
		{"plain HTTP off loopback", strings.Replace(goodConfig, "127.0.0.1:8011", "0.0.0.0:8011", 1), "loopback only"},
		{"plain log off loopback", strings.Replace(goodConfig, "listen: {", `listen: {log: "0.0.0.0:5011", `, 1), "listen.log: plain HTTP"},
		{"address of the log", strings.Replace(goodConfig, "listen: {", `listen: {log: "5011", `, 1), "listen.log"},
		{"with a log", strings.Replace(goodConfig, "listen: {", `listen: {log: "127.0.0.1:5011", `, 1), ""},
		{"plain HTTP by name", strings.Replace(goodConfig, "127.0.0.1:8011", "localhost:8011", 1), "loopback only"},
		{"half a certificate", goodConfig + "tls: {cert: a.pem}\n", "belong together"},
		{"links without a console", goodConfig + "console: {links: links}\n", "console.links: the console needs keys.token"},
		{"a provider without a console", goodConfig + "console: {oidc: {issuer: \"https://idp.example\", client: c}}\n", "console.oidc: the console needs keys.token"},
		{"a provider in the clear", goodConfig + "keys: {token: t.pem}\nconsole: {oidc: {issuer: \"http://idp.example\", client: c}}\n", "not an https URL"},
		{"a provider without a client", goodConfig + "keys: {token: t.pem}\nconsole: {oidc: {issuer: \"https://idp.example\"}}\n", "client, org and roles"},
		{"a client without a provider", goodConfig + "keys: {token: t.pem}\nconsole: {oidc: {client: c}}\n", "issuer is missing"},
		{"with a console", goodConfig + "keys: {token: t.pem}\nconsole: {links: links, oidc: {issuer: \"https://idp.example\", client: c}}\n", ""},
		{"address", strings.Replace(goodConfig, "127.0.0.1:9011", "9011", 1), "listen.peer"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "sandi.yaml")
			if err := os.WriteFile(path, []byte(tc.text), 0o600); err != nil {
				t.Fatal(err)
			}
			cfg, err := LoadConfig(path)
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if want := filepath.Join(filepath.Dir(path), "data"); cfg.Data != want {
					t.Errorf("data = %q, want %q", cfg.Data, want)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Fatalf("error = %v, want one that says %q", err, tc.want)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("error has more than one line: %v", err)
			}
		})
	}
}
