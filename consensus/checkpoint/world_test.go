package checkpoint

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"testing"

	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	origin = "sandi.internal/ledger"
	at     = int64(1_763_000_000)
)

// node is a server of the test network with its private keys.
type node struct {
	region, id    string
	log, cosigner *keyring.PrivateKey
	seed          byte // of the log key; the cosigner's is one more
}

// network is three regions, the third with a standby, keys from counted seeds.
type network struct {
	genesis *genesis.Genesis
	keys    *Keys
	policy  Policy
	nodes   []*node
}

func seed(n byte) []byte { return bytes.Repeat([]byte{n}, 32) }

func private(t testing.TB, use keyring.Use, n byte) *keyring.PrivateKey {
	t.Helper()
	k, err := keyring.FromSeed(use, "key-"+strconv.Itoa(int(n)), seed(n))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func newNetwork(t testing.TB) *network {
	t.Helper()
	n := &network{genesis: &genesis.Genesis{Origin: origin, Final: "all"}}
	next := byte(100)
	for _, code := range []string{"110000", "120000", "130000"} {
		r := genesis.Region{Code: code}
		for _, suffix := range []string{"-a", "-b"} {
			if suffix == "-b" && code != "130000" {
				continue
			}
			m := &node{region: code, id: code + suffix, log: private(t, keyring.UseLog, next), cosigner: private(t, keyring.UseCosigner, next+1), seed: next}
			next += 2
			n.nodes = append(n.nodes, m)
			r.Nodes = append(r.Nodes, genesis.Node{ID: m.id, Public: "http://127.0.0.1:80" + strconv.Itoa(int(next)), Log: m.log.Public(), Cosigner: m.cosigner.Public()})
		}
		n.genesis.Regions = append(n.genesis.Regions, r)
	}
	var err error
	if n.keys, err = FromGenesis(n.genesis); err != nil {
		t.Fatal(err)
	}
	n.policy = PolicyOf(n.genesis)
	return n
}

func (n *network) key(t testing.TB, m *node, kind Kind) Key {
	t.Helper()
	k, ok := n.keys.Of(m.region, m.id, kind)
	if !ok {
		t.Fatalf("no %s key of %s", kind, m.id)
	}
	return k
}

func (n *network) logs(t testing.TB, c Checkpoint, m *node) Signature {
	t.Helper()
	s, err := SignLog(c, n.key(t, m, KindLog), m.log)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (n *network) cosigns(t testing.TB, c Checkpoint, m *node, when int64) Signature {
	t.Helper()
	s, err := Cosign(c, n.key(t, m, KindCosigner), m.cosigner, when)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signed is a note with both lines of each of the nodes.
func (n *network) signed(t testing.TB, c Checkpoint, nodes ...*node) *Note {
	t.Helper()
	out := NewNote(c)
	for i, m := range nodes {
		if err := out.Merge(NewNote(c, n.cosigns(t, c, m, at+int64(i)), n.logs(t, c, m))); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// sample is a checkpoint of a tree of seven leaves.
func sample() Checkpoint {
	tree := merkle.NewTree()
	for i := range 7 {
		tree.Append(merkle.LeafHash([]byte(strconv.Itoa(i))))
	}
	return Checkpoint{Origin: origin, Size: 7, Root: tree.Root()}
}

// verifierOf is how others check a key: from its vkey alone.
func verifierOf(t testing.TB, k Key) note.Verifier {
	t.Helper()
	v, err := f_note.NewVerifier(k.VKey())
	if err != nil {
		t.Fatalf("%s: %v", k.VKey(), err)
	}
	return v
}

// skey is a private key as golang.org/x/mod/sumdb/note and formats take it.
func skey(k Key, secret []byte) string {
	return fmt.Sprintf("PRIVATE+KEY+%s+%08x+%s", k.Name, k.ID(), base64.StdEncoding.EncodeToString(append([]byte{byte(k.Kind)}, secret...)))
}

// sealed is the frozen genesis of consensus/genesis: three regions of one node,
// keys from the seeds 5i+4 (log) and 5i+5 (cosigner).
func sealed(t testing.TB) *genesis.Signed {
	t.Helper()
	data, err := os.ReadFile("../genesis/testdata/genesis.json")
	if err != nil {
		t.Fatal(err)
	}
	g, err := genesis.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// sealedNetwork is the network of the frozen genesis with its private keys.
func sealedNetwork(t testing.TB) (*network, *genesis.Signed) {
	t.Helper()
	g := sealed(t)
	n := &network{genesis: g.Genesis, policy: PolicyOf(g.Genesis)}
	for i, r := range g.Regions {
		s := byte(5*i + 4)
		n.nodes = append(n.nodes, &node{
			region: r.Code, id: r.Nodes[0].ID, seed: s,
			log: private(t, keyring.UseLog, s), cosigner: private(t, keyring.UseCosigner, s+1),
		})
	}
	var err error
	if n.keys, err = FromGenesis(g.Genesis); err != nil {
		t.Fatal(err)
	}
	return n, g
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}
