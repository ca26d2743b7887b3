package checkpoint

import (
	"crypto/ed25519"
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/consensus/genesis"
)

// TestVKeys holds names, ids and vkeys against the implementations of others.
func TestVKeys(t *testing.T) {
	n := newNetwork(t)
	for _, k := range n.keys.List() {
		v := verifierOf(t, k)
		if v.Name() != k.Name || v.KeyHash() != k.ID() {
			t.Errorf("%s: others read %s+%08x", k.VKey(), v.Name(), v.KeyHash())
		}
		if k.Kind == KindLog {
			theirs, err := note.NewEd25519VerifierKey(k.Name, k.Public)
			if err != nil || theirs != k.VKey() {
				t.Errorf("got vkey %s, others write %s (%v)", k.VKey(), theirs, err)
			}
		} else {
			asLog := k
			asLog.Kind = KindLog
			theirs, err := f_note.VKeyToCosignatureV1(asLog.VKey())
			if err != nil || theirs != k.VKey() {
				t.Errorf("got vkey %s, others write %s (%v)", k.VKey(), theirs, err)
			}
		}
		got, err := ParseVKey(k.VKey())
		if err != nil {
			t.Fatal(err)
		}
		if k.Kind == KindLog { // region and node are not in a log's vkey
			got.Region, got.Node = k.Region, k.Node
		}
		if compareKeys(got, k) != 0 || !got.Public.Equal(k.Public) {
			t.Errorf("%s: read %+v", k.VKey(), got)
		}
	}
}

