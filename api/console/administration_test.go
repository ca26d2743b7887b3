package console

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
)

const phrase = "seven goats on a wall"

// account makes a local account and gives its initial password.
func (b *bench) account(name string, roles ...string) string {
	b.t.Helper()
	_, password, err := b.door.cfg.Accounts.Add(account.Host(), account.New{Name: name, Person: "p-" + name, Display: "李", Org: "120000-SJ", Roles: roles})
	if err != nil {
		b.t.Fatal(err)
	}
	return password
}

// by signs in with a password.
func (b *bench) by(name, password string, change ...func(*http.Request)) *httptest.ResponseRecorder {
	b.t.Helper()
	body, _ := json.Marshal(map[string]string{"name": name, "password": password})
	return b.ask("POST", "/console/session", string(body), change...)
}

// settle takes an account through its first sign-in and gives the cookie.
func (b *bench) settle(name string, roles ...string) *http.Cookie {
	b.t.Helper()
	first := b.account(name, roles...)
	cookie := b.by(name, first).Result().Cookies()[0]
	w := b.ask("PUT", "/console/session/password", `{"old":"`+first+`","new":"`+phrase+`"}`, with(cookie))
	if w.Code != http.StatusOK {
		b.t.Fatalf("%s: %d %s", name, w.Code, w.Body)
	}
	return w.Result().Cookies()[0]
}

// acts are what the administrators' log says, the latest first.
func (b *bench) acts() string {
	b.t.Helper()
	page, err := b.door.cfg.Accounts.Acts(0, 200, "", "")
	if err != nil {
		b.t.Fatal(err)
	}
	var out []string
	for _, a := range page.Acts {
		out = append(out, a.Act+" "+a.By+" "+a.Account+" "+a.Detail)
	}
	return strings.Join(out, "\n")
}

