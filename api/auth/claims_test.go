package auth

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

// TestClaims is the 401 half of the row "Claims and rights" of SECURITY
// section 5, entry by entry.
func TestClaims(t *testing.T) {
	b := newBureau(t)
	at := noon.Unix()
	rows := 0
	refuse := func(name string, changes map[string]any, want Reason) {
		t.Helper()
		rows++
		b.refused(t, name, request(token(t, b.ed, with(changes))), want)
	}
	// One value of every wrong kind, for each date.
	for _, c := range []struct {
		claim string
		want  Reason
	}{{"exp", ClaimExpires}, {"iat", ClaimIssued}, {"nbf", ClaimBefore}} {
		for name, v := range map[string]any{
			"zero": 0, "null": raw("null"), "string": "1763611200", "1e300": raw("1e300"), "-1": -1, "fraction": raw("1763611200.5"),
			"exponent": raw("1.7636112e9"), "integral fraction": raw("1763611200.0"), "year 1970": 1, "year 9999": int64(253370764800),
			"over int64": raw("9223372036854775808"), "array": []int64{at}, "object": raw("{}"), "true": true,
		} {
			refuse(c.claim+" "+name, map[string]any{c.claim: v}, c.want)
		}
		if c.claim != "nbf" {
			refuse(c.claim+" missing", map[string]any{c.claim: nil}, c.want)
		}
	}
	refuse("exp past", map[string]any{"iat": at - 300, "exp": at - 31}, Expired)
	refuse("exp long past", map[string]any{"iat": at - 86400, "exp": at - 86100}, Expired)
	refuse("iat future", map[string]any{"iat": at + 31, "exp": at + 300}, ClaimIssued)
	refuse("nbf future", map[string]any{"nbf": at + 31}, ClaimBefore)
	refuse("lifetime 24 h", map[string]any{"iat": at, "exp": at + 86400}, Lifetime)
	refuse("lifetime 10 min 1 s", map[string]any{"iat": at, "exp": at + 601}, Lifetime)
	refuse("lifetime of a service over 5 min", map[string]any{"client_id": "p-0017", "iat": at, "exp": at + 301}, Lifetime)
	refuse("lifetime of a peer token over 5 min", map[string]any{"scope": ScopePeer, "iat": at, "exp": at + 301}, Lifetime)
	refuse("lifetime zero", map[string]any{"iat": at, "exp": at}, Lifetime)
	refuse("lifetime negative", map[string]any{"iat": at, "exp": at - 10}, Lifetime)

	refuse("aud missing", map[string]any{"aud": nil}, ClaimAudience)
	for name, v := range map[string]any{
		"other": "urn:sandi:120000", "array": []string{"urn:sandi:110000"}, "two": []string{"urn:sandi:110000", "urn:sandi:120000"},
		"object": raw(`{"a":1}`), "empty": "", "null": raw("null"), "prefix": "urn:sandi:11000", "longer": "urn:sandi:1100001", "upper case": "URN:SANDI:110000", "number": 110000,
	} {
		refuse("aud "+name, map[string]any{"aud": v}, ClaimAudience)
	}

	refuse("iss missing", map[string]any{"iss": nil}, ClaimIssuer)
	refuse("iss unknown", map[string]any{"iss": "https://110000.sandi/issuer2"}, UnknownIssuer)
	refuse("iss with a slash", map[string]any{"iss": beijing + "/"}, ClaimIssuer)
	refuse("iss in another case", map[string]any{"iss": "https://110000.SANDI/issuer"}, ClaimIssuer)
	refuse("iss http", map[string]any{"iss": strings.Replace(beijing, "https", "http", 1)}, ClaimIssuer)
	refuse("iss null", map[string]any{"iss": raw("null")}, ClaimIssuer)
	refuse("iss array", map[string]any{"iss": []string{beijing}}, ClaimIssuer)
	refuse("iss with NUL", map[string]any{"iss": beijing + "\x00"}, ClaimIssuer)
	refuse("iss long", map[string]any{"iss": "https://" + strings.Repeat("a", maxIssuer)}, ClaimIssuer)
	for _, claim := range []string{"sub", "jti"} {
		want := map[string]Reason{"sub": ClaimSubject, "jti": ClaimID}[claim]
		for name, v := range map[string]any{
			"missing": nil, "empty": "", "null": raw("null"), "number": 17, "array": []string{"x"}, "space": "a b", "newline": "a\nb",
			"NUL": "a\x00", "quote": `a"b`, "129 characters": strings.Repeat("a", 129), "bidi control": "a\u202eb", "Chinese": "张三",
		} {
			refuse(claim+" "+name, map[string]any{claim: v}, want)
		}
	}
	for name, v := range map[string]any{
		"string": "officer", "null": raw("null"), "object": raw("{}"), "numbers": []int{1}, "null inside": raw("[null]"), "twice": []string{"officer", "officer"},
		"upper case": []string{"Officer"}, "empty role": []string{""}, "seventeen": raw(`["a","b","c","d","e","f","g","h","i","j","k","l","m","n","o","p","q"]`), "nested": raw(`[["officer"]]`),
	} {
		refuse("roles "+name, map[string]any{"roles": v}, ClaimRoles)
	}
	for name, v := range map[string]any{"array": []string{"records:read"}, "null": raw("null"), "double space": "a  b", "upper case": "Records:Read", "newline": "a\nb", "long": strings.Repeat("a ", 600) + "a", "33": strings.Repeat("a ", 32) + "a"} {
		refuse("scope "+name, map[string]any{"scope": v}, ClaimScope)
	}
	for name, v := range map[string]any{"of another region": "120114-SJ", "form": "110108SJ", "lower case": "110108-sj", "empty": "", "null": raw("null"), "path": "110108-SJ/.."} {
		refuse("org "+name, map[string]any{"org": v}, ClaimOrg)
	}
	for name, v := range map[string]any{
		"jkt": raw(`{"jkt":"x"}`), "two": raw(`{"x5t#S256":"` + strict.B64(make([]byte, 32)) + `","jkt":"x"}`), "empty": raw("{}"), "null": raw("null"),
		"string": "x", "short": raw(`{"x5t#S256":"AAAA"}`), "padded": raw(`{"x5t#S256":"` + strict.B64(make([]byte, 32)) + `="}`),
	} {
		refuse("cnf "+name, map[string]any{"cnf": v}, ClaimConfirm)
	}
	refuse("region claim that differs", map[string]any{"region": "120000"}, ClaimRegion)
	refuse("region claim of another type", map[string]any{"region": 110000}, ClaimRegion)
	refuse("region claim empty", map[string]any{"region": ""}, ClaimRegion)
	refuse("client_id of another type", map[string]any{"client_id": 1}, ClaimClient)
	refuse("name of another type", map[string]any{"name": 1}, ClaimName)
	refuse("name too long", map[string]any{"name": strings.Repeat("长", 171)}, ClaimName)
	if rows < 120 {
		t.Fatalf("only %d rows", rows)
	}
}

