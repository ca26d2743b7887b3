//go:build e2e

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Ensure a node that is backed up while the network is written to, and then lost with
// its folder, comes back from the file with the command line; that a restore which is
// killed in the middle leaves nothing that starts; and that an auditor accepts what the
// restored node gives out.
func TestRestoreDrill(t *testing.T) {
	b := found(t)
	var machines []*machine
	for _, code := range b.codes {
		machines = append(machines, b.boot(code))
	}
	clerk := b.to(0, "clerk")
	b.write(clerk)
	operator := b.to(2, "operator", "--scope", "node:operate")
	b.eventually("the third node", func(string) error { return nil }, append([]string{"status"}, b.to(2, "operator")...)...)

	recipient := strings.TrimSpace(run(t, 0, "sandi", "backup", "key", "-f", b.file("recovery.key")))
	file := b.file("130000.sandi")
	backup := []string{"backup", "-c", b.file("130000", "sandi.yaml"), "--to", recipient, "-f", file}
	run(t, 5, "sandi", append(backup, b.to(2, "clerk")...)...) // not the operator
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(t, 0, "sandi", append(backup, operator...)...)
	}()
	for writing := true; writing; {
		b.write(clerk)
		select {
		case <-ended:
			writing = false
		default:
		}
	}
	with := []string{"--key", b.file("recovery.key"), "--keys", b.keys}
	run(t, 0, "sandi", append([]string{"verify-backup", file}, with...)...)
	run(t, 4, "sandi", "verify-backup", file, "--key", b.file("recovery.key")) // it vouches for itself
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.file("cut.sandi"), string(whole[:len(whole)-100]))
	run(t, 3, "sandi", append([]string{"verify-backup", b.file("cut.sandi")}, with...)...)
	machines[2].kill(t)

	const dir = "restored"
	b.killedRestore(whole, dir, with)
	restore := append([]string{"restore", file, "--dir", b.file(dir)}, with...)
	run(t, 2, "sandi", "restore", file, "--dir", b.file(dir), "--key", b.file("recovery.key"))
	run(t, 0, "sandi", restore...)
	run(t, 1, "sandi", restore...) // the folder is there now
	b.boot(dir)
	reader := b.to(2, "operator")
	b.eventually("the restored node votes", func(string) error { return nil }, append([]string{"status"}, reader...)...)
	machines[1].kill(t) // its vote counts
	b.write(clerk)
	b.boot(b.codes[1])
	b.eventually("all nodes", func(string) error { return nil }, append([]string{"status"}, b.to(1, "operator")...)...)

	pair := b.file("auditor.pem")
	run(t, 0, "sandi", "token", "certificate", "--ca", b.file("130000", "ca", "issuing.pem"), "--ca-key", b.file("130000", "ca", "issuing-key.pem"),
		"--region", "130000", "--name", "auditor", "-f", pair)
	bound := append(b.to(2, "auditor", "--scope", "bulk:export", "--bind", pair), "--cert", pair)
	run(t, 0, "sandi", append([]string{"audit", "export", "--all", "-f", b.file("audit.zip")}, bound...)...)
	run(t, 0, "sandi-audit", "verify", b.file("audit.zip"), "--keys", b.keys)
}

