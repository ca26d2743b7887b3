package authority

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// hands is a clock that tests move.
type hands struct{ at atomic.Int64 }

func newHands() *hands {
	h := &hands{}
	h.at.Store(time.Date(2025, 9, 1, 9, 0, 0, 0, time.UTC).Unix())
	return h
}

func (h *hands) now() time.Time          { return time.Unix(h.at.Load(), 0) }
func (h *hands) advance(d time.Duration) { h.at.Add(int64(d / time.Second)) }

// kept is a keeper over two files.
type kept struct {
	*Keeper
	cert, key string
	clock     *hands
	world     *world
	metrics   *prometheus.Registry
}

func newKept(t *testing.T, issuer func(*world) Issuer) *kept {
	t.Helper()
	k := &kept{clock: newHands(), metrics: prometheus.NewRegistry()}
	k.world = newWorld(t, k.clock.now)
	dir := t.TempDir()
	k.cert, k.key = filepath.Join(dir, "node.pem"), filepath.Join(dir, "node-key.pem")
	chain, key, err := k.world.issuing["110000"].IssueNode("110000-a", NodeLife)
	must(t, err)
	must(t, replaceFile(k.cert, chain))
	must(t, replaceFile(k.key, key))
	cfg := KeeperConfig{
		Roots: k.world.roots, Identity: node("110000-a"), CertFile: k.cert, KeyFile: k.key,
		Clock: k.clock.now, Logger: slog.New(slog.DiscardHandler), Metrics: k.metrics,
	}
	if issuer != nil {
		cfg.Issuer = issuer(k.world)
	}
	k.Keeper, err = NewKeeper(cfg)
	must(t, err)
	return k
}

func (k *kept) serial() string { return k.now.Load().Leaf.SerialNumber.String() }

