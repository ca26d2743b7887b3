package public_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/vault"
)

// carrier states offers and carries nothing.
type carrier struct{ desk *desk.Desk }

var someList = "sc1." + strings.Repeat("A", 43)

func (c *carrier) Make(ctx context.Context, d public.OfferDraft) (desk.Receipt, string, error) {
	body := statement.OfferBody{To: d.To, Record: d.Record, Root: someList, Purpose: d.Purpose, Basis: d.Basis, Expires: d.Expires}
	for _, m := range d.Materials {
		body.Items = append(body.Items, statement.OfferItem{Commitment: m, Size: 3, Media: "text/plain"})
	}
	receipt, err := c.desk.State(ctx, d.Draft, statement.KindOffer, body.Marshal())
	return receipt, someList, err
}

func (c *carrier) Withdraw(ctx context.Context, d desk.Draft, offer, reason string) (desk.Receipt, error) {
	return c.desk.State(ctx, d, statement.KindWithdraw, statement.WithdrawBody{Offer: offer, Reason: reason}.Marshal())
}

func (c *carrier) Fetched(string, string) (int64, string, bool) { return 2, "the line is down", true }

// looks is an access log that can fail.
type looks struct {
	*accesslog.Log
	entries []access.Entry
	err     error
}

func (l *looks) Record(ctx context.Context, e access.Entry) error {
	if l.err != nil {
		return l.err
	}
	l.entries = append(l.entries, e)
	return l.Log.Record(ctx, e)
}

// vaulted is a door with a real vault, an exchange and an access log behind it.
func vaulted(t *testing.T, n *solo.Network, p solo.Person) (*door, *looks, *vault.Vault) {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Vault, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	v, err := vault.Open(vault.Options{DB: db, Key: vault.NewKey(vault.AES256GCM{})})
	if err != nil {
		t.Fatal(err)
	}
	c, l := &carrier{}, &looks{Log: n.AccessLog(p.Region, solo.NewLocal())}
	d := openDoor(t, n, p, solo.Options{Vault: public.Vault{Vault: v}, Exchange: c, Keeping: v, Access: l})
	c.desk = d.bureau.Desk
	return d, l, v
}