// TestKeyStates: prepared and revoked keys verify nothing; a retiring key only
// what it signed before.
func TestKeyStates(t *testing.T) {
	b := newBureau(t)
	for _, c := range []struct {
		state   keyring.State
		retired int64
		want    Reason
	}{
		{keyring.StateActive, 0, ""},
		{keyring.StatePrepared, 0, KeyState},
		{keyring.StateRevoked, 0, KeyState},
		{keyring.StateUnknown, 0, KeyState},
		{keyring.StateRetiring, noon.Unix(), ""},
		{keyring.StateRetiring, noon.Unix() - 10, ""}, // iat is that very second
		{keyring.StateRetiring, noon.Unix() - 11, KeyState},
		{keyring.StateRetiring, 0, KeyState},
	} {
		id := beijing + " tok-1"
		b.book.states[id], b.book.retired[id] = c.state, c.retired
		b.book.index++
		b.cache = newCache()
		r := request(token(t, b.ed, plain()))
		if c.want == "" {
			b.accepted(t, string(c.state), r)
		} else {
			b.refused(t, string(c.state), r, c.want)
		}
	}
}

// TestRevocation: by (iss, jti), by (iss, sub, iat<), by (iss, kid); never by
// another issuer's entry.
func TestRevocation(t *testing.T) {
	b := newBureau(t)
	at := noon.Unix()
	mine, theirs := token(t, b.ed, plain()), token(t, b.other, with(map[string]any{"iss": tianjin, "org": nil}))
	for name, c := range map[string]struct {
		revoked      func(Query) bool
		mine, theirs bool // refused
	}{
		"jti":               {func(q Query) bool { return q.Issuer == beijing && q.TokenID == "01JD0000000000000000000001" }, true, false},
		"subject, later":    {func(q Query) bool { return q.Issuer == beijing && q.Subject == "p-0017" && q.IssuedAt < at }, true, false},
		"subject, earlier":  {func(q Query) bool { return q.Issuer == beijing && q.Subject == "p-0017" && q.IssuedAt < at-10 }, false, false},
		"key":               {func(q Query) bool { return q.Issuer == beijing && q.KeyID == "tok-1" }, true, false},
		"the other's token": {func(q Query) bool { return q.Issuer == tianjin && q.TokenID == "01JD0000000000000000000001" }, false, true},
	} {
		for tok, want := range map[string]bool{mine: c.mine, theirs: c.theirs} {
			for _, cached := range []bool{false, true} {
				b.cache = newCache()
				b.book.revoked = nil
				b.book.index++
				if cached {
					b.accepted(t, name, request(tok))
				}
				b.book.revoked = c.revoked
				b.book.index++
				if want {
					b.refused(t, name, request(tok), Revoked)
				} else {
					b.accepted(t, name, request(tok))
				}
			}
		}
	}
}

