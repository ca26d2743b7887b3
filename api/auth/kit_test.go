package auth

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
)

// noon is when the tests happen.
var noon = time.Date(2025, 11, 20, 4, 0, 0, 0, time.UTC)

// book is a Registry in memory.
type book struct {
	issuers map[string]Answer            // iss -> region and roles
	keys    map[string]keyring.PublicKey // iss + " " + kid
	states  map[string]keyring.State
	retired map[string]int64
	revoked func(Query) bool
	index   uint64
	age     time.Duration
	err     error
	looks   atomic.Int64
}

func (b *book) Look(q Query) (Answer, error) {
	b.looks.Add(1)
	if b.err != nil {
		return Answer{}, b.err
	}
	a := Answer{Index: b.index}
	issuer, ok := b.issuers[q.Issuer]
	if !ok {
		return a, nil
	}
	a.Region, a.Roles = issuer.Region, issuer.Roles
	id := q.Issuer + " " + q.KeyID
	a.Key, a.State, a.RetiredAt = b.keys[id], b.states[id], b.retired[id]
	a.Revoked = b.revoked != nil && b.revoked(q)
	return a, nil
}

func (b *book) Index() uint64                   { return b.index }
func (b *book) LeaderContactAge() time.Duration { return b.age }

const (
	beijing = "https://110000.sandi/issuer"
	tianjin = "https://120000.sandi/issuer"
)

// bureau is a gate of Beijing's node with Beijing's and Tianjin's issuers.
type bureau struct {
	*Gate
	book    *book
	now     time.Time
	log     bytes.Buffer
	metrics *prometheus.Registry

	ed, es, next, other *keyring.PrivateKey // tok-1 and tok-es of Beijing, tok-next of Beijing (prepared), tok-1 of Tianjin
}

func newBureau(t testing.TB) *bureau {
	t.Helper()
	b := &bureau{now: noon, metrics: prometheus.NewRegistry()}
	b.ed, b.es = newKey(t, keyring.EdDSA, "tok-1"), newKey(t, keyring.ES256, "tok-es")
	b.next, b.other = newKey(t, keyring.EdDSA, "tok-next"), newKey(t, keyring.EdDSA, "tok-1")
	b.book = &book{
		index: 7,
		issuers: map[string]Answer{
			beijing: {Region: "110000", Roles: []string{"auditor", "bureau_head", "clerk", "officer", "operator"}},
			tianjin: {Region: "120000", Roles: []string{"officer"}},
		},
		keys: map[string]keyring.PublicKey{
			beijing + " tok-1": b.ed.Public(), beijing + " tok-es": b.es.Public(), beijing + " tok-next": b.next.Public(),
			tianjin + " tok-1": b.other.Public(), tianjin + " tok-2": b.next.Public(),
		},
		states: map[string]keyring.State{
			beijing + " tok-1": keyring.StateActive, beijing + " tok-es": keyring.StateActive, beijing + " tok-next": keyring.StatePrepared,
			tianjin + " tok-1": keyring.StateActive, tianjin + " tok-2": keyring.StateActive,
		},
		retired: map[string]int64{},
	}
	gate, err := New(Config{
		Region: "110000", Registry: b.book, Clock: func() time.Time { return b.now },
		Logger: slog.New(slog.NewJSONHandler(&b.log, nil)), Metrics: b.metrics,
	})
	must(t, err)
	b.Gate = gate
	return b
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newKey(t testing.TB, alg keyring.Alg, id string) *keyring.PrivateKey {
	t.Helper()
	k, err := keyring.Generate(alg, keyring.UseToken, id)
	must(t, err)
	return k
}

// with returns claims that would pass, changed: a nil value removes a claim.
func with(changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": beijing, "sub": "p-0017", "aud": "urn:sandi:110000", "iat": noon.Unix() - 10, "exp": noon.Unix() + 290,
		"jti": "01JD0000000000000000000001", "roles": []string{"officer", "clerk"}, "org": "110108-SJ",
		"scope": ScopeRead + " " + ScopeWrite, "name": "张三",
	}
	maps.Copy(c, changes)
	for k, v := range c {
		if v == nil {
			delete(c, k)
		}
	}
	return c
}

