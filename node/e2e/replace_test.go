//go:build e2e

package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/api/v1"
)

// machine is one node's process.
type machine struct {
	cmd  *exec.Cmd
	done chan error
}

// boot starts the node whose folder is dir; the test's end ends it.
func (b *bureaus) boot(dir string) *machine {
	b.t.Helper()
	log, err := os.OpenFile(b.file(dir, "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		b.t.Fatal(err)
	}
	m := &machine{cmd: exec.Command(binary(b.t), "serve", "-c", b.file(dir, "sandi.yaml"), "--until-stdin-closes"), done: make(chan error, 1)}
	m.cmd.Stdout, m.cmd.Stderr = log, log
	stdin, err := m.cmd.StdinPipe()
	if err == nil {
		err = m.cmd.Start()
	}
	if err != nil {
		b.t.Fatal(err)
	}
	go func() { m.done <- m.cmd.Wait(); close(m.done) }()
	b.t.Cleanup(func() {
		_ = stdin.Close()
		<-m.done
		_ = log.Close()
	})
	return m
}

// kill is kill -9. The node's process is the child that serve replaced itself with,
// so it has the same id.
func (m *machine) kill(t *testing.T) {
	t.Helper()
	if err := m.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-m.done
}

// eventually runs a command until it exits 0 and its output is as wanted.
func (b *bureaus) eventually(what string, ok func(out string) error, args ...string) {
	b.t.Helper()
	for until := time.Now().Add(90 * time.Second); ; {
		out, err := exec.Command(binary(b.t), args...).Output()
		if err == nil {
			err = ok(string(out))
		}
		if err == nil {
			return
		}
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			out = append(out, exit.Stderr...)
		}
		if time.Now().After(until) || exit != nil && exit.ExitCode() == 5 { // forbidden: it stays so
			b.t.Fatalf("%s: %v: %s", what, err, out)
		}
	}
}

// write opens a record at bureau i's door, with the flags that reach it.
func (b *bureaus) write(to []string) {
	b.t.Helper()
	fields := `{"case_file_no":"京市监立〔2026〕1号","legal_basis":["程序规定 第45条"],` +
		`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`
	b.eventually("a committed record", func(string) error { return nil }, append([]string{"record", "open", "assistance", "-o", "json", "--fields", fields}, to...)...)
}

// server waits until a node is what is wanted in Raft's configuration.
func (b *bureaus) server(node, want string, to []string) {
	b.t.Helper()
	b.eventually(node+" as "+want, func(out string) error {
		var list v1.Nodes
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			return err
		}
		for _, n := range list.Nodes {
			if n.ID == node && n.Server == want {
				return nil
			}
		}
		return errors.New("not yet")
	}, append([]string{"node", "list", "-o", "json"}, to...)...)
}

// Ensure a bureau replaces its machine with the command line while the others work:
// a standby is made, added and catches up; the old node is killed and removed; the
// standby votes and writes go on; and the old machine is not let in again.
func TestMachineReplaced(t *testing.T) {
	b := found(t)
	var machines []*machine
	for _, code := range b.codes {
		machines = append(machines, b.boot(code))
	}
	clerk, operator := b.to(0, "clerk"), b.to(0, "operator")
	b.write(clerk)

	const old, fresh, dir = "130000-a", "130000-b", "130000-b"
	addr := func(base int) string { return fmt.Sprintf("127.0.0.1:%d", base+3) }
	governance := []string{"--region", "130000", "--key", b.file("130000", "offline", "governance.pem"), "--genesis", b.file("genesis.json")}
	run(t, 0, "sandi", "node", "make", "--dir", b.file(dir), "--home", b.file("130000"), "--region", "130000", "--suffix", "b",
		"--public", "https://"+addr(32111), "--peer", addr(32211), "--gossip", addr(32311))
	config, err := os.ReadFile(b.file(dir, "sandi.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, b.file(dir, "sandi.yaml"), strings.NewReplacer("127.0.0.1:8011", addr(32111), "127.0.0.1:6011", addr(32411),
		"# tls: {cert: tls/public.pem, key: tls/public-key.pem}", "tls: {cert: ../public.pem, key: ../public-key.pem}").Replace(string(config)))
	run(t, 0, "sandi", append([]string{"node", "add", "-f", b.file("add.jws"), b.file(dir, "node-add.json")}, governance...)...)
	own, governs := b.to(2, "operator"), b.to(2, "operator", "--scope", "node:operate")
	b.eventually("node.add", func(string) error { return nil }, append([]string{"gov", "submit", b.file("add.jws")}, governs...)...)
	write(t, b.file(dir, "nodes.json"), run(t, 0, "sandi", append([]string{"node", "list", "-o", "json"}, own...)...))
	b.boot(dir)
	b.server(fresh, "standby", operator)
	door := append([]string{"--addr", "https://" + addr(32111)}, own[2:]...)
	b.eventually("the standby up", func(string) error { return nil }, append([]string{"status"}, door...)...)

	machines[2].kill(t)
	b.write(clerk)
	run(t, 0, "sandi", append([]string{"node", "remove", old, "-f", b.file("remove.jws")}, governance...)...)
	b.eventually("node.remove", func(string) error { return nil }, append([]string{"gov", "submit", b.file("remove.jws")}, append(door[:2:2], governs[2:]...)...)...)
	b.server(fresh, "voter", operator)
	b.server(old, "none", operator)
	machines[1].kill(t) // the new voter counts
	b.write(clerk)
	b.boot(b.codes[1])

	b.boot(b.codes[2])
	run(t, 4, "sandi", append([]string{"status"}, b.awake(own)...)...)
	b.write(clerk)
}

// awake waits until a door answers, whatever it says.
func (b *bureaus) awake(to []string) []string {
	b.t.Helper()
	for until := time.Now().Add(time.Minute); ; {
		cmd := exec.Command(binary(b.t), append([]string{"status"}, to...)...)
		if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() == 4 {
			return to
		}
		if time.Now().After(until) {
			b.t.Fatal("no answer")
		}
	}
}
