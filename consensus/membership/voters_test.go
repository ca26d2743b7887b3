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
	roster := Roster{Genesis: g, Gone: map[string]string{"110000-z": "110000"}}
	for _, tc := range []struct {
		name   string
		change func(s []raft.Server) []raft.Server
		want   []Finding
	}{
		{"as in genesis", func(s []raft.Server) []raft.Server { return s }, nil},
		{
			"a standby votes beside", func(s []raft.Server) []raft.Server { s[1].Suffrage = raft.Voter; return s },
			nil,
		},
		{"a region takes over", func(s []raft.Server) []raft.Server {
			s[1].Suffrage, s[2].Suffrage = raft.Voter, raft.Nonvoter
			return s
		}, []Finding{{"no_voter", "120000"}, {"region_quorum", ""}}},
		{"two standbys vote beside", func(s []raft.Server) []raft.Server {
			s[1].Suffrage, s[3].Suffrage = raft.Voter, raft.Voter
			return s
		}, []Finding{{"too_many", ""}}},
		{"a removed node votes", func(s []raft.Server) []raft.Server {
			s[0].Suffrage = raft.Nonvoter
			return append(s, raft.Server{ID: "110000-z", Address: "110000-z", Suffrage: raft.Voter})
		}, nil},
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
			[]Finding{{"no_voter", "110000"}},
		},
		{
			"nobody", func([]raft.Server) []raft.Server { return nil },
			[]Finding{{"no_voter", "110000"}, {"no_voter", "120000"}, {"no_voter", "130000"}, {"none", ""}},
		},
	} {
		got := Audit(roster, raft.Configuration{Servers: tc.change(slices.Clone(Voters(g).Servers))})
		if !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: got %v, want %v", tc.name, got, tc.want)
		}
	}
}

// Ensure the view has every server, every node that is to come and every region.
func TestView(t *testing.T) {
	g := threeRegions()
	c := Voters(g)
	c.Servers = append(c.Servers[1:], raft.Server{ID: "110000-z", Address: "110000-z", Suffrage: raft.Voter})
	view := View(Roster{Genesis: g, Gone: map[string]string{"110000-z": "110000"}}, c, func(id string) (Health, bool) {
		return Alive, id == "110000-b"
	})
	want := []Step{{Remove, "110000-z", "110000"}, {Add, "110000-a", "110000"}}
	if got := Plan(view); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	empty := g.WithNodes(map[string][]genesis.Node{"120000": g.Regions[1].Nodes, "130000": g.Regions[2].Nodes})
	gone := map[string]string{"110000-a": "110000", "110000-b": "110000"}
	view = View(Roster{Genesis: empty, Gone: gone}, Voters(g), func(string) (Health, bool) { return Alive, false })
	want = []Step{{Remove, "110000-b", "110000"}, {Remove, "110000-a", "110000"}}
	if got := Plan(view); !reflect.DeepEqual(got, want) {
		t.Errorf("a region goes: got %v, want %v", got, want)
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
