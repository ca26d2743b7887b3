package clustertest

import (
	"fmt"
	"time"

	"sandi.internal/gateway/consensus/statement"
)

// Govern signs a statement of a region with its governance key.
func (c *Cluster) Govern(region, kind string, body []byte, at time.Time) []byte {
	raw, _, err := statement.Sign(c.Keys.Region(region).Governance, statement.Payload{
		Network: c.Signed.Network(), Kind: kind, ID: c.newID(), Region: region, At: statement.FormatAt(at.Unix()),
		Actor:   statement.Actor{Role: statement.RoleGovernance, Org: region + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		panic(fmt.Sprintf("couldn't sign %s: %v", kind, err)) // callers pass bodies in their form
	}
	return raw
}
