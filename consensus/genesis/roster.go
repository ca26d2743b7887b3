package genesis

import "slices"

// MaxNodes is the most nodes that a region has at a time; Raft with more voters
// than this slows down.
const MaxNodes = maxNodes

// WithNodes is g with the nodes that its regions have at some later moment in the
// place of those it began with, by region code. All else stays: it is how what
// was written for the nodes of genesis serves the nodes of today. The result is
// no genesis that anybody signed, and a region in it may have no node.
func (g *Genesis) WithNodes(nodes map[string][]Node) *Genesis {
	today := *g
	today.Regions = slices.Clone(g.Regions)
	for i := range today.Regions {
		r := &today.Regions[i]
		r.Nodes = nodes[r.Code]
	}
	return &today
}