// TestDropped: an issuer that the ledger no longer has, or a key it took away.
func TestDropped(t *testing.T) {
	b := newBureau(t)
	r := request(token(t, b.ed, plain()))
	b.accepted(t, "before", r)
	record := b.book.issuers[beijing]
	delete(b.book.issuers, beijing)
	b.book.index++
	b.refused(t, "issuer dropped", r, UnknownIssuer)
	b.book.issuers[beijing] = record
	b.accepted(t, "issuer back", r)
	b.book.keys[beijing+" tok-1"] = b.next.Public()
	b.book.index++
	b.refused(t, "another key under the same id", r, UnknownKey)
}

// TestRights is the 403 half: the gate lets the caller in, the permission says
// no.
func TestRights(t *testing.T) {
	b := newBureau(t)
	caller := func(changes map[string]any) *Caller {
		return b.accepted(t, "rights", request(token(t, b.ed, with(changes))))
	}
	write, read := func(c *Caller) error { return c.MayWrite() }, func(c *Caller) error { return c.MayRead() }
	operate := func(c *Caller) error { return c.MayOperate("110000") }
	for _, c := range []struct {
		name    string
		changes map[string]any
		may     func(*Caller) error
		ok      bool
	}{
		{"officer writes", nil, write, true},
		{"officer reads", nil, read, true},
		{"role not granted to that issuer", map[string]any{"roles": []string{"legal"}}, write, false},
		{"role that nobody knows", map[string]any{"roles": []string{"emperor"}}, read, false},
		{"no role", map[string]any{"roles": []string{}}, read, false},
		{"scope missing", map[string]any{"scope": nil}, write, false},
		{"scope to read only", map[string]any{"scope": ScopeRead}, write, false},
		{"scope to write only", map[string]any{"scope": ScopeWrite}, read, false},
		{"auditor reads", map[string]any{"roles": []string{"auditor"}}, read, true},
		{"auditor writes", map[string]any{"roles": []string{"auditor"}}, write, false},
		{"operator writes", map[string]any{"roles": []string{"operator"}}, write, false},
		{"operator operates", map[string]any{"roles": []string{"operator"}, "scope": ScopeOperate}, operate, true},
		{"officer operates", map[string]any{"scope": ScopeOperate}, operate, false},
		{"operator without scope", map[string]any{"roles": []string{"operator"}}, operate, false},
		{"export without scope", nil, func(c *Caller) error { return c.MayExport() }, false},
	} {
		err := c.may(caller(c.changes))
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", c.name, err)
		}
		if err != nil && problem.Of(err).Status != http.StatusForbidden {
			t.Errorf("%s: status %d", c.name, problem.Of(err).Status)
		}
	}
	foreign := b.accepted(t, "foreign", request(token(t, b.other, with(map[string]any{"iss": tianjin, "org": "120114-SJ", "roles": []string{"officer", "bureau_head"}}))))
	if foreign.Region != "120000" || strings.Join(foreign.Roles, " ") != "officer" {
		t.Errorf("foreign caller %+v", foreign)
	}
	b.book.issuers[tianjin] = Answer{Region: "120000", Roles: []string{"operator"}}
	b.book.index++
	op := b.accepted(t, "foreign operator", request(token(t, b.other, with(map[string]any{"iss": tianjin, "org": nil, "roles": []string{"operator"}, "scope": ScopeOperate}))))
	if op.MayOperate("110000") == nil {
		t.Error("Tianjin's operator may operate Beijing's node")
	}
}

