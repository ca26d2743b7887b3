package public_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// audited is a bureau where an expert's name was read, in Tianjin's name too, and heads
// stand on the ledger.
func audited(t *testing.T) (n *solo.Network, hebei, tianjin *door, expert string) {
	n = solo.New(t)
	hebei = openDoor(t, n, solo.Someone(solo.Hebei, "liu", "liaison"), solo.Options{})
	tianjin = openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "liaison"), solo.Options{})
	openDoor(t, n, solo.Someone(solo.Beijing, "wang", "liaison"), solo.Options{})
	expert = admit(t, hebei, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	other := admit(t, hebei, "李四", employer, `[{"field":"food","years":9}]`, `[]`)
	var v v1.PrivateValues
	for _, id := range []string{expert, other, expert, other, other} {
		hebei.get("/v1/records/"+id+"/private", &v)
		n.Pass(time.Minute)
	}
	problemOf(t, hebei.as(solo.Someone(solo.Hebei, "wu", "officer")).do("GET", "/v1/records/"+expert+"/private", ""), 403, problem.NotReleased)
	problemOf(t, tianjin.do("GET", "/v1/records/"+expert+"/private?because="+other, ""), 403, problem.NotReleased)
	return n, hebei.as(solo.Someone(solo.Hebei, "aud", "auditor")), tianjin.as(solo.Someone(solo.Tianjin, "tao", "auditor")), expert
}

// Ensure an auditor reads its own bureau's log page by page, each entry proven, and
// that nobody else does.
func TestAccessLogPages(t *testing.T) {
	n, hebei, tianjin, expert := audited(t)
	if w := hebei.do("POST", "/v1/access-log/heads", "{}"); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	seen := uint64(7)
	cursor := ""
	for pages := 1; ; pages++ {
		var page v1.AccessLog
		hebei.get("/v1/access-log?limit=3&cursor="+cursor, &page)
		for _, look := range page.Items {
			if seen--; look.Index != seen {
				t.Fatalf("entry %d, want %d", look.Index, seen)
			}
			verifyLook(t, page.Head, look)
		}
		if page.Head.Index == nil || page.Head.Size != 7 || page.Note == "" || page.Closed != "" {
			t.Errorf("head %+v", page.Head)
		}
		if cursor = page.Next; cursor == "" {
			if pages != 3 || seen != 0 {
				t.Errorf("%d pages, %d entries missing", pages, seen)
			}
			break
		}
	}
	var about v1.AccessLog
	hebei.get("/v1/access-log?record="+expert, &about)
	if len(about.Items) != 4 || about.Items[1].Index != 5 {
		t.Errorf("%+v", about.Items)
	}
	for action, want := range map[string]int{"read": 5, "denied": 2, "export": 0} {
		var page v1.AccessLog
		if hebei.get("/v1/access-log?action="+action, &page); len(page.Items) != want {
			t.Errorf("%s: %d entries, want %d", action, len(page.Items), want)
		}
	}
	var early v1.AccessLog
	hebei.get("/v1/access-log?to="+url.QueryEscape(statement.FormatAt(n.Clock().Unix()-120)), &early)
	if len(early.Items) != 3 || early.Items[0].Index != 2 {
		t.Errorf("%+v", early.Items)
	}
	var officer v1.AccessLog
	hebei.get("/v1/access-log?person="+hebei.bureau.Desk.Pseudonym("nobody", "x"), &officer)
	if len(officer.Items) != 0 {
		t.Errorf("%+v", officer.Items)
	}
	for _, q := range []string{
		"cursor=1.99", "cursor=2.3", "cursor=1.0", "cursor=x", "cursor=1.+3", "cursor=1.03", "cursor=" + strings.Repeat("9", 60), "cursor=1.-1",
		"from=yesterday", "action=peek", "person=zhang", "limit=0", "limit=999", "record=" + strings.Repeat("A", 28), "what=x", "limit=3&limit=4",
	} {
		problemOf(t, hebei.do("GET", "/v1/access-log?"+q, ""), 422, problem.ValidationFailed)
	}
	problemOf(t, hebei.do("GET", "/v1/access-log?record=EX-130000-2025-000099", ""), 404, problem.NotFound)
	for _, who := range []solo.Person{
		solo.Someone(solo.Hebei, "liu", "liaison"), solo.Someone(solo.Hebei, "guo", "bureau_head"), solo.Someone(solo.Hebei, "yun", "operator"), solo.Someone(solo.Tianjin, "tao", "auditor"),
	} {
		for _, path := range []string{"/v1/access-log", "/v1/access-log/rows"} {
			problemOf(t, hebei.as(who).do("GET", path, ""), 403, problem.Forbidden)
		}
	}
	problemOf(t, hebei.as(solo.Someone(solo.Hebei, "liu", "liaison")).do("POST", "/v1/access-log/heads", "{}"), 403, problem.Forbidden)
	if w := hebei.as(solo.Someone(solo.Hebei, "yun", "operator")).do("POST", "/v1/access-log/heads", "{}"); w.Code != 200 {
		t.Errorf("the operator: %d %s", w.Code, w.Body)
	}
	var heads v1.AccessHeads
	tianjin.get("/v1/access-log/heads", &heads)
	if len(heads.Items) != 3 || len(heads.Items[2].Heads) != 1 || heads.Items[2].Heads[0].Size != 7 || len(heads.Items[0].Heads) != 0 {
		t.Errorf("%+v", heads.Items)
	}
	var status v1.NodeStatus
	hebei.get("/v1/status", &status)
	if s := status.AccessLog; s == nil || s.Size != 7 || s.Anchored != 7 || s.Closed != "" {
		t.Errorf("status %+v", s)
	}
}

