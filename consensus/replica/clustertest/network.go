package clustertest

import (
	_ "embed"
	"fmt"
	"testing"

	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
)

//go:embed memo.yaml
var memo string

// Start is when the networks of this package begin: a Monday.
const Start = "2025-11-03T09:00:00+08:00"

// Fast are timeouts for clusters in one process: elections in a few hundred
// milliseconds, and leases that survive a busy test machine.
var Fast = genesis.Timeouts{HeartbeatMS: 250, ElectionMS: 250, LeaseMS: 200, CommitMS: 10}

// Calm are timeouts at which a busy machine holds no elections of its own: for tests
// that say who leads.
var Calm = genesis.Timeouts{HeartbeatMS: 800, ElectionMS: 800, LeaseMS: 600, CommitMS: 10}

// Genesis makes the signed genesis of a throw-away network: the memo law, and
// whatever law is given besides. Peer addresses are not reachable.
func Genesis(t testing.TB, n *devca.Network, timeouts genesis.Timeouts, law ...genesis.LawText) *genesis.Signed {
	t.Helper()
	g := &genesis.Genesis{
		Format: genesis.Format, Name: "三地 cluster under test", Origin: "sandi.internal/ledger",
		Clock: genesis.ClockPractice, Synthetic: true, CreatedAt: Start, Protocol: 1, Final: "all", Timeouts: timeouts,
		Law: append([]genesis.LawText{{Name: "memo", Text: memo}}, law...), Rules: data.Rules, Calendar: data.Workdays,
	}
	signers := make(map[string]keyring.Signer)
	port := 0
	for _, r := range n.Regions {
		signers[r.Code] = r.Governance
		region := genesis.Region{
			Code: r.Code, NameZH: r.NameZH, NameEN: r.NameEN, Governance: r.Governance.Public(),
			Statement: []keyring.PublicKey{r.Statement.Public()}, Roots: r.RootDER(),
			Issuers: []genesis.Issuer{{ID: r.Issuer, Keys: []keyring.PublicKey{r.Token.Public()}, Roles: []string{"officer"}}},
			Orgs:    []genesis.Org{{Code: r.Code + "-SJ", NameZH: r.NameZH, NameEN: r.NameEN, Level: "province"}},
		}
		for i, node := range r.Nodes {
			port++
			region.Nodes = append(region.Nodes, genesis.Node{
				ID: node.ID, Voter: i == 0, Log: node.Log.Public(), Cosigner: node.Cosigner.Public(),
				Peer: fmt.Sprintf("127.0.0.1:%d", 19000+port), Gossip: fmt.Sprintf("127.0.0.1:%d", 17000+port),
				Public: fmt.Sprintf("http://127.0.0.1:%d", 18000+port),
			})
		}
		g.Regions = append(g.Regions, region)
	}
	sealed, err := genesis.Seal(g, signers)
	if err != nil {
		t.Fatalf("couldn't seal a genesis: %v", err)
	}
	signed, err := genesis.Parse(sealed)
	if err != nil {
		t.Fatalf("couldn't read a genesis back: %v", err)
	}
	return signed
}
