package public_test

import (
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
)

const root = `"sc1.` + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" + `"`

// letter brings an assistance request from Beijing to Tianjin's receipt and
// returns it with its head.
func letter(t *testing.T, beijing, tianjin *door, number string) (record, head string) {
	t.Helper()
	r := beijing.open("assistance", "clerk", assistance)
	chief := beijing.as(solo.Someone(solo.Beijing, "wang", "bureau_head"))
	liaison := beijing.as(solo.Someone(solo.Beijing, "sun", "liaison"))
	r = chief.act(r.Record, r.Head, "approve", "bureau_head", `{}`)
	r = liaison.act(r.Record, r.Head, "send", "liaison", `{"doc_no":"京市监协查[2025]`+number+`号","payload_root":`+root+`,"assistant_org":"120000-SJ"}`)
	o, err := desk.ParseFields([]byte(`{"payload_check":` + root + `}`))
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := tianjin.bureau.Desk.Act(t.Context(), r.Record, desk.Draft{
		ID: client.NewKey(), Role: "node", Org: solo.Tianjin + "-SJ", Event: "receive", Prev: r.Head, Fields: o,
	})
	if err != nil || receipt.Status != ledger.Committed {
		t.Fatalf("no receipt: %+v %v", receipt, err)
	}
	return r.Record, receipt.RecordHead
}

// Ensure two bureaus can work on one record through their own nodes, each sees
// what it may do, and deadlines run.
func TestRecord(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "unit_head"), solo.Options{})
	id, head := letter(t, beijing, tianjin, "5")

	var rec v1.Record
	h := tianjin.get("/v1/records/"+id, &rec)
	if h.Get("Etag") != `"`+head+`"` || rec.State != "received" || rec.Parties["assistant"].Region != solo.Tianjin {
		t.Errorf("%v %+v", h, rec)
	}
	if h.Get("Ledger-Index") != "4" || h.Get("Ledger-Age-Ms") == "" {
		t.Errorf("headers %v", h)
	}
	if string(rec.Fields["doc_no"]) != `"京市监协查〔2025〕5号"` {
		t.Errorf("the document number was not brought into its form: %s", rec.Fields["doc_no"])
	}
	mine := func(events []v1.Option) (list []string) {
		for _, o := range events {
			if o.Yours {
				list = append(list, o.Event)
			}
		}
		return list
	}
	if got := mine(rec.Options); !slices.Equal(got, []string{"take_up"}) {
		t.Errorf("Tianjin's unit head may %v", got)
	}
	reply := func(list []v1.Deadline) v1.Deadline {
		t.Helper()
		i := slices.IndexFunc(list, func(d v1.Deadline) bool { return d.Name == "reply" })
		if i < 0 {
			t.Fatalf("no deadline for the reply in %+v", list)
		}
		return list[i]
	}
	if d := reply(rec.Deadlines); d.Region != solo.Tianjin || d.Verdict != "open" || d.DueDate != "2025-11-24" {
		t.Errorf("deadline %+v", d)
	}
	var plain v1.Record
	beijing.get("/v1/records/"+id+"?details=false&consistency=local&at=4", &plain)
	if plain.Options != nil || plain.Deadlines != nil || plain.Head != head {
		t.Errorf("%+v", plain)
	}
	if w := beijing.do("GET", "/v1/records/"+id+"?details=false", "", "If-None-Match", `"`+head+`"`); w.Code != http.StatusNotModified || w.Body.Len() != 0 {
		t.Errorf("not modified: %d %s", w.Code, w.Body)
	}

	var history v1.History
	beijing.get("/v1/records/"+id+"/history", &history)
	var events []string
	for _, e := range history.Items {
		events = append(events, e.Event)
	}
	if !slices.Equal(events, []string{"open", "approve", "send", "receive"}) || history.Items[3].Role != "node" || history.Items[3].Person != "" {
		t.Errorf("history %+v", history.Items)
	}
	for _, e := range history.Items {
		var known v1.Receipt
		region := beijing
		if e.Region == solo.Tianjin {
			region = tianjin
		}
		if region.get("/v1/statements/"+e.Statement, &known); known.Index == nil || *known.Index != e.Index || known.Record != id {
			t.Errorf("entry %d has statement %s: %+v", e.Index, e.Statement, known)
		}
	}
	if history.Items[0].Person == "" || history.Items[0].Person == history.Items[1].Person {
		t.Errorf("pseudonyms %q %q", history.Items[0].Person, history.Items[1].Person)
	}

	var due v1.Deadlines
	tianjin.get("/v1/records/"+id+"/deadlines", &due)
	if d := reply(due.Items); d.Cite == "" || len(d.Steps) == 0 || d.WorkdaysLeft == nil || *d.WorkdaysLeft != 15 {
		t.Errorf("deadline %+v", d)
	}
	var overdue v1.RecordPage
	beijing.get("/v1/records?overdue=true", &overdue)
	if len(overdue.Items) != 0 {
		t.Errorf("overdue at once: %+v", overdue)
	}
	n.Pass(29 * 24 * time.Hour)
	beijing.open("assistance", "clerk", strings.Replace(assistance, "37", "39", 1)) // moves ledger time on
	beijing.get("/v1/records?overdue=true&owes=120000", &overdue)
	if len(overdue.Items) != 1 || overdue.Items[0].ID != id || !overdue.Items[0].Dues[0].Overdue {
		t.Errorf("overdue: %+v", overdue)
	}
	if err := n.Ledger.Verify(); err != nil {
		t.Error(err)
	}
}

// Ensure lists filter, sort and page, each record once.
func TestList(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	var all []string
	for range 7 {
		all = append(all, beijing.open("assistance", "clerk", assistance).Record)
	}
	sent, _ := letter(t, beijing, tianjin, "9")
	all = append(all, sent)
	slices.Reverse(all) // latest change first

	var got []string
	target := "/v1/records?limit=3&procedure=assistance"
	for pages := 0; target != ""; pages++ {
		var page v1.RecordPage
		h := beijing.get(target, &page)
		for _, row := range page.Items {
			got = append(got, row.ID)
		}
		target = ""
		if link := h.Get("Link"); link != "" {
			target = strings.TrimSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			if page.Next == "" || !strings.Contains(target, page.Next) {
				t.Errorf("Link %q and next %q differ", link, page.Next)
			}
		}
		if pages > 10 {
			t.Fatal("the list does not end")
		}
	}
	if !slices.Equal(got, all) {
		t.Errorf("paged %v, want %v", got, all)
	}
	for query, want := range map[string]int{
		"state=draft": 7, "state=received": 1, "procedure=case_transfer": 0, "counterpart=120000": 1, "counterpart=130000": 0,
		"region=110000": 8, "region=120000": 0, "text=" + strings.ToLower(sent): 1, "text=协查〔2025〕9号": 1, "text=没有": 0, "sort=due": 1,
	} {
		var page v1.RecordPage
		beijing.get("/v1/records?"+query, &page)
		if len(page.Items) != want {
			t.Errorf("%s: %d records, want %d", query, len(page.Items), want)
		}
	}
	var theirs v1.RecordPage
	tianjin.get("/v1/records", &theirs)
	if len(theirs.Items) != 1 || theirs.Items[0].ID != sent {
		t.Errorf("Tianjin sees %+v", theirs.Items)
	}
	// A cursor belongs to its query.
	var page v1.RecordPage
	beijing.get("/v1/records?limit=3", &page)
	for query, want := range map[string]string{ // what the network does not have is no empty list
		"procedure=nonsense": "assistance", "state=gone": "", "procedure=assistance&state=gone": "draft", "procedure=nonsense&state=gone": "assistance",
		"region=310000": "110000, 120000", "counterpart=12": "110000, 120000", "owes=120000-SJ": "",
	} {
		p := problemOf(t, beijing.do("GET", "/v1/records?"+query, ""), 422, problem.ValidationFailed)
		if len(p.Errors) != 1 || !strings.Contains(p.Errors[0].Message, want) {
			t.Errorf("%s: %+v", query, p.Errors)
		}
	}
	problemOf(t, beijing.do("GET", "/v1/records?limit=3&state=draft&cursor="+page.Next, ""), 422, problem.ValidationFailed)
}

// Ensure a statement's fate can be asked for ever, by its own region only.
func TestStatement(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk", "liaison"), solo.Options{Wait: 30 * time.Millisecond})
	receipt := d.open("assistance", "clerk", assistance)
	var got v1.Receipt
	d.get("/v1/statements/"+receipt.ID, &got)
	if got.Status != v1.Committed || *got.Index != *receipt.Index || got.LeafHash != receipt.LeafHash || got.Head != receipt.Head {
		t.Errorf("committed: %+v, want %+v", got, receipt)
	}
	key := client.NewKey()
	w := d.do("POST", "/v1/records/"+receipt.Record+"/events", `{"event":"send","role":"liaison","fields":{"doc_no":"京市监协查〔2025〕1号","payload_root":`+root+`,"assistant_org":"120000-SJ"}}`,
		"Idempotency-Key", key, "If-Match", `"`+receipt.Head+`"`)
	problemOf(t, w, 409, "wrong_state")
	got = v1.Receipt{}
	d.get("/v1/statements/"+key, &got)
	if got.Status != v1.Refused || got.Refusal == nil || got.Refusal.Code != "wrong_state" || got.Refusal.ZH == "" {
		t.Errorf("refused: %+v", got)
	}
	got = v1.Receipt{}
	d.get("/v1/statements/"+client.NewKey(), &got)
	if got.Status != v1.Unknown {
		t.Errorf("unknown: %+v", got)
	}

	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error { return ledgerAway }})
	key = client.NewKey()
	w = d.do("POST", "/v1/records", `{"procedure":"assistance","role":"clerk","fields":`+assistance+`}`, "Idempotency-Key", key)
	if w.Code != http.StatusAccepted || w.Header().Get("Location") != "/v1/statements/"+key {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	got = v1.Receipt{}
	d.get(w.Header().Get("Location"), &got)
	if got.Status != v1.Pending {
		t.Errorf("pending: %+v", got)
	}
	n.Ledger.Break(solo.NoLeader()) // who asks meanwhile is not told that nothing was written
	got = v1.Receipt{}
	d.get(w.Header().Get("Location"), &got)
	if got.Status != v1.Pending {
		t.Errorf("pending without a majority: %+v", got)
	}
	n.Ledger.Break(nil)
	d.bureau.Run(t)
	for end := time.Now().Add(10 * time.Second); got.Status == v1.Pending && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		d.get("/v1/statements/"+key, &got)
	}
	if got.Status != v1.Committed {
		t.Errorf("after the fault: %+v", got)
	}

	got = v1.Receipt{}
	openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{}).get("/v1/statements/"+receipt.ID, &got)
	if got.Status != v1.Unknown {
		t.Errorf("another region's id: %+v", got)
	}
}

// Ensure one reading of the law gives what asking for options and for deadlines
// gives.
func TestOutlook(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "unit_head"), solo.Options{})
	id, _ := letter(t, beijing, tianjin, "7")
	view, err := n.Ledger.View(t.Context(), desk.Fresh{Local: true})
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	books := n.Ledger.Books(view)
	rec, err := books.Record(id)
	if err != nil {
		t.Fatal(err)
	}
	options, deadlines, err := books.Outlook(rec)
	if err != nil || len(options) == 0 || len(deadlines) == 0 {
		t.Fatalf("%d options, %d deadlines, %v", len(options), len(deadlines), err)
	}
	wantOptions, err := books.Options(id)
	if err != nil {
		t.Fatal(err)
	}
	wantDeadlines, err := books.Deadlines(id)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(options, wantOptions) || !reflect.DeepEqual(deadlines, wantDeadlines) {
		t.Errorf("together %+v %+v, one by one %+v %+v", options, deadlines, wantOptions, wantDeadlines)
	}
}
