package checkpoint

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/genesis"
)

// Grade is how firmly a checkpoint, and with it all below, stands.
type Grade string

const (
	GradeNone      Grade = ""          // a checkpoint of another origin
	GradeCommitted Grade = "committed" // in the Raft ledger of whoever signed
	GradePublished Grade = "published" // cosigned by at least two regions
	GradeFinal     Grade = "final"     // cosigned by as many regions as genesis demands
)

// publishedRegions is how many regions must cosign a checkpoint before it is
// published: a split view then takes two dishonest ones.
const publishedRegions = 2

// Policy says which cosignatures make which grade.
type Policy struct {
	Origin    string
	Regions   []string // that count, ascending
	Published int      // of them, for GradePublished
	Final     int      // of them, for GradeFinal
}

// PolicyOf is the policy that genesis sets. Under the roster of a later moment
// (genesis.WithNodes) regions without a node do not count, and final asks for no
// more than the others: whom they have removed can hold nothing up.
func PolicyOf(g *genesis.Genesis) Policy {
	p := Policy{Origin: g.Origin}
	for i := range g.Regions {
		if len(g.Regions[i].Nodes) > 0 {
			p.Regions = append(p.Regions, g.Regions[i].Code)
		}
	}
	p.Final = min(g.FinalRegions(), len(p.Regions))
	p.Published = min(publishedRegions, p.Final)
	return p
}

// Grade judges a note that was opened. One region counts once.
func (p Policy) Grade(n *Note) Grade {
	if n.Origin != p.Origin {
		return GradeNone
	}
	count := 0
	for _, region := range n.CosignedBy() {
		if slices.Contains(p.Regions, region) {
			count++
		}
	}
	switch {
	case count >= p.Final && p.Final > 0:
		return GradeFinal
	case count >= p.Published && p.Published > 0:
		return GradePublished
	}
	return GradeCommitted
}

// MarshalPolicy is the policy of genesis as a file. The error wraps ErrKey.
func MarshalPolicy(g *genesis.Genesis) ([]byte, error) {
	keys, err := FromGenesis(g)
	if err != nil {
		return nil, err
	}
	return MarshalPolicyOf(g, keys), nil
}

// MarshalPolicyOf is a policy as a C2SP tlog-policy (policy.txt): every node's log
// keys, every node's cosigners with the URL of its witness door, a group per region of
// which any is enough, and the quorum that makes a checkpoint final. g has the nodes of
// the moment (genesis.WithNodes), keys the keys that they sign with then.
func MarshalPolicyOf(g *genesis.Genesis, keys *Keys) []byte {
	policy := PolicyOf(g)
	var out strings.Builder
	fmt.Fprintf(&out, "# %s: a checkpoint is final when %d of %d regions cosigned it.\n", g.Origin, policy.Final, len(policy.Regions))
	for _, k := range keys.List() {
		if k.Kind == KindLog {
			fmt.Fprintf(&out, "log %s %s\n", k.VKey(), logURL(g, k.Node))
		}
	}
	var groups []string
	for i := range g.Regions {
		r := &g.Regions[i]
		if len(r.Nodes) == 0 {
			continue
		}
		var witnesses []string
		for _, n := range r.Nodes {
			for i, k := range keys.All(r.Code, n.ID, KindCosigner) {
				name := k.holder()
				if i > 0 { // while a key is being replaced both count
					name += "." + strconv.Itoa(i+1)
				}
				witnesses = append(witnesses, name)
				fmt.Fprintf(&out, "witness %s %s %s\n", name, k.VKey(), logURL(g, n.ID))
			}
		}
		fmt.Fprintf(&out, "group %s any %s\n", r.Code, strings.Join(witnesses, " "))
		groups = append(groups, r.Code)
	}
	fmt.Fprintf(&out, "group final %d %s\nquorum final\n", policy.Final, strings.Join(groups, " "))
	return []byte(out.String())
}

// logURL is where a node serves the log and answers add-checkpoint.
func logURL(g *genesis.Genesis, node string) string {
	n, _ := g.Node(node)
	return n.Public + "/log"
}