// killedRestore feeds half of a backup to a restore and kills it.
func (b *bureaus) killedRestore(whole []byte, dir string, with []string) {
	b.t.Helper()
	pipe := b.file("pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		b.t.Fatal(err)
	}
	cmd := exec.Command(binary(b.t), append([]string{"restore", pipe, "--dir", b.file(dir)}, with...)...)
	if err := cmd.Start(); err != nil {
		b.t.Fatal(err)
	}
	half, err := os.OpenFile(pipe, os.O_WRONLY, 0)
	if err == nil {
		_, err = half.Write(whole[:len(whole)/2])
	}
	if err != nil {
		b.t.Fatal(err)
	}
	defer half.Close()
	var left []string
	for until := time.Now().Add(time.Minute); len(left) == 0; {
		if left, err = filepath.Glob(b.file(dir) + "*"); err != nil || time.Now().After(until) {
			b.t.Fatalf("the restore does not begin: %v", err)
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		b.t.Fatal(err)
	}
	_ = cmd.Wait()
	if _, err := os.Stat(b.file(dir)); !errors.Is(err, os.ErrNotExist) {
		b.t.Errorf("a killed restore left the folder: %v", err)
	}
	for _, path := range left {
		run(b.t, 1, "sandi", "serve", "-c", filepath.Join(path, "sandi.yaml"))
	}
}

// checkpoint is the newest published checkpoint at a node, of at least some leaves.
func (b *bureaus) checkpoint(i int, least int) string {
	b.t.Helper()
	pem, err := os.ReadFile(b.tls)
	if err != nil {
		b.t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}}}
	defer client.CloseIdleConnections()
	for until := time.Now().Add(time.Minute); ; {
		res, err := client.Get(b.addr(i) + "/log/checkpoint")
		if err == nil {
			text, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			var size int
			if lines := strings.Split(string(text), "\n"); len(lines) > 2 {
				_, err = fmt.Sscan(lines[1], &size)
			}
			if res.StatusCode == http.StatusOK && err == nil && size >= least {
				return string(text)
			}
		}
		if time.Now().After(until) {
			b.t.Fatalf("no checkpoint of %d leaves: %v", least, err)
		}
	}
}

// Ensure that with two of three nodes gone for good, the third goes on under an order
// that two bureaus have signed; and that a node which lacks leaves of a checkpoint that
// somebody kept is refused, and told which.
func TestLostQuorumDrill(t *testing.T) {
	b := found(t)
	var machines []*machine
	for _, code := range b.codes {
		machines = append(machines, b.boot(code))
	}
	clerk := b.to(0, "clerk")
	b.write(clerk)
	b.eventually("the third node", func(string) error { return nil }, append([]string{"status"}, b.to(2, "operator")...)...)
	machines[2].kill(t) // it lacks what comes now
	b.write(clerk)
	write(t, b.file("kept.note"), b.checkpoint(0, 2))
	machines[1].kill(t)
	machines[0].kill(t)

	look := func(i, want int) (out struct {
		Last struct {
			Size int
			Root string
		}
	},
	) {
		t.Helper()
		text := run(t, want, "sandi", "recover", "-c", b.file(b.codes[i], "sandi.yaml"), "--checkpoint", b.file("kept.note"), "-o", "json")
		if err := json.Unmarshal([]byte(text), &out); err != nil {
			t.Fatal(err)
		}
		return out
	}
	sign := func(i, size int, root, survivor string) string {
		t.Helper()
		order := b.file(fmt.Sprintf("order-%s-%d.jws", b.codes[i], size))
		run(t, 0, "sandi", "gov", "recovery", "--region", b.codes[i], "--key", b.file(b.codes[i], "offline", "governance.pem"), "--genesis", b.file("genesis.json"),
			"--size", fmt.Sprint(size), "--root", root, "--survivor", survivor, "-f", order)
		return order
	}
	order := func(i int, orders ...string) []string {
		args := []string{"recover", "-c", b.file(b.codes[i], "sandi.yaml"), "--checkpoint", b.file("kept.note"), "--yes"}
		for _, file := range orders {
			args = append(args, "--order", file)
		}
		return args
	}
	short := look(2, 4)
	run(t, 3, "sandi", order(2, sign(0, short.Last.Size, short.Last.Root, "130000-a"), sign(1, short.Last.Size, short.Last.Root, "130000-a"))...)
	left := look(0, 0)
	if left.Last.Size <= short.Last.Size {
		t.Fatalf("the survivor has %d leaves, the node that is behind %d", left.Last.Size, short.Last.Size)
	}
	first, second := sign(0, left.Last.Size, left.Last.Root, "110000-a"), sign(1, left.Last.Size, left.Last.Root, "110000-a")
	run(t, 3, "sandi", order(0, first)...) // one bureau alone

	run(t, 0, "sandi", order(0, first, second)...)
	if _, err := os.Stat(first); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the order was not put away: %v", err)
	}
	b.boot(b.codes[0])
	b.write(clerk)

	// The node that was behind begins anew, and is given its vote again.
	for _, store := range []string{"raft", "ledger"} {
		if err := os.RemoveAll(b.file(b.codes[2], "data", store)); err != nil {
			t.Fatal(err)
		}
	}
	b.boot(b.codes[2])
	b.server("130000-a", "voter", b.to(0, "operator"))
	b.write(clerk)
}
