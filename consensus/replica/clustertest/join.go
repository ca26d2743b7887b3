package clustertest

import (
	"slices"

	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/storagetest"
)

// Join registers a further node of a region and starts it with empty stores. What
// it knows of the network beyond genesis it has from the leader's roster, as an
// operator would hand it over.
func (c *Cluster) Join(region, suffix string) *Node {
	c.t.Helper()
	keys, err := c.Keys.AddNode(region, suffix)
	if err != nil {
		c.t.Fatal(err)
	}
	body := statement.NodeAddBody{
		Node: keys.ID, Peer: keys.ID + ".test:9011", Gossip: keys.ID + ".test:7011", Public: "https://" + keys.ID + ".test",
	}
	if body.Log, err = statement.Prove(keys.Log, c.Signed.Network(), region, keys.ID); err != nil {
		c.t.Fatal(err)
	}
	if body.Cosigner, err = statement.Prove(keys.Cosigner, c.Signed.Network(), region, keys.ID); err != nil {
		c.t.Fatal(err)
	}
	leader := c.Leader()
	c.Write(leader, c.Govern(region, statement.KindNodeAdd, body.Marshal(), c.Clock()))
	n := &Node{ID: keys.ID, Region: region, c: c, signed: c.Signed, disk: storagetest.NewDisk()}
	n.ticket = leader.Ledger.Roster().Genesis
	c.Nodes = append(c.Nodes, n)
	slices.SortFunc(c.Nodes, func(a, b *Node) int { return cmpString(a.ID, b.ID) })
	if err := n.start(); err != nil {
		c.t.Fatal(err)
	}
	return n
}

// Expel signs for regions that a node is to go, and waits for it to be said.
func (c *Cluster) Expel(node string, by ...string) {
	c.t.Helper()
	for _, region := range by {
		body := statement.NodeRemoveBody{Node: node, Reason: "compromised"}.Marshal()
		c.Write(c.Leader(), c.Govern(region, statement.KindNodeRemove, body, c.Clock()))
	}
}

// Votes are the voters of the configuration as a node has committed it.
func (n *Node) Votes() (voters []string) {
	for _, s := range n.Replica.Status().Servers {
		if s.Votes {
			voters = append(voters, s.ID)
		}
	}
	slices.Sort(voters)
	return voters
}

// Serves reports whether a node is a server of the configuration another has.
func (n *Node) Serves(node string) bool {
	return slices.ContainsFunc(n.Replica.Status().Servers, func(s replica.Voter) bool { return s.ID == node })
}

// roster is what the node's ledger says, or its ticket before the ledger knows the
// node.
func (n *Node) roster() membership.Roster {
	r := n.Ledger.Roster()
	if r == nil { // not loaded yet
		return membership.Roster{Genesis: n.signed.Genesis}
	}
	if known, _ := r.Genesis.Node(n.ID); known == nil && r.Gone[n.ID] == "" && n.ticket != nil {
		return membership.Roster{Genesis: n.ticket, Gone: r.Gone}
	}
	return membership.Roster{Genesis: r.Genesis, Gone: r.Gone}
}
