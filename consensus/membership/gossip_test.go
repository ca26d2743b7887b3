package membership

import (
	"bytes"
	"io"
	"log/slog"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/memberlist"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
)

const testNetwork = "g6nTnT3hVqv2mDkYB0vM0c3vY0e8bS1aQ9m5oE2xw0U"

// gossipNet is a genesis whose gossip ports are free on this machine, and the
// log keys of its nodes.
type gossipNet struct {
	genesis *genesis.Genesis
	keys    map[string]*keyring.PrivateKey
	key     []byte
}

func newGossipNet(t *testing.T) *gossipNet {
	t.Helper()
	n := &gossipNet{genesis: threeRegions(), keys: map[string]*keyring.PrivateKey{}, key: bytes.Repeat([]byte{7}, gossipKeyBytes)}
	for r := range n.genesis.Regions {
		nodes := n.genesis.Regions[r].Nodes
		for i := range nodes {
			key, err := keyring.Generate(keyring.EdDSA, keyring.UseLog, "log-1")
			if err != nil {
				t.Fatal(err)
			}
			n.keys[nodes[i].ID], nodes[i].Log, nodes[i].Gossip = key, key.Public(), freePort(t)
		}
	}
	return n
}

// freePort is an address whose port is free for TCP and UDP.
func freePort(t *testing.T) string {
	t.Helper()
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		p, err := net.ListenPacket("udp", l.Addr().String())
		l.Close()
		if err == nil {
			p.Close()
			return l.Addr().String()
		}
	}
	t.Fatal("no port is free for both TCP and UDP")
	return ""
}

func (n *gossipNet) config(id string) GossipConfig {
	return GossipConfig{
		NodeID: id, Genesis: n.genesis, Network: testNetwork, Keys: [][]byte{n.key}, Signer: n.keys[id],
		Version: "1.0.0", Clock: time.Now, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	}
}

func (n *gossipNet) start(t *testing.T, cfg GossipConfig) *Gossip {
	t.Helper()
	g, err := StartGossip(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { g.Close() })
	return g
}

func stateOf(g *Gossip, id string) State {
	hints := g.Hints()
	return hints[slices.IndexFunc(hints, func(h Hint) bool { return h.Node == id })].State
}

func await(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !cond(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("timed out: %s", what)
		}
	}
}

// Ensure nodes find each other, tell their version, and notice a goodbye.
func TestGossipHints(t *testing.T) {
	n := newGossipNet(t)
	a, b := n.start(t, n.config("110000-a")), n.start(t, n.config("120000-a"))
	await(t, "both up", func() bool { return stateOf(a, "120000-a") == Up && stateOf(b, "110000-a") == Up })
	hints := a.Hints()
	if len(hints) != 5 || hints[1].Node != "120000-a" || hints[1].Version != "1.0.0" || hints[1].Region != "120000" {
		t.Errorf("hints %+v", hints)
	}
	if got := stateOf(a, "130000-a"); got != Unknown {
		t.Errorf("a node nobody heard of is %s", got)
	}
	if err := b.Close(); err != nil {
		t.Fatal(err)
	}
	await(t, "goodbye noticed", func() bool { return stateOf(a, "120000-a") == Down })
}

// Ensure the gossip key alone makes nobody a node: neither a stranger nor
// another node's name, and no packet of another network.
func TestGossipRefusesStrangers(t *testing.T) {
	n := newGossipNet(t)
	a := n.start(t, n.config("110000-a"))

	evil := n.config("120000-a") // holds the gossip key, not that node's key
	evil.Signer, evil.Genesis = n.keys["130000-a"], &genesis.Genesis{Regions: slices.Clone(n.genesis.Regions)}
	if _, err := StartGossip(evil); err == nil {
		t.Error("started under another node's key")
	}
	evil.Genesis.Regions[1].Nodes = slices.Clone(evil.Genesis.Regions[1].Nodes)
	evil.Genesis.Regions[1].Nodes[0].Log = evil.Signer.Public()
	b := n.start(t, evil)

	other := n.config("130000-a")
	other.Network = strings.Repeat("A", len(testNetwork))
	c := n.start(t, other)

	stranger := newStranger(t, n)
	for range 3 {
		for _, l := range []*memberlist.Memberlist{b.list, c.list, stranger} {
			_, _ = l.Join([]string{"110000-a/" + n.genesis.Regions[0].Nodes[0].Gossip})
		}
	}
	for _, h := range a.Hints() {
		if h.State != Unknown {
			t.Errorf("%s is %s", h.Node, h.State)
		}
	}
	if got := len(a.list.Members()); got != 1 {
		t.Errorf("%d members, want only itself", got)
	}
}

