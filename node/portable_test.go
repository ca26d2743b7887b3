package node

import (
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// Ensure no key that a configuration can name is left out of a backup.
func TestPortableNamesAllKeys(t *testing.T) {
	var listed []string
	for _, h := range homes {
		listed = append(listed, h.setting)
	}
	for _, name := range append(settingNames(reflect.TypeFor[Keys](), "keys."), settingNames(reflect.TypeFor[TLS](), "tls.")...) {
		if !slices.Contains(listed, name) {
			t.Errorf("%s is not backed up: a restored node would lack it", name)
		}
	}
}

// Ensure files that lie outside the folder come into it, and that the configuration then
// names them there; and that one whose files are all inside stays as it was written.
func TestPortableMoves(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"statement.pem", "log.pem", "cosigner.pem", "vault.key", "pseudonym.key", "gossip.key"} {
		put("node/keys/"+name, name)
	}
	put("node/tls/node.pem", "cert")
	put("node/tls/node-key.pem", "key")
	put("public.pem", "public")
	put("public-key.pem", "private")
	config := "region: \"110000\"\nnode: 110000-a\nlisten: {public: \"127.0.0.1:1\", peer: \"127.0.0.1:2\", gossip: \"127.0.0.1:3\", admin: \"127.0.0.1:4\"}\n"
	put("secret", "oidc")
	put("forms/case_letter.txt", "a template")
	put("node/sandi.yaml", config+"# a remark\n")
	p, err := LoadPortable(filepath.Join(dir, "node", "sandi.yaml"))
	if err != nil || string(p.Files["sandi.yaml"]) != config+"# a remark\n" || string(p.Files["keys/log.pem"]) != "log.pem" {
		t.Fatalf("%q, %v", p.Files["sandi.yaml"], err)
	}
	put("node/sandi.yaml", config+"data: /srv/sandi\ntls: {cert: ../public.pem, key: ../public-key.pem}\npapers: ../forms\n"+
		"keys: {token: keys/log.pem}\nconsole: {oidc: {issuer: \"https://id.example\", client: c, secret: ../secret}}\n")
	if p, err = LoadPortable(filepath.Join(dir, "node", "sandi.yaml")); err != nil {
		t.Fatal(err)
	}
	cfg, err := ParseConfig(p.Files["sandi.yaml"])
	if err != nil || cfg.Data != "data" || cfg.TLS.Cert != "tls/public.pem" || cfg.Node != "110000-a" || cfg.Listen.Admin != "127.0.0.1:4" ||
		cfg.Console.OIDC.Secret != "keys/oidc.secret" || cfg.Console.OIDC.Client != "c" || cfg.Papers != "papers" {
		t.Errorf("%+v, %v", cfg, err)
	}
	if string(p.Files["tls/public.pem"]) != "public" || string(p.Files["tls/public-key.pem"]) != "private" {
		t.Errorf("the files outside: %q", p.Files)
	}
	if string(p.Files["keys/oidc.secret"]) != "oidc" || string(p.Files["papers/case_letter.txt"]) != "a template" {
		t.Errorf("the files outside: %q", p.Files)
	}
	p.WithoutKeys()
	if len(p.Files) != 2 || HasKeys(slices.Collect(maps.Keys(p.Files))) || strings.Contains(string(p.Files["sandi.yaml"]), "PRIVATE") {
		t.Errorf("without keys: %v", p.Files)
	}
}