func (d *door) file(name, content string) v1.Material {
	d.t.Helper()
	var m v1.Material
	w := d.put(content, "Content-Disposition", "attachment; filename="+name)
	if w.Code != http.StatusCreated || json.Unmarshal(w.Body.Bytes(), &m) != nil {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return m
}

// Ensure an offer is made by those whose file it is, can be read by the two regions
// only, and is withdrawn by its owner only.
func TestOffer(t *testing.T) {
	n := solo.New(t)
	d, l, _ := vaulted(t, n, solo.Someone(solo.Beijing, "zhang", "liaison"))
	m := d.file("a.txt", "abc")
	good := fmt.Sprintf(`{"to":"130000-SJ","purpose":"查处案件","basis":"程序规定 第14条","materials":[%q]}`, m.Commitment)
	key := client.NewKey()
	w := d.do("POST", "/v1/offers", good, "Idempotency-Key", key)
	var made v1.OfferAnswer
	if w.Code != http.StatusCreated || json.Unmarshal(w.Body.Bytes(), &made) != nil || made.Root != someList || w.Header().Get("Location") != "/v1/offers/110000/"+key {
		t.Fatalf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	if len(l.entries) != 1 || l.entries[0].Action != access.Export || l.entries[0].To != "130000-SJ" || l.entries[0].Person == "" {
		t.Errorf("the access log: %+v", l.entries)
	}
	path := "/v1/offers/110000/" + key
	var o v1.Offer
	d.get(path, &o)
	if o.State != "open" || o.Purpose != "查处案件" || len(o.Items) != 1 || o.Received == nil || *o.Received != 2 || o.Note == "" {
		t.Errorf("%+v", o)
	}
	var page v1.Offers
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "li", "clerk"), solo.Options{})
	hebei.get("/v1/offers?state=open", &page)
	if len(page.Items) != 1 || page.Items[0].ID != key {
		t.Errorf("%+v", page)
	}
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	problemOf(t, tianjin.do("GET", path, ""), 404, problem.NotFound)
	tianjin.get("/v1/offers", &page)
	if len(page.Items) != 0 {
		t.Errorf("a third region sees %+v", page)
	}

	stranger := solo.Someone(solo.Beijing, "gao", "liaison")
	stranger.Org = "110114-SJ"
	problemOf(t, d.as(stranger).do("POST", "/v1/offers", good, "Idempotency-Key", client.NewKey()), 404, problem.NotFound)
	problemOf(t, d.as(solo.Someone(solo.Beijing, "auditor", "auditor")).do("POST", "/v1/offers", good, "Idempotency-Key", client.NewKey()), 403, problem.Forbidden)
	problemOf(t, d.do("POST", "/v1/offers", good), 400, problem.KeyRequired)
	for name, change := range map[string][2]string{
		"no recipient": {`"130000-SJ"`, `""`}, "no purpose": {"查处案件", ""}, "an escape": {"查处案件", `a\nb`}, "no material": {`[` + fmt.Sprintf("%q", m.Commitment) + `]`, `[]`},
		"no commitment": {m.Commitment, "abc"}, "a time of the past": {`"to"`, `"expires":"2020","to"`}, "another member": {`"to"`, `"salt":"x","to"`},
		"another type": {`"to"`, `"record":7,"to"`},
	} {
		w := d.do("POST", "/v1/offers", strings.Replace(good, change[0], change[1], 1), "Idempotency-Key", client.NewKey())
		if w.Code != http.StatusUnprocessableEntity {
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		}
	}
	problemOf(t, d.do("POST", "/v1/offers", strings.Replace(good, m.Commitment, someList, 1), "Idempotency-Key", client.NewKey()), 404, problem.NotFound)

	withdraw := func(who *door, path, reason string) int {
		return who.do("POST", path+"/withdrawal", `{"reason":"`+reason+`"}`, "Idempotency-Key", client.NewKey()).Code
	}
	if got := withdraw(d, path, "expired"); got != http.StatusUnprocessableEntity {
		t.Errorf("a reason of the node's: %d", got)
	}
	if got := withdraw(d, "/v1/offers/130000/"+key, "mistake"); got != http.StatusNotFound {
		t.Errorf("another region's: %d", got)
	}
	if got := withdraw(d, path, "mistake"); got != http.StatusOK {
		t.Errorf("withdrawn: %d", got)
	}
	if got := withdraw(d, path, "mistake"); got != http.StatusConflict {
		t.Errorf("twice: %d", got)
	}
	d.get(path, &o)
	if o.State != "called_off" || o.EndedBy == "" || o.Ended == nil {
		t.Errorf("%+v", o)
	}
}

