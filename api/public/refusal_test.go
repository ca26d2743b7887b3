package public_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
)

// Ensure what is asked in any but the documented way is refused with the right
// status and code, and leaves the ledger as it was.
func TestRefusals(t *testing.T) {
	n := solo.New(t)
	clerk := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	record := clerk.open("assistance", "clerk", assistance)
	id, head := record.Record, record.Head
	opening := `{"procedure":"assistance","fields":` + assistance + `}`
	cancel := `{"event":"cancel","fields":{"reason":"重复"}}`
	deep := strings.Repeat(`{"a":`, 10_000) + `1` + strings.Repeat(`}`, 10_000)
	var names strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&names, `"k%d":1,`, i)
	}
	many := `{"procedure":"assistance","fields":{` + strings.TrimSuffix(names.String(), ",") + `}}`
	key := func() []string { return []string{"Idempotency-Key", client.NewKey()} }
	match := func(tag string) []string { return append(key(), "If-Match", tag) }
	events := "/v1/records/" + id + "/events"

	for _, tc := range []struct {
		name, method, target, body string
		headers                    []string
		status                     int
		code                       string
	}{
		{"unknown path", "GET", "/v1/nothing", "", nil, 404, problem.NotFound},
		{"metrics from outside", "GET", "/metrics", "", nil, 404, problem.NotFound},
		{"pprof from outside", "GET", "/debug/pprof/heap", "", nil, 404, problem.NotFound},
		{"unknown method", "DELETE", "/v1/records/" + id, "", nil, 405, problem.MethodNotAllowed},
		{"options", "OPTIONS", "/v1/records", "", nil, 405, problem.MethodNotAllowed},
		{"no token", "GET", "/v1/records", "", []string{"Authorization", ""}, 401, problem.Unauthorized},
		{"no token, unknown record", "GET", "/v1/records/AR-110000-2025-000009", "", []string{"Authorization", ""}, 401, problem.Unauthorized},
		{"forwarded for the inside", "GET", "/v1/records", "", []string{"Authorization", "", "X-Forwarded-For", "127.0.0.1", "X-Forwarded-User", "root", "Forwarded", "for=127.0.0.1"}, 401, problem.Unauthorized},

		{"page of a billion", "GET", "/v1/records?limit=1000000000", "", nil, 422, problem.ValidationFailed},
		{"page of minus one", "GET", "/v1/records?limit=-1", "", nil, 422, problem.ValidationFailed},
		{"page of 1e9", "GET", "/v1/records?limit=1e9", "", nil, 422, problem.ValidationFailed},
		{"page of none", "GET", "/v1/records?limit=0", "", nil, 422, problem.ValidationFailed},
		{"forged cursor", "GET", "/v1/records?cursor=AAAA", "", nil, 422, problem.ValidationFailed},
		{"endless cursor", "GET", "/v1/records?cursor=" + strings.Repeat("A", 5000), "", nil, 422, problem.ValidationFailed},
		{"unknown parameter", "GET", "/v1/records?sql=drop", "", nil, 422, problem.ValidationFailed},
		{"unknown parameter, one record", "GET", "/v1/records/" + id + "?sql=drop", "", nil, 422, problem.ValidationFailed},
		{"unknown parameter, no other", "GET", "/v1/rules?x=1", "", nil, 422, problem.ValidationFailed},
		{"unknown parameter of a write", "POST", "/v1/records?x=1", opening, key(), 422, problem.ValidationFailed},
		{"parameter twice", "GET", "/v1/records?state=a&state=b", "", nil, 422, problem.ValidationFailed},
		{"parameter twice, one record", "GET", "/v1/records/" + id + "?at=1&at=1", "", nil, 422, problem.ValidationFailed},
		{"broken query", "GET", "/v1/records?%zz", "", nil, 422, problem.ValidationFailed},
		{"token in the query", "GET", "/v1/records?access_token=x", "", nil, 401, problem.Unauthorized},
		{"consistency", "GET", "/v1/records?consistency=maybe", "", nil, 422, problem.ValidationFailed},
		{"consistency, one record", "GET", "/v1/records/" + id + "?consistency=maybe", "", nil, 422, problem.ValidationFailed},
		{"at", "GET", "/v1/records/" + id + "?at=-1", "", nil, 422, problem.ValidationFailed},
		{"wait", "GET", "/v1/events?wait=1h", "", nil, 422, problem.ValidationFailed},
		{"after", "GET", "/v1/events?after=-1", "", nil, 422, problem.ValidationFailed},
		{"no such record", "GET", "/v1/records/AR-110000-2025-000009", "", nil, 404, problem.NotFound},
		{"not an id", "GET", "/v1/records/" + strings.Repeat("A", 500), "", nil, 404, problem.NotFound},
		{"not an id, history", "GET", "/v1/records/x/history", "", nil, 404, problem.NotFound},
		{"not a statement id", "GET", "/v1/statements/x", "", nil, 404, problem.NotFound},
		{"no such procedure", "GET", "/v1/procedures/theft", "", nil, 404, problem.NotFound},
		{"no such proposal", "GET", "/v1/proposals/120000/01J9ZZZZZZZZZZZZZZZZZZZZZZ", "", nil, 404, problem.NotFound},
		{"a proposal of no region", "GET", "/v1/proposals/tianjin/01J9ZZZZZZZZZZZZZZZZZZZZZZ", "", nil, 422, problem.ValidationFailed},
		{"no such year", "GET", "/v1/calendar?year=2199", "", nil, 404, problem.NotFound},

		{"no key", "POST", "/v1/records", opening, nil, 400, problem.KeyRequired},
		{"bad key", "POST", "/v1/records", opening, []string{"Idempotency-Key", "1"}, 422, problem.KeyMalformed},
		{"small letters in the key", "POST", "/v1/records", opening, []string{"Idempotency-Key", strings.ToLower(client.NewKey())}, 422, problem.KeyMalformed},
		{"used key", "POST", "/v1/records", strings.Replace(opening, "37", "38", 1), []string{"Idempotency-Key", record.ID}, 422, problem.KeyReused},
		{"no version", "POST", events, cancel, key(), 428, problem.MatchRequired},
		{"stale version", "POST", events, cancel, match(`"` + strings.Repeat("A", 43) + `"`), 412, problem.MatchFailed},
		{"any version", "POST", events, cancel, match("*"), 422, problem.MatchMalformed},
		{"weak version", "POST", events, cancel, match(`W/"` + head + `"`), 422, problem.MatchMalformed},
		{"two versions", "POST", events, cancel, match(`"` + head + `", "` + head + `"`), 422, problem.MatchMalformed},
		{"event of no record", "POST", "/v1/records/AR-110000-2025-000009/events", cancel, match(`"` + head + `"`), 404, problem.NotFound},

		{"no body", "POST", "/v1/records", "", append(key(), "Content-Type", "application/json"), 400, problem.MalformedBody},
		{"array", "POST", "/v1/records", "[]", key(), 400, problem.MalformedBody},
		{"null", "POST", "/v1/records", "null", key(), 400, problem.MalformedBody},
		{"cut off", "POST", "/v1/records", opening[:40], key(), 400, problem.MalformedBody},
		{"two objects", "POST", "/v1/records", opening + opening, key(), 400, problem.MalformedBody},
		{"BOM", "POST", "/v1/records", "\ufeff" + opening, key(), 400, problem.MalformedBody},
		{"NaN", "POST", "/v1/records", `{"procedure":NaN}`, key(), 400, problem.MalformedBody},
		{"name twice", "POST", "/v1/records", `{"procedure":"a","procedure":"b"}`, key(), 400, problem.MalformedBody},
		{"name twice inside", "POST", "/v1/records", `{"procedure":"assistance","fields":{"a":1,"\u0061":2}}`, key(), 400, problem.MalformedBody},
		{"invalid UTF-8", "POST", "/v1/records", "{\"procedure\":\"\xff\"}", key(), 400, problem.MalformedBody},
		{"lone surrogate", "POST", "/v1/records", `{"procedure":"\ud800"}`, key(), 400, problem.MalformedBody},
		{"depth 10,000", "POST", "/v1/records", deep, key(), 400, problem.MalformedBody},
		{"100,000 names", "POST", "/v1/records", many, key(), 413, problem.BodyTooLarge},
		{"over the limit", "POST", "/v1/records", `{"procedure":"` + strings.Repeat("x", 300<<10) + `"}`, key(), 413, problem.BodyTooLarge},
		{"wrong type", "POST", "/v1/records", opening, append(key(), "Content-Type", "text/plain"), 415, problem.MediaType},
		{"no type", "POST", "/v1/records", opening, append(key(), "Content-Type", ""), 415, problem.MediaType},
		{"form", "POST", "/v1/records", "procedure=x", append(key(), "Content-Type", "application/x-www-form-urlencoded"), 415, problem.MediaType},
		{"gzip", "POST", "/v1/records", opening, append(key(), "Content-Encoding", "gzip"), 415, problem.ContentEncoding},
		{"unknown member", "POST", "/v1/records", `{"procedure":"assistance","fields":{},"admin":true}`, key(), 422, problem.ValidationFailed},
		{"member in another case", "POST", "/v1/records", `{"Procedure":"assistance"}`, key(), 422, problem.ValidationFailed},
		{"member of another type", "POST", "/v1/records", `{"procedure":1,"fields":[]}`, key(), 422, problem.ValidationFailed},
		{"unknown procedure", "POST", "/v1/records", `{"procedure":"theft","fields":{}}`, key(), 422, problem.ValidationFailed},
		{"unknown field", "POST", "/v1/records", strings.Replace(opening, `"contact"`, `"kontact"`, 1), key(), 422, problem.ValidationFailed},
		{"bidi in a name", "POST", "/v1/records", strings.Replace(opening, "核实购销", "核实\u202e购销", 1), key(), 422, problem.ValidationFailed},
		{"zero width in a name", "POST", "/v1/records", strings.Replace(opening, "核实购销", "核实\u200b购销", 1), key(), 422, problem.ValidationFailed},
		{"NUL in a name", "POST", "/v1/records", strings.Replace(opening, "核实购销", `核实\u0000购销`, 1), key(), 422, problem.ValidationFailed},
		{"region member", "POST", "/v1/records", `{"procedure":"assistance","region":"120000","fields":{}}`, key(), 422, problem.ValidationFailed},
		{"role not held", "POST", "/v1/records", strings.Replace(opening, `{"procedure"`, `{"role":"bureau_head","procedure"`, 1), key(), 403, problem.RoleMissing},
		{"role of a node", "POST", events, strings.Replace(cancel, `{"event"`, `{"role":"node","event"`, 1), match(`"` + head + `"`), 403, problem.RoleMissing},
		{"role may not", "POST", events, `{"event":"approve"}`, match(`"` + head + `"`), 403, "wrong_role"},
		{"wrong state", "POST", events, `{"event":"send","fields":{}}`, match(`"` + head + `"`), 409, "wrong_state"},
		{"unknown event", "POST", events, `{"event":"steal"}`, match(`"` + head + `"`), 422, "unknown_event"},

		{"statement: wrong type", "POST", "/v1/statements", "{}", key(), 415, problem.MediaType},
		{"statement: not one", "POST", "/v1/statements", "x.y.z", append(key(), "Content-Type", "application/jose"), 422, problem.StatementInvalid},
		{"statement: 61 KiB", "POST", "/v1/statements", strings.Repeat("x", 61<<10), append(key(), "Content-Type", "application/jose"), 413, problem.BodyTooLarge},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := standing(t, n)
			var w *httptest.ResponseRecorder
			took := time.Hour
			for try := 0; try < 5 && took > 50*time.Millisecond; try++ { // the machine may be busy; the code may not
				started := time.Now()
				w = clerk.do(tc.method, tc.target, tc.body, tc.headers...)
				took = time.Since(started)
			}
			problemOf(t, w, tc.status, tc.code)
			if took > 50*time.Millisecond {
				t.Errorf("refusing took %v", took)
			}
			if tc.status == 405 && w.Header().Get("Allow") == "" {
				t.Error("405 without Allow")
			}
			if after := standing(t, n); after != before {
				t.Errorf("a refused request moved the ledger from %+v to %+v", before, after)
			}
		})
	}
	if err := n.Ledger.Verify(); err != nil {
		t.Error(err)
	}
}

