package bundletest

import (
	"fmt"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Promise is a region's node's submission promise about a statement, signed at one
// time for another, unix s.
func (w *World) Promise(region string, st *statement.Statement, seen, due int64) (*promise.Signed, error) {
	k := w.keys[region]
	if k == nil {
		return nil, fmt.Errorf("no region %s", region)
	}
	node := w.Signed.Region(region).Nodes[0]
	return promise.Sign(promise.Promise{
		Network: w.Signed.Network(), Region: region, Node: node.ID, From: st.Region, ID: st.ID, Hash: st.Hash, Seen: seen, Due: due,
	}, checkpoint.NewKey(checkpoint.KindLog, w.Signed.Origin, region, node.ID, node.Log.Key), k.log)
}
