package ledger

import (
	"cmp"
	"encoding/binary"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// Why a node cannot be added or removed.
const (
	CodeNode        Code = "unknown_node"
	CodeNodeTaken   Code = "node_known" // the id is, or was, a node's
	CodeNodeGone    Code = "node_removed"
	CodeNodeAddress Code = "address_of_another_region"
	CodeNodeVoted   Code = "removal_signed"
	CodeNodeQuorum  Code = "too_few_regions_left"
	CodeLastNode    Code = "last_node_of_region"
)

// maxNodesEver bounds the nodes that a region has in its life: an id serves once,
// so that what a node once signed is never another's.
const maxNodesEver = 256

// removalLeast is how many other regions must agree to remove a node, whatever
// genesis says: one alone could otherwise take its neighbour's node away.
const removalLeast = 2

// Node is a node as the ledger has it: of genesis, or added since.
type Node struct {
	ID, Region           string
	Peer, Gossip, Public string
	Added                uint64   // leaf index + 1 of its node.add; 0: genesis names it
	Removed              uint64   // leaf index + 1 of the statement that ended it; 0: it stands
	Against              []string // other regions that want it removed, ascending
}

// Standing reports whether the node is one of the network.
func (n *Node) Standing() bool { return n.Removed == 0 }

// putGenesis adds the nodes of genesis that no statement has touched. They have
// no row.
func (g *registry) putGenesis(from *genesis.Genesis) {
	for i := range from.Regions {
		r := &from.Regions[i]
		for _, n := range r.Nodes {
			if g.nodes[n.ID] == nil {
				g.nodes[n.ID] = &Node{ID: n.ID, Region: r.Code, Peer: n.Peer, Gossip: n.Gossip, Public: n.Public}
			}
		}
	}
}

// nodesOf lists a region's nodes: those of genesis by id, then the others as they
// came.
func (g *registry) nodesOf(region string, standing bool) []*Node {
	var list []*Node
	for _, n := range g.nodes {
		if n.Region == region && (n.Standing() || !standing) {
			list = append(list, n)
		}
	}
	slices.SortFunc(list, func(a, b *Node) int { return cmp.Or(cmp.Compare(a.Added, b.Added), cmp.Compare(a.ID, b.ID)) })
	return list
}

// nodeKey is the key of a node for a use: of those that are valid the one that
// has been so the longest, else the last that was.
func (g *registry) nodeKey(node *Node, use keyring.Use) keyring.PublicKey {
	var best *Key
	rank := func(k *Key) int {
		switch k.Life.StateAt(g.at) {
		case keyring.StateActive:
			return 3
		case keyring.StateRetiring:
			return 2
		case keyring.StateRevoked:
			return 1
		}
		return 0
	}
	for _, k := range g.keys {
		if k.Region != node.Region || k.Owner != node.ID || k.Use != use {
			continue
		}
		if best == nil || cmp.Or(cmp.Compare(rank(best), rank(k)), cmp.Compare(k.Life.Active, best.Life.Active), cmp.Compare(k.ID, best.ID)) < 0 {
			best = k
		}
	}
	if best == nil {
		return keyring.PublicKey{}
	}
	return best.PublicKey
}

// Roster is which nodes belong to a network, and their keys. It is never changed.
type Roster struct {
	Genesis *genesis.Genesis  // with the nodes that stand (genesis.WithNodes)
	Gone    map[string]string // removed nodes, by id: their region
	Keys    *checkpoint.Keys  // log and cosigner keys that count in a checkpoint now
	Ever    *checkpoint.Keys  // and the revoked ones: what they signed stays evidence
}

// rosterOf is the roster under a registry.
func (g *registry) rosterOf(from *genesis.Genesis) *Roster {
	g.once.Do(func() {
		r := &Roster{Gone: make(map[string]string), Keys: g.noteKeys(from.Origin, false), Ever: g.noteKeys(from.Origin, true)}
		for _, n := range g.nodes {
			if !n.Standing() {
				r.Gone[n.ID] = n.Region
			}
		}
		today := make(map[string][]genesis.Node)
		for i := range from.Regions {
			code := from.Regions[i].Code
			for _, n := range g.nodesOf(code, true) {
				node := g.genesisNode(n)
				if first, _ := from.Node(n.ID); first != nil {
					node.Voter = first.Voter
				}
				today[code] = append(today[code], node)
			}
		}
		r.Genesis = from.WithNodes(today)
		g.roster = r
	})
	return g.roster
}

// noteKeys are the log and cosigner keys under which checkpoints count; with the
// revoked ones too, those that ever did. A key whose name and short key id an
// earlier one has is left out: its region made it so, and harms itself alone.
func (g *registry) noteKeys(origin string, revoked bool) *checkpoint.Keys {
	var valid []*Key
	for _, k := range g.keys {
		if k.Use != keyring.UseLog && k.Use != keyring.UseCosigner {
			continue
		}
		switch state := k.Life.StateAt(g.at); {
		case state == keyring.StateActive, state == keyring.StateRetiring, state == keyring.StateRevoked && revoked && k.Life.Active != 0:
			valid = append(valid, k)
		}
	}
	slices.SortFunc(valid, func(a, b *Key) int {
		return cmp.Or(cmp.Compare(a.Life.Prepared, b.Life.Prepared), cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	})
	var list []checkpoint.Key
	add := func(k *Key) {
		kind := checkpoint.KindLog
		if k.Use == keyring.UseCosigner {
			kind = checkpoint.KindCosigner
		}
		list = append(list, checkpoint.NewKey(kind, origin, k.Region, k.Owner, k.Key))
	}
	for _, k := range valid {
		add(k)
	}
	keys, err := checkpoint.NewKeys(list)
	if err == nil {
		return keys
	}
	list, keys = nil, nil
	for _, k := range valid {
		add(k)
		if next, err := checkpoint.NewKeys(list); err == nil {
			keys = next
		} else {
			list = list[:len(list)-1]
		}
	}
	return keys
}

// Roster is the nodes and their keys after the last governance statement; while
// governance stays, so does the pointer. Nil before Load. Any goroutine may call it.
func (l *Ledger) Roster() *Roster {
	reg := l.registry.Load()
	if reg == nil {
		return nil
	}
	return reg.rosterOf(l.genesis)
}

// RosterIn is the roster that a storage holds, before it is loaded.
func (l *Ledger) RosterIn(r Reader) (*Roster, error) {
	h, err := readHead(r)
	if err != nil {
		return nil, err
	}
	if h == nil {
		return seedRegistry(l.genesis).rosterOf(l.genesis), nil
	}
	reg, err := loadRegistry(r, h.governed)
	if err != nil {
		return nil, err
	}
	reg.putGenesis(l.genesis)
	return reg.rosterOf(l.genesis), nil
}

// RemovedIn is what a storage holds of a node that was removed, with its region: the
// node itself goes on to show what it had. Nil for any other.
func (l *Ledger) RemovedIn(r Reader, id string) (*genesis.Node, string, error) {
	h, err := readHead(r)
	if err != nil || h == nil {
		return nil, "", err
	}
	reg, err := loadRegistry(r, h.governed)
	if err != nil {
		return nil, "", err
	}
	n := reg.nodes[id]
	if n == nil || n.Standing() {
		return nil, "", nil
	}
	node := reg.genesisNode(n)
	return &node, n.Region, nil
}

// genesisNode is a node in the form that genesis gives it, without a vote.
func (g *registry) genesisNode(n *Node) genesis.Node {
	return genesis.Node{
		ID: n.ID, Peer: n.Peer, Gossip: n.Gossip, Public: n.Public, Log: g.nodeKey(n, keyring.UseLog), Cosigner: g.nodeKey(n, keyring.UseCosigner),
	}
}

// Node finds a node, a removed one too; nil when there never was one. Any
// goroutine may call it.
func (l *Ledger) Node(id string) *Node {
	reg := l.registry.Load()
	if reg == nil || reg.nodes[id] == nil {
		return nil
	}
	n := *reg.nodes[id]
	return &n
}

// Removals is how many other regions must want a node removed: as many as make a
// checkpoint final, which are all others where that takes everybody.
func Removals(g *genesis.Genesis) int {
	return max(removalLeast, min(g.FinalRegions(), len(g.Regions)-1))
}

// addNode judges node.add: a region's further node, with its keys.
func (l *Ledger) addNode(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseNodeAdd(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	reg := l.registry.Load()
	if reg.nodes[body.Node] != nil {
		return decision{}, refuse(CodeNodeTaken, "node", body.Node), nil
	}
	if len(reg.nodesOf(st.Region, true)) >= genesis.MaxNodes || len(reg.nodesOf(st.Region, false)) >= maxNodesEver {
		return decision{}, refuse(CodeFull, "what", "nodes"), nil
	}
	if reg.keysOf(st.Region)+2 > maxKeysPerRegion {
		return decision{}, refuse(CodeFull, "what", "keys"), nil
	}
	for _, n := range reg.nodes {
		// A region may put a new machine where its old one was.
		if n.Standing() && n.Region != st.Region && (n.Peer == body.Peer || n.Gossip == body.Gossip) {
			return decision{}, refuse(CodeNodeAddress, "node", n.ID), nil
		}
	}
	log, refusal := l.newKey(st, body.Log, body.Node, true)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	cosigner, refusal := l.newKey(st, body.Cosigner, body.Node, true)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	if string(log.Key) == string(cosigner.Key) {
		return decision{}, refuse(CodeKeyTwice, "key", cosigner.ID), nil
	}
	d := l.registers([]*Key{log, cosigner}, nil)
	d.putNode(nil, &Node{
		ID: body.Node, Region: st.Region, Peer: body.Peer, Gossip: body.Gossip, Public: body.Public, Added: l.tree.Size() + 1,
	})
	return d, nil, nil
}

// putNode puts a node in the place of what it was.
func (d *decision) putNode(before, after *Node) {
	d.registry.nodes[after.ID] = after
	c := change{key: nodeKey(after.ID), after: after.row()}
	if before != nil {
		c.before = before.row()
	}
	d.changes = append(d.changes, c)
}

// removeNode judges node.remove. A region's own word is enough for its own node,
// as long as another stands; a foreign node goes when enough regions have said so.
// With it go its keys: from the next leaf on nobody speaks in its name.
func (l *Ledger) removeNode(st *statement.Statement) (decision, *Refusal, error) {
	body, err := statement.ParseNodeRemove(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	reg := l.registry.Load()
	before := reg.nodes[body.Node]
	switch {
	case before == nil:
		return decision{}, refuse(CodeNode, "node", body.Node), nil
	case !before.Standing():
		return decision{}, refuse(CodeNodeGone, "node", body.Node), nil
	}
	after := *before
	if st.Region == before.Region {
		if len(reg.nodesOf(st.Region, true)) == 1 {
			return decision{}, refuse(CodeLastNode, "node", body.Node), nil
		}
		return l.endNode(before, &after), nil, nil
	}
	i, said := slices.BinarySearch(before.Against, st.Region)
	if said {
		return decision{}, refuse(CodeNodeVoted, "node", body.Node), nil
	}
	if !l.spares(reg, before) {
		return decision{}, refuse(CodeNodeQuorum, "node", body.Node), nil
	}
	after.Against = slices.Insert(slices.Clone(before.Against), i, st.Region)
	if len(after.Against) >= Removals(l.genesis) {
		return l.endNode(before, &after), nil, nil
	}
	d := l.registers(nil, nil)
	d.putNode(before, &after)
	return d, nil, nil
}

// spares reports whether a majority of the regions has nodes without this one:
// fewer could never commit anything again.
func (l *Ledger) spares(reg *registry, node *Node) bool {
	manned := 0
	for _, region := range l.regions {
		nodes := reg.nodesOf(region, true)
		if len(nodes) > 1 || len(nodes) == 1 && nodes[0].ID != node.ID {
			manned++
		}
	}
	return manned > len(l.regions)/2
}

// endNode removes a node and revokes its keys.
func (l *Ledger) endNode(before, after *Node) decision {
	index := l.tree.Size()
	var keys []*Key
	for _, k := range l.registry.Load().keys {
		if k.Region != before.Region || k.Owner != before.ID || k.Use != keyring.UseLog && k.Use != keyring.UseCosigner {
			continue
		}
		ended := *k
		var err error
		if ended.Life, err = k.Life.Revoke(index); err == nil { // one that is revoked stays so
			keys = append(keys, &ended)
		}
	}
	// The digest is of a set and the rows are apart: their order is free. Sorted,
	// the writes are the same on every replica all the same.
	slices.SortFunc(keys, func(a, b *Key) int { return cmp.Compare(a.ID, b.ID) })
	after.Removed = index + 1
	d := l.registers(keys, nil)
	d.putNode(before, after)
	return d
}

// row is the node as it is stored and digested; nil for one of genesis that no
// statement has touched.
func (n *Node) row() []byte {
	if n.Added == 0 && n.Removed == 0 && len(n.Against) == 0 {
		return nil
	}
	row := []byte{rowVersion}
	for _, s := range [...]string{n.ID, n.Region, n.Peer, n.Gossip, n.Public} {
		row = appendText(row, s)
	}
	row = binary.AppendUvarint(binary.AppendUvarint(row, n.Added), n.Removed)
	return appendTexts(row, n.Against)
}

func parseNode(row []byte) (*Node, error) {
	d := newDecoder(row)
	n := &Node{ID: d.text(), Region: d.text(), Peer: d.text(), Gossip: d.text(), Public: d.text()}
	n.Added, n.Removed, n.Against = d.uvarint(), d.uvarint(), d.texts()
	return n, d.done("a node")
}

// loadNodes reads the nodes that statements have touched.
func loadNodes(r Reader, reg *registry) error {
	lower, upper := tableSpan(tableNode)
	return r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		n, err := parseNode(v)
		if err != nil {
			return false, err
		}
		reg.nodes[n.ID] = n
		return true, nil
	})
}

// Nodes lists all nodes that there are and were: by region, those of genesis
// first.
func (b *Books) Nodes() ([]*Node, error) {
	reg := newRegistry()
	if err := loadNodes(b.r, reg); err != nil {
		return nil, err
	}
	reg.putGenesis(b.l.genesis)
	var list []*Node
	for _, region := range b.l.regions {
		list = append(list, reg.nodesOf(region, false)...)
	}
	return list, nil
}
