package promise

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	stdjson "encoding/json"
	"errors"
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/vectors"
)

// The vectors under testdata are for programs in other languages as well. A changed
// vector is a changed format; -rewrite is for adding some. The keys are those of
// ../checkpoint/testdata/keys.json.
var rewrite = flag.Bool("rewrite", false, "write testdata instead of comparing with it")

// network is the keys of the test network and the private ones of its nodes.
type network struct {
	keys    *checkpoint.Keys
	private map[string]*keyring.PrivateKey // log keys by node
	list    map[string]checkpoint.Key
}

func newNetwork(t testing.TB) *network {
	t.Helper()
	raw, err := os.ReadFile("../checkpoint/testdata/keys.json")
	if err != nil {
		t.Fatal(err)
	}
	var rows []struct{ Kind, Region, Node, Seed, VKey string }
	if err := stdjson.Unmarshal(raw, &rows); err != nil {
		t.Fatal(err)
	}
	n := &network{private: map[string]*keyring.PrivateKey{}, list: map[string]checkpoint.Key{}}
	var all []checkpoint.Key
	for _, row := range rows {
		key, err := checkpoint.ParseVKey(row.VKey)
		if err != nil {
			t.Fatal(err)
		}
		key.Region, key.Node = row.Region, row.Node
		all = append(all, key)
		if row.Kind != "log" {
			continue
		}
		seed, err := hex.DecodeString(row.Seed)
		if err != nil {
			t.Fatal(err)
		}
		if n.private[row.Node], err = keyring.FromSeed(keyring.UseLog, "log-1", seed); err != nil {
			t.Fatal(err)
		}
		n.list[row.Node] = key
	}
	if n.keys, err = checkpoint.NewKeys(all); err != nil {
		t.Fatal(err)
	}
	return n
}

func sample() Promise {
	return Promise{
		Network: "k7n0Qm1u0H1Yv9cZqk9b2mJ3m0oY0nq2o1Qd1z5r3xE", Region: "110000", Node: "110000-a", From: "120000", ID: "01K9Z8Q6X5W4V3T2S1R0QPNMKJ",
		Hash: statement.Hash(bytes.Repeat([]byte{7}, 32)), Seen: 1_763_000_000, Due: 1_763_000_060,
	}
}

