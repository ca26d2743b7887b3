package public_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	terms "sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
	"sandi.internal/gateway/storage/tables"
	"sandi.internal/gateway/storage/vault"
)

const setColumns = `[{"name":"uscc","title_zh":"信用代码","title_en":"Code","type":"uscc","class":"clear"},
 {"name":"city","title_zh":"市","title_en":"City","type":"enum","class":"clear","choices":["保定市","石家庄市"]},
 {"name":"grade","title_zh":"信用等级","title_en":"Grade","type":"enum","class":"clear","choices":["A","B","C","D"]},
 {"name":"output","title_zh":"产值","title_en":"Output","type":"decimal","places":2,"class":"clear","unit":"万元","may_lack":true},
 {"name":"note","title_zh":"备注","title_en":"Note","type":"string","class":"clear","max":40,"may_lack":true},
 {"name":"phone","title_zh":"电话","title_en":"Phone","type":"string","class":"personal","max":20}]`

// sharing is Hebei with a data set, and Beijing that may ask for some of it.
type sharing struct {
	t              testing.TB
	net            *solo.Network
	hebei, beijing *door
	set, agreement string
	tables         *tapped
}

// tapped lets a test do something at the n-th row of a scan.
type tapped struct {
	*tables.Tables
	at func(row int)
}

func (p *tapped) Scan(ctx context.Context, set string, g tables.Generation, behind []byte, visit func(key, row []byte) (bool, error)) error {
	n := 0
	return p.Tables.Scan(ctx, set, g, behind, func(key, row []byte) (bool, error) {
		if n++; p.at != nil {
			p.at(n)
		}
		return visit(key, row)
	})
}

func newTables(t testing.TB) *tables.Tables {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: "vault", FS: storagetest.NewDisk().FS(), Kind: engine.Vault, Logger: storagetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	return tablesIn(t, db)
}