// metric is the value of a counter or gauge without labels.
func (k *kept) metric(t *testing.T, name string) float64 {
	t.Helper()
	families, err := k.metrics.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == name {
			m := f.GetMetric()[0]
			return m.GetCounter().GetValue() + m.GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func (k *kept) check(t *testing.T) {
	t.Helper()
	must(t, k.Check(context.Background()))
}

// TestRenewal: nothing before 2/3 of life, a new key and certificate after, on
// disk too, and the next start finds them.
func TestRenewal(t *testing.T) {
	k := newKept(t, func(w *world) Issuer { return w.issuing["110000"] })
	first := k.serial()
	k.clock.advance(19 * 24 * time.Hour)
	k.check(t)
	if k.serial() != first || k.Warning() != "" {
		t.Fatalf("renewed at 19 of 30 days, warning %q", k.Warning())
	}
	k.clock.advance(25 * time.Hour)
	if got := k.metric(t, "sandi_certificate_seconds_left"); got != k.Left().Seconds() || k.Warning() == "" {
		t.Fatalf("%v seconds left, warning %q past 2/3 of life", got, k.Warning())
	}
	var swapped atomic.Int32
	k.OnSwap(func() { swapped.Add(1) })
	k.check(t)
	if k.serial() == first || swapped.Load() != 1 || k.Warning() != "" {
		t.Fatalf("not renewed past 2/3 of life, %d swaps, warning %q", swapped.Load(), k.Warning())
	}
	second := k.serial()
	k.check(t)
	if k.serial() != second {
		t.Fatal("renewed twice")
	}
	again, err := NewKeeper(KeeperConfig{Roots: k.world.roots, Identity: node("110000-a"), CertFile: k.cert, KeyFile: k.key, Clock: k.clock.now})
	must(t, err)
	if got := again.now.Load().Leaf.SerialNumber.String(); got != second {
		t.Fatal("the files hold another certificate")
	}
	if n := strings.Count(read(t, k.key), "BEGIN PRIVATE KEY"); n != 1 {
		t.Fatalf("%d keys left in the key file", n)
	}
	if got := k.metric(t, "sandi_certificate_renewal_failures_total"); got != 0 {
		t.Fatalf("%v failures counted", got)
	}
}

type failing struct{ err error }

func (f failing) Issue(context.Context, []byte) ([][]byte, error) { return nil, f.err }

// impostor is an issuer that answers with a certificate of another node.
type impostor struct{ ca *CA }

func (i impostor) Issue(ctx context.Context, _ []byte) ([][]byte, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	return i.ca.sign(key.Public(), Identity{Region: i.ca.Region, Role: RoleNode, ID: i.ca.Region + "-b"}, NodeLife)
}

// TestRenewalFails: the old certificate stays in use, the failure is counted,
// the next check tries again.
func TestRenewalFails(t *testing.T) {
	for name, issuer := range map[string]func(*world) Issuer{
		"no answer":    func(*world) Issuer { return failing{errors.New("down")} },
		"another node": func(w *world) Issuer { return impostor{w.issuing["110000"]} },
		"other region": func(w *world) Issuer { return w.issuing["120000"] },
		"empty answer": func(*world) Issuer { return failing{} },
	} {
		k := newKept(t, issuer)
		first := k.serial()
		k.clock.advance(21 * 24 * time.Hour)
		for i := range 2 {
			if k.Check(context.Background()) == nil {
				t.Fatalf("%s: no error", name)
			}
			if got := k.metric(t, "sandi_certificate_renewal_failures_total"); got != float64(i+1) {
				t.Fatalf("%s: %v failures counted", name, got)
			}
		}
		if k.serial() != first || k.Left() < 8*24*time.Hour {
			t.Fatalf("%s: the old certificate is gone", name)
		}
	}
}

// TestWatchedFiles: a pair that somebody else replaces is taken up; half a
// pair, garbage and a certificate of another node are not.
func TestWatchedFiles(t *testing.T) {
	k := newKept(t, nil)
	first := k.serial()
	ca := k.world.issuing["110000"]
	chain, key, err := ca.IssueNode("110000-a", NodeLife)
	must(t, err)

	must(t, replaceFile(k.cert, chain)) // the key file still holds the old key
	if k.Check(context.Background()) == nil || k.serial() != first {
		t.Fatal("half a pair was taken up")
	}
	must(t, replaceFile(k.key, key))
	k.check(t)
	second := k.serial()
	if second == first {
		t.Fatal("a new pair was not taken up")
	}

	otherChain, otherKey, err := ca.IssueNode("110000-b", NodeLife)
	must(t, err)
	for name, files := range map[string][2][]byte{
		"another node": {otherChain, otherKey},
		"garbage":      {[]byte("x"), []byte("y")},
		"empty":        {nil, nil},
		"huge":         {bytes.Repeat(chain, 1000), key},
	} {
		must(t, replaceFile(k.cert, files[0]))
		must(t, replaceFile(k.key, files[1]))
		if k.Check(context.Background()) == nil || k.serial() != second {
			t.Fatalf("%s was taken up", name)
		}
	}
	must(t, os.Remove(k.cert))
	if k.Check(context.Background()) == nil || k.serial() != second {
		t.Fatal("a missing file is no error")
	}
}

// TestExpired: an expired certificate stops nothing but is loud, and a check
// renews it.
func TestExpired(t *testing.T) {
	k := newKept(t, nil)
	k.clock.advance(31 * 24 * time.Hour)
	var log bytes.Buffer
	late, err := NewKeeper(KeeperConfig{
		Roots: k.world.roots, Identity: node("110000-a"), CertFile: k.cert, KeyFile: k.key,
		Clock: k.clock.now, Logger: slog.New(slog.NewTextHandler(&log, nil)), Issuer: k.world.issuing["110000"],
	})
	must(t, err)
	if late.Left() >= 0 || late.Warning() == "" || !strings.Contains(log.String(), "expired") {
		t.Fatalf("left %v, warning %q, log %q", late.Left(), late.Warning(), log.String())
	}
	must(t, late.Check(context.Background()))
	if late.Left() < 29*24*time.Hour || late.Warning() != "" {
		t.Fatal("not renewed")
	}
}

func TestKeeperRefusesAtStart(t *testing.T) {
	w := newWorld(t, nil)
	chain, key, err := w.issuing["110000"].IssueNode("110000-a", NodeLife)
	must(t, err)
	foreign, foreignKey, err := w.issuing["120000"].IssueNode("120000-a", NodeLife)
	must(t, err)
	for name, c := range map[string]struct{ chain, key []byte }{
		"another identity": {foreign, foreignKey},
		"key of another":   {chain, foreignKey},
		"no key":           {chain, nil},
		"no certificate":   {nil, key},
	} {
		if _, err := NewKeeper(KeeperConfig{Roots: w.roots, Identity: node("110000-a"), CertPEM: c.chain, KeyPEM: c.key}); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestWritePairSurvivesCrashes stops writePair after each of its steps: the
// files always load, as the old pair or the new.
func TestWritePairSurvivesCrashes(t *testing.T) {
	w := newWorld(t, nil)
	oldChain, oldKey, err := w.issuing["110000"].IssueNode("110000-a", NodeLife)
	must(t, err)
	newChain, newKey, err := w.issuing["110000"].IssueNode("110000-a", NodeLife)
	must(t, err)
	both := append(bytes.Clone(newKey), oldKey...)
	for i, c := range []struct{ chain, key, want []byte }{
		{oldChain, oldKey, oldChain},
		{oldChain, both, oldChain},
		{newChain, both, newChain},
		{newChain, newKey, newChain},
	} {
		got, err := loadPair(c.chain, c.key)
		must(t, err)
		want, err := loadPair(c.want, both)
		must(t, err)
		if !bytes.Equal(got.Certificate[0], want.Certificate[0]) {
			t.Errorf("after step %d another certificate loads", i)
		}
	}
	dir := t.TempDir()
	cert, key := filepath.Join(dir, "c.pem"), filepath.Join(dir, "k.pem")
	must(t, writePair(cert, key, oldChain, oldKey))
	must(t, writePair(cert, key, newChain, newKey))
	if read(t, cert) != string(newChain) || read(t, key) != string(newKey) {
		t.Fatal("the files hold something else")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".tls-*")); len(left) != 0 {
		t.Fatalf("temporary files left: %v", left)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return string(data)
}

// TestIssue: the CA signs requests of its own region's nodes only, for as long
// as it lives itself.
func TestIssue(t *testing.T) {
	clock := newHands()
	w := newWorld(t, clock.now)
	ca := w.issuing["110000"]
	request := func(uris ...string) []byte {
		key, err := newKey()
		must(t, err)
		req := &x509.CertificateRequest{DNSNames: []string{"ignored.example"}}
		for _, u := range uris {
			req.URIs = append(req.URIs, uri(t, u))
		}
		der, err := x509.CreateCertificateRequest(rand.Reader, req, key)
		must(t, err)
		return der
	}
	for name, csr := range map[string][]byte{
		"garbage":     []byte("x"),
		"no name":     request(),
		"two names":   request("spiffe://110000.sandi/node/110000-a", "spiffe://110000.sandi/node/110000-b"),
		"client role": request("spiffe://110000.sandi/client/x"),
		"region":      request("spiffe://120000.sandi/node/120000-a"),
		"tampered":    append(request("spiffe://110000.sandi/node/110000-a")[:200], 0),
	} {
		if _, err := ca.Issue(context.Background(), csr); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	ders, err := ca.Issue(context.Background(), request("spiffe://110000.sandi/node/110000-a"))
	must(t, err)
	cert, err := x509.ParseCertificate(ders[0])
	must(t, err)
	if life := cert.NotAfter.Sub(clock.now()); life != NodeLife || len(cert.DNSNames) != 0 {
		t.Fatalf("life %v, DNS names %v", life, cert.DNSNames)
	}
	clock.advance(IssuingLife - 24*time.Hour)
	chain, _, err := ca.IssueNode("110000-a", NodeLife)
	must(t, err)
	last, err := loadChain(chain)
	must(t, err)
	if last.NotAfter.After(ca.cert.NotAfter) {
		t.Fatal("a leaf outlives its CA")
	}
	for _, id := range []string{"120000-a", "110000", "110000-", "a", "", "110000-A", "110000-a/b"} {
		if _, _, err := ca.IssueNode(id, NodeLife); err == nil {
			t.Errorf("issued a node %q", id)
		}
	}
}

func loadChain(chain []byte) (*x509.Certificate, error) {
	block, _ := pem.Decode(chain)
	if block == nil {
		return nil, errors.New("no certificate")
	}
	return x509.ParseCertificate(block.Bytes)
}

// TestConstraintsAreCritical: the CA certificates say what the package promises.
func TestConstraintsAreCritical(t *testing.T) {
	w := newWorld(t, nil)
	for _, ca := range []*CA{w.root["110000"], w.issuing["110000"]} {
		c := ca.Cert()
		critical := false
		for _, ext := range c.Extensions {
			if ext.Id.String() == "2.5.29.30" {
				critical = ext.Critical
			}
		}
		if !critical || len(c.PermittedURIDomains) != 1 || c.PermittedURIDomains[0] != "110000.sandi" || len(c.ExcludedIPRanges) != 2 {
			t.Errorf("%s: critical %v, URIs %v", c.Subject, critical, c.PermittedURIDomains)
		}
	}
	if root, issuing := w.root["110000"].Cert(), w.issuing["110000"].Cert(); root.MaxPathLen != 1 || issuing.MaxPathLen != 0 || !issuing.MaxPathLenZero {
		t.Errorf("path lengths %d and %d", root.MaxPathLen, issuing.MaxPathLen)
	}
}

func TestParseURI(t *testing.T) {
	for _, good := range []string{"spiffe://110000.sandi/node/110000-a", "spiffe://130000.sandi/client/loader-2"} {
		id, err := ParseURI(good)
		if err != nil || id.URI() != good {
			t.Errorf("%s: %v, %v", good, id, err)
		}
	}
	for _, bad := range []string{
		"", "spiffe://", "spiffe://110000.sandi", "spiffe://110000.sandi/node", "spiffe://110000.sandi/node/", "spiffe://110000.sandi//110000-a",
		"SPIFFE://110000.sandi/node/110000-a", "spiffe://110000.sandi:443/node/110000-a", "spiffe://u@110000.sandi/node/110000-a",
		"spiffe://110000.sandi/node/110000-a/", "spiffe://110000.sandi/node/110000-a#x", "spiffe://110000.sandi/node/110000-%61",
		"spiffe://110000.sandi/node/120000-a", "spiffe://110000.sandi/node/110000-A", "spiffe://110000.SANDI/node/110000-a",
		"spiffe://11000.sandi/node/11000-a", "spiffe://110000.sandi.evil/node/110000-a", "spiffe://x.110000.sandi/node/110000-a",
		"spiffe://110000.sandi/client/-x", "spiffe://110000.sandi/client/" + strings.Repeat("a", 64), "spiffe://110000.sandi/client/a\x00",
	} {
		if id, err := ParseURI(bad); err == nil {
			t.Errorf("%q is %v", bad, id)
		}
	}
}

// FuzzParseURI: what is accepted has one spelling, which url.Parse reads alike.
func FuzzParseURI(f *testing.F) {
	f.Add("spiffe://110000.sandi/node/110000-a")
	f.Add("spiffe://110000.sandi/client/x?y#z")
	f.Fuzz(func(t *testing.T, s string) {
		id, err := ParseURI(s)
		if err != nil {
			return
		}
		u, err := url.Parse(s)
		if err != nil || id.URI() != s || u.Host != TrustDomain(id.Region) || u.Path != "/"+string(id.Role)+"/"+id.ID {
			t.Fatalf("%q is %v and %v", s, id, u)
		}
	})
}
