package paper

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

func laws(t *testing.T) []*procedure.Document {
	t.Helper()
	var list []*procedure.Document
	for _, text := range law.Texts() {
		d, err := procedure.Parse([]byte(text.Text))
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	return list
}

func lawOf(t *testing.T, name string) *procedure.Document {
	t.Helper()
	list := laws(t)
	i := slices.IndexFunc(list, func(d *procedure.Document) bool { return d.Name == name })
	if i < 0 {
		t.Fatalf("no law %s", name)
	}
	return list[i]
}

// Ensure that the documents that come with the program are read and name what the law
// knows, all of it.
func TestDefaults(t *testing.T) {
	all := laws(t)
	list := Defaults().List()
	if len(list) != 8 {
		t.Errorf("%d documents", len(list))
	}
	for _, d := range list {
		if unknown := d.Unknown(all); len(unknown) > 0 {
			t.Errorf("%s names what the law does not know: %v", d.Name, unknown)
		}
		if d.Draft == "" {
			t.Errorf("%s does not say that it is a draft", d.Name)
		}
	}
	bad := &Template{Procedure: "case_transfer", Acts: []string{"send", "fly"}, From: "{party.nobody}", parts: []part{{text: "{doc_no} {nothing} {origin_record.lead_no} {doc_no.x}"}}}
	if got := bad.Unknown(all); !slices.Equal(got, []string{"fly", "party.nobody", "nothing", "doc_no.x"}) {
		t.Errorf("unknown: %v", got)
	}
}

// letter is a record of a case transfer with some fields, one of them at home.
func letter() *procedure.Record {
	return &procedure.Record{
		ID: "CT-120000-2025-000018", Procedure: "case_transfer", Head: "h", Synthetic: true,
		Parties: map[string]procedure.Party{"sender": {Region: "120000", Org: "120114-SJ"}, "receiver": {Region: "130000"}},
		Fields: map[string]json.RawMessage{
			"doc_no": json.RawMessage(`"津市监案移〔2025〕18号"`), "filed_on": json.RawMessage(`"2025-09-02"`), "cause": json.RawMessage(`"ccc_missing"`),
			"receiver_org":  json.RawMessage(`"130000-SJ"`),
			"property_list": json.RawMessage(`[{"item":"充电器","qty":"3","unit":"个","state":"sealed"}]`),
			"materials":     json.RawMessage(`[{"commitment":"sc1.ABCDEFGHIJKLMNOP","kind":"site_record","pages":3}]`),
			"handlers":      json.RawMessage(`[{"cert_no":"冀A-0001","person":"张*"}]`),
		},
		Home: map[string]string{"facts": "sc1.x"},
		Acts: []procedure.ActNote{{Event: "open", At: 1_762_000_000}, {Event: "send", At: 1_762_736_400}},
	}
}

func source(t *testing.T, rec *procedure.Record) Source {
	return Source{Record: rec, Law: lawOf(t, rec.Procedure), Name: func(code string) string {
		return map[string]string{"130000-SJ": "河北省局", "120114-SJ": "武清区局"}[code]
	}}
}

func fill(t *testing.T, text string, s Source) *v1.Paper {
	t.Helper()
	d, err := Parse("x", []byte("---\nprocedure: case_transfer\ntitle: 函\nacts: [send]\nnumber: \"{doc_no}\"\nto: \"{receiver_org}\"\nfrom: \"{party.sender}\"\ndate: \"{act.send}\"\nattachments: materials\n---\n"+text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Fill(d, s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestFill(t *testing.T) {
	s := source(t, letter())
	p := fill(t, "于{filed_on}，{cause}；{party_name}。{facts}\n? 代码{party_uscc}\n? 财物{property_list}\n{handlers:list}\n? {objection_evidence:list}\n| 收到 | {act.receive} |\n=== 回执\n{record.id}", s)
	got := Text(p)
	want := `函

津市监案移〔2025〕18号

河北省局：

    于2025年9月2日，未经强制性产品认证；＿＿＿＿＿＿。＿＿＿＿＿＿
    财物物品：充电器，数量：3，单位：个，状态：查封
    1. 张*（证件号冀A-0001）
收到  ＿＿＿＿＿＿

----
回执

    CT-120000-2025-000018

附件：
    1. 勘验笔录、现场笔录 3页 sc1.ABCDEFGH

    武清区局
    2025年11月10日

----
CT-120000-2025-000018  h
演练 SYNTHETIC
`
	if got != want {
		t.Errorf("got:\n%s", got)
	}
	if strings.Contains(got, "undefined") || strings.Contains(got, "null") {
		t.Error("a missing value is printed as a word")
	}
	runs := p.Body[0].Runs
	if runs[5].Blank != blankMissing || runs[7].Blank != blankPrivate || runs[7].Field != "facts" {
		t.Errorf("blanks: %+v", runs)
	}
}

// Ensure a value of a linked record is read when it may be seen, and a blank when not.
func TestFillLinked(t *testing.T) {
	rec := letter()
	rec.Fields["origin_record"] = json.RawMessage(`"LT-110000-2025-000731"`)
	s := source(t, rec)
	s.Linked = func(id string) (*procedure.Record, *procedure.Document, error) {
		return &procedure.Record{ID: id, Fields: map[string]json.RawMessage{"lead_no": json.RawMessage(`"L-1"`)}}, lawOf(t, "lead_transfer"), nil
	}
	if got := plainRuns(fill(t, "{origin_record.lead_no}", s).Body[0].Runs); got != "L-1" {
		t.Errorf("got %q", got)
	}
	s.Linked = func(string) (*procedure.Record, *procedure.Document, error) { return nil, nil, nil }
	if got := plainRuns(fill(t, "{origin_record.lead_no}", s).Body[0].Runs); got != blankLine {
		t.Errorf("got %q", got)
	}
}

// Ensure what several acts appended is told, not only that something was.
func TestFillCollection(t *testing.T) {
	rec := &procedure.Record{ID: "MA-110000-2025-000001", Procedure: "assignment", Fields: map[string]json.RawMessage{
		"substitutions": json.RawMessage(`[{"at":1763000000,"org":"110000-SJ","value":"EX-110000-2025-000031"}]`),
	}}
	if got := plainRuns(fill(t, "递补：{substitutions}", source(t, rec)).Body[0].Runs); got != "递补：EX-110000-2025-000031" {
		t.Errorf("got %q", got)
	}
}

func TestParseRefuses(t *testing.T) {
	head := "---\nprocedure: p\ntitle: t\nacts: [a]\n---\n"
	for want, text := range map[string]string{
		"does not begin with a header": "title: t\n",
		"needs procedure, title":       "---\ntitle: t\n---\n",
		"unknown field":                "---\ntitel: t\n---\n",
		"is no place":                  head + "{Doc No}",
		"line 7: a brace":              head + "\n{doc_no",
		"four cells":                   head + "| a | b | c | d | e |",
		"not UTF-8":                    head + "\xff",
	} {
		if _, err := Parse("x", []byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Ensure a bureau's file takes a default's place, and that others stay.
func TestLoad(t *testing.T) {
	own := "---\nprocedure: case_transfer\ntitle: 本局移送函\nacts: [send]\n---\n正文\n"
	s, err := Load(fstest.MapFS{"case_transfer_letter.txt": {Data: []byte("\ufeff" + strings.ReplaceAll(own, "\n", "\r\n"))}, "own.txt": {Data: []byte(own)}, "notes.md": {Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, d := range s.Of("case_transfer", func(event string) bool { return event == "send" }) {
		titles = append(titles, d.Name+" "+d.Title)
	}
	if !slices.Equal(titles, []string{"case_transfer_letter 本局移送函", "own 本局移送函"}) {
		t.Errorf("documents: %v", titles)
	}
	if _, err := Load(fstest.MapFS{"bad.txt": {Data: []byte("x")}}); err == nil || !strings.Contains(err.Error(), "bad.txt") {
		t.Errorf("a bad file: %v", err)
	}
}
