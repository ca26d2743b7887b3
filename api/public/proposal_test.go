package public_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure a proposal is shown with its text and what became of it, and that the
// rules in force are those that all regions approved of.
func TestProposals(t *testing.T) {
	n := solo.New(t)
	doors := make(map[string]*door)
	for _, region := range []string{solo.Beijing, solo.Tianjin, solo.Hebei} {
		doors[region] = openDoor(t, n, solo.Someone(region, "yun", "operator"), solo.Options{})
	}
	text := strings.Replace(n.Genesis.Rules, "version: 1", "version: 2", 1)
	from := n.Clock().Unix()
	id := doors[solo.Tianjin].governed(statement.KindLawPropose, statement.ProposeBody{Form: statement.LawRules, Name: "rules", Version: 2, From: from, Text: []byte(text)}.Marshal())
	shown := func() v1.ProposalText {
		t.Helper()
		w := doors[solo.Hebei].do("GET", "/v1/proposals/"+solo.Tianjin+"/"+id, "")
		var p v1.ProposalText
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return p
	}
	if p := shown(); p.Text != text || p.InForce != n.Genesis.Rules || p.State != "open" || !slices.Equal(p.Approved, []string{solo.Tianjin}) || p.From != statement.FormatAt(from) {
		t.Errorf("%+v", p.Proposal)
	}
	body := statement.ProposalBody{Region: solo.Tianjin, Proposal: id, Approve: true}
	doors[solo.Beijing].governed(statement.KindLawVote, body.Marshal(statement.KindLawVote))
	doors[solo.Hebei].governed(statement.KindLawVote, body.Marshal(statement.KindLawVote))
	doors[solo.Beijing].governed(statement.KindLawAdopt, body.Marshal(statement.KindLawAdopt))
	if p := shown(); p.State != "adopted" || p.InForce != text || p.AdoptedAt == nil || len(p.Approved) != 3 {
		t.Errorf("%+v", p.Proposal)
	}
	var list v1.Proposals
	w := doors[solo.Beijing].do("GET", "/v1/proposals", "")
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Items) != 1 || list.Items[0].ID != id {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	var rules v1.Rules
	w = doors[solo.Beijing].do("GET", "/v1/rules", "")
	if err := json.Unmarshal(w.Body.Bytes(), &rules); err != nil || rules.Version != 2 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
