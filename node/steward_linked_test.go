package node

import (
	_ "embed"
	"fmt"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

//go:embed testdata/waiting.yaml
var waiting string

// Ensure a record that waits for others is moved by its owner's steward as soon as
// the last of them has moved, not before; and by a stranger's when the owner's
// stays away for a while.
func TestStewardLinked(t *testing.T) {
	t.Parallel()
	s := newStewards(t, clustertest.Options{Seed: 9, Law: []genesis.LawText{{Name: "missive", Text: waiting}}})
	a, b := s.Nodes[0], s.Nodes[1]
	s.look(a) // takes stock
	s.look(b)
	parts := func(whole string) (ids [2]string) {
		for i := range ids {
			ids[i] = s.act(b, "", "", fmt.Sprintf(`{"parent":%q}`, whole))
		}
		return ids
	}
	one := s.act(a, "", "", `{}`)
	of := parts(one)
	s.act(b, of[0], "finish", `{}`)
	s.look(a)
	s.look(b)
	s.mustBe(a, one, "begun")
	s.act(b, of[1], "finish", `{}`)
	s.look(b)
	s.mustBe(a, one, "begun") // a stranger waits
	s.look(a)
	s.mustBe(a, one, "done")
	last := s.record(a, one).Acts
	if act := last[len(last)-1]; act.Region != a.Region || act.Role != procedure.NodeRole {
		t.Errorf("it was moved by %+v", act)
	}

	two := s.act(a, "", "", `{}`)
	of = parts(two)
	s.act(b, of[0], "finish", `{}`)
	s.act(b, of[1], "finish", `{}`)
	s.look(b)
	s.Advance(strangerPatience)
	s.look(b)
	s.mustBe(a, two, "begun")
	s.Advance(time.Second)
	s.look(b)
	s.mustBe(a, two, "done")
	s.CheckAll()
}
