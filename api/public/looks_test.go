package public_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
	"sandi.internal/gateway/storage/vault"
)

// unlooked are the operations of the API that leave nothing in the access log, with what
// they give. An operation that is neither here nor among the looks fails the test: whoever
// adds a door has to say which it is.
var unlooked = func() map[string]string {
	const (
		ledger = "what stands on the ledger: no private value is there"
		own    = "what the caller brought or did itself"
		log    = "the access log, which holds pseudonyms and no private value"
		none   = "nothing private: it says how the node, or the law, is"
	)
	list := map[string]string{
		"put-material": own, "load-data-set": own, "withdraw-offer": own, "put-draw-text": own, "submit-statement": own, "open-record": own, "act-on-record": own,
		"preview-import": own, "import-sheet": own,
		"get-private-log": log, "list-access-log": log, "list-access-heads": log, "get-access-rows": log, "anchor-access-log": log, "begin-access-log": log,
		"list-data-answers": "digests of pages that were given, each with its line then", "scrub-materials": "commitments of damaged objects",
	}
	for _, id := range []string{
		"list-records", "get-record", "get-history", "get-deadlines", "search-experts", "list-papers", "get-paper", "get-statement", "get-receipt", "get-bundle", "find-entries",
		"list-offers", "get-offer", "get-draw", "get-draw-pool", "get-draw-rule", "get-events", "list-reports", "get-report",
		"list-data-sets", "get-data-set", "get-data-set-template", "list-data-agreements", "get-data-agreement",
	} {
		list[id] = ledger
	}
	for _, id := range []string{
		"list-imports", "get-import-template", "list-procedures", "get-procedure", "list-orgs", "list-rules", "get-calendar", "list-proposals", "get-proposal", "get-status", "list-nodes",
		"get-practice-clock", "set-practice-clock", "list-exercises", "get-openapi", "get-openapi-30", "get-docs",
	} {
		list[id] = none
	}
	return list
}()

// looking is a door of private data: somebody who may come in, and somebody who may not.
type looking struct {
	operation          string
	method, path, body string
	who, stranger      solo.Person
	action             access.Action // of the line
	status             int           // of the answer, once the line is written
	secret             string        // in the answer then, and in no other
}

// kept is a backup without a node.
type kept struct{}

func (kept) Bytes() int64 { return 3 }
func (kept) Close() error { return nil }
func (kept) Write(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, "everything")
	return err
}

// lookedAt is Hebei with everything that a door could give away, and neighbours who may
// ask for some of it.
type lookedAt struct {
	*sharing
	doors map[string]*door
	logs  map[string]*looks
}

// looked gives it, and every way to it: a file, the name of an expert, rows under an
// agreement, a backup.
func looked(t *testing.T) (*lookedAt, []looking) {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: "vault", FS: storagetest.NewDisk().FS(), Kind: engine.Vault, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	v, err := vault.Open(vault.Options{DB: db, Key: vault.NewKey(vault.AES256GCM{})})
	if err != nil {
		t.Fatal(err)
	}
	logs := map[string]*looks{}
	c := &carrier{}
	s := shareWith(t, newTables(t), func(n *solo.Network, region string) solo.Options {
		logs[region] = &looks{Log: n.AccessLog(region, solo.NewLocal())}
		if region != solo.Hebei {
			return solo.Options{Access: logs[region]}
		}
		return solo.Options{
			Access: logs[region], Vault: public.Vault{Vault: v}, Keeping: v, Exchange: c,
			Backup: func(context.Context) (public.Backup, error) { return kept{}, nil },
		}
	})
	c.desk = s.hebei.bureau.Desk
	s.loaded(10)
	m := s.hebei.file("secret.txt", "the content")
	expert := admit(t, s.hebei, "张三丰", employer, `[{"field":"cable","years":9}]`, `[]`)
	logs[solo.Tianjin] = &looks{Log: s.net.AccessLog(solo.Tianjin, solo.NewLocal())}
	helping := openDoor(t, s.net, solo.Someone(solo.Tianjin, "zhao", "liaison"), solo.Options{Access: logs[solo.Tianjin]})
	r := helping.open("help", "liaison", fmt.Sprintf(`{"help_no":"H1","programme":"2025","enterprise_uscc":%q,"enterprise_name":"合成企业"}`, visited))
	helping.act(r.Record, r.Head, "dispatch", "liaison", `{"activity":"visit","held_on":"2025-11-04","expert_times":1,"experts":["`+expert+`"]}`)
	liu, auditor := solo.Someone(solo.Hebei, "liu", "liaison"), solo.Someone(solo.Hebei, "aud", "auditor")
	material := "/v1/materials/" + m.Commitment
	doors := map[string]*door{solo.Hebei: s.hebei, solo.Beijing: s.beijing, solo.Tianjin: helping}
	return &lookedAt{s, doors, logs}, []looking{
		{"get-private", "GET", "/v1/records/" + expert + "/private", "", liu, auditor, access.Read, 200, "张三丰"},
		{"get-private", "GET", "/v1/records/" + expert + "/private?because=" + r.Record, "", solo.Someone(solo.Tianjin, "zhao", "liaison"), solo.Someone(solo.Tianjin, "qian", "clerk"), access.Asked, 200, "张三丰"},
		{"get-material", "GET", material, "", liu, solo.Someone(solo.Hebei, "yun", "operator"), access.Read, 200, "the content"},
		{"list-materials", "GET", "/v1/materials", "", liu, auditor, access.Read, 200, "secret.txt"},
		{"get-keeping", "GET", material + "/keeping", "", liu, auditor, access.Read, 200, "secret.txt"},
		{"keep-material", "POST", material + "/keeping", `{"action":"hold","hold":"CT-130000-2025-000001","reason":"a case"}`, liu, auditor, access.Read, 200, "secret.txt"},
		{"make-offer", "POST", "/v1/offers", fmt.Sprintf(`{"to":"110000-SJ","purpose":"p","basis":"b","materials":[%q]}`, m.Commitment), liu, auditor, access.Export, 201, someList},
		{
			"query-data-set", "POST", "/v1/data-sets/" + s.set + "/query", `{"agreement":"` + s.agreement + `","purpose":"inspection"}`,
			solo.Someone(solo.Beijing, "sun", "officer"), solo.Someone(solo.Beijing, "aud", "auditor"), access.Asked, 200, "保定市",
		},
		{"get-backup", "GET", "/v1/node/backup", "", solo.Someone(solo.Hebei, "yun", "operator"), liu, access.Export, 200, "everything"},
	}
}

