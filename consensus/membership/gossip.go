package membership

import (
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/transport"
)

const (
	gossipKeyBytes = 32 // AES-256
	maxGossipKeys  = 4  // the present one, the next, and slack for a slow rotation
	// probeInterval and its timeout suit round trips of 3 to 10 ms between the
	// regions: a silent node is suspected within about two seconds.
	probeInterval = time.Second
	probeTimeout  = 500 * time.Millisecond
	streamTimeout = 5 * time.Second
	// joinEvery is how often nodes that nobody has heard of are called again.
	joinEvery = 10 * time.Second
	// leaveTimeout bounds saying goodbye; a lost goodbye costs a false alarm.
	leaveTimeout = time.Second
)

// GossipConfig is what a Gossip is made of.
type GossipConfig struct {
	NodeID  string
	Genesis *genesis.Genesis
	Network string // the network id; binds every packet to this network
	Bind    string // host:port; empty: what genesis says for this node
	// Keys are the shared AES-256 keys, the one to send with first. During a
	// rotation there are two.
	Keys    [][]byte
	Signer  keyring.Signer   // the node's log key
	Version string           // of the software
	Clock   func() time.Time // real time, on practice networks too
	Logger  *slog.Logger
}

// State is how a node seems to be.
type State string

const (
	Up      State = "up"
	Suspect State = "suspect" // did not answer lately
	Down    State = "down"    // has not answered for long, or said goodbye
	Unknown State = "unknown" // nothing was ever heard of it
)

// Hint is what gossip says about one node. Nothing may be decided by it.
type Hint struct {
	Node    string
	Region  string
	State   State
	Version string    // as the node says; empty while unknown
	Since   time.Time // when the state was first seen
}

// Gossip exchanges health hints with the nodes of genesis.
type Gossip struct {
	cfg     GossipConfig
	book    *book
	list    *memberlist.Memberlist
	ring    *memberlist.Keyring
	stop    context.CancelFunc
	running sync.WaitGroup
	once    sync.Once
}

// StartGossip opens the gossip port and begins to call the other nodes.
func StartGossip(cfg GossipConfig) (*Gossip, error) {
	if len(cfg.Keys) == 0 || len(cfg.Keys) > maxGossipKeys {
		return nil, fmt.Errorf("gossip needs 1 to %d keys, not %d", maxGossipKeys, len(cfg.Keys))
	}
	for _, k := range cfg.Keys {
		if len(k) != gossipKeyBytes {
			return nil, fmt.Errorf("a gossip key has %d bytes, not %d", len(k), gossipKeyBytes)
		}
	}
	ring, err := memberlist.NewKeyring(cfg.Keys, cfg.Keys[0])
	if err != nil {
		return nil, fmt.Errorf("couldn't make the gossip keyring: %w", err)
	}
	b, err := newBook(cfg)
	if err != nil {
		return nil, err
	}
	if err := b.checkSelf(); err != nil {
		return nil, err
	}
	conf, err := listConfig(cfg, b, ring)
	if err != nil {
		return nil, err
	}
	list, err := memberlist.Create(conf)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the gossip port %s: %w", cfg.Bind, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	g := &Gossip{cfg: cfg, book: b, list: list, ring: ring, stop: cancel}
	g.running.Go(func() { g.joinLoop(ctx) })
	return g, nil
}

// listConfig translates to memberlist's own configuration.
func listConfig(cfg GossipConfig, b *book, ring *memberlist.Keyring) (*memberlist.Config, error) {
	bind := cfg.Bind
	if bind == "" {
		bind = b.nodes[cfg.NodeID].node.Gossip
	}
	ip, port, err := resolve(bind)
	if err != nil {
		return nil, fmt.Errorf("couldn't use the gossip address %q: %w", bind, err)
	}
	conf := memberlist.DefaultWANConfig()
	conf.Name = cfg.NodeID
	conf.Label = cfg.Network
	conf.BindAddr, conf.BindPort = ip.String(), port
	conf.AdvertiseAddr, conf.AdvertisePort = b.ip.String(), b.port
	conf.Keyring = ring
	conf.GossipVerifyIncoming, conf.GossipVerifyOutgoing = true, true
	conf.RequireNodeNames = true
	conf.EnableCompression = false // nothing here is worth a decompressor in front of hostile bytes
	conf.ProbeInterval, conf.ProbeTimeout, conf.TCPTimeout = probeInterval, probeTimeout, streamTimeout
	conf.CIDRsAllowed = b.allowedNets()
	conf.Delegate, conf.Alive, conf.Merge, conf.Events = b, b, b, b
	conf.Logger = log.New(transport.Logger(cfg.Logger, "gossip").StandardWriter(nil), "", 0)
	return conf, nil
}

// resolve turns host:port into an address memberlist can bind or advertise.
func resolve(hostPort string) (netip.Addr, int, error) {
	host, portText, err := net.SplitHostPort(hostPort)
	if err != nil {
		return netip.Addr{}, 0, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return netip.Addr{}, 0, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip, int(port), nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), streamTimeout)
	defer cancel()
	ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return netip.Addr{}, 0, err
	}
	if len(ips) == 0 {
		return netip.Addr{}, 0, errors.New("the name has no address")
	}
	return ips[0].Unmap(), int(port), nil
}

// joinLoop calls the nodes that were never heard of, or not lately.
func (g *Gossip) joinLoop(ctx context.Context) {
	tick := time.NewTicker(joinEvery)
	defer tick.Stop()
	for {
		if missing := g.book.missing(); len(missing) > 0 {
			if _, err := g.list.Join(missing); err != nil {
				g.cfg.Logger.Debug("couldn't reach every node by gossip", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Hints returns one hint for every other node of genesis, sorted by node id.
func (g *Gossip) Hints() []Hint {
	suspects := make(map[string]bool)
	for _, n := range g.list.Members() {
		if n.State == memberlist.StateSuspect {
			suspects[n.Name] = true
		}
	}
	return g.book.hints(suspects)
}

// AddKey makes a key acceptable for what others send. Rotation is AddKey on
// every node, then UseKey on every node, then RemoveKey of the old one.
func (g *Gossip) AddKey(key []byte) error {
	if len(key) != gossipKeyBytes || len(g.ring.GetKeys()) >= maxGossipKeys {
		return fmt.Errorf("couldn't add a gossip key of %d bytes to %d keys", len(key), len(g.ring.GetKeys()))
	}
	return g.ring.AddKey(key)
}

// UseKey sends with a key added before.
func (g *Gossip) UseKey(key []byte) error { return g.ring.UseKey(key) }

// RemoveKey refuses a key from now on; not the one in use.
func (g *Gossip) RemoveKey(key []byte) error { return g.ring.RemoveKey(key) }

// Close says goodbye and closes the port.
func (g *Gossip) Close() error {
	var err error
	g.once.Do(func() {
		g.stop()
		g.running.Wait()
		if e := g.list.Leave(leaveTimeout); e != nil {
			g.cfg.Logger.Debug("couldn't say goodbye by gossip", "error", e)
		}
		err = g.list.Shutdown()
	})
	return err
}
