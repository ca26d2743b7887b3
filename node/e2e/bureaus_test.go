//go:build e2e

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// bureaus are three nodes of a real network, founded with the command line as
// README.md tells bureaus to: real clock, TLS, nothing synthetic.
type bureaus struct {
	t     *testing.T
	dir   string
	codes []string
	tls   string // certificate of all public doors
	keys  string // auditor's key file
}

func (b *bureaus) file(name ...string) string {
	return filepath.Join(append([]string{b.dir}, name...)...)
}

func (b *bureaus) addr(i int) string { return fmt.Sprintf("https://127.0.0.1:%d", 32111+i) }

// found makes keys, genesis and configurations.
func found(t *testing.T) *bureaus {
	t.Helper()
	b := &bureaus{t: t, dir: t.TempDir(), codes: []string{"110000", "120000", "130000"}}
	b.tls, b.keys = b.file("public.pem"), b.file("auditor-keys")
	certificate(t, b.tls, b.file("public-key.pem"))
	draft := []string{"genesis", "draft", "--name", "three bureaus", "-f", b.file("genesis.json")}
	for i, code := range b.codes {
		flags := []string{
			"init", "--dir", b.file(code), "--region", code, "--name-zh", "测试局", "--name-en", "Test bureau", "--public", b.addr(i),
			"--peer", fmt.Sprintf("127.0.0.1:%d", 32211+i), "--gossip", fmt.Sprintf("127.0.0.1:%d", 32311+i),
		}
		if i > 0 {
			flags = append(flags, "--gossip-key", b.file(b.codes[0], "keys", "gossip.key"))
		}
		run(t, 0, "sandi", flags...)
		draft = append(draft, b.file(code, "member.json"))
	}
	run(t, 0, "sandi", draft...)
	for _, code := range b.codes {
		run(t, 0, "sandi", "genesis", "sign", "-f", b.file("genesis.json"), "--region", code, "--key", b.file(code, "offline", "governance.pem"))
	}
	write(t, b.keys, run(t, 0, "sandi", "genesis", "auditor-keys", "-f", b.file("genesis.json")))
	signed, err := os.ReadFile(b.file("genesis.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i, code := range b.codes {
		write(t, b.file(code, "genesis.json"), string(signed))
		config, err := os.ReadFile(b.file(code, "sandi.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		text := strings.NewReplacer(
			"127.0.0.1:8011", fmt.Sprintf("127.0.0.1:%d", 32111+i), "127.0.0.1:6011", fmt.Sprintf("127.0.0.1:%d", 32411+i),
			"# tls: {cert: tls/public.pem, key: tls/public-key.pem}", "tls: {cert: ../public.pem, key: ../public-key.pem}",
		).Replace(string(config))
		write(t, b.file(code, "sandi.yaml"), text)
	}
	return b
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// certificate makes a self-signed certificate for this machine.
func certificate(t *testing.T, cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	write(t, cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
	write(t, key, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})))
}

// serve runs the nodes until the test ends.
func (b *bureaus) serve() {
	b.t.Helper()
	for _, code := range b.codes {
		log, err := os.Create(b.file(code, "node.log"))
		if err != nil {
			b.t.Fatal(err)
		}
		cmd := exec.Command(binary(b.t), "serve", "-c", b.file(code, "sandi.yaml"), "--until-stdin-closes")
		cmd.Stdout, cmd.Stderr = log, log
		stdin, err := cmd.StdinPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			b.t.Fatal(err)
		}
		b.t.Cleanup(func() {
			_ = stdin.Close()
			_ = cmd.Wait()
			_ = log.Close()
		})
	}
}

// to are the flags that reach a bureau's node with a token of that role.
func (b *bureaus) to(i int, role string, flags ...string) []string {
	token := run(b.t, 0, "sandi", append([]string{"token", "issue", "--key", b.file(b.codes[i], "ca", "token.pem"), "--region", b.codes[i], "--role", role}, flags...)...)
	return []string{"--addr", b.addr(i), "--cacert", b.tls, "--token", strings.TrimSpace(token)}
}

// Ensure bureaus that found a network with the command line can prove to an
// auditor what they did, and that an export takes a bound token.
func TestBureaus(t *testing.T) {
	b := found(t)
	b.serve()
	clerk := b.to(0, "clerk")
	// A write waits for a leader; the first one takes a few seconds.
	open := append([]string{"record", "open", "assistance", "-o", "json", "--fields", `{"case_file_no":"京市监立〔2026〕1号","legal_basis":["程序规定 第45条"],` +
		`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`}, clerk...)
	var made struct{ ID string }
	for until := time.Now().Add(time.Minute); made.ID == ""; {
		out, err := exec.Command(binary(t), open...).Output()
		if err == nil {
			err = json.Unmarshal(out, &made)
		}
		if err != nil && time.Now().After(until) {
			t.Fatalf("no record could be opened: %v: %s", err, out)
		}
	}
	run(t, 0, "sandi", append([]string{"receipt", "get", made.ID, "--wait", "final", "--keys", b.keys, "-f", b.file("receipt.json")}, clerk...)...)
	run(t, 0, "sandi-audit", "verify", b.file("receipt.json"), "--keys", b.keys, "--genesis", b.file("genesis.json"))
	run(t, 0, "sandi", "audit", "watch", "--once", "--keys", b.keys, "--state", b.file("watch.json"), "--cacert", b.tls, b.addr(0), b.addr(1), b.addr(2))

	export := []string{"audit", "export", "--all", "-f", b.file("audit.zip")}
	run(t, 5, "sandi", append(export, b.to(1, "auditor")...)...)
	pair := b.file("auditor.pem")
	run(t, 0, "sandi", "token", "certificate", "--ca", b.file("120000", "ca", "issuing.pem"), "--ca-key", b.file("120000", "ca", "issuing-key.pem"),
		"--region", "120000", "--name", "auditor", "-f", pair)
	bound := b.to(1, "auditor", "--scope", "bulk:export", "--bind", pair)
	run(t, 5, "sandi", append(export, bound...)...) // the token without its certificate
	run(t, 0, "sandi", append(append(export, bound...), "--cert", pair)...)
	run(t, 0, "sandi-audit", "verify", b.file("audit.zip"), "--keys", b.keys, "--receipt", b.file("receipt.json"))
}