// Ensure roles and regions bound what a caller may do.
func TestRights(t *testing.T) {
	n := solo.New(t)
	clerk := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	record := clerk.open("assistance", "clerk", assistance)
	opening := `{"procedure":"assistance","fields":` + assistance + `}`
	key := func() []string { return []string{"Idempotency-Key", client.NewKey()} }
	path := "/v1/records/" + record.Record

	auditor := clerk.as(solo.Someone(solo.Beijing, "shen", "auditor"))
	problemOf(t, auditor.do("POST", "/v1/records", opening, key()...), 403, problem.Forbidden)
	if w := auditor.do("GET", path, ""); w.Code != 200 {
		t.Errorf("an auditor reads: %d", w.Code)
	}
	operator := clerk.as(solo.Someone(solo.Beijing, "yun", "operator"))
	problemOf(t, operator.do("GET", path, ""), 403, problem.Forbidden)
	problemOf(t, operator.do("GET", "/v1/events", ""), 403, problem.Forbidden)
	if w := operator.do("GET", "/v1/status", ""); w.Code != 200 {
		t.Errorf("an operator reads the status: %d", w.Code)
	}
	nobody := clerk.as(solo.Someone(solo.Beijing, "bai"))
	for _, target := range []string{path, "/v1/records", "/v1/status", "/v1/rules", "/v1/events", "/v1/statements/" + record.ID} {
		problemOf(t, nobody.do("GET", target, ""), 403, problem.Forbidden)
	}
	homeless := solo.Someone(solo.Beijing, "liu", "clerk")
	homeless.Org = ""
	problemOf(t, clerk.as(homeless).do("POST", "/v1/records", opening, key()...), 403, problem.Forbidden)
	both := clerk.as(solo.Someone(solo.Beijing, "he", "clerk", "officer"))
	problemOf(t, both.do("POST", "/v1/records", opening, key()...), 422, problem.ValidationFailed)

	// Tianjin's people at Beijing's node: no writes, and only what Tianjin is a
	// party to; the same at their own node.
	guest := clerk.as(solo.Someone(solo.Tianjin, "zhao", "clerk"))
	problemOf(t, guest.do("POST", "/v1/records", opening, key()...), 403, problem.ForeignBody)
	home := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk", "auditor"), solo.Options{})
	for _, d := range []*door{guest, home} {
		for _, target := range []string{path, path + "/history", path + "/deadlines", path + "?consistency=local"} {
			problemOf(t, d.do("GET", target, ""), 404, problem.NotFound)
		}
		var page struct{ Items []any }
		d.get("/v1/records", &page)
		if len(page.Items) != 0 {
			t.Errorf("a stranger's list holds %v", page.Items)
		}
		var feed struct{ Events []any }
		d.get("/v1/events", &feed)
		if len(feed.Events) != 0 {
			t.Errorf("a stranger's feed holds %v", feed.Events)
		}
	}
	w := home.do("POST", path+"/events", `{"event":"cancel","fields":{"reason":"重复"}}`, append(key(), "If-Match", `"`+record.Head+`"`)...)
	problemOf(t, w, 404, problem.NotFound)

	// Four eyes: who drafted may not approve (409).
	drafter := clerk.as(solo.Someone(solo.Beijing, "zhang", "bureau_head"))
	w = drafter.do("POST", path+"/events", `{"event":"approve"}`, append(key(), "If-Match", `"`+record.Head+`"`)...)
	problemOf(t, w, 409, "four_eyes")
}