func TestHostileVKeys(t *testing.T) {
	n := newNetwork(t)
	k := n.key(t, n.nodes[0], KindCosigner)
	good := k.VKey()
	parts := strings.Split(good, "+")
	small := Key{Kind: KindLog, Name: origin, Public: make([]byte, 32)} // y = 0: order 4
	for name, vkey := range map[string]string{
		"nothing":           "",
		"name only":         parts[0],
		"no key":            parts[0] + "+" + parts[1],
		"four parts":        good + "+",
		"upper-case id":     strings.Join([]string{parts[0], strings.ToUpper(parts[1]), parts[2]}, "+"),
		"another id":        strings.Join([]string{parts[0], "00000000", parts[2]}, "+"),
		"space":             good + " ",
		"newline":           good + "\n",
		"padding":           good + "=",
		"empty name":        strings.TrimPrefix(good, parts[0]),
		"long name":         Key{Kind: KindCosigner, Name: strings.Repeat("n", 500), Public: k.Public}.VKey(),
		"long origin":       Key{Kind: KindLog, Name: strings.Repeat("n", maxOrigin+1), Public: k.Public}.VKey(),
		"name with a space": Key{Kind: KindLog, Name: "a b", Public: k.Public}.VKey(),
		"ECDSA":             Key{Kind: 2, Name: origin, Public: k.Public}.VKey(),
		"ML-DSA":            Key{Kind: 6, Name: origin, Public: k.Public}.VKey(),
		"31 bytes":          Key{Kind: KindLog, Name: origin, Public: k.Public[:31]}.VKey(),
		"33 bytes":          Key{Kind: KindLog, Name: origin, Public: append(slices.Clone(k.Public), 0)}.VKey(),
		"small order":       small.VKey(),
	} {
		got, err := ParseVKey(vkey)
		wantErr(t, name, err, ErrKey)
		if err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestCosignerNames(t *testing.T) {
	n := newNetwork(t)
	public := n.key(t, n.nodes[0], KindCosigner).Public
	for name, want := range map[string][2]string{
		origin + "/110000/110000-a":  {"110000", "110000-a"},
		"w.example/110000/b":         {"110000", "b"},
		"w.example":                  {},
		"w.example/w1":               {},
		"w.example/region/node":      {},
		"w.example/110000/NODE":      {},
		"/110000/110000-a":           {},
		"110000/110000-a":            {},
		"w.example/110000/110000-a/": {},
	} {
		k, err := ParseVKey(Key{Kind: KindCosigner, Name: name, Public: public}.VKey())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got := [2]string{k.Region, k.Node}; got != want {
			t.Errorf("%s: got %v, want %v", name, got, want)
		}
	}
}

func TestNewKeysRefuses(t *testing.T) {
	n := newNetwork(t)
	log, cosigner := n.key(t, n.nodes[0], KindLog), n.key(t, n.nodes[0], KindCosigner)
	other := n.key(t, n.nodes[1], KindLog)
	with := func(k Key, change func(*Key)) Key {
		change(&k)
		return k
	}
	for name, list := range map[string][]Key{
		"twice":                    {log, log},
		"one key for two nodes":    {log, with(log, func(k *Key) { k.Node = "110000-b" })},
		"one key, both kinds":      {log, with(cosigner, func(k *Key) { k.Public = log.Public })},
		"one key for two names":    {log, with(log, func(k *Key) { k.Name = "other"; k.Region, k.Node = "", "" })},
		"cosigner of another node": {with(cosigner, func(k *Key) { k.Node = "110000-b" })},
		"cosigner without region":  {with(cosigner, func(k *Key) { k.Region = "" })},
		"cosigner of no node":      {with(cosigner, func(k *Key) { k.Region, k.Node = "", "" })},
		"cosigner below too much":  {with(cosigner, func(k *Key) { k.Name = strings.Repeat("o", maxOrigin+1) + "/110000/110000-a" })},
		"region without node":      {with(log, func(k *Key) { k.Node = "" })},
		"not a region":             {with(log, func(k *Key) { k.Region = "11" })},
		"no kind":                  {with(log, func(k *Key) { k.Kind = 0 })},
		"no key":                   {with(log, func(k *Key) { k.Public = nil })},
		"two federations":          {log, with(other, func(k *Key) { k.Name = "other.example/log" })},
	} {
		_, err := NewKeys(list)
		wantErr(t, name, err, ErrKey)
	}
	foreign := with(other, func(k *Key) { k.Name = "foreign.example/log"; k.Region, k.Node = "", "" })
	if _, err := NewKeys([]Key{log, cosigner, foreign}); err != nil {
		t.Errorf("a foreign log beside the own federation: %v", err)
	}
}

// TestKeyIDsCollide: key ids have 32 bits; 65,000 keys find two alike. The pair
// was searched once, among the keys of the seeds 0, 1, 2, … (32 bytes, big-endian).
func TestKeyIDsCollide(t *testing.T) {
	of := func(n uint64) Key {
		secret := binary.BigEndian.AppendUint64(make([]byte, 24), n)
		return Key{Kind: KindLog, Name: origin, Public: ed25519.NewKeyFromSeed(secret).Public().(ed25519.PublicKey)}
	}
	a, b := of(7453), of(105931)
	if a.ID() != b.ID() || a.Public.Equal(b.Public) {
		t.Fatalf("the keys do not collide: %08x, %08x", a.ID(), b.ID())
	}
	if _, err := NewKeys([]Key{a}); err != nil {
		t.Fatal(err)
	}
	_, err := NewKeys([]Key{a, b})
	wantErr(t, "colliding ids", err, ErrKey)
	b.Name = "other.example/log"
	if _, err := NewKeys([]Key{a, b}); err != nil {
		t.Errorf("other names: %v", err)
	}
}

func TestKeysOfGenesis(t *testing.T) {
	n := newNetwork(t)
	list := n.keys.List()
	if len(list) != 2*len(n.nodes) || !slices.IsSortedFunc(list, compareKeys) {
		t.Fatalf("got %d keys", len(list))
	}
	for _, m := range n.nodes {
		log, cosigner := n.key(t, m, KindLog), n.key(t, m, KindCosigner)
		if log.Name != origin || cosigner.Name != origin+"/"+m.region+"/"+m.id {
			t.Errorf("%s: names %s, %s", m.id, log.Name, cosigner.Name)
		}
		if string(log.Public) != string(m.log.Public().Key) || string(cosigner.Public) != string(m.cosigner.Public().Key) {
			t.Errorf("%s: other keys", m.id)
		}
	}
	if k, ok := n.keys.Of("110000", "110000-b", KindLog); ok {
		t.Errorf("found %+v", k)
	}
	// The set keeps its own copy.
	before := n.keys.List()[0].VKey()
	g := *n.genesis
	g.Regions[0].Nodes[0].Log.Key[0] ^= 1
	if n.keys.List()[0].VKey() != before {
		t.Error("a set changes with its genesis")
	}
	weak := &genesis.Genesis{Origin: origin, Regions: []genesis.Region{{Code: "110000", Nodes: []genesis.Node{{ID: "110000-a"}}}}}
	_, err := FromGenesis(weak)
	wantErr(t, "a genesis without keys", err, ErrKey)
}
