package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// desk is a ledger with a few dozen records in several states.
func desk(t *testing.T) *replica {
	w := newWorld(t)
	r := w.replica()
	var heads []ledger.Result
	for n := range 30 {
		w.now += 60
		fields := fmt.Sprintf(`{"case_no":"京案〔2025〕%d号","receiver_org":"%s","summary":"合成 Charger RC-%d \"A\""}`, n, []string{hebei, tianjin}[n%2]+"-SJ", n)
		heads = append(heads, r.commit(w.open(beijing, "clerk", "handover", fields)))
	}
	for n := range 10 {
		w.now += 60
		r.commit(w.open(hebei, "officer", "errand", fmt.Sprintf(`{"helper_org":"%s-SJ","question":"第%d问"}`, tianjin, n)))
	}
	for n := range 12 {
		w.now += 60
		id, head := heads[n].Record, heads[n].RecordHead
		to := []string{hebei, tianjin}[n%2]
		head = r.commit(w.act(beijing, "bureau_head", id, head, "approve", `{}`)).RecordHead
		head = r.commit(w.act(beijing, "liaison", id, head, "send", fmt.Sprintf(`{"doc_no":"京市监移〔2025〕%d号"}`, n))).RecordHead
		if n < 6 {
			r.commit(w.act(to, "node", id, head, "receive", `{"payload_check":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}`))
		}
	}
	r.check()
	return r
}

// list pages through everything a filter selects.
func (r *replica) list(f ledger.Filter) []string {
	r.w.t.Helper()
	var ids []string
	for {
		page, err := r.books().Records(f)
		if err != nil {
			r.w.t.Fatal(err)
		}
		for _, row := range page.Rows {
			if row.Record.ID != row.ID || row.Record.State != row.State {
				r.w.t.Fatalf("row %s carries record %s", row.ID, row.Record.ID)
			}
			ids = append(ids, row.ID)
		}
		if page.Next == "" {
			return ids
		}
		f.Cursor = page.Next
	}
}

func TestRecordsFilter(t *testing.T) {
	r := desk(t)
	count := func(want int, f ledger.Filter) {
		t.Helper()
		if got := r.list(f); len(got) != want {
			t.Errorf("%+v: got %d records, want %d", f, len(got), want)
		}
	}
	count(40, ledger.Filter{})
	count(40, ledger.Filter{Limit: 7})
	count(30, ledger.Filter{Region: beijing})
	count(25, ledger.Filter{Region: tianjin})
	count(25, ledger.Filter{Region: hebei})
	count(15, ledger.Filter{Region: beijing, Counterpart: hebei, Limit: 4})
	count(10, ledger.Filter{Owner: hebei})
	count(10, ledger.Filter{Procedure: "errand"})
	count(6, ledger.Filter{State: "sent"})
	count(3, ledger.Filter{State: "sent", Region: tianjin})
	count(0, ledger.Filter{Region: "140000"})
	count(13, ledger.Filter{Owes: tianjin}) // three received, ten questions
	count(0, ledger.Filter{Overdue: true})
	count(16, ledger.Filter{Sort: ledger.ByDue, Limit: 3})
	count(1, ledger.Filter{Text: "〔2025〕17号"})
	count(1, ledger.Filter{Text: "rc-29 \"a\""})
	count(1, ledger.Filter{Text: "er-130000-2025-000004"})
	count(30, ledger.Filter{Text: "charger", Limit: 8})
	count(0, ledger.Filter{Text: "case_no"}) // a name, not a value
	count(6, ledger.Filter{Text: "charger", State: "received"})
	count(40, ledger.Filter{Running: true})
	count(30, ledger.Filter{Running: true, Owner: beijing, Limit: 4})
	head := []string{"bureau_head"}
	count(18, ledger.Filter{Region: beijing, Offices: head, State: "draft", Limit: 5})
	count(0, ledger.Filter{Region: tianjin, Offices: head, State: "draft"})
	count(0, ledger.Filter{Region: beijing, Offices: []string{}, State: "draft"}) // who has no office
	r.w.now += 25 * 86400
	count(0, ledger.Filter{Overdue: true}) // a quiet ledger's time stands still
	page, err := r.books().AsOf(r.w.now * 1000).Records(ledger.Filter{Overdue: true})
	if err != nil || len(page.Rows) != 16 {
		t.Fatalf("seen from today %d records are overdue, want 16 (%v)", len(page.Rows), err)
	}
	r.handover("乙1") // moves ledger time
	count(16, ledger.Filter{Overdue: true})
	count(16, ledger.Filter{Overdue: true, Sort: ledger.ByDue, Limit: 5})
	count(3, ledger.Filter{Overdue: true, Owes: hebei})
}

func TestRecordsOrder(t *testing.T) {
	r := desk(t)
	newest := r.list(ledger.Filter{Limit: 9})
	oldest := r.list(ledger.Filter{Limit: 11, Sort: ledger.ByOldest})
	slices.Reverse(oldest)
	if !slices.Equal(newest, oldest) {
		t.Fatal("the two orders by update differ")
	}
	if newest[0] != "HT-110000-2025-000012" {
		t.Fatalf("the latest change is %s", newest[0])
	}
	page, err := r.books().Records(ledger.Filter{Sort: ledger.ByDue})
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < len(page.Rows); i++ {
		if page.Rows[i-1].Dues[0].At > page.Rows[i].Dues[0].At {
			t.Fatal("not in the order of the deadlines")
		}
	}
}

