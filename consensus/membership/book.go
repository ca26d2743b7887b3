package membership

import (
	"bytes"
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/hashicorp/memberlist"

	"sandi.internal/gateway/consensus/genesis"
)

// maxAhead is how far a node's clock may lie ahead of ours in its metadata.
const maxAhead = 120

// entry is one node of genesis and what was last heard of it.
type entry struct {
	node   genesis.Node
	region string
	last   meta  // guarded by book.mu
	state  State // guarded by book.mu
	since  time.Time
}

// book keeps what gossip says, and is what memberlist asks and tells. It lets in
// nodes of genesis only, each speaking for itself.
type book struct {
	cfg  GossipConfig
	ip   netip.Addr // where others reach this node, by genesis
	port int

	mu    sync.Mutex
	nodes map[string]*entry
}

func newBook(cfg GossipConfig) (*book, error) {
	b := &book{cfg: cfg, nodes: make(map[string]*entry)}
	now := cfg.Clock()
	for _, r := range cfg.Genesis.Regions {
		for _, n := range r.Nodes {
			b.nodes[n.ID] = &entry{node: n, region: r.Code, state: Unknown, since: now}
		}
	}
	own := b.nodes[cfg.NodeID]
	if own == nil {
		return nil, fmt.Errorf("node %q is not in genesis", cfg.NodeID)
	}
	var err error
	if b.ip, b.port, err = resolve(own.node.Gossip); err != nil {
		return nil, fmt.Errorf("couldn't use the gossip address %q of genesis: %w", own.node.Gossip, err)
	}
	return b, nil
}

// allowedNets are the addresses of genesis, when all of them are addresses;
// with names among them every address is let in, and the key decides.
func (b *book) allowedNets() []net.IPNet {
	var nets []net.IPNet
	for _, e := range b.nodes {
		host, _, err := net.SplitHostPort(e.node.Gossip)
		if err != nil {
			return nil
		}
		ip, err := netip.ParseAddr(host)
		if err != nil {
			return nil
		}
		nets = append(nets, net.IPNet{IP: ip.AsSlice(), Mask: net.CIDRMask(ip.BitLen(), ip.BitLen())})
	}
	return nets
}

func (b *book) speaker(id, addr string) speaker {
	return speaker{Network: b.cfg.Network, ID: id, Region: b.nodes[id].region, Addr: addr}
}

// checkSelf finds a wrong key before memberlist does: it panics later when a
// node has refused itself.
func (b *book) checkSelf() error {
	own, held := b.nodes[b.cfg.NodeID].node.Log, b.cfg.Signer.Public()
	if own.Alg != held.Alg || !bytes.Equal(own.Key, held.Key) {
		return fmt.Errorf("the log key of node %s is not the one in genesis", b.cfg.NodeID)
	}
	return nil
}

// NodeMeta implements memberlist.Delegate.
func (b *book) NodeMeta(limit int) []byte {
	addr := net.JoinHostPort(b.ip.String(), strconv.Itoa(b.port))
	data, err := sealMeta(b.cfg.Signer, b.speaker(b.cfg.NodeID, addr), meta{IssuedAt: b.cfg.Clock().Unix(), Version: b.cfg.Version})
	if err != nil || len(data) > limit {
		b.cfg.Logger.Error("couldn't describe this node for gossip", "error", err, "bytes", len(data))
		return nil
	}
	return data
}

// NotifyAlive implements memberlist.AliveDelegate: an error keeps the node out.
func (b *book) NotifyAlive(n *memberlist.Node) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := b.nodes[n.Name]
	if e == nil {
		return fmt.Errorf("node %.64q is not in genesis", n.Name)
	}
	m, err := openMeta(e.node.Log, b.speaker(n.Name, n.Address()), n.Meta)
	if err != nil {
		return fmt.Errorf("node %s: %w", n.Name, err)
	}
	if m.IssuedAt < e.last.IssuedAt {
		return fmt.Errorf("node %s: metadata older than what it said before", n.Name)
	}
	if m.IssuedAt > b.cfg.Clock().Unix()+maxAhead {
		return fmt.Errorf("node %s: metadata from the future", n.Name)
	}
	e.last = m
	return nil
}

// NotifyMerge implements memberlist.MergeDelegate: whoever brings strangers
// along is not joined.
func (b *book) NotifyMerge(peers []*memberlist.Node) error {
	if len(peers) > len(b.nodes) {
		return fmt.Errorf("%d nodes where genesis has %d", len(peers), len(b.nodes))
	}
	for _, p := range peers {
		if b.nodes[p.Name] == nil {
			return fmt.Errorf("node %.64q is not in genesis", p.Name)
		}
	}
	return nil
}

// NotifyJoin implements memberlist.EventDelegate.
func (b *book) NotifyJoin(n *memberlist.Node) { b.mark(n.Name, Up) }

// NotifyUpdate implements memberlist.EventDelegate.
func (b *book) NotifyUpdate(n *memberlist.Node) { b.mark(n.Name, Up) }

// NotifyLeave implements memberlist.EventDelegate.
func (b *book) NotifyLeave(n *memberlist.Node) { b.mark(n.Name, Down) }

func (b *book) mark(id string, s State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if e := b.nodes[id]; e != nil && e.state != s {
		e.state, e.since = s, b.cfg.Clock()
	}
}

// NotifyMsg, GetBroadcasts, LocalState and MergeRemoteState implement
// memberlist.Delegate. Nothing travels by gossip but the nodes themselves.
func (b *book) NotifyMsg([]byte)                {}
func (b *book) GetBroadcasts(int, int) [][]byte { return nil }
func (b *book) LocalState(bool) []byte          { return nil }
func (b *book) MergeRemoteState([]byte, bool)   {}

// missing lists the gossip addresses of nodes that are not up, as name/address.
func (b *book) missing() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for id, e := range b.nodes {
		if id != b.cfg.NodeID && e.state != Up {
			out = append(out, id+"/"+e.node.Gossip)
		}
	}
	slices.Sort(out)
	return out
}

func (b *book) hints(suspects map[string]bool) []Hint {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []Hint
	for id, e := range b.nodes {
		if id == b.cfg.NodeID {
			continue
		}
		h := Hint{Node: id, Region: e.region, State: e.state, Version: e.last.Version, Since: e.since}
		if h.State == Up && suspects[id] {
			h.State = Suspect
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Hint) int { return cmp.Compare(a.Node, b.Node) })
	return out
}