// verifyLook holds an entry against the head that its page names.
func verifyLook(t *testing.T, head v1.AccessHead, look v1.AccessLook) {
	t.Helper()
	slip, _, err := access.SlipOf([]byte(look.Entry))
	if err != nil || slip != look.Slip {
		t.Fatalf("entry %d: %v", look.Index, err)
	}
	root, err := access.ParseRoot(head.Root)
	if err != nil {
		t.Fatal(err)
	}
	var path []merkle.Hash
	for _, text := range look.Proof {
		raw, err := strict.Base64URL(text)
		if err != nil {
			t.Fatal(err)
		}
		path = append(path, merkle.Hash(raw))
	}
	if err := merkle.VerifyInclusion(access.Leaf(slip), look.Index, head.Size, path, root); err != nil {
		t.Errorf("entry %d: %v", look.Index, err)
	}
}

// replayed builds a node's log anew from what a door shows of it.
func (d *door) replayed(node, record string, heads []access.Head) (*access.Replay, []v1.AccessRow, error) {
	d.t.Helper()
	var replay *access.Replay
	var rows []v1.AccessRow
	size := uint64(0)
	for replay == nil || replay.Size() < size {
		from := uint64(0)
		if replay != nil {
			from = replay.Size()
		}
		var out v1.AccessRows
		d.get(fmt.Sprintf("/v1/access-log/rows?node=%s&record=%s&from=%d&size=%d", node, record, from, size), &out)
		if replay == nil {
			replay = access.NewReplay(heads, out.Subjects)
		}
		size = out.Size
		for _, row := range out.Rows {
			rows = append(rows, row)
			if err := replay.Add(access.Row{Slip: row.Slip, Entry: entryOf(row)}); err != nil {
				return replay, rows, err
			}
		}
	}
	return replay, rows, nil
}

func entryOf(row v1.AccessRow) []byte {
	if row.Entry == "" {
		return nil
	}
	return []byte(row.Entry)
}