func plain() map[string]any { return with(nil) }

// raw is a JSON value to be written as it stands.
type raw = json.RawMessage

// header returns the good header of a key, changed like with.
func headerOf(k *keyring.PrivateKey, changes map[string]any) string {
	h := map[string]any{"alg": k.Public().Alg, "kid": k.Public().ID, "typ": keyring.TokenType}
	maps.Copy(h, changes)
	for name, v := range h {
		if v == nil {
			delete(h, name)
		}
	}
	return jsonOf(h)
}

func jsonOf(v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

// mint signs any header and payload text.
func mint(t testing.TB, k *keyring.PrivateKey, header, payload string) string {
	t.Helper()
	input := strict.B64([]byte(header)) + "." + strict.B64([]byte(payload))
	sig, err := k.Sign([]byte(input))
	must(t, err)
	return input + "." + strict.B64(sig)
}

// token signs claims with the good header of a key.
func token(t testing.TB, k *keyring.PrivateKey, claims map[string]any) string {
	t.Helper()
	return mint(t, k, headerOf(k, nil), jsonOf(claims))
}

// request carries a token as clients do.
func request(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/v1/records", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// reasonOf is the inner reason of a refusal.
func innerReason(err error) Reason {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	if err != nil {
		return Reason("not a refusal: " + err.Error())
	}
	return ""
}

// count reads the metric of one result and the sum of all.
func (b *bureau) count(t testing.TB, result string) (one, all float64) {
	t.Helper()
	families, err := b.metrics.Gather()
	must(t, err)
	for _, m := range families[0].GetMetric() {
		n := m.GetCounter().GetValue()
		if all += n; m.GetLabel()[0].GetValue() == result {
			one = n
		}
	}
	return one, all
}

// refused checks a request whole: the reason inside (metric, log, error), and
// outside one answer that tells nothing.
func (b *bureau) refused(t *testing.T, name string, r *http.Request, want Reason) {
	t.Helper()
	before, sum := b.count(t, string(want))
	b.log.Reset()
	b.audit.spent = 0 // TestAuditBudget is about that
	caller, err := b.Check(r, "")
	if err == nil {
		t.Errorf("%s: accepted as %+v", name, caller)
		return
	}
	if got := innerReason(err); got != want {
		t.Errorf("%s: reason %q (%v), want %q", name, got, err, want)
		return
	}
	if after, all := b.count(t, string(want)); after != before+1 || all != sum+1 {
		t.Errorf("%s: metric %s went from %v to %v", name, want, before, after)
	}
	if !strings.Contains(b.log.String(), fmt.Sprintf("%q:%q", "reason", want)) {
		t.Errorf("%s: audit log %q", name, b.log.String())
	}
	w := httptest.NewRecorder()
	problem.Write(w, r, problem.Of(err))
	checkAnswer(t, name, w, want)
}

// unauthorized is the one body of every 401 of the gate.
const unauthorized = `{"type":"urn:sandi:problem:unauthorized","title":"未通过身份验证：没有令牌，或者令牌已失效、不用于本节点","status":401,"code":"unauthorized"}` + "\n"

func checkAnswer(t *testing.T, name string, w *httptest.ResponseRecorder, want Reason) {
	t.Helper()
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Errorf("%s: content type %q", name, got)
	}
	switch want {
	case StaleLedger, NoRegistry:
		if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s: status %d, Retry-After %q", name, w.Code, w.Header().Get("Retry-After"))
		}
	default:
		if w.Code != http.StatusUnauthorized || w.Body.String() != unauthorized || w.Header().Get("WWW-Authenticate") != "Bearer" {
			t.Errorf("%s: status %d, body %q, WWW-Authenticate %q", name, w.Code, w.Body.String(), w.Header().Get("WWW-Authenticate"))
		}
	}
}

func (b *bureau) accepted(t *testing.T, name string, r *http.Request) *Caller {
	t.Helper()
	caller, err := b.Check(r, "")
	if err != nil {
		t.Fatalf("%s: refused: %v", name, err)
	}
	return caller
}