// Ensure a record of others and one that does not exist are not found in the
// same time.
func TestNotFoundTiming(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	record := beijing.open("assistance", "clerk", assistance).Record
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	fastest := func(target string) time.Duration {
		best := time.Hour
		for range 20 {
			start := time.Now()
			problemOf(t, tianjin.do("GET", target, ""), 404, problem.NotFound)
			best = min(best, time.Since(start))
		}
		return best
	}
	theirs, nobodys := fastest("/v1/records/"+record), fastest("/v1/records/AR-110000-2025-000099")
	if diff := (theirs - nobodys).Abs(); diff > 500*time.Microsecond || theirs < time.Millisecond {
		t.Errorf("not found takes %v for a record of others, %v for none", theirs, nobodys)
	}
}

// Ensure a burst is refused with Retry-After while another region is served.
func TestBurst(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{Rate: 10})
	var last *httptest.ResponseRecorder
	for range 100 {
		if last = d.do("GET", "/v1/rules", ""); last.Code != 200 {
			break
		}
	}
	problemOf(t, last, 429, problem.TooMany)
	if last.Header().Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	if w := d.as(solo.Someone(solo.Tianjin, "zhao", "clerk")).do("GET", "/v1/rules", ""); w.Code != 200 {
		t.Errorf("another region got %d", w.Code)
	}
}