// Ensure a first sign-in lets in only to choose a password, that choosing one makes a
// fresh session and ends all before it, and that the next sign-in shows the one before.
func TestPasswordSignIn(t *testing.T) {
	b := newBench(t)
	if w := b.ask("GET", "/console/ways", ""); !strings.Contains(w.Body.String(), `"password":false`) {
		t.Errorf("ways without accounts: %s", w.Body)
	}
	first := b.account("wang", "clerk")
	if w := b.ask("GET", "/console/ways", ""); !strings.Contains(w.Body.String(), `"password":true`) {
		t.Errorf("ways: %s", w.Body)
	}
	fixed := &http.Cookie{Name: "sandi-" + region, Value: "an-attacker-chose-this"}
	w := b.by("Wang ", first, with(fixed))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `"change":true`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	cookie := w.Result().Cookies()[0]
	if cookie.Value == fixed.Value || !cookie.HttpOnly || cookie.SameSite != http.SameSiteStrictMode {
		t.Errorf("cookie %+v", cookie)
	}
	second := b.by("wang", first).Result().Cookies()[0]
	b.refused("before a password was chosen", b.ask("GET", "/v1/records", "", with(cookie)), http.StatusForbidden, "password_change_needed")
	for body, reason := range map[string]string{
		`{"old":"wrong","new":"` + phrase + `"}`: "old", `{"old":"` + first + `","new":"Password1234"}`: "common", `{"old":"` + first + `","new":"short"}`: "short", `{"old":"` + first + `","new":"` + first + `"}`: "same",
	} {
		w := b.ask("PUT", "/console/session/password", body, with(cookie))
		b.refused(reason, w, http.StatusUnprocessableEntity, "password_refused")
		if !strings.Contains(w.Body.String(), `"reason":"`+reason+`"`) {
			t.Errorf("%s: %s", reason, w.Body)
		}
	}
	b.refused("an unknown field", b.ask("PUT", "/console/session/password", `{"old":"`+first+`","new":"`+phrase+`","roles":["operator"]}`, with(cookie)), http.StatusBadRequest, "malformed_body")
	b.refused("another site", b.ask("PUT", "/console/session/password", `{}`, with(cookie), header("Sec-Fetch-Site", "cross-site")), http.StatusForbidden, "forbidden")
	w = b.ask("PUT", "/console/session/password", `{"old":"`+first+`","new":"`+phrase+`"}`, with(cookie))
	if w.Code != http.StatusOK || strings.Contains(w.Body.String(), `"change"`) {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	fresh := w.Result().Cookies()[0]
	for what, old := range map[string]*http.Cookie{"this browser's": cookie, "another's": second} {
		b.refused(what+" session from before", b.ask("GET", "/console/session", "", with(old)), http.StatusUnauthorized, "session_ended")
	}
	if w := b.ask("GET", "/v1/records", "", with(fresh)); w.Code != http.StatusOK || claimsOf(t, strings.Split(b.calls[0].Header.Get("Authorization"), ".")[1]).Subject != "p-wang" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	b.now = b.now.Add(time.Hour)
	b.refused("wrong", b.by("wang", "wrong"), http.StatusUnauthorized, "sign_in_invalid")
	var s Standing
	if err := json.Unmarshal(b.by("wang", phrase).Body.Bytes(), &s); err != nil || s.Before == nil || !s.Before.At.Before(b.now) || s.Before.From != "192.0.2.1" || s.Wrong != 1 || s.Account != "wang" {
		t.Errorf("%+v %v", s, err)
	}
	b.refused("code and name", b.ask("POST", "/console/session", `{"code":"x","name":"wang"}`), http.StatusUnprocessableEntity, "validation_failed")
	b.refused("a link's person has no password", b.ask("PUT", "/console/session/password", `{"old":"a","new":"b"}`, with(b.enter("li", "clerk"))), http.StatusNotFound, "not_found")
}

// Ensure wrong passwords are answered alike whatever the name, and then with the time to
// wait.
func TestPasswordWaits(t *testing.T) {
	b := newBench(t)
	b.account("wang", "clerk")
	for _, name := range []string{"wang", "nobody"} {
		var bodies []string
		for range 6 {
			w := b.by(name, "wrong")
			bodies = append(bodies, w.Body.String())
			if len(bodies) == 6 {
				b.refused(name, w, http.StatusTooManyRequests, "sign_in_wait")
				if w.Header().Get("Retry-After") != "60" || !strings.Contains(w.Body.String(), "1:00") {
					t.Errorf("%v %s", w.Header(), w.Body)
				}
				continue
			}
			b.refused(name, w, http.StatusUnauthorized, "sign_in_invalid")
		}
		if bodies[0] != bodies[4] || strings.Contains(strings.Join(bodies, ""), name) {
			t.Errorf("%s: %v", name, bodies)
		}
	}
}

// Ensure each administrator gets to what is theirs and to nothing else, and nobody in an
// office to any of it.
func TestAdministratorsDoors(t *testing.T) {
	b := newBench(t)
	cookies := map[string]*http.Cookie{
		auth.RoleSecurity: b.settle("sec", auth.RoleSecurity), auth.RoleAudit: b.settle("aud", auth.RoleAudit), auth.RoleOperator: b.settle("ops", auth.RoleOperator),
		"clerk": b.settle("wang", "clerk"), "auditor": b.enter("wen", "auditor"),
	}
	for request, allowed := range map[string]string{
		"GET /console/admin/accounts": auth.RoleSecurity, "POST /console/admin/accounts": auth.RoleSecurity, "POST /console/admin/accounts/wang": auth.RoleSecurity, "GET /console/admin/acts": auth.RoleAudit,
		"GET /console/admin/keys": auth.RoleOperator + " " + auth.RoleSecurity,
	} {
		method, path, _ := strings.Cut(request, " ")
		body := ""
		if method == "POST" {
			body = "{}"
		}
		for role, cookie := range cookies {
			w := b.ask(method, path, body, with(cookie))
			if forbidden := w.Code == http.StatusForbidden; forbidden == slices.Contains(strings.Fields(allowed), role) {
				t.Errorf("%s as %s: %d %s", request, role, w.Code, w.Body)
			}
			b.refused(request+" from another site", b.ask(method, path, body, with(cookie), header("Sec-Fetch-Site", "same-site")), http.StatusForbidden, "forbidden")
		}
		b.refused(request+" as nobody", b.ask(method, path, body), http.StatusUnauthorized, "session_ended")
	}
	first := b.account("sec2", auth.RoleSecurity)
	b.refused("before a password was chosen", b.ask("GET", "/console/admin/accounts", "", with(b.by("sec2", first).Result().Cookies()[0])), http.StatusForbidden, "password_change_needed")
	b.refused("a cursor", b.ask("GET", "/console/admin/acts?before=x", "", with(cookies[auth.RoleAudit])), http.StatusUnprocessableEntity, "validation_failed")

	b.ask("POST", "/v1/statements", "{}", with(cookies[auth.RoleOperator]))
	b.ask("GET", "/v1/status", "", with(cookies[auth.RoleOperator]))
	b.ask("POST", "/v1/records", "{}", with(cookies["clerk"]))
	b.ask("DELETE", "/console/session", "", with(cookies[auth.RoleOperator]))
	if got := b.acts(); !strings.HasPrefix(got, "signed_out p-ops  \noperated p-ops  POST /v1/statements\n") {
		t.Error(got)
	}
}

// Ensure the security administrator makes, changes and ends accounts, that ending one
// ends its sessions and streams at once, and that nobody does it to their own.
func TestAccountAdministration(t *testing.T) {
	b := newBench(t)
	sec := b.settle("sec", auth.RoleSecurity)
	do := func(name, body string) *httptest.ResponseRecorder {
		return b.ask("POST", "/console/admin/accounts/"+name, body, with(sec))
	}
	w := b.ask("POST", "/console/admin/accounts", `{"name":"wang","person":"1024","display":"王","org":"120000-SJ","roles":["clerk"]}`, with(sec))
	var made Handed
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.Password == "" || !made.Account.Change {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	for body, code := range map[string]string{
		`{"name":"li","display":"李","org":"120000-SJ","roles":["operator","audit_admin"]}`:                   "account_refused",
		`{"name":"li","person":"1024","display":"李","org":"120000-SJ","roles":["operator"]}`:                 "account_refused",
		`{"name":"li","display":"李","org":"110000-SJ","roles":["clerk"]}`:                                    "account_refused",
		`{"name":"li","display":"李","org":"120000-SJ","roles":["clerk"],"epoch":7}`:                          "malformed_body",
		`{"name":"li","display":"李","org":"120000-SJ","roles":["clerk"],"hash":"$argon2id$","change":false}`: "malformed_body",
		`{"name":"li","display":"李","org":"120000-SJ","roles":["clerk"],"Roles":["operator"]}`:               "malformed_body",
	} {
		if w := b.ask("POST", "/console/admin/accounts", body, with(sec)); codeOf(w) != code {
			t.Errorf("%s: %d %s", body, w.Code, w.Body)
		}
	}
	cookie := b.by("wang", made.Password).Result().Cookies()[0]
	w = b.ask("PUT", "/console/session/password", `{"old":"`+made.Password+`","new":"`+phrase+`"}`, with(cookie))
	cookie = w.Result().Cookies()[0]

	b.refused("raising oneself", b.ask("POST", "/console/admin/accounts/wang", `{"do":"roles","roles":["security_admin"]}`, with(cookie)), http.StatusForbidden, "forbidden")
	b.refused("into administration", do("wang", `{"do":"roles","roles":["operator"]}`), http.StatusUnprocessableEntity, "account_refused")
	b.refused("no such thing to do", do("wang", `{"do":"promote"}`), http.StatusUnprocessableEntity, "validation_failed")
	b.refused("no such account", do("nobody", `{"do":"disable"}`), http.StatusNotFound, "not_found")
	for _, name := range []string{"sec", "SEC"} {
		for _, what := range []string{"disable", "reset", "roles", "unlock", "end_sessions", "enable"} {
			b.refused(what+" "+name, do(name, `{"do":"`+what+`"}`), http.StatusConflict, "account_own")
		}
	}
	if w := do("wang", `{"do":"roles","roles":["liaison"]}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	b.refused("the old roles", b.ask("GET", "/v1/records", "", with(cookie)), http.StatusUnauthorized, "session_ended")

	cookie = b.by("wang", phrase).Result().Cookies()[0]
	b.hold = make(chan struct{})
	var streaming sync.WaitGroup
	streaming.Go(func() { b.ask("GET", "/v1/events", "", with(cookie)) })
	<-b.hold
	b.hold = nil
	if w := do("wang", `{"do":"disable"}`); w.Code != http.StatusOK {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	streaming.Wait()
	b.refused("disabled", b.ask("GET", "/console/session", "", with(cookie)), http.StatusUnauthorized, "session_ended")
	b.refused("signing in", b.by("wang", phrase), http.StatusUnauthorized, "sign_in_invalid")
	w = do("wang", `{"do":"enable"}`)
	if err := json.Unmarshal(w.Body.Bytes(), &made); err != nil || made.Password == "" {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	if w := b.by("wang", made.Password); w.Code != http.StatusOK {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	// What a command on the node's machine does ends sessions as well.
	cookie = b.by("wang", made.Password).Result().Cookies()[0]
	if _, err := b.door.cfg.Accounts.Disable(account.Host(), "wang"); err != nil {
		t.Fatal(err)
	}
	b.door.sessions.Sweep()
	if len(b.door.sessions.all) != 1 {
		t.Errorf("%d sessions are left", len(b.door.sessions.all))
	}
	var list Accounts
	w = b.ask("GET", "/console/admin/accounts", "", with(sec))
	if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil || len(list.Accounts) != 2 || strings.Contains(w.Body.String(), "argon2") || !slices.Contains(list.Roles, "audit_admin") || list.Orgs[0].Name.EN != "Commission" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if got := b.acts(); !strings.Contains(got, "account_disabled p-sec wang ") || !strings.Contains(got, "roles_changed p-sec wang clerk -> liaison") {
		t.Error(got)
	}
}

// Ensure no way of signing in gives one person two administrators' roles, or one beside
// an office: not in one identity, not beside a local account, not beside a session.
func TestNobodyHoldsTwo(t *testing.T) {
	b := newBench(t)
	b.settle("aud", auth.RoleAudit)
	link := func(person string, roles ...string) *httptest.ResponseRecorder {
		return b.ask("POST", "/console/session", `{"code":"`+b.link(person, roles...)+`"}`)
	}
	for _, roles := range [][]string{{"operator", "security_admin"}, {"operator", "audit_admin"}, {"security_admin", "clerk"}, {"auditor", "operator"}} {
		b.refused(strings.Join(roles, " "), link("new", roles...), http.StatusForbidden, "roles_exclude")
	}
	b.refused("beside a local account", link("p-aud", "operator"), http.StatusForbidden, "roles_exclude")
	b.refused("an office beside a local account", link("p-aud", "clerk"), http.StatusForbidden, "roles_exclude")
	if w := link("p-aud", "audit_admin"); w.Code != http.StatusOK {
		t.Errorf("the same role by another way: %d %s", w.Code, w.Body)
	}
	b.enter("yun", "operator")
	b.refused("beside a session", link("yun", "security_admin"), http.StatusForbidden, "roles_exclude")
	b.refused("an office beside a session", link("yun", "clerk"), http.StatusForbidden, "roles_exclude")
	b.now = b.now.Add(FullLife)
	if w := link("yun", "clerk"); w.Code != http.StatusOK {
		t.Errorf("once that session has ended: %d %s", w.Code, w.Body)
	}
	if n := strings.Count(b.acts(), "sign_in_refused"); n != 8 {
		t.Errorf("%d refusals are written down", n)
	}
}

// Ensure administrators do nothing that cannot be written down, and people in offices
// work on.
func TestUnwritableLog(t *testing.T) {
	b := newBench(t)
	sec, ops, clerk := b.settle("sec", auth.RoleSecurity), b.enter("yun", "operator"), b.enter("wang", "clerk")
	path := filepath.Join(b.accounts, "acts.log")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	for what, w := range map[string]*httptest.ResponseRecorder{
		"make":    b.ask("POST", "/console/admin/accounts", `{"name":"li","display":"李","org":"120000-SJ","roles":["clerk"]}`, with(sec)),
		"operate": b.ask("POST", "/v1/statements", "{}", with(ops)),
		"link":    b.ask("POST", "/console/session", `{"code":"`+b.link("tao", "operator")+`"}`),
		"sign in": b.by("sec", phrase),
	} {
		b.refused(what, w, http.StatusServiceUnavailable, "administrators_log_unavailable")
	}
	if w := b.ask("POST", "/v1/records", "{}", with(clerk)); w.Code != http.StatusOK || len(b.calls) != 1 {
		t.Errorf("a clerk: %d, %d calls", w.Code, len(b.calls))
	}
	if w := b.ask("DELETE", "/console/session", "", with(ops)); w.Code != http.StatusOK {
		t.Errorf("signing out: %d", w.Code)
	}
}

// Ensure a certificate is near its end when less than a third of its life is left.
func TestCertificateNear(t *testing.T) {
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	until := from.Add(30 * 24 * time.Hour)
	for days, near := range map[int]bool{0: false, 20: false, 21: true, 29: true, 31: true} {
		c := CertificateOf("node", "n", from, until, from.Add(time.Duration(days)*24*time.Hour))
		if c.Near != near || c.Left != 30-days {
			t.Errorf("after %d days: %+v", days, c)
		}
	}
}