// Ensure another bureau's auditor sees, and can prove it is all, who looked at a record
// that its region is a party to: nothing of the others but their slips.
func TestWhoLookedAcross(t *testing.T) {
	n, hebei, tianjin, expert := audited(t)
	h, err := n.Anchor(t.Context(), solo.Hebei, hebei.bureau.Access)
	if err != nil {
		t.Fatal(err)
	}
	root, err := access.ParseRoot(h.Root)
	if err != nil {
		t.Fatal(err)
	}
	heads := []access.Head{{Log: h.Log, Size: h.Size, Root: root}}
	replay, rows, err := tianjin.replayed("130000-a", expert, heads)
	if err != nil || replay.Missing() != nil || len(replay.Found) != 4 {
		t.Fatalf("%v, %d found", err, len(replay.Found))
	}
	hidden := 0
	for _, row := range rows {
		if row.Entry == "" {
			hidden++
		}
	}
	if hidden != 3 {
		t.Errorf("%d of %d entries are held back", hidden, len(rows))
	}
	if f := replay.Found[3].Entry; f.Action != access.Denied || f.Region != solo.Tianjin || f.Person == "" {
		t.Errorf("Tianjin's own question: %+v", f)
	}
	all, _, err := hebei.replayed("", "", heads)
	if err != nil || len(all.Found) != 7 {
		t.Errorf("the own log: %v, %d found", err, len(all.Found))
	}
	problemOf(t, tianjin.do("GET", "/v1/access-log/rows?node=130000-a", ""), 404, problem.NotFound) // all of another bureau's log
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "bo", "auditor"), solo.Options{})
	problemOf(t, beijing.do("GET", "/v1/access-log/rows?node=130000-a&record="+expert, ""), 404, problem.NotFound) // no party to it
	problemOf(t, tianjin.do("GET", "/v1/access-log/rows?node=130000-z&record="+expert, ""), 422, problem.ValidationFailed)
	problemOf(t, tianjin.do("GET", "/v1/access-log/rows?node=130000-a&from=99&record="+expert, ""), 422, problem.ValidationFailed)
	problemOf(t, hebei.do("GET", "/v1/access-log/rows?size=99", ""), 422, problem.ValidationFailed)
	problemOf(t, hebei.do("GET", "/v1/access-log/rows?log=2", ""), 422, problem.ValidationFailed)
}

// shut is a log that was found damaged.
type shut struct {
	*accesslog.Log
	closed error
	begun  *access.Entry
}

func (l *shut) Closed() error { return l.closed }

func (l *shut) Record(context.Context, access.Entry) error { return l.closed }

func (l *shut) Begin(_ context.Context, after uint64, e access.Entry) error {
	if l.closed == nil {
		return accesslog.ErrOpen
	}
	l.closed, l.begun = nil, &e
	return nil
}

// Ensure that a log which takes nothing stays so until the node's operator answers for
// it, whose pseudonym and reason the next log begins with.
func TestBeginAccessLog(t *testing.T) {
	n := solo.New(t)
	l := &shut{Log: n.AccessLog(solo.Hebei, solo.NewLocal()), closed: fmt.Errorf("%w: %w", access.ErrClosed, accesslog.ErrDamaged)}
	if err := l.Log.Record(t.Context(), access.Entry{Action: access.Read, Region: solo.Hebei}); err != nil {
		t.Fatal(err)
	}
	d := openDoor(t, n, solo.Someone(solo.Hebei, "yun", "operator"), solo.Options{Access: l})
	var status v1.NodeStatus
	if d.get("/v1/status", &status); status.AccessLog == nil || status.AccessLog.Closed == "" {
		t.Errorf("status %+v", status.AccessLog)
	}
	problemOf(t, d.as(solo.Someone(solo.Hebei, "aud", "auditor")).do("POST", "/v1/access-log/logs", `{"reason":"damaged"}`), 403, problem.Forbidden)
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "yun", "operator")).do("POST", "/v1/access-log/logs", `{"reason":"damaged"}`), 403, problem.Forbidden)
	problemOf(t, d.do("POST", "/v1/access-log/logs", `{"reason":"the dog"}`), 422, problem.ValidationFailed)
	if w := d.do("POST", "/v1/access-log/logs", `{"reason":"damaged"}`); w.Code != 201 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if l.begun == nil || l.begun.Reason != "damaged" || l.begun.Person == "" || l.begun.Role != "operator" || errors.Is(l.Closed(), access.ErrClosed) {
		t.Errorf("%+v", l.begun)
	}
	problemOf(t, d.do("POST", "/v1/access-log/logs", `{"reason":"damaged"}`), 409, problem.AccessOpen)
}