func TestRecordsRefuseBadFilters(t *testing.T) {
	r := desk(t)
	page, err := r.books().Records(ledger.Filter{Limit: 3})
	if err != nil || page.Next == "" {
		t.Fatal(err)
	}
	last := page.Next[len(page.Next)-1]
	for name, f := range map[string]ledger.Filter{
		"limit over the bound":     {Limit: 1e9},
		"negative limit":           {Limit: -1},
		"unknown order":            {Sort: "size"},
		"long text":                {Text: strings.Repeat("长", 101)},
		"text that is not UTF-8":   {Text: "\xff"},
		"cursor of another filter": {Cursor: page.Next, Region: hebei},
		"cursor of another order":  {Cursor: page.Next, Sort: ledger.ByOldest},
		"cursor cut short":         {Cursor: page.Next[:len(page.Next)-3]},
		"cursor changed":           {Cursor: "B" + page.Next[1:]},
		"noise as cursor":          {Cursor: strings.Repeat("A", 4000)},
		"no base64url":             {Cursor: page.Next[:len(page.Next)-1] + "=" + string(last)},
	} {
		if _, err := r.books().Records(f); !errors.Is(err, ledger.ErrFilter) {
			t.Errorf("%s: got %v, want ErrFilter", name, err)
		}
	}
}

func TestHistoryAndLeaves(t *testing.T) {
	r := desk(t)
	b := r.books()
	id := "HT-110000-2025-000003"
	history, err := b.History(id, 0, 100)
	if err != nil || len(history) != 4 {
		t.Fatalf("%d statements, %v", len(history), err)
	}
	for i, c := range history {
		if i > 0 && c.Statement.Prev != history[i-1].Statement.Hash.String() {
			t.Fatal("the chain of hashes is broken")
		}
		leaf, err := b.Leaf(c.Index)
		if err != nil || leaf.LeafHash != c.LeafHash || leaf.Record != id {
			t.Fatalf("leaf %d: %+v, %v", c.Index, leaf, err)
		}
	}
	if rest, err := b.History(id, history[1].Index+1, 1); err != nil || len(rest) != 1 || rest[0].Index != history[2].Index {
		t.Fatalf("paged history: %v, %v", rest, err)
	}
	if none, err := b.History("HT-110000-2025-000099", 0, 5); err != nil || none != nil {
		t.Fatalf("history of nothing: %v, %v", none, err)
	}
	size := must2(b.Standing()).Size
	if leaves, err := b.Leaves(size-2, size+5); err != nil || len(leaves) != 2 {
		t.Fatalf("%d leaves at the end, %v", len(leaves), err)
	}
	if leaf, err := b.Leaf(size); err != nil || leaf != nil {
		t.Fatalf("a leaf past the end: %v, %v", leaf, err)
	}
	root, err := merkle.RootAt(b, size)
	if err != nil || root != must2(b.Standing()).Root {
		t.Fatalf("the stored hashes give another root: %v", err)
	}
	path, err := merkle.Inclusion(b, history[0].Index, size)
	if err != nil {
		t.Fatal(err)
	}
	if err := merkle.VerifyInclusion(history[0].LeafHash, history[0].Index, size, path, root); err != nil {
		t.Fatal(err)
	}
	if _, err := b.StoredHashes(0, size-1, 2); err == nil {
		t.Fatal("a hash past the end was read")
	}
}

func TestLawAndDeadlines(t *testing.T) {
	r := desk(t)
	b := r.books()
	if len(b.Procedures()) != 2 || b.Law("handover", 0) == nil || b.Law("handover", 1) == nil || b.Law("handover", 2) != nil || b.Law("nothing", 0) != nil {
		t.Fatal("the law in force is not that of genesis")
	}
	if !strings.Contains(b.Law("errand", 0).Text, "prefix: ER") {
		t.Fatal("the text of the law is gone")
	}
	list, err := b.Deadlines("HT-110000-2025-000001")
	if err != nil || len(list) == 0 {
		t.Fatalf("deadlines %v, %v", list, err)
	}
	due, err := b.DueBetween(0, list[0].Due+1, 100)
	if err != nil || len(due) == 0 || due[0].At > list[0].Due {
		t.Fatalf("due %v, %v", due, err)
	}
	if again, err := b.DueBetween(due[0].At, due[0].At+1, 100); err != nil || len(again) == 0 || again[0] != due[0] {
		t.Fatalf("due %v, %v", again, err)
	}
	if later, err := b.DueBetween(due[len(due)-1].At+1, list[0].Due+1, 100); err != nil || len(later) != 0 {
		t.Fatalf("due %v, %v", later, err)
	}
	if few, err := b.DueBetween(0, 1<<40, 2); err != nil || len(few) != 2 {
		t.Fatalf("due %v, %v", few, err)
	}
	if options, err := b.Options("HT-110000-2025-000001"); err != nil || len(options) == 0 {
		t.Fatalf("options %v, %v", options, err)
	}
	if org := b.Org("110114-SJ"); org == nil || org.Parent != "110000-SJ" || b.Org("110115-SJ") != nil {
		t.Fatalf("organisation %+v", org)
	}
	if len(b.Regions()) != 3 || b.Rules() == nil || b.Calendar() == nil {
		t.Fatal("genesis is not readable")
	}
	if out, err := b.Statement(beijing, statement.NewID(timeOf(r), strings.NewReader("0123456789"))); err != nil || out != (ledger.Outcome{}) {
		t.Fatalf("an unknown id: %+v, %v", out, err)
	}
}