// Ensure writes and linearizable reads without a majority are 503 with
// Retry-After, and local reads go on.
func TestNoQuorum(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{NoLeaderWait: 30 * time.Millisecond})
	record := d.open("assistance", "clerk", assistance)
	n.Ledger.Break(solo.NoLeader())
	before := standing(t, n)
	for _, w := range []*httptest.ResponseRecorder{
		d.do("POST", "/v1/records", `{"procedure":"assistance","fields":`+assistance+`}`, "Idempotency-Key", client.NewKey()),
		d.do("GET", "/v1/records/"+record.Record, ""),
		d.do("GET", "/v1/statements/"+record.ID, ""),
		d.do("GET", "/v1/records", ""),
	} {
		problemOf(t, w, 503, problem.NoQuorum)
		if w.Header().Get("Retry-After") == "" {
			t.Error("503 without Retry-After")
		}
	}
	for _, target := range []string{"/v1/records/" + record.Record + "?consistency=local", "/v1/records?consistency=local", "/v1/status", "/v1/events"} {
		if w := d.do("GET", target, ""); w.Code != http.StatusOK {
			t.Errorf("%s without a majority: %d", target, w.Code)
		}
	}
	if standing(t, n) != before {
		t.Error("the ledger moved")
	}
}

// Ensure nothing a caller sends shows up unescaped or as a metric series.
func TestSpoofedHeaders(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	for range 3 {
		d.open("assistance", "clerk", assistance)
	}
	w := d.do("GET", "/v1/records?limit=1", "", "X-Forwarded-Host", "evil.example", "X-Forwarded-Proto", "https", "Forwarded", "host=evil.example", "X-Original-URL", "/v1/status")
	if link := w.Header().Get("Link"); !strings.HasPrefix(link, "</v1/records?") || strings.Contains(link, "evil") {
		t.Errorf("Link %q", link)
	}
	if strings.Contains(w.Body.String(), "evil") {
		t.Errorf("the answer repeats a forwarding header: %s", w.Body)
	}
	count := func() int {
		families, err := d.bureau.Metrics.Gather()
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, f := range families {
			n += len(f.Metric)
		}
		return n
	}
	d.do("GET", "/v1/x", "")
	d.do("GET", "/v1/records?x=1", "")
	d.do("BREW", "/v1/records", "")
	before := count()
	for i := range 50 {
		d.do("GET", fmt.Sprintf("/v1/x%d", i), "")
		d.do("GET", fmt.Sprintf("/v1/records/y%d?z%d=1", i, i), "")
		d.do(fmt.Sprintf("M%d", i), "/v1/records", "")
	}
	if after := count(); after != before {
		t.Errorf("%d metric series became %d", before, after)
	}
}