func (n *network) sign(t testing.TB, p Promise) *Signed {
	t.Helper()
	s, err := Sign(p, n.list[p.Node], n.private[p.Node])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Ensure a promise comes back as it was made, and that other people's tools verify
// it with the vkey that an auditor has.
func TestRoundTrip(t *testing.T) {
	n := newNetwork(t)
	made := n.sign(t, sample())
	raw := made.Marshal()
	got, err := Open(n.keys, raw)
	if err != nil || got.Promise != sample() || !bytes.Equal(got.Marshal(), raw) {
		t.Fatalf("got %+v, %v", got, err)
	}
	v, err := note.NewVerifier(got.Key.VKey())
	if err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(raw, note.VerifierList(v))
	if err != nil || opened.Text != string(made.Body()) {
		t.Errorf("sumdb/note: %v", err)
	}
	if _, err := n.keys.Open(raw); !errors.Is(err, checkpoint.ErrNote) {
		t.Errorf("a promise passes for a checkpoint: %v", err)
	}
	if _, err := statement.Parse(raw); err == nil {
		t.Error("a promise passes for a statement")
	}
}

// Ensure nobody promises for another node, nor beyond what can be held.
func TestSignRefuses(t *testing.T) {
	n := newNetwork(t)
	for name, tc := range map[string]struct {
		change func(p *Promise)
		node   string // whose key signs
		want   error
	}{
		"another node's key": {func(*Promise) {}, "120000-a", ErrKey},
		"due before seen":    {func(p *Promise) { p.Due = p.Seen - 1 }, "110000-a", ErrForm},
		"due next week":      {func(p *Promise) { p.Due = p.Seen + MaxPeriod + 1 }, "110000-a", ErrForm},
		"no id":              {func(p *Promise) { p.ID = "" }, "110000-a", ErrForm},
		"no network":         {func(p *Promise) { p.Network = "x" }, "110000-a", ErrForm},
		"no region":          {func(p *Promise) { p.From = "beijing" }, "110000-a", ErrForm},
	} {
		p := sample()
		tc.change(&p)
		if s, err := Sign(p, n.list[tc.node], n.private[tc.node]); !errors.Is(err, tc.want) || s != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	statementKey, err := keyring.FromSeed(keyring.UseStatement, "st-1", bytes.Repeat([]byte{4}, 32))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Sign(sample(), n.list["110000-a"], statementKey); !errors.Is(err, ErrKey) {
		t.Errorf("a statement key's bytes: %v", err)
	}
}

// hostile is a promise that a reader has to refuse, and as what.
type hostile struct {
	Name    string `json:"name"`
	Promise string `json:"promise"` // standard base64: not all of it is text
	Refusal string `json:"refusal"` // form, key, signature
}

var words = map[error]string{ErrForm: "form", ErrKey: "key", ErrSignature: "signature"}

func hostiles(t testing.TB, n *network) []hostile {
	t.Helper()
	good := string(n.sign(t, sample()).Marshal())
	body, line, _ := strings.Cut(good, "\n\n")
	edit := func(old, by string) string {
		if !strings.Contains(good, old) {
			t.Fatalf("no %q in the promise", old)
		}
		return strings.Replace(good, old, by, 1)
	}
	var list []hostile
	add := func(name, raw string, want error) {
		list = append(list, hostile{name, base64.StdEncoding.EncodeToString([]byte(raw)), words[want]})
	}
	add("empty", "", ErrForm)
	add("body only", body+"\n", ErrForm)
	add("no signature line", body+"\n\n", ErrForm)
	add("no last newline", strings.TrimSuffix(good, "\n"), ErrForm)
	add("another format", edit("sandi-promise/1", "sandi-promise/2"), ErrForm)
	add("carriage returns", strings.ReplaceAll(good, "\n", "\r\n"), ErrForm)
	add("a seventh line", body+"\nmore x\n\n"+line, ErrForm)
	add("two signatures", good+line, ErrForm)
	add("lines changed places", edit("network", "due"), ErrForm)
	add("two spaces", edit("network ", "network  "), ErrForm)
	add("a time of another zone", edit("+08:00", "+09:00"), ErrForm)
	add("due before seen", edit("seen 2025", "seen 2026"), ErrForm)
	add("due in a year", edit("due 2025", "due 2026"), ErrForm)
	add("a short hash", edit("BwcHBwcH", "BwcHBwc"), ErrForm)
	add("unused bits in the hash", edit("BwcHBwc\n", "BwcHBwd\n"), ErrForm)
	add("a small letter in the id", edit("01K9Z8", "01k9z8"), ErrForm)
	add("white space in the signature", strings.Replace(good, "— ", "—  ", 1), ErrForm)
	add("a line feed in the base64", good[:len(good)-5]+"\n"+good[len(good)-5:], ErrForm)
	add("too long", good+strings.Repeat(line, 20), ErrForm)
	add("a node without that key", edit("node 110000/110000-a", "node 120000/120000-a"), ErrKey)
	add("an unknown node", edit("node 110000/110000-a", "node 110000/110000-z"), ErrKey)
	add("a region that is not the node's", edit("node 110000/", "node 120000/"), ErrKey)
	add("another key name", edit("— sandi.internal/ledger ", "— example.com/log "), ErrKey)
	add("another statement", edit("01K9Z8", "01K9Z9"), ErrSignature)
	add("a later due time", edit("due 2025-11-13T10:14", "due 2025-11-13T10:15"), ErrSignature)
	add("another network", edit("network k", "network j"), ErrSignature)
	bad := n.sign(t, sample())
	bad.signature = bytes.Clone(bad.signature)
	bad.signature[9] ^= 1
	add("a flipped bit in the signature", string(bad.Marshal()), ErrSignature)
	return list
}

func TestOpenRefuses(t *testing.T) {
	n := newNetwork(t)
	for _, h := range hostiles(t, n) {
		raw, err := base64.StdEncoding.DecodeString(h.Promise)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(n.keys, raw)
		if got != nil || err == nil {
			t.Errorf("%s: opened", h.Name)
			continue
		}
		for kind, word := range words {
			if errors.Is(err, kind) != (word == h.Refusal) {
				t.Errorf("%s: %v, want %s", h.Name, err, h.Refusal)
			}
		}
	}
}

func TestGolden(t *testing.T) {
	n := newNetwork(t)
	type vector struct {
		VKey    string `json:"vkey"`
		Body    string `json:"body"`
		Promise string `json:"promise"`
		Seen    int64  `json:"seen"` // unix s
		Due     int64  `json:"due"`  // unix s
	}
	var good []vector
	for _, node := range []string{"110000-a", "120000-a", "130000-a"} {
		p := sample()
		p.Region, p.Node = node[:6], node
		s := n.sign(t, p)
		good = append(good, vector{s.Key.VKey(), string(s.Body()), string(s.Marshal()), s.Seen, s.Due})
	}
	golden(t, "promises.json", good)
	golden(t, "hostile.json", hostiles(t, n))
}

func golden(t *testing.T, name string, got any) {
	t.Helper()
	vectors.JSON(t, name, got, *rewrite)
}

// FuzzOpen: no bytes panic, every refusal is one of the three, and what opens has
// one spelling.
func FuzzOpen(f *testing.F) {
	n := newNetwork(f)
	f.Add(n.sign(f, sample()).Marshal())
	for _, h := range hostiles(f, n) {
		raw, _ := base64.StdEncoding.DecodeString(h.Promise)
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Open(n.keys, raw)
		if err == nil {
			if !bytes.Equal(got.Marshal(), raw) {
				t.Fatalf("%q is written as %q", raw, got.Marshal())
			}
			return
		}
		kinds := 0
		for kind := range words {
			if errors.Is(err, kind) {
				kinds++
			}
		}
		if kinds != 1 || got != nil {
			t.Fatalf("got %v with %+v", err, got)
		}
	})
}
