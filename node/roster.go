package node

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// maxNodesFile bounds the file of nodes: a network's list is a few pages.
const maxNodesFile = 4 << 20

// openRoster finds out which nodes the network has, this one among them: by what
// its own ledger holds, else by the file of nodes that a new node is given.
func (n *Node) openRoster() error {
	if err := n.finishedReturn(); err != nil {
		return err
	}
	n.pool = statement.NewPool(n.cfg.Limits.VerifyWorkers, verdictCache)
	var err error
	if n.ledger, err = ledger.New(n.genesis, n.pool); err != nil {
		return fmt.Errorf("couldn't found the ledger on this genesis: %w", err)
	}
	if err := n.openVoided(); err != nil {
		return err
	}
	view := n.stores.state.View()
	n.early, err = n.ledger.RosterIn(view)
	var gone *genesis.Node
	var home string
	if err == nil {
		gone, home, err = n.ledger.RemovedIn(view, n.cfg.Node)
	}
	if err = errors.Join(err, view.Close()); err != nil {
		return fmt.Errorf("couldn't read the network's nodes from the ledger: %w", err)
	}
	known, _ := n.early.Genesis.Node(n.cfg.Node)
	switch {
	case gone != nil:
		// It may show what it had. Nobody else speaks to it.
		n.log.Error("this node was removed by statement: it shows what it had, and takes part in nothing")
		today := *n.early
		today.Genesis = n.early.Genesis.WithNodes(nodesWith(n.early.Genesis, home, *gone))
		n.early = &today
	case known == nil && n.cfg.Nodes != "":
		if n.early, err = ReadNodes(n.cfg.Nodes, n.genesis); err != nil {
			return err
		}
	}
	self, region := n.early.Genesis.Node(n.cfg.Node)
	if self == nil || region.Code != n.cfg.Region {
		return fmt.Errorf("neither genesis nor the ledger here names a node %s of region %s; check region and node in sandi.yaml, and for a node that was added later "+
			"write `sandi node list -o json` into a file and name it as `nodes`", n.cfg.Node, n.cfg.Region)
	}
	n.self = n.secrets.named(self)
	// A key that was revoked since is this node's own all the same: it replicates and
	// serves, and says that its signatures count no more.
	return n.secrets.holds(n.early.Ever, n.cfg.Node)
}

// nodesWith is the nodes of g by region, and one more.
func nodesWith(g *genesis.Genesis, region string, more genesis.Node) map[string][]genesis.Node {
	nodes := make(map[string][]genesis.Node)
	for _, r := range g.Regions {
		nodes[r.Code] = slices.Clone(r.Nodes)
	}
	nodes[region] = append(nodes[region], more)
	return nodes
}

// ReadNodes reads a file of nodes, as `sandi node list -o json` prints it. It is
// worth what its source is: the operator's own bureau. It decides only whom this
// node speaks to before it has the ledger itself, and each of them has to prove
// its region by that region's CA, which genesis names.
func ReadNodes(path string, signed *genesis.Signed) (*ledger.Roster, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxNodesFile {
		err = fmt.Errorf("%d bytes are too many", info.Size())
	}
	var file []byte
	if err == nil {
		file, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the file of nodes: %w; `sandi node list -o json` at a node of this bureau writes one", err)
	}
	var list v1.Nodes
	if err := json.Unmarshal(file, &list); err != nil {
		return nil, fmt.Errorf("couldn't read the file of nodes %s: %w", path, err)
	}
	return RosterOf(list, path, signed)
}

// RosterOf is the roster that a list of nodes gives; path says where it is from.
func RosterOf(list v1.Nodes, path string, signed *genesis.Signed) (*ledger.Roster, error) {
	if list.Network != signed.Network() {
		return nil, fmt.Errorf("the file of nodes %s is of another network", path)
	}
	r := &ledger.Roster{Gone: make(map[string]string)}
	standing := make(map[string][]genesis.Node)
	for _, m := range list.Nodes {
		if signed.Region(m.Region) == nil || !statement.IsNodeID(m.ID) || !statement.IsHostPort(m.Peer) || !statement.IsHostPort(m.Gossip) {
			return nil, fmt.Errorf("the file of nodes %s has a node that cannot be: %.64q of %.16q", path, m.ID, m.Region)
		}
		if m.Removed != nil {
			r.Gone[m.ID] = m.Region
			continue
		}
		one := genesis.Node{ID: m.ID, Peer: m.Peer, Gossip: m.Gossip, Public: m.Public, Voter: m.Server == serverVoter}
		for _, k := range []struct {
			from *v1.NodeKey
			use  keyring.Use
			into *keyring.PublicKey
		}{{m.Log, keyring.UseLog, &one.Log}, {m.Cosigner, keyring.UseCosigner, &one.Cosigner}} {
			if k.from == nil {
				return nil, fmt.Errorf("the file of nodes %s gives no %s key of %s", path, k.use, m.ID)
			}
			*k.into = keyring.PublicKey{ID: k.from.ID, Alg: keyring.Alg(k.from.Alg), Use: k.use, Key: k.from.Key}
			if err := k.into.Check(); err != nil {
				return nil, fmt.Errorf("the file of nodes %s: the %s key of %s: %w", path, k.use, m.ID, err)
			}
		}
		standing[m.Region] = append(standing[m.Region], one)
	}
	r.Genesis = signed.WithNodes(standing)
	var err error
	if r.Keys, err = checkpoint.FromGenesis(r.Genesis); err != nil {
		return nil, fmt.Errorf("couldn't use the keys in the file of nodes %s: %w", path, err)
	}
	r.Ever = r.Keys
	return r, nil
}

