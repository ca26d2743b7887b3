package public_test

import (
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
)

// Ensure whoever is signed in is told the organisations of all regions, and by the
// list of procedures which offices open a record.
func TestOrgs(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	var orgs v1.Orgs
	beijing.get("/v1/orgs", &orgs)
	i := slices.IndexFunc(orgs.Items, func(o v1.Org) bool { return o.Code == "120000-SJ" })
	if i < 0 || orgs.Items[i].Region != solo.Tianjin || orgs.Items[i].Name.ZH == "" || orgs.Items[i].Name.EN == "" || orgs.Items[i].Level == "" {
		t.Fatalf("Tianjin's commission is not among %+v", orgs.Items)
	}
	var law v1.Procedures
	beijing.get("/v1/procedures", &law)
	i = slices.IndexFunc(law.Items, func(p v1.Procedure) bool { return p.Name == "assistance" })
	if i < 0 || !slices.Contains(law.Items[i].Opens, "clerk") || slices.Contains(law.Items[i].Opens, "auditor") {
		t.Errorf("who opens a request: %+v", law.Items)
	}
}

// Ensure the trays of a desk hold what they say, for the region that asks.
func TestBoxes(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "unit_head"), solo.Options{})
	id, _ := letter(t, beijing, tianjin, "5") // Tianjin owes the answer
	for _, c := range []struct {
		who  *door
		box  string
		want bool
	}{
		{beijing, "out", true},
		{beijing, "in", false},
		{beijing, "todo", false},
		{beijing, "done", true},
		{tianjin, "out", false},
		{tianjin, "in", true},
		{tianjin, "todo", true},
		{tianjin, "done", false},
	} {
		for _, sort := range []string{"-updated", "updated", "due"} {
			var page v1.RecordPage
			c.who.get("/v1/records?box="+c.box+"&sort="+sort, &page)
			got := slices.ContainsFunc(page.Items, func(r v1.RecordRow) bool { return r.ID == id })
			if got != c.want {
				t.Errorf("%s by %s: the letter is there: %v, want %v", c.box, sort, got, c.want)
			}
		}
	}
}

// Ensure a list can be asked for what runs, for what one may do oneself, and for fields.
func TestListForOneself(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "unit_head"), solo.Options{})
	id, _ := letter(t, beijing, tianjin, "5")
	draft := beijing.open("assistance", "clerk", strings.Replace(assistance, "37", "38", 1))
	void := beijing.open("assistance", "clerk", strings.Replace(assistance, "37", "39", 1))
	head := beijing.as(solo.Someone(solo.Beijing, "head", "bureau_head"))
	beijing.act(void.Record, void.Head, "cancel", "clerk", `{"reason":"（合成）不必要"}`)
	for _, c := range []struct {
		who   *door
		query string
		want  []string
	}{
		{beijing, "running=true", []string{draft.Record, id}},
		{tianjin, "yours=true", []string{id}},
		{head, "yours=true&state=draft", []string{draft.Record}},
		{beijing.as(solo.Someone(solo.Beijing, "auditor", "auditor")), "yours=true", nil},
	} {
		var page v1.RecordPage
		c.who.get("/v1/records?"+c.query, &page)
		var got []string
		for _, row := range page.Items {
			got = append(got, row.ID)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.query, got, c.want)
		}
	}
	var page v1.RecordPage
	h := beijing.get("/v1/records?limit=1&fields=case_file_no,contact,nothing", &page)
	if len(page.Items) != 1 || len(page.Items[0].Fields) == 0 || page.Items[0].Fields["nothing"] != nil {
		t.Errorf("fields %v", page.Items)
	}
	if link := h.Get("Link"); !strings.Contains(link, "fields=case_file_no%2Ccontact%2Cnothing") {
		t.Errorf("the next page forgets the fields: %s", link)
	}
	var plain v1.RecordPage
	beijing.get("/v1/records?limit=1", &plain)
	if plain.Items[0].Fields != nil {
		t.Errorf("fields that nobody asked for: %v", plain.Items[0].Fields)
	}
}

// Ensure a list says whose turn each record is, to whom it is said, and only when
// it is asked.
func TestTurn(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "unit_head"), solo.Options{})
	id, _ := letter(t, beijing, tianjin, "5")
	turn := func(who *door, query string) *v1.Turn {
		t.Helper()
		var page v1.RecordPage
		who.get("/v1/records"+query, &page)
		i := slices.IndexFunc(page.Items, func(r v1.RecordRow) bool { return r.ID == id })
		if i < 0 {
			t.Fatalf("the letter is not in the list %s", query)
		}
		return page.Items[i].Turn
	}
	if turn(tianjin, "") != nil || turn(tianjin, "?turn=false") != nil {
		t.Error("a list that was not asked says whose turn it is")
	}
	theirs, ours := turn(beijing, "?turn=true"), turn(tianjin, "?turn=true")
	if theirs == nil || theirs.Yours || ours == nil || !ours.Yours {
		t.Fatalf("Beijing's clerk %+v, Tianjin's unit head %+v", theirs, ours)
	}
	head := v1.OptionActor{Party: "assistant", Role: "unit_head", Region: solo.Tianjin, Org: "120000-SJ"}
	times := 0
	for _, by := range ours.By {
		if by == head {
			times++
		}
	}
	if times != 1 {
		t.Errorf("the unit head is named %d times in %+v", times, ours.By)
	}
}
