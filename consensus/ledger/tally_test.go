package ledger_test

import (
	"fmt"
	"os"
	"slices"
	"testing"

	"sandi.internal/gateway/consensus/genesis"
)

// relayWorld is a network with the made-up procedure that counts.
func relayWorld(t *testing.T) *world {
	t.Helper()
	text, err := os.ReadFile("../procedure/testdata/relay.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return buildWorld(t, func(g *genesis.Genesis) {
		g.Law = append(g.Law, genesis.LawText{Name: "relay", Text: string(text)})
		g.Rules += "  - {id: agree_stated, zh: 约定, en: stated, n: 1, unit: h, starts: stated, cite: 约定, status: agreed}\n"
	})
}

// Ensure a sum that one record's acts raise is what another record's law reads,
// across a restart, that it ends with the state that Verify expects, and that the
// record which waits for it is named to whoever looks after it.
func TestTally(t *testing.T) {
	w := relayWorld(t)
	r := w.replica()
	plan := r.commit(w.open(beijing, "clerk", "relay", `{"members":["120000-SJ"]}`))
	head := r.commit(w.act(beijing, "liaison", plan.Record, plan.RecordHead, "begin", `{}`)).RecordHead
	leg := func() []byte {
		return w.open(beijing, "clerk", "relay", fmt.Sprintf(`{"members":["120000-SJ"],"parent":%q}`, plan.Record))
	}
	first := r.commit(leg())
	if !slices.Equal(first.Touched, []string{plan.Record}) {
		t.Errorf("touched %v, want the plan", first.Touched)
	}
	r = r.restart()
	r.commit(leg())
	if code := r.refused(leg()); code != "quota_used" {
		t.Errorf("the third leg: %s, want quota_used", code)
	}
	if code := r.refused(w.act(tianjin, "node", plan.Record, head, "all_done", `{}`)); code != "not_met" {
		t.Errorf("all_done: %s, want not_met", code)
	}
	r.check()
}