func tablesIn(t testing.TB, db *engine.DB) *tables.Tables {
	t.Helper()
	t.Cleanup(func() { _ = db.Close() })
	tab, err := tables.Open(db, vault.NewKey(vault.AES256GCM{}), vault.AES256GCM{})
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// share publishes the set; agree brings an agreement into force.
func share(t testing.TB) *sharing {
	t.Helper()
	return shareOn(t, newTables(t))
}

func shareOn(t testing.TB, rows *tables.Tables) *sharing {
	t.Helper()
	return shareWith(t, rows, func(*solo.Network, string) solo.Options { return solo.Options{} })
}

// shareWith gives the bureaus other things besides their tables.
func shareWith(t testing.TB, rows *tables.Tables, more func(n *solo.Network, region string) solo.Options) *sharing {
	t.Helper()
	s := &sharing{t: t, net: solo.New(t), tables: &tapped{Tables: rows}}
	with := func(region string, rows dataset.Tables) solo.Options {
		o := more(s.net, region)
		o.Tables = rows
		return o
	}
	s.hebei = openDoor(t, s.net, solo.Someone(solo.Hebei, "liu", "liaison"), with(solo.Hebei, s.tables))
	s.beijing = openDoor(t, s.net, solo.Someone(solo.Beijing, "sun", "officer"), with(solo.Beijing, newTables(t)))
	r := s.hebei.open("data_set", "liaison", `{"set_no":"HB-1","title":"合成名录","summary":"合成的企业名录","contact":"质量处 0311-0000","data_class":"general","personal_data":"personal",
	 "rhythm":"monthly","columns":`+setColumns+`,"key_columns":["uscc"],"shared_with":["110000-SJ","120000-SJ"]}`)
	s.set = r.Record
	s.chief().act(r.Record, r.Head, "publish", "bureau_head", `{"release_doc":"冀市监〔2025〕1号"}`)
	s.agreement = s.agree(`["uscc","city","grade","output","note"]`, `city == \"保定市\"`, "2025-12-31")
	return s
}

func (s *sharing) chief() *door { return s.hebei.as(solo.Someone(solo.Hebei, "guo", "bureau_head")) }

func (s *sharing) agree(fields, rows, until string) string {
	s.t.Helper()
	r := s.hebei.open("data_agreement", "liaison", `{"counterpart":"110000-SJ","data_set":"`+s.set+`","purposes":["inspection","case_work"],"use":"检查前了解企业信用",
	 "legal_basis":"政务数据共享条例 第4条","agreed_columns":`+fields+`,"row_filter":"`+rows+`","expires_on":"`+until+`"}`)
	r = s.chief().act(r.Record, r.Head, "propose", "bureau_head", `{"proposal_doc":"冀市监〔2025〕2号"}`)
	s.beijing.as(solo.Someone(solo.Beijing, "qi", "bureau_head")).act(r.Record, r.Head, "accept", "bureau_head", `{"acceptance_doc":"京市监〔2025〕3号"}`)
	return r.Record
}

func (s *sharing) act(d *door, record, event, fields string) {
	s.t.Helper()
	var rec v1.Record
	d.get("/v1/records/"+record, &rec)
	d.act(record, rec.Head, event, "bureau_head", fields)
}

func (s *sharing) revoke() {
	s.t.Helper()
	s.act(s.chief(), s.agreement, "revoke", `{"reason":"用途不符"}`)
}

// rows is a CSV file of n rows; every second lies in Baoding.
func rowsOf(n int) string {
	var b strings.Builder
	b.WriteString("信用代码,市,信用等级,产值（万元）,备注,电话\n")
	for i := range n {
		city := []string{"保定市", "石家庄市"}[i%2]
		fmt.Fprintf(&b, "%s,%s,%s,%d.50,<甲&乙>,0312-%04d\n", uscc(fmt.Sprintf("9113060%dMA0%06d", i%10, i)), city, string("ABCD"[i%4]), i, i%10000)
	}
	return b.String()
}

func (s *sharing) load(d *door, query, body string) *httptest.ResponseRecorder {
	return d.sheet("/v1/data-sets/"+s.set+"/rows"+query, body)
}

func (s *sharing) loaded(n int) {
	s.t.Helper()
	var r v1.DataLoadReport
	w := s.load(s.hebei, "", rowsOf(n))
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || !r.Done || r.Rows != uint64(n) || r.Loaded.Rows != uint64(n) {
		s.t.Fatalf("%d %s", w.Code, w.Body)
	}
}

func (s *sharing) ask(more string) *httptest.ResponseRecorder {
	return s.beijing.do("POST", "/v1/data-sets/"+s.set+"/query", `{"agreement":"`+s.agreement+`","purpose":"inspection"`+more+`}`)
}

func (s *sharing) page(more string) v1.DataPage {
	s.t.Helper()
	var p v1.DataPage
	w := s.ask(more)
	if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || w.Code != 200 {
		s.t.Fatalf("%s: %d %s", more, w.Code, w.Body)
	}
	return p
}

// looks lists what the access log of a bureau says about questions, oldest first.
func (s *sharing) looks(d *door) []access.Entry {
	s.t.Helper()
	head, err := d.bureau.Access.Head()
	if err != nil {
		s.t.Fatal(err)
	}
	found, _, err := d.bureau.Access.List(context.Background(), accesslog.Filter{Log: head.Log, Below: head.Size, Limit: 1000})
	if err != nil {
		s.t.Fatal(err)
	}
	var list []access.Entry
	for _, f := range slices.Backward(found) {
		if strings.HasPrefix(f.Entry.Because, "DA-") {
			list = append(list, f.Entry)
		}
	}
	return list
}

// Ensure pages give every agreed row once, in the order of the key, and nothing that is
// not agreed, and that both bureaus and the evidence say so.
func TestDataQuery(t *testing.T) {
	s := share(t)
	s.loaded(100)
	var seen []string
	cursor, pages := "", 0
	for {
		p := s.page(`,"limit":15,"cursor":"` + cursor + `"`)
		pages++
		if got := strings.Join(p.Columns, ","); got != "uscc,city,grade,output,note" {
			t.Fatalf("columns %s", got)
		}
		for _, row := range p.Rows {
			if !strings.Contains(string(row), `"保定市"`) || !strings.Contains(string(row), `"<甲&乙>"`) || strings.Contains(string(row), "0312-") {
				t.Errorf("a row that is not agreed, or in another spelling: %s", row)
			}
			seen = append(seen, string(row[:20]))
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	if len(seen) != 50 || pages != 4 {
		t.Fatalf("%d rows on %d pages", len(seen), pages)
	}
	for i := 1; i < len(seen); i++ {
		if seen[i-1] >= seen[i] {
			t.Errorf("%s before %s", seen[i-1], seen[i])
		}
	}
	if p := s.page(`,"fields":["output"],"filter":"grade == \"A\" && output >= 9000"`); len(p.Rows) != 2 || string(p.Rows[0]) != `["92.50"]` {
		t.Errorf("filtered: %s", p.Rows)
	}
	for _, side := range []struct {
		d    *door
		want access.Action
	}{{s.hebei, access.Query}, {s.beijing, access.Asked}} {
		total := 0
		looks := s.looks(side.d)
		for _, e := range looks {
			total += int(e.Count)
			if e.Action != side.want || e.Region != solo.Beijing || e.Role != "officer" || e.Person == "" || e.Purpose != "inspection" || e.What[0] != s.set || e.Because != s.agreement {
				t.Errorf("log of %s: %+v", side.d.bureau.Region, e)
			}
		}
		if len(looks) != 5 || total != 52 {
			t.Errorf("log of %s: %d looks at %d rows", side.d.bureau.Region, len(looks), total)
		}
	}
	var kept v1.DataAnswers
	s.beijing.get("/v1/data-agreements/"+s.agreement+"/answers", &kept)
	if len(kept.Items) != 5 || kept.Items[0].Node == "" || !strings.HasPrefix(kept.Items[0].Note, terms.Format+"\n") {
		t.Errorf("kept %+v", kept)
	}
	var sets v1.DataSets
	s.beijing.get("/v1/data-sets", &sets)
	if len(sets.Items) != 1 || !sets.Items[0].Shared || len(sets.Items[0].Columns) != 6 || sets.Items[0].Loaded != nil {
		t.Errorf("the catalogue as Beijing sees it: %+v", sets)
	}
	var list v1.DataAgreements
	for _, d := range []*door{s.hebei, s.beijing} {
		list = v1.DataAgreements{}
		d.get("/v1/data-agreements", &list)
		if len(list.Items) != 1 || !list.Items[0].Usable {
			t.Fatalf("the agreements as %s sees them: %+v", d.bureau.Region, list)
		}
		a := list.Items[0]
		if a.Owner != solo.Hebei || a.Asker != solo.Beijing || a.Title != "合成名录" || len(a.Columns) != 5 || a.Columns[3].Name != "output" || a.Columns[3].Places != 2 {
			t.Errorf("the agreement as %s sees it: %+v", d.bureau.Region, a)
		}
	}
}

// Ensure every question that is not agreed is refused with its reason, and that the
// refusal stands in the log.
func TestDataRefusals(t *testing.T) {
	s := share(t)
	s.loaded(20)
	for _, c := range []struct {
		more   string
		status int
		code   terms.Code
	}{
		{`,"fields":["phone"]`, 422, terms.NoField},
		{`,"fields":["uscc","uscc"]`, 422, terms.NoField},
		{`,"filter":"phone.startsWith(\"0312\")"`, 422, terms.BadFilter},
		{`,"filter":"[uscc,uscc,uscc,uscc,uscc,uscc].all(a, (a+a+a+a+a+a+a+a+a+a+a+a).contains(a+a+a+a+a+a+a+a+a+a+a))"`, 422, terms.BadFilter},
		{`,"filter":"uscc.matches(\"(a+)+$\")"`, 422, terms.BadFilter},
		{`,"filter":"true) || (true"`, 422, terms.BadFilter},
		{`,"limit":1001`, 422, terms.BadPage},
		{`,"limit":-1`, 422, terms.BadPage},
		{`,"cursor":"Zm9yZ2Vk"`, 422, terms.BadCursor},
		{`,"cursor":"` + strings.Repeat("A", 3000) + `"`, 422, terms.BadCursor},
	} {
		problemOf(t, s.ask(c.more), c.status, string(c.code))
		if !slices.ContainsFunc(s.looks(s.beijing), func(e access.Entry) bool { return e.Action == access.Denied && e.Reason == string(c.code) }) {
			t.Errorf("%s: the log does not say %s", c.more, c.code)
		}
	}
	path := "/v1/data-sets/" + s.set + "/query"
	problemOf(t, s.beijing.do("POST", path, `{"agreement":"`+s.agreement+`"}`), 422, string(terms.NoPurpose))
	problemOf(t, s.beijing.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"statistics"}`), 422, string(terms.NoPurpose))
	problemOf(t, s.beijing.do("POST", path, `{"agreement":"DA-110000-2025-000099","purpose":"inspection"}`), 403, string(terms.NotAgreed))
	problemOf(t, s.beijing.do("POST", "/v1/data-sets/DS-130000-2025-000099/query", `{"agreement":"`+s.agreement+`","purpose":"inspection"}`), 403, string(terms.NotAgreed))
	problemOf(t, s.beijing.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"inspection","case":"x"}`), 422, problem.ValidationFailed)
	problemOf(t, s.beijing.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"inspection","case":"CT-120000-2025-000001"}`), 422, problem.ValidationFailed) // not Beijing's
	problemOf(t, s.hebei.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"inspection"}`), 403, string(terms.NotAgreed))                                   // its own
	expert := s.beijing.as(solo.Someone(solo.Beijing, "exp", "expert"))
	problemOf(t, expert.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"inspection"}`), 403, string(terms.RoleMayNot))
	auditor := s.beijing.as(solo.Someone(solo.Beijing, "aud", "auditor"))
	problemOf(t, auditor.do("POST", path, `{"agreement":"`+s.agreement+`","purpose":"inspection"}`), 403, problem.Forbidden)

	// Another region's node that asks under Beijing's agreement, past its own door.
	q := dataset.Question{Question: terms.Question{Agreement: s.agreement, Purpose: "inspection", Role: "officer", Org: "120000-SJ"}}
	var r *terms.Refusal
	if _, err := s.hebei.bureau.Data.Answer(context.Background(), solo.Tianjin, q); !errors.As(err, &r) || r.Code != terms.NotAgreed {
		t.Errorf("Tianjin under Beijing's agreement: %v", err)
	}
	// An asker that wrote a filter or a person that no form takes is refused and logged.
	q.Filter, q.Person, q.Case = "no filter", "Zhang San", "<script>"
	if _, err := s.hebei.bureau.Data.Answer(context.Background(), solo.Beijing, q); !errors.As(err, &r) || r.Code != terms.BadFilter {
		t.Errorf("a filter past the asker's node: %v", err)
	}
	looks := s.looks(s.hebei)
	if e := looks[len(looks)-1]; e.Action != access.Denied || e.Reason != string(terms.BadFilter) || e.Person != "" || e.Region != solo.Beijing {
		t.Errorf("the owner's log: %+v", e)
	}
}

// Ensure cursors are of one question, of one region's asker, and of one generation.
func TestDataCursors(t *testing.T) {
	s := share(t)
	s.loaded(40)
	first := s.page(`,"limit":5`)
	next := `,"cursor":"` + first.Next + `"`
	problemOf(t, s.ask(`,"limit":6`+next), 422, string(terms.BadCursor))
	problemOf(t, s.ask(`,"limit":5,"filter":"true"`+next), 422, string(terms.BadCursor))
	problemOf(t, s.ask(`,"limit":5,"fields":["uscc"]`+next), 422, string(terms.BadCursor))
	flipped := []byte(first.Next)
	flipped[len(flipped)/2] ^= 1
	problemOf(t, s.ask(`,"limit":5,"cursor":"`+string(flipped)+`"`), 422, string(terms.BadCursor))
	other := s.agree(`["uscc"]`, `true`, "2025-12-31")
	problemOf(t, s.beijing.do("POST", "/v1/data-sets/"+s.set+"/query", `{"agreement":"`+other+`","purpose":"inspection","limit":5`+next+`}`), 422, string(terms.BadCursor))
	if p := s.page(`,"limit":5` + next); len(p.Rows) != 5 {
		t.Errorf("the right question: %d rows", len(p.Rows))
	}
	s.loaded(41)
	problemOf(t, s.ask(`,"limit":5`+next), 409, string(terms.Reloaded))
}

// Ensure revocation and suspension end a question at its next page and within one, and
// that an agreement ends with its day though the ledger stands still.
func TestDataEnds(t *testing.T) {
	s := share(t)
	s.loaded(3000)
	first := s.page(`,"limit":5`)
	last := 0
	s.tables.at = func(row int) {
		if last = row; row == 500 {
			s.revoke()
		}
	}
	problemOf(t, s.ask(`,"limit":1000`), 409, string(terms.NotEffective)) // in the middle of a page
	if s.tables.at = nil; last > 1000 {
		t.Errorf("%d rows were looked at after the revocation", last-500)
	}
	problemOf(t, s.ask(`,"limit":5,"cursor":"`+first.Next+`"`), 409, string(terms.NotEffective))

	s.agreement = s.agree(`["uscc"]`, `true`, "2025-11-05")
	s.tables.at = func(row int) {
		if row == 3 { // on the last rows before the page is given
			s.tables.at = nil
			s.act(s.chief(), s.set, "suspend", `{"reason":"核对"}`)
		}
	}
	problemOf(t, s.ask(`,"limit":2`), 409, string(terms.SetClosed))
	s.act(s.hebei.as(solo.Someone(solo.Hebei, "he", "bureau_head")), s.set, "resume", `{}`)
	s.page(`,"limit":2`)
	s.net.Pass(48 * time.Hour) // to the fifth
	s.page(`,"limit":2`)
	s.net.Pass(15 * time.Hour)
	problemOf(t, s.ask(`,"limit":2`), 409, string(terms.Expired))
	var a v1.DataAgreement
	s.beijing.get("/v1/data-agreements/"+s.agreement, &a)
	if a.Usable || a.Why != string(terms.Expired) {
		t.Errorf("%+v", a)
	}
}

// Ensure an agreement that does not fit the columns gives nothing and says why.
func TestDataUnusable(t *testing.T) {
	s := share(t)
	s.loaded(4)
	for _, c := range [][2]string{{`["salary"]`, `true`}, {`["uscc"]`, `city ==`}, {`["uscc"]`, `output > 1.5`}} {
		s.agreement = s.agree(c[0], c[1], "2025-12-31")
		problemOf(t, s.ask(""), 409, string(terms.Unusable))
	}
}

// closedLog takes nothing.
type closedLog struct{ access.Log }

func (closedLog) Record(context.Context, access.Entry) error { return access.ErrClosed }

// Ensure nothing is given by either node when it cannot be logged there, and that an
// answer that differs from its evidence is not given.
func TestDataUnloggedUnproven(t *testing.T) {
	s := share(t)
	s.loaded(4)
	cfg := s.beijing.bureau.DataConfig
	for name, spoil := range map[string]func(c *dataset.Config){
		"asker's log": func(c *dataset.Config) { c.Access = closedLog{} },
		"a row changed": func(c *dataset.Config) {
			c.Peers = spoiled{s.net, func(p *dataset.Page) { p.Rows[0] = json.RawMessage(`["x"]`) }}
		},
		"a row left out":  func(c *dataset.Config) { c.Peers = spoiled{s.net, func(p *dataset.Page) { p.Rows = p.Rows[1:] }} },
		"another's names": func(c *dataset.Config) { c.Peers = spoiled{s.net, func(p *dataset.Page) { p.Columns[0] = "other" }} },
		"no note":         func(c *dataset.Config) { c.Peers = spoiled{s.net, func(p *dataset.Page) { p.Note = "" }} },
	} {
		own := cfg
		spoil(&own)
		sets, err := dataset.New(own)
		if err != nil {
			t.Fatal(err)
		}
		q := dataset.Question{Question: terms.Question{Agreement: s.agreement, Purpose: "inspection", Role: "officer", Org: "110000-SJ"}}
		page, err := sets.Ask(context.Background(), s.set, q)
		if page != nil || !errors.Is(err, dataset.ErrUnproven) && !errors.Is(err, dataset.ErrUnlogged) {
			t.Errorf("%s: %v, %v", name, page, err)
		}
	}
	own := s.hebei.bureau.DataConfig
	own.Access = closedLog{}
	sets, err := dataset.New(own)
	if err != nil {
		t.Fatal(err)
	}
	q := dataset.Question{Question: terms.Question{Agreement: s.agreement, Purpose: "inspection", Role: "officer", Org: "110000-SJ"}}
	if page, err := sets.Answer(context.Background(), solo.Beijing, q); page != nil || !errors.Is(err, dataset.ErrUnlogged) {
		t.Errorf("owner's log: %v, %v", page, err)
	}
}

type spoiled struct {
	*solo.Network
	spoil func(*dataset.Page)
}

func (p spoiled) Query(ctx context.Context, node string, q dataset.Question) (*dataset.Page, error) {
	page, err := p.Network.Query(ctx, node, q)
	if err == nil {
		p.spoil(page)
	}
	return page, err
}

// Ensure a load is all or nothing, names what is wrong with every row, is idempotent by
// the file, and replaces what was there.
func TestDataLoad(t *testing.T) {
	s := share(t)
	lines := strings.SplitAfter(rowsOf(6), "\n")
	bad := lines[0] + lines[1] + lines[1] + strings.Replace(lines[2], "石家庄市", "北京市", 1) + "\n" + strings.Replace(lines[3], "2.50", "2.505", 1) +
		strings.Replace(lines[4], "9113", "9114", 1) + strings.Replace(lines[5], ",0312-0004", ",", 1)
	var r v1.DataLoadReport
	w := s.load(s.hebei, "", bad)
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || r.Done || r.Rows != 1 || r.Wrong != 5 || r.Loaded != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var got []string
	for _, f := range r.Faults {
		got = append(got, fmt.Sprint(f.Row, " ", f.Column, " ", f.Reason))
		if f.Text.ZH == "" || f.Text.EN == "" {
			t.Errorf("no words: %+v", f)
		}
	}
	if want := "3 0 repeated|4 2 type|6 4 decimal_places|7 1 check_digit|8 6 absent"; strings.Join(got, "|") != want {
		t.Errorf("faults %s, want %s", strings.Join(got, "|"), want)
	}
	problemOf(t, s.ask(""), 409, string(terms.NotLoaded))
	mend := s.load(s.hebei, "?as=sheet&check=true", bad)
	format, err := sheet.Stream(bytes.NewReader(mend.Body.Bytes()), func(_ int, cells []string) error { got = append(got, cells[0]); return nil })
	if err != nil || format != sheet.CSV || strings.Join(got[len(got)-5:], ",") != "3,4,6,7,8" {
		t.Errorf("the sheet to mend: %v, %v", got, err)
	}

	problemOf(t, s.load(s.hebei, "", "a,b\n1,2\n"), 422, problem.SheetHeader)
	problemOf(t, s.load(s.hebei, "", lines[0]), 422, problem.SheetEmpty)
	problemOf(t, s.load(s.hebei, "", "甲\x00"), 422, problem.SheetUnreadable)
	problemOf(t, s.load(s.hebei.as(solo.Someone(solo.Hebei, "wu", "officer")), "", rowsOf(2)), 403, problem.Forbidden)
	problemOf(t, s.load(s.beijing.as(solo.Someone(solo.Beijing, "li", "liaison")), "", rowsOf(2)), 403, problem.SetForeign)
	problemOf(t, s.hebei.sheet("/v1/data-sets/"+s.agreement+"/rows", rowsOf(2)), 404, problem.NotFound)

	s.loaded(6)
	for _, again := range []struct {
		query           string
		body            string
		done, unchanged bool
	}{{"", rowsOf(6), false, true}, {"?check=true", rowsOf(7), false, false}, {"", rowsOf(3), true, false}} {
		var r v1.DataLoadReport
		w := s.load(s.hebei, again.query, again.body)
		if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || r.Done != again.done || r.Unchanged != again.unchanged {
			t.Errorf("%+v: %d %s", again, w.Code, w.Body)
		}
	}
	if p := s.page(""); len(p.Rows) != 2 {
		t.Errorf("%d rows after the last load", len(p.Rows))
	}
	s.act(s.chief(), s.set, "withdraw", `{"reason":"改版"}`)
	problemOf(t, s.load(s.hebei, "", rowsOf(6)), 409, problem.SetEnded)
	problemOf(t, s.ask(""), 409, string(terms.SetClosed))
	w = s.hebei.do("GET", "/v1/data-sets/"+s.set+"/template?format=csv", "", "Accept-Language", "zh")
	if w.Code != 200 || !strings.Contains(w.Body.String(), "信用代码*,市*,信用等级*,电话*,产值（万元）,备注") {
		t.Errorf("the template: %d %s", w.Code, w.Body)
	}
}
