//go:build e2e

package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/node/demo"
)

func binary(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../../bin/sandi")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("no bin/sandi; run `make build` first: %v", err)
	}
	return path
}

// Ensure every scenario comes out as written, refusals included, all nodes hold
// the same state, and what it leaves for an auditor verifies, with our tool and
// with others'.
func TestScenarios(t *testing.T) {
	tool := outside(t, toolFsck)
	for _, name := range demo.Scenarios() {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "demo")
			cmd := exec.Command(binary(t), "demo", name, "--once", "-o", "json", "--dir", dir, "--port-base", "20000")
			out, err := cmd.Output()
			var sum demo.Summary
			if jsonErr := json.Unmarshal(out, &sum); jsonErr != nil {
				t.Fatalf("no JSON summary: %v; %v; %s", jsonErr, err, out)
			}
			if err != nil || !sum.OK {
				t.Fatalf("scenario failed: %v: %s", err, sum.Why)
			}
			if len(sum.Nodes) != 3 || len(sum.Steps) == 0 {
				t.Fatalf("%d nodes, %d steps", len(sum.Nodes), len(sum.Steps))
			}
			var digest string
			for region, n := range sum.Nodes {
				if n.StateDigest == "" || n.Applied == 0 || (digest != "" && digest != n.StateDigest) {
					t.Errorf("%s: applied %d, digest %q; another node has %q", region, n.Applied, n.StateDigest, digest)
				}
				digest = n.StateDigest
			}
			verify(t, dir)
			bundleHolds(t, tool, filepath.Join(dir, demo.BundleName), dir)
		})
	}
}

// running is a demo that stays up.
type running struct {
	cmd *exec.Cmd
	dir string
}

// start runs the first scenario until it says that it stays up; with --by-hand, on an
// empty ledger, at once.
func start(t *testing.T, flags ...string) *running {
	t.Helper()
	return startDemo(t, "charger", flags...)
}

// startDemo runs a demo until it says that it stays up.
func startDemo(t *testing.T, name string, flags ...string) *running {
	t.Helper()
	r := &running{dir: filepath.Join(t.TempDir(), "demo")}
	r.cmd = exec.Command(binary(t), append([]string{"demo", name, "--dir", r.dir, "--port-base", "20000", "--lang", "en"}, flags...)...)
	stdout, err := r.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	r.cmd.Stderr = os.Stderr
	if err := r.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = r.cmd.Process.Signal(os.Interrupt)
		_ = r.cmd.Wait()
	})
	up := make(chan bool, 1)
	go func() {
		scan := bufio.NewScanner(stdout)
		for scan.Scan() {
			if strings.Contains(scan.Text(), "stays up") {
				up <- true
			}
		}
		up <- false
	}()
	select {
	case ok := <-up:
		if !ok {
			t.Fatal("the demo ended before it stayed up")
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the demo did not get up within two minutes")
	}
	return r
}

// nodes lists the process ids of the demo's nodes.
func (r *running) nodes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(r.dir, "*", "pid"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d pid files: %v", len(files), err)
	}
	var pids []string
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, strings.TrimSpace(string(text)))
	}
	return pids
}

// gone waits until no process of the list is left.
func gone(t *testing.T, pids []string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		alive := 0
		for _, pid := range pids {
			if stat, err := os.ReadFile("/proc/" + pid + "/stat"); err == nil && !strings.Contains(string(stat), ") Z ") {
				alive++
			}
		}
		if alive == 0 {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%d node processes are left", alive)
		case <-tick.C:
		}
	}
}

// Ensure Ctrl-C ends the demo and its nodes.
func TestInterrupt(t *testing.T) {
	r := start(t, "--by-hand")
	pids := r.nodes(t)
	if err := r.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := r.cmd.Wait(); err != nil {
		t.Errorf("the demo ended with %v", err)
	}
	gone(t, pids)
}

// Ensure no node outlives a demo that was killed.
func TestNoOrphans(t *testing.T) {
	r := start(t, "--by-hand")
	pids := r.nodes(t)
	if err := r.cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	gone(t, pids)
}

// Ensure kill -9 of any node during writes loses and doubles nothing. The soak
// run kills fifty times.
func TestKills(t *testing.T) {
	r := start(t)
	kills, soak := 5, os.Getenv("SANDI_SOAK") != ""
	if soak {
		kills = 50
	}
	for i := range kills {
		var args []string
		if i%2 == 1 { // any node: every other time a fixed region, follower or leader as it comes
			args = []string{"--region", []string{"110000", "120000", "130000"}[i/2%3]}
		}
		f := r.kill(t, args...)
		t.Logf("kill %d: %s, next acknowledged write after %d ms, %d acknowledged, %d lost, %d doubled, caught up after %d ms",
			i, f.Killed, f.NextAckMS, f.Acknowledged, f.Lost, f.Doubled, f.CaughtUpMS)
		if soak && f.NextAckMS > 3000 {
			t.Errorf("kill %d: writes resumed after %d ms, more than 3 s", i, f.NextAckMS)
		}
	}
}

// Ensure a leader's death costs less than 12 s with the timeouts of production.
func TestKillsProduction(t *testing.T) {
	r := start(t, "--timeouts", "production", "--by-hand")
	f := r.kill(t)
	t.Logf("%s, next acknowledged write after %d ms, caught up after %d ms", f.Killed, f.NextAckMS, f.CaughtUpMS)
	if f.NextAckMS > 12_000 {
		t.Errorf("writes resumed after %d ms, more than 12 s", f.NextAckMS)
	}
}

// kill runs `sandi demo kill-leader` against the demo.
func (r *running) kill(t *testing.T, flags ...string) demo.Failover {
	t.Helper()
	out, err := exec.Command(binary(t), append([]string{"demo", "kill-leader", "--dir", r.dir, "-o", "json"}, flags...)...).Output()
	var f demo.Failover
	if jsonErr := json.Unmarshal(out, &f); jsonErr != nil || err != nil {
		t.Fatalf("kill: %v %v: %s", err, jsonErr, out)
	}
	if !f.OK || f.Acknowledged < 100 {
		t.Fatalf("%+v", f)
	}
	return f
}
