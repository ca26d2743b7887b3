package membership

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/genesis"
)

// threeRegions is a genesis of three regions with one voter and one standby each.
func threeRegions() *genesis.Genesis {
	g := &genesis.Genesis{}
	for _, code := range []string{"110000", "120000", "130000"} {
		g.Regions = append(g.Regions, genesis.Region{Code: code, Nodes: []genesis.Node{
			{ID: code + "-a", Voter: true, Gossip: "127.0.0.1:7011"}, {ID: code + "-b", Gossip: "127.0.0.1:7012"},
		}})
	}
	return g
}

// Ensure every deviation from genesis has a finding, and genesis has none.
func TestAudit(t *testing.T) {
	g := threeRegions()
	for _, tc := range []struct {
		name   string
		change func(s []raft.Server) []raft.Server
		want   []Finding
	}{
		{"as in genesis", func(s []raft.Server) []raft.Server { return s }, nil},
		{
			"a standby votes", func(s []raft.Server) []raft.Server { s[1].Suffrage = raft.Voter; return s },
			[]Finding{{"voter", "110000-b"}},
		},
		{"a region takes over", func(s []raft.Server) []raft.Server {
			s[1].Suffrage, s[2].Suffrage = raft.Voter, raft.Nonvoter
			return s
		}, []Finding{{"voter", "110000-b"}, {"missing_voter", "120000-a"}, {"region_quorum", ""}}},
		{"a stranger", func(s []raft.Server) []raft.Server {
			return append(s, raft.Server{ID: "999999-a", Address: "999999-a", Suffrage: raft.Nonvoter})
		}, []Finding{{"unknown_node", "999999-a"}}},
		{
			"another address", func(s []raft.Server) []raft.Server { s[0].Address = "10.0.0.1:9011"; return s },
			[]Finding{{"address", "110000-a"}},
		},
		{
			"twice", func(s []raft.Server) []raft.Server { return append(s, s[1]) },
			[]Finding{{"duplicate", "110000-b"}},
		},
		{
			"a voter is gone", func(s []raft.Server) []raft.Server { return s[1:] },
			[]Finding{{"missing_voter", "110000-a"}},
		},
		{
			"nobody", func([]raft.Server) []raft.Server { return nil },
			[]Finding{{"missing_voter", "110000-a"}, {"missing_voter", "120000-a"}, {"missing_voter", "130000-a"}, {"none", ""}},
		},
	} {
		got := Audit(g, raft.Configuration{Servers: tc.change(slices.Clone(Voters(g).Servers))})
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Ensure two nodes that read the same genesis start with the same bytes.
func TestVotersAreTheSameBytes(t *testing.T) {
	g, h := threeRegions(), threeRegions()
	slices.Reverse(h.Regions)
	a, b := raft.EncodeConfiguration(Voters(g)), raft.EncodeConfiguration(Voters(h))
	if string(a) != string(b) {
		t.Error("the order of regions in genesis shows in the configuration")
	}
}