func newStranger(t *testing.T, n *gossipNet) *memberlist.Memberlist {
	t.Helper()
	conf := memberlist.DefaultLocalConfig()
	conf.Name, conf.Label, conf.SecretKey = "stranger", testNetwork, n.key
	conf.BindAddr, conf.BindPort, conf.LogOutput = "127.0.0.1", 0, io.Discard
	list, err := memberlist.Create(conf)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { list.Shutdown() })
	return list
}

// Ensure a rotation never parts the nodes, and ends with the old key refused.
func TestGossipRotation(t *testing.T) {
	n := newGossipNet(t)
	a, b := n.start(t, n.config("110000-a")), n.start(t, n.config("120000-a"))
	next := bytes.Repeat([]byte{9}, gossipKeyBytes)
	for _, step := range []func(g *Gossip) error{
		func(g *Gossip) error { return g.AddKey(next) },
		func(g *Gossip) error { return g.UseKey(next) },
		func(g *Gossip) error { return g.RemoveKey(n.key) },
	} {
		for _, g := range []*Gossip{a, b} {
			if err := step(g); err != nil {
				t.Fatal(err)
			}
			if _, err := a.list.Join([]string{"120000-a/" + n.genesis.Regions[1].Nodes[0].Gossip}); err != nil {
				t.Fatalf("parted during a rotation: %v", err)
			}
		}
	}
	c := n.start(t, n.config("130000-a"))
	if _, err := c.list.Join([]string{"110000-a/" + n.genesis.Regions[0].Nodes[0].Gossip}); err == nil {
		t.Error("joined with a key that was rotated away")
	}
}

// Ensure no change to signed metadata goes unnoticed, and none is too long.
func TestMeta(t *testing.T) {
	key, err := keyring.Generate(keyring.EdDSA, keyring.UseLog, "log-1")
	if err != nil {
		t.Fatal(err)
	}
	who := speaker{Network: testNetwork, ID: "110000-a", Region: "110000", Addr: "127.0.0.1:7011"}
	sealed, err := sealMeta(key, who, meta{IssuedAt: 1763700000, Version: strings.Repeat("v", 300)})
	if err != nil || len(sealed) > maxMeta {
		t.Fatalf("%d bytes, error %v", len(sealed), err)
	}
	if m, err := openMeta(key.Public(), who, sealed); err != nil || m.IssuedAt != 1763700000 || len(m.Version) != maxVersion {
		t.Fatalf("got %+v, %v", m, err)
	}
	for i := range sealed {
		bad := bytes.Clone(sealed)
		bad[i] ^= 1
		if _, err := openMeta(key.Public(), who, bad); err == nil {
			t.Errorf("a flipped bit in byte %d went unnoticed", i)
		}
	}
	for _, bad := range []speaker{
		{"other", who.ID, who.Region, who.Addr},
		{who.Network, "110000-b", who.Region, who.Addr},
		{who.Network, who.ID, "120000", who.Addr},
		{who.Network, who.ID, who.Region, "127.0.0.1:7012"},
	} {
		if _, err := openMeta(key.Public(), bad, sealed); err == nil {
			t.Errorf("metadata of %+v taken for that of %+v", who, bad)
		}
	}
	if _, err := openMeta(key.Public(), who, sealed[:len(sealed)-1]); err == nil {
		t.Error("truncated metadata taken")
	}
}

// Ensure metadata never goes back in time and never comes from the future.
func TestAliveOrder(t *testing.T) {
	n := newGossipNet(t)
	now := time.Unix(1763700000, 0)
	cfg := n.config("110000-a")
	cfg.Clock = func() time.Time { return now }
	b, err := newBook(cfg)
	if err != nil {
		t.Fatal(err)
	}
	addr := n.genesis.Regions[1].Nodes[0].Gossip
	host, port, _ := resolve(addr)
	say := func(at time.Time) error {
		data, err := sealMeta(n.keys["120000-a"], b.speaker("120000-a", addr), meta{IssuedAt: at.Unix(), Version: "1"})
		if err != nil {
			t.Fatal(err)
		}
		return b.NotifyAlive(&memberlist.Node{Name: "120000-a", Addr: host.AsSlice(), Port: uint16(port), Meta: data})
	}
	if err := say(now); err != nil {
		t.Error(err)
	}
	if err := say(now.Add(-time.Second)); err == nil {
		t.Error("older metadata replaced newer")
	}
	if err := say(now.Add(maxAhead*time.Second + time.Second)); err == nil {
		t.Error("metadata from the future taken")
	}
}
