package clustertest

import (
	"slices"
	"sync"

	"sandi.internal/gateway/consensus/statement"
)

// censor is what nodes keep out of the ledger.
type censor struct {
	mu   sync.Mutex
	rows map[string][]string // node -> regions whose statements it drops
}

// Censor has a node drop, from now on, every batch that another one forwards to
// it and that holds a statement of a region. It answers that their fate is not
// known, and leads on as if nothing were.
func (c *Cluster) Censor(n *Node, region string) {
	c.hub.censor.mu.Lock()
	defer c.hub.censor.mu.Unlock()
	if c.hub.censor.rows == nil {
		c.hub.censor.rows = make(map[string][]string)
	}
	c.hub.censor.rows[n.ID] = append(c.hub.censor.rows[n.ID], region)
}

// drops reports whether a node keeps a batch to itself.
func (c *censor) drops(node string, batch [][]byte) bool {
	c.mu.Lock()
	regions := c.rows[node]
	c.mu.Unlock()
	return len(regions) > 0 && slices.ContainsFunc(batch, func(raw []byte) bool {
		st, err := statement.Parse(raw)
		return err == nil && slices.Contains(regions, st.Region)
	})
}