func (l *looking) ask(s *lookedAt, who solo.Person) *httptest.ResponseRecorder {
	return s.doors[who.Region].as(who).do(l.method, l.path, l.body, "Idempotency-Key", client.NewKey())
}

// Ensure every door of the API that gives private data away leaves a line of it in the
// access log, one of whoever asked in vain too, and gives nothing when it cannot; and that
// every other operation was judged not to.
func TestEveryDoorIsLogged(t *testing.T) {
	s, list := looked(t)
	judged := map[string]bool{}
	for _, l := range list {
		judged[l.operation] = true
		log := s.logs[l.who.Region]
		before := len(log.entries)
		w := l.ask(s, l.who)
		if w.Code != l.status || !strings.Contains(w.Body.String(), l.secret) {
			t.Errorf("%s: %d %.300s", l.operation, w.Code, w.Body)
		}
		if more := log.entries[before:]; len(more) != 1 || more[0].Action != l.action || more[0].Person == "" || more[0].Role == "" {
			t.Errorf("%s leaves %+v", l.operation, more)
		}
		before = len(log.entries)
		problemOf(t, l.ask(s, l.stranger), 403, problem.NotReleased, problem.Forbidden)
		if more := log.entries[before:]; len(more) != 1 || more[0].Action != access.Denied || more[0].Person == "" || more[0].Reason == "" {
			t.Errorf("%s in vain leaves %+v", l.operation, more)
		}
		log.err = fmt.Errorf("%w: %w", access.ErrClosed, syscall.ENOSPC)
		for _, who := range []solo.Person{l.who, l.stranger} {
			w := l.ask(s, who)
			problemOf(t, w, 503, problem.AccessUnlogged)
			if l.secret != "" && strings.Contains(w.Body.String(), l.secret) {
				t.Errorf("%s gives away without a line: %s", l.operation, w.Body)
			}
		}
		log.err = nil
	}
	// What another bureau asked for is logged where it lies, too.
	given := map[string]access.Action{}
	for _, e := range s.logs[solo.Hebei].entries {
		if e.Region != solo.Hebei && e.Action != access.Denied {
			given[e.Region] = e.Action
		}
	}
	if given[solo.Beijing] != access.Query || given[solo.Tianjin] != access.Export {
		t.Errorf("where it lies: %v", given)
	}

	var api struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	if err := json.Unmarshal(s.hebei.do("GET", "/openapi.json", "").Body.Bytes(), &api); err != nil {
		t.Fatal(err)
	}
	for path, methods := range api.Paths {
		for method, op := range methods {
			if judged[op.OperationID] == (unlooked[op.OperationID] != "") {
				t.Errorf("%s %s (%s): say in this file whether it gives private data away", method, path, op.OperationID)
			}
			delete(unlooked, op.OperationID)
		}
	}
	if len(unlooked) > 0 {
		t.Errorf("no operations: %v", unlooked)
	}
}

// Ensure a backup that could not be made stands in the log as one that failed.
func TestBackupFails(t *testing.T) {
	n := solo.New(t)
	log := &looks{Log: n.AccessLog(solo.Hebei, solo.NewLocal())}
	d := openDoor(t, n, solo.Someone(solo.Hebei, "yun", "operator"), solo.Options{
		Access: log, Backup: func(context.Context) (public.Backup, error) { return nil, errors.New("no room") },
	})
	problemOf(t, d.do("GET", "/v1/node/backup", ""), 500, problem.Internal)
	if len(log.entries) != 2 || log.entries[0].Action != access.Export || log.entries[0].What[0] != "backup" || log.entries[1].Action != access.Failed {
		t.Errorf("%+v", log.entries)
	}
	problemOf(t, d.as(solo.Someone(solo.Tianjin, "lin", "operator")).do("GET", "/v1/node/backup", ""), 403, problem.Forbidden)
	if e := log.entries[2]; e.Action != access.Denied || e.Region != solo.Tianjin {
		t.Errorf("%+v", e)
	}
}
