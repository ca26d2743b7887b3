//go:build e2e

package e2e

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/transparency-dev/formats/log"
	fnote "github.com/transparency-dev/formats/note"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/demo"
)

// nodes are three processes of a network that plays nothing, on real time.
type nodes struct {
	*demo.Network
	signed *genesis.Signed
	t      *testing.T
	stops  []func()
}

// foundNodes founds a network; nothing runs yet.
func foundNodes(t *testing.T) *nodes {
	t.Helper()
	network, err := demo.Found(demo.Options{Dir: filepath.Join(t.TempDir(), "net"), Clock: genesis.ClockReal, Start: time.Now(), PortBase: 20000})
	if err != nil {
		t.Fatal(err)
	}
	n := &nodes{Network: network, t: t, stops: make([]func(), len(network.Regions))}
	if _, n.signed, err = demo.Existing(network.Dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(n.stop)
	return n
}

// configure adds settings to every node's configuration.
func (n *nodes) configure(text string) {
	n.t.Helper()
	for _, r := range n.Regions {
		f, err := os.OpenFile(filepath.Join(r.Dir, "sandi.yaml"), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			n.t.Fatal(err)
		}
		if _, err := io.WriteString(f, text); err != nil {
			n.t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			n.t.Fatal(err)
		}
	}
}

// start starts every node and waits until its doors answer.
func (n *nodes) start() {
	n.t.Helper()
	for i := range n.Regions {
		n.startOne(i)
	}
}

// startOne starts a node and waits until its doors answer.
func (n *nodes) startOne(i int) {
	n.t.Helper()
	r := n.Regions[i]
	cmd := exec.Command(binary(n.t), "serve", "--config", filepath.Join(r.Dir, "sandi.yaml"), "--until-stdin-closes")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if cmd.Stderr, err = os.OpenFile(filepath.Join(r.Dir, "node.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600); err != nil {
		n.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		n.t.Fatal(err)
	}
	n.stops[i] = func() {
		_ = stdin.Close()
		late := time.AfterFunc(20*time.Second, func() { _ = cmd.Process.Kill() })
		defer late.Stop()
		if err := cmd.Wait(); err != nil {
			text, _ := os.ReadFile(filepath.Join(r.Dir, "node.log"))
			n.t.Errorf("the node of %s ended with %v: %s", r.Code, err, text)
		}
	}
	n.await("the door of "+r.Code, func() bool {
		resp, err := http.Get(n.PublicURL(i) + "/log/evidence")
		if err != nil {
			return false
		}
		return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
	})
}

// stop stops every node that runs, together.
func (n *nodes) stop() {
	ended := make(chan struct{})
	for i, stop := range n.stops {
		n.stops[i] = nil
		go func() {
			if stop != nil {
				stop()
			}
			ended <- struct{}{}
		}()
	}
	for range n.stops {
		<-ended
	}
}

func (n *nodes) await(what string, f func() bool) {
	n.t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			n.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// elsewhere is a log that others keep, with Tessera's tool.
type elsewhere struct {
	t            *testing.T
	tool, dir    string
	policy       string
	secret, vkey string
	entries      int
}

// grow adds entries to the log and has the policy's witnesses cosign it. It
// returns the checkpoint, which the tool publishes only if the policy is met.
func (e *elsewhere) grow(count int) []byte {
	e.t.Helper()
	batch := e.t.TempDir()
	for range count {
		e.entries++
		if err := os.WriteFile(filepath.Join(batch, fmt.Sprintf("entry-%04d", e.entries)), fmt.Appendf(nil, "entry %d of a log elsewhere", e.entries), 0o600); err != nil {
			e.t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(e.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, e.tool, "--storage_dir="+e.dir, "--entries="+filepath.Join(batch, "*"), "--witness_policy_file="+e.policy, "--witness_timeout=20s")
	cmd.Env = append(os.Environ(), "LOG_PRIVATE_KEY="+e.secret)
	if out, err := cmd.CombinedOutput(); err != nil {
		e.t.Fatalf("the log elsewhere got no checkpoint: %v: %s", err, out)
	}
	raw, err := os.ReadFile(filepath.Join(e.dir, "checkpoint"))
	if err != nil {
		e.t.Fatal(err)
	}
	return raw
}

// sign is any checkpoint under the log's key.
func (e *elsewhere) sign(size uint64, root []byte) string {
	e.t.Helper()
	signer, err := note.NewSigner(e.secret)
	if err != nil {
		e.t.Fatal(err)
	}
	raw, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", signer.Name(), size, base64.StdEncoding.EncodeToString(root))}, signer)
	if err != nil {
		e.t.Fatal(err)
	}
	return string(raw)
}

// post asks a node's witness, as policy.txt says where.
func (n *nodes) post(i int, body string) (status int, media, answer string) {
	n.t.Helper()
	resp, err := http.Post(n.PublicURL(i)+"/log/add-checkpoint", "", strings.NewReader(body))
	if err != nil {
		n.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		n.t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Content-Type"), string(text)
}

// Ensure a log that others keep, with Tessera, can have our three nodes as its
// witnesses, three of three, by the policy.txt that we hand out; that nobody's
// log is witnessed unless an operator has named it; and that a witness remembers
// what it has cosigned, over a restart too.
func TestOutsideLog(t *testing.T) {
	n := foundNodes(t)
	policy, err := checkpoint.MarshalPolicy(n.signed.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "policy.txt")
	if err := os.WriteFile(file, policy, 0o600); err != nil {
		t.Fatal(err)
	}
	log := &elsewhere{t: t, tool: outside(t, toolOneshot), dir: filepath.Join(t.TempDir(), "log"), policy: file}
	if log.secret, log.vkey, err = note.GenerateKey(rand.Reader, "log.example.org/elsewhere"); err != nil {
		t.Fatal(err)
	}

	n.start()
	for i := range n.Regions {
		if status, _, answer := n.post(i, "old 0\n\n"+log.sign(1, make([]byte, 32))); status != http.StatusNotFound {
			t.Errorf("%s answers %d %s for a log that nobody named", n.Regions[i].Code, status, answer)
		}
	}
	n.stop()
	n.configure("witness: {origins: [" + log.vkey + "]}\n")
	n.start()

	n.cosigned(log, log.grow(3), 3)
	n.cosigned(log, log.grow(300), 303) // from 3 on: with a proof
	n.stop()
	n.start()
	raw := log.grow(5)
	n.cosigned(log, raw, 308)
	for i, r := range n.Regions {
		for _, c := range []struct {
			what, body string
			status     int
			media      string
			answer     string
		}{
			{"a fork at the size cosigned", "old 308\n\n" + log.sign(308, make([]byte, 32)), 422, "", ""},
			{"a fork beyond it", "old 308\n\n" + log.sign(309, make([]byte, 32)), 422, "", ""},
			{"a beginning", "old 0\n\n" + string(raw), 409, "text/x.tlog.size", "308\n"},
			{"what is old", "old 303\n\n" + string(raw), 409, "text/x.tlog.size", "308\n"},
			{"a shorter log", "old 308\n\n" + log.sign(300, make([]byte, 32)), 400, "", ""},
			{"no signature of the log", "old 308\n\n" + strings.Replace(string(raw), "308", "309", 1), 403, "", ""},
			{"another log", "old 0\n\n" + strings.ReplaceAll(string(raw), "log.example.org/elsewhere", "log.example.org/unknown"), 404, "", ""},
			{"noise", "noise", 400, "", ""},
		} {
			status, media, answer := n.post(i, c.body)
			if status != c.status || c.media != "" && media != c.media || c.answer != "" && answer != c.answer {
				t.Errorf("%s: %s: answers %d %s %q, want %d", r.Code, c.what, status, media, answer, c.status)
			}
		}
	}
	n.cosigned(log, log.grow(1), 309)
}

// cosigned checks with others' code that a checkpoint of a log elsewhere is signed
// by it and cosigned by all our nodes, now.
func (n *nodes) cosigned(e *elsewhere, raw []byte, size uint64) {
	n.t.Helper()
	origin, err := note.NewVerifier(e.vkey)
	if err != nil {
		n.t.Fatal(err)
	}
	keys, err := checkpoint.FromGenesis(n.signed.Genesis)
	if err != nil {
		n.t.Fatal(err)
	}
	var ours []note.Verifier
	for _, k := range keys.List() {
		if k.Kind != checkpoint.KindCosigner {
			continue
		}
		v, err := fnote.NewVerifierForCosignatureV1(k.VKey())
		if err != nil {
			n.t.Fatal(err)
		}
		ours = append(ours, v)
	}
	c, _, opened, err := log.ParseCheckpoint(raw, origin.Name(), origin, ours...)
	if err != nil {
		n.t.Fatalf("%v in %s", err, raw)
	}
	if c.Size != size || len(opened.Sigs) != 1+len(ours) || len(ours) != 3 {
		n.t.Fatalf("size %d with %d signatures, want %d with the log's and three cosignatures: %s", c.Size, len(opened.Sigs), size, raw)
	}
	for _, s := range opened.Sigs[1:] {
		at, err := fnote.CoSigV1Timestamp(s)
		if err != nil || time.Since(at).Abs() > time.Minute {
			n.t.Errorf("%s cosigned at %v, %v", s.Name, at, err)
		}
	}
}