// TestStaleLedger: without leader contact for more than ten minutes foreign
// tokens are refused with 503 and own ones go on; forged ones stay 401.
func TestStaleLedger(t *testing.T) {
	b := newBureau(t)
	own, foreign := token(t, b.ed, plain()), token(t, b.other, with(map[string]any{"iss": tianjin, "org": nil}))
	forged := token(t, b.ed, with(map[string]any{"iss": tianjin, "org": nil}))
	b.book.age = maxContactAge
	b.accepted(t, "foreign at ten minutes", request(foreign))
	b.book.age = maxContactAge + time.Second
	b.accepted(t, "own", request(own))
	b.refused(t, "foreign, cached", request(foreign), StaleLedger)
	b.cache = newCache()
	b.refused(t, "foreign", request(foreign), StaleLedger)
	b.refused(t, "forged foreign", request(forged), BadSignature)
	b.book.age = 0
	b.accepted(t, "foreign, contact again", request(foreign))

	b.book.err = errors.New("closed")
	b.cache = newCache()
	b.refused(t, "registry down", request(own), NoRegistry)
}

// TestOtherAudience: a door may ask for another audience, on cached tokens too.
func TestOtherAudience(t *testing.T) {
	b := newBureau(t)
	r := request(token(t, b.ed, with(map[string]any{"aud": "urn:sandi:120000"})))
	if _, err := b.Check(r, "urn:sandi:120000"); err != nil {
		t.Fatal(err)
	}
	b.refused(t, "cached, own audience", r, ClaimAudience)
}

// TestAdministratorsExclude: an administrator's role stands alone, whatever of it the
// ledger grants; the two that are the node's own need a grant for operators, of this
// node's region; none of them is an office.
func TestAdministratorsExclude(t *testing.T) {
	b := newBureau(t)
	roles := func(list ...string) *http.Request {
		return request(token(t, b.ed, with(map[string]any{"roles": list, "scope": ScopeRead + " " + ScopeWrite + " " + ScopeOperate})))
	}
	for _, list := range [][]string{
		{"operator", "security_admin"},
		{"security_admin", "audit_admin"},
		{"operator", "audit_admin"},
		{"operator", "officer"},
		{"officer", "security_admin"},
		{"auditor", "audit_admin"},
		{"operator", "emperor"},
	} {
		b.refused(t, strings.Join(list, " "), roles(list...), RolesExclude)
	}
	for _, role := range Administrators {
		c := b.accepted(t, role, roles(role))
		if strings.Join(c.Roles, " ") != role || c.HasOffice() || len(c.Offices()) != 0 || c.HoldsOffice(role) || c.MayWrite() == nil || c.MayRead() != nil {
			t.Errorf("%s: %+v", role, c)
		}
		if (c.MayOperate("110000") == nil) != (role == RoleOperator) {
			t.Errorf("%s operates, or the operator does not", role)
		}
	}
	b.book.issuers[tianjin] = Answer{Region: "120000", Roles: []string{"operator"}}
	b.book.index++
	foreign := b.accepted(t, "foreign", request(token(t, b.other, with(map[string]any{"iss": tianjin, "org": nil, "roles": []string{"security_admin"}}))))
	if len(foreign.Roles) != 0 {
		t.Errorf("another region's administrator is one here: %v", foreign.Roles)
	}
	own := b.book.issuers[beijing]
	own.Roles = []string{"clerk"}
	b.book.issuers[beijing] = own
	b.book.index++
	if c := b.accepted(t, "not granted", roles("audit_admin")); len(c.Roles) != 0 {
		t.Errorf("an issuer without operators names administrators: %v", c.Roles)
	}
}
