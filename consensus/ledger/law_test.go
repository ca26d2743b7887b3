package ledger_test

import (
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
)

// Ensure a genesis whose law cannot be applied starts no ledger.
func TestLawOfGenesisIsRefused(t *testing.T) {
	second := func(g *genesis.Genesis, change ...string) {
		text := strings.NewReplacer(change...).Replace(g.Law[0].Text)
		g.Law = slices.Insert(g.Law, 1, genesis.LawText{Name: "favour", Text: text})
	}
	for name, change := range map[string]func(*genesis.Genesis){
		"a calendar that is none": func(g *genesis.Genesis) { g.Calendar = "{}" },
		"rules that are none":     func(g *genesis.Genesis) { g.Rules = "rules: {}" },
		"a text that is none":     func(g *genesis.Genesis) { g.Law[0].Text = "schema: 9" },
		"a guard that is no rule": func(g *genesis.Genesis) {
			g.Law[0].Text = strings.Replace(g.Law[0].Text, "linked_state(", "unheard_of(", 1)
		},
		"a text under another name":     func(g *genesis.Genesis) { second(g, "prefix: ER", "prefix: FA") },
		"a prefix of another's records": func(g *genesis.Genesis) { second(g, "name: errand", "name: favour") },
	} {
		t.Run(name, func(t *testing.T) {
			w := buildWorld(t, change)
			if _, err := ledger.New(w.signed, w.pool); err == nil {
				t.Fatal("the ledger starts")
			}
		})
	}
}

// Ensure the regions that may see a record are its parties and those that acted
// as one, and that reporting a passed deadline gives no sight of it.
func TestWhoIsInvolved(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	id, head := r.handover("甲1")
	for _, step := range []struct{ region, role, event, fields string }{
		{beijing, "bureau_head", "approve", `{}`},
		{beijing, "liaison", "send", `{"doc_no":"京移〔2025〕1号"}`},
		{hebei, "node", "receive", `{"payload_check":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`},
		{tianjin, "node", "lapse", `{}`},
	} {
		if step.event == "lapse" {
			w.now += 15 * 86400
		}
		head = r.commit(w.act(step.region, step.role, id, head, step.event, step.fields)).RecordHead
	}
	record, err := r.books().Record(id)
	if err != nil {
		t.Fatal(err)
	}
	if got := ledger.Involved(record); !slices.Equal(got, []string{beijing, hebei}) {
		t.Fatalf("involved: %v", got)
	}
	if got := r.list(ledger.Filter{Region: tianjin}); len(got) != 0 {
		t.Fatalf("Tianjin sees %v", got)
	}
}

// Ensure a result says when its record waits for a node, and that a repeat does
// not say it again.
func TestAutomatic(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	if got := r.books().Law("handover", 0).Automatic; !slices.Equal(got, []string{"received"}) {
		t.Fatalf("states that wait for a node: %v", got)
	}
	id, head := r.handover("甲1")
	for _, step := range []struct {
		region, role, event, fields string
		want                        bool
	}{
		{beijing, "bureau_head", "approve", `{}`, false},
		{beijing, "liaison", "send", `{"doc_no":"京移〔2025〕1号"}`, false},
		{hebei, "node", "receive", `{"payload_check":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`, true},
		{tianjin, "node", "lapse", `{}`, false},
	} {
		if step.event == "lapse" {
			w.now += 15 * 86400
		}
		raw := w.act(step.region, step.role, id, head, step.event, step.fields)
		res := r.commit(raw)
		if res.Automatic != step.want {
			t.Errorf("after %s: %v", step.event, res.Automatic)
		}
		if again := r.apply(raw)[0]; !again.Duplicate || again.Automatic {
			t.Errorf("%s repeated: %+v", step.event, again)
		}
		head = res.RecordHead
	}
}