// Ensure the values of fields leave by the law's release alone: whoever reads their
// commitments in a record cannot offer them to another bureau, whatever the office.
func TestOfferNoValues(t *testing.T) {
	n := solo.New(t)
	d, l, _ := vaulted(t, n, solo.Someone(solo.Hebei, "liu", "liaison"))
	id := admit(t, d, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	var rec v1.Record
	d.get("/v1/records/"+id, &rec)
	name := rec.Home["expert_name"]
	if name == "" {
		t.Fatalf("%+v", rec)
	}
	for _, who := range []*door{d, d.as(solo.Someone(solo.Hebei, "wu", "officer")), d.as(solo.Someone(solo.Hebei, "guo", "bureau_head"))} {
		offer := fmt.Sprintf(`{"to":"110000-SJ","purpose":"p","basis":"b","materials":[%q]}`, name)
		problemOf(t, who.do("POST", "/v1/offers", offer, "Idempotency-Key", client.NewKey()), 404, problem.NotFound)
		if last := l.entries[len(l.entries)-1]; last.Action != access.Denied || last.What[0] != name || last.To != "110000-SJ" {
			t.Errorf("the access log: %+v", last)
		}
	}
	var o v1.Offers
	if d.get("/v1/offers", &o); len(o.Items) != 0 {
		t.Errorf("offered: %+v", o.Items)
	}
}

// Ensure a file that was put in without a name is kept and found like any other, and that
// the values of fields are nobody's files.
func TestNamelessFile(t *testing.T) {
	n := solo.New(t)
	d, _, _ := vaulted(t, n, solo.Someone(solo.Hebei, "liu", "liaison"))
	admit(t, d, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	var m v1.Material
	if w := d.put("abc"); w.Code != http.StatusCreated || json.Unmarshal(w.Body.Bytes(), &m) != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	var list v1.Materials
	d.get("/v1/materials", &list)
	if len(list.Items) != 1 || list.Items[0].Commitment != m.Commitment {
		t.Errorf("%+v", list.Items)
	}
	if w := d.do("POST", "/v1/materials/"+m.Commitment+"/keeping", `{"action":"hold","hold":"CT-130000-2025-000001","reason":"a case"}`); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// Ensure nothing is given or offered when the access log can't be written, and that
// who asked in vain stands in it.
func TestAccessLogged(t *testing.T) {
	n := solo.New(t)
	d, l, _ := vaulted(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"))
	m := d.file("a.txt", "the content")
	path := "/v1/materials/" + m.Commitment
	if w := d.do("GET", path, ""); w.Body.String() != "the content" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	stranger := solo.Someone(solo.Beijing, "gao", "officer")
	stranger.Org = "110114-SJ"
	problemOf(t, d.as(stranger).do("GET", path, ""), 404, problem.NotFound)
	if len(l.entries) != 2 || l.entries[0].Action != access.Read || l.entries[1].Action != access.Denied || l.entries[1].Org != "110114-SJ" {
		t.Errorf("%+v", l.entries)
	}
	if l.entries[0].What[0] != m.Commitment || l.entries[1].What[0] != m.Commitment || l.entries[1].Reason != problem.NotFound {
		t.Errorf("%+v", l.entries)
	}
	// Whoever holds a hash of something, or of nothing, gets the same answer and the
	// same line.
	nothing := "sc1." + strings.Repeat("A", 43)
	problemOf(t, d.do("GET", "/v1/materials/"+nothing, ""), 404, problem.NotFound)
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "zhao", "clerk")).do("GET", path, ""), 404, problem.NotFound)
	if e := l.entries[len(l.entries)-2:]; e[0].What[0] != nothing || e[0].Action != access.Denied || e[1].Region != solo.Tianjin || e[1].Action != access.Denied {
		t.Errorf("%+v", e)
	}
}

// Ensure that no door gives anything private when the access log cannot be written, and
// that the answer says so.
func TestNothingUnlogged(t *testing.T) {
	n := solo.New(t)
	d, l, _ := vaulted(t, n, solo.Someone(solo.Hebei, "liu", "liaison"))
	m := d.file("secret.txt", "the content")
	id := admit(t, d, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	l.err = fmt.Errorf("%w: %w", access.ErrClosed, syscall.ENOSPC)
	before := len(l.entries)
	offer := fmt.Sprintf(`{"to":"110000-SJ","purpose":"p","basis":"b","materials":[%q]}`, m.Commitment)
	stranger := solo.Someone(solo.Hebei, "gao", "officer")
	stranger.Org = "130121-SJ"
	for _, step := range []struct {
		who                *door
		method, path, body string
	}{
		{d, "GET", "/v1/materials/" + m.Commitment, ""},
		{d.as(stranger), "GET", "/v1/materials/" + m.Commitment, ""},
		{d, "GET", "/v1/materials/sc1." + strings.Repeat("A", 43), ""},
		{d, "GET", "/v1/materials", ""},
		{d, "GET", "/v1/materials/" + m.Commitment + "/keeping", ""},
		{d.as(stranger), "GET", "/v1/materials/" + m.Commitment + "/keeping", ""},
		{d, "POST", "/v1/materials/" + m.Commitment + "/keeping", `{"action":"hold","hold":"CT-130000-2025-000001","reason":"a case"}`},
		{d, "POST", "/v1/offers", offer},
		{d.as(stranger), "POST", "/v1/offers", offer},
		{d, "GET", "/v1/records/" + id + "/private", ""},
		{d.as(solo.Someone(solo.Hebei, "wu", "officer")), "GET", "/v1/records/" + id + "/private", ""},
		{d, "GET", "/v1/records/EX-130000-2025-000099/private", ""},
		{d.as(solo.Someone(solo.Hebei, "aud", "auditor")), "GET", "/v1/records/" + id + "/private", ""},
	} {
		w := step.who.do(step.method, step.path, step.body, "Idempotency-Key", client.NewKey())
		if text := w.Body.String(); strings.Contains(text, "the content") || strings.Contains(text, "secret.txt") || strings.Contains(text, "张三丰") {
			t.Errorf("%s %s gave %s", step.method, step.path, text)
		}
		problemOf(t, w, 503, problem.AccessUnlogged)
	}
	if len(l.entries) != before {
		t.Errorf("%d entries of a log that can't be written", len(l.entries)-before)
	}
	l.err = nil
	if w := d.do("GET", "/v1/materials/"+m.Commitment, ""); w.Body.String() != "the content" {
		t.Errorf("with room again: %d %s", w.Code, w.Body)
	}
	var o v1.Offers
	if d.get("/v1/offers", &o); len(o.Items) != 0 {
		t.Errorf("offered without a line: %+v", o.Items)
	}
}

// Ensure files are kept as long as was said, under holds for longer, and that only
// their own organisation says it.
func TestKeeping(t *testing.T) {
	n := solo.New(t)
	d, _, v := vaulted(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"))
	m, other := d.file("a.txt", "abc"), d.file("b.txt", "abcd")
	path := "/v1/materials/" + m.Commitment + "/keeping"
	keep := func(who *door, body string) (int, string) {
		w := who.do("POST", path, body)
		return w.Code, w.Body.String()
	}
	problemOf(t, d.do("POST", path, `{"action":"purge","reason":"done"}`), 409, problem.MaterialKept)
	past := `{"action":"retain","class":"10-years","until":"2020-01-01T00:00:00+08:00"}`
	for _, step := range []struct {
		body string
		want int
	}{
		{`{"action":"hold","hold":"CT-110000-2025-000001","reason":"a case"}`, 200},
		{past, 200},
		{`{"action":"purge","reason":"done"}`, 409},
		{`{"action":"lift","hold":"another"}`, 409},
		{`{"action":"retain","class":"x","until":"2019-01-01T00:00:00+08:00"}`, 409},
		{`{"action":"retain","class":"x","until":"soon"}`, 422},
		{`{"action":"burn"}`, 422},
		{`{"action":"purge","reason":"done","force":true}`, 422},
		{`{"action":"lift","hold":"CT-110000-2025-000001"}`, 200},
	} {
		if got, text := keep(d, step.body); got != step.want {
			t.Errorf("%s: %d %s", step.body, got, text)
		}
	}
	stranger := solo.Someone(solo.Beijing, "gao", "officer")
	stranger.Org = "110114-SJ"
	if got, _ := keep(d.as(stranger), `{"action":"purge","reason":"done"}`); got != http.StatusNotFound {
		t.Errorf("another organisation: %d", got)
	}
	var list v1.Materials
	d.get("/v1/materials?limit=1", &list)
	if len(list.Items) != 1 || list.Next == "" {
		t.Errorf("%+v", list)
	}
	var rest, none v1.Materials
	d.get("/v1/materials?cursor="+list.Next, &rest)
	if len(rest.Items) != 1 || rest.Next != "" || rest.Items[0].Commitment == list.Items[0].Commitment {
		t.Errorf("%+v", rest)
	}
	d.as(stranger).get("/v1/materials", &none)
	if len(none.Items) != 0 {
		t.Errorf("another organisation sees %+v", none)
	}
	if got, text := keep(d, `{"action":"purge","reason":"done"}`); got != http.StatusNoContent {
		t.Errorf("%d %s", got, text)
	}
	problemOf(t, d.do("GET", "/v1/materials/"+m.Commitment, ""), 404, problem.NotFound)
	var about v1.MaterialAbout
	d.get("/v1/materials/"+other.Commitment+"/keeping", &about)
	if about.Name != "b.txt" || about.Class != "" {
		t.Errorf("%+v", about)
	}

	problemOf(t, d.do("POST", "/v1/materials/scrub", `{}`), 403, problem.Forbidden)
	var found v1.Scrubbed
	w := d.as(solo.Someone(solo.Beijing, "yun", "operator")).do("POST", "/v1/materials/scrub", `{}`)
	if w.Code != http.StatusOK || json.Unmarshal(w.Body.Bytes(), &found) != nil || found.Objects != v.Usage().Objects || len(found.Damaged) != 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}