// roster is which nodes the network has now, as far as this node knows: its ledger
// says, once it has the statement that added this node.
func (n *Node) roster() *ledger.Roster {
	r := n.ledger.Roster()
	if r == nil {
		return n.early
	}
	if self, _ := r.Genesis.Node(n.cfg.Node); self == nil && r.Gone[n.cfg.Node] == "" {
		return n.early
	}
	return r
}

func (n *Node) members() membership.Roster {
	r := n.roster()
	return membership.Roster{Genesis: r.Genesis, Gone: r.Gone}
}

func (n *Node) today() *genesis.Genesis { return n.roster().Genesis }

func witnessRoster(r *ledger.Roster) witness.Roster {
	return witness.Roster{Genesis: r.Genesis, Keys: r.Keys, Ever: r.Ever}
}

// voters are the other nodes that vote now.
func (n *Node) voters() (ids []string) {
	for _, s := range n.replica.Status().Servers {
		if s.Votes && s.ID != n.cfg.Node {
			ids = append(ids, s.ID)
		}
	}
	return ids
}

// regroupTick is how often a node looks whether the ledger has added or removed
// another one; a removed one's connections end within this and the time of an entry.
const regroupTick = time.Second

// regroup follows the ledger's nodes until ctx ends. It looks only after governance
// has moved on.
func (n *Node) regroup(ctx context.Context) {
	tick := time.NewTicker(regroupTick)
	defer tick.Stop()
	var seen uint64 // Ledger.Governed of the last look; 0: none yet
	last := n.early
	for {
		if now := n.ledger.Governed(); seen == 0 || now != seen {
			if r, err := n.bar(last); err != nil {
				n.log.Error("couldn't look which nodes were removed; it looks again", "error", err)
			} else {
				seen, last = now, r
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// bar tells everybody in this node which nodes there are now: the removed ones
// first, who lose their connections.
func (n *Node) bar(last *ledger.Roster) (*ledger.Roster, error) {
	r := n.roster()
	removed, err := n.removed()
	if err != nil {
		return nil, err
	}
	n.transport.SetBarred(removed)
	if len(removed) > 0 {
		n.log.Warn("nodes are removed: they may not connect", "nodes", removed)
	}
	if err := n.keysCount(); err != nil && r.Gone[n.cfg.Node] == "" {
		n.log.Error(err.Error())
	}
	if r.Gone[n.cfg.Node] != "" && last.Gone[n.cfg.Node] == "" {
		n.log.Error("this node was removed by statement: no other node speaks to it any more; stop it")
	}
	if r == last {
		return r, nil
	}
	n.transport.SetNodes(r.Genesis)
	n.witness.SetRoster(witnessRoster(r))
	if own, _ := r.Genesis.Node(n.cfg.Node); own != nil && !slices.Equal(addresses(last.Genesis), addresses(r.Genesis)) {
		n.log.Info("the network's nodes have changed", "nodes", len(addresses(r.Genesis)))
		if err := n.openGossip(); err != nil { // hints only: the next change tries again
			n.log.Error("couldn't start the health gossip anew", "error", err)
		}
	}
	return r, nil
}

// gossipers are the network's nodes, this one with the log key that it holds,
// though it be removed.
func (n *Node) gossipers() *genesis.Genesis {
	g := n.today()
	if n.roster().Gone[n.cfg.Node] != "" {
		g = n.early.Genesis
	}
	nodes := make(map[string][]genesis.Node)
	for _, r := range g.Regions {
		for _, m := range r.Nodes {
			if m.ID == n.cfg.Node {
				m.Log = n.self.Log
			}
			nodes[r.Code] = append(nodes[r.Code], m)
		}
	}
	return g.WithNodes(nodes)
}

// addresses are what gossip goes by: where a node is, and what it signs with.
func addresses(g *genesis.Genesis) (list [][3]string) {
	for _, r := range g.Regions {
		for _, n := range r.Nodes {
			list = append(list, [3]string{n.ID, n.Gossip, string(n.Log.Key)})
		}
	}
	return list
}

// What a node is in Raft's committed configuration.
const (
	serverVoter   = "voter"
	serverStandby = "standby"
	serverNone    = "none"
)

// nodes is which nodes there are and were, for the public door.
func (n *Node) nodes() (v1.Nodes, error) {
	books, done, err := n.books()
	if err != nil {
		return v1.Nodes{}, err
	}
	defer done()
	all, err := books.Nodes()
	if err != nil {
		return v1.Nodes{}, err
	}
	status, today := n.replica.Status(), n.today()
	servers := make(map[string]string)
	for _, s := range status.Servers {
		if servers[s.ID] = serverStandby; s.Votes {
			servers[s.ID] = serverVoter
		}
	}
	out := v1.Nodes{Network: n.genesis.Network(), Nodes: []v1.Node{}, Removals: ledger.Removals(n.genesis.Genesis), Plan: []v1.MembershipStep{}, Waits: []v1.MembershipWait{}}
	for _, m := range all {
		one := v1.Node{
			ID: m.ID, Region: m.Region, Peer: m.Peer, Gossip: m.Gossip, Public: m.Public, Server: servers[m.ID],
			Added: leafOf(m.Added), Removed: leafOf(m.Removed), Against: append([]string{}, m.Against...),
		}
		if one.Server == "" {
			one.Server = serverNone
		}
		if known, _ := today.Node(m.ID); known != nil && m.Standing() {
			one.Log, one.Cosigner = keyOf(known.Log), keyOf(known.Cosigner)
		}
		out.Nodes = append(out.Nodes, one)
	}
	for _, s := range status.Plan {
		out.Plan = append(out.Plan, v1.MembershipStep{Action: s.Action.String(), Node: s.Node, Region: s.Region})
	}
	for _, w := range status.Waits {
		out.Waits = append(out.Waits, v1.MembershipWait{Code: w.Code, Region: w.Region, Node: w.Node, Text: waitText(w)})
	}
	return out, nil
}

// leafOf is the leaf of a position plus one; nil for none.
func leafOf(at uint64) *uint64 {
	if at == 0 {
		return nil
	}
	at--
	return &at
}

func keyOf(k keyring.PublicKey) *v1.NodeKey {
	return &v1.NodeKey{ID: k.ID, Alg: string(k.Alg), Key: k.Key}
}

// waitText says in words why Raft's configuration is not as it should be.
func waitText(w membership.Wait) v1.Label {
	switch w.Code {
	case membership.WaitQuorum:
		return v1.Label{ZH: "应答的投票节点不足半数以上，不能变更；请恢复各地节点", EN: "too few voters answer to commit a change; bring the regions' nodes back"}
	case membership.WaitUnsafe:
		return v1.Label{ZH: "现有投票配置不安全，请各局人工处理，见 OPERATIONS.md", EN: "the present voters are not a safe set and need people; see OPERATIONS.md"}
	case membership.WaitNoVote:
		return v1.Label{ZH: w.Region + " 没有投票节点，也没有可以接替的节点", EN: w.Region + " has no vote, and no node that could be given one"}
	case membership.WaitDead:
		return v1.Label{ZH: w.Node + " 长时间无应答，本地区没有可以接替的节点；请修复，或加入新节点（sandi node add）", EN: w.Node + " has been silent for long and no other node of its region can take over; mend it, or add one (sandi node add)"}
	case membership.WaitLagging:
		return v1.Label{ZH: w.Node + " 正在追赶账本，追上后才能投票", EN: w.Node + " is catching up; it may vote when it has"}
	case membership.WaitSilent:
		return v1.Label{ZH: "备用节点 " + w.Node + " 无应答", EN: "the standby " + w.Node + " does not answer"}
	case membership.WaitHeld:
		return v1.Label{ZH: w.Node + " 目前自行不投票，恢复后才能接替", EN: w.Node + " gives no vote at present, by its own word"}
	case membership.WaitRemoved:
		return v1.Label{ZH: w.Node + " 已移除，但其余投票节点不足，暂不能取消其投票", EN: w.Node + " is removed, but too few other voters are left to take its vote away"}
	}
	return v1.Label{ZH: w.Code, EN: w.Code}
}

// probeMembership warns of what is amiss in Raft's configuration.
func (n *Node) probeMembership(context.Context) error {
	s := n.replica.Status()
	if len(s.Waits) > 0 {
		return errors.New(waitText(s.Waits[0]).EN)
	}
	for _, f := range s.Findings {
		if !f.Grave() {
			return fmt.Errorf("region %s has no vote for the moment", f.Node)
		}
	}
	return nil
}
