package replica_test

import (
	"testing"

	"sandi.internal/gateway/consensus/replica/clustertest"
)

// Ensure a statement submitted anywhere is in every ledger.
func TestSubmitAnywhere(t *testing.T) {
	c := clustertest.New(t, clustertest.Options{Seed: 1})
	c.Leader()
	for _, n := range c.Nodes {
		res := c.Write(n, c.OpenMemo(n.Region))
		if res.Record == "" || res.Duplicate {
			t.Errorf("%s: %+v", n.ID, res)
		}
	}
	c.CheckAll()
}
