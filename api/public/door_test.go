package public_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/ledger"
)

// door is one bureau's public door with somebody in front of it.
type door struct {
	t      testing.TB
	net    *solo.Network
	bureau *solo.Bureau
	token  string
}

func openDoor(t testing.TB, n *solo.Network, p solo.Person, o solo.Options) *door {
	t.Helper()
	return &door{t: t, net: n, bureau: n.Bureau(p.Region, o), token: n.Token(p, p.Region)}
}

// as is the same door with somebody else in front of it.
func (d *door) as(p solo.Person) *door {
	other := *d
	other.token = d.net.Token(p, d.bureau.Region)
	return &other
}

// request makes a request with the token; a body is JSON unless headers say
// otherwise. Headers are pairs; an empty value removes one.
func (d *door) request(method, target, body string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+d.token)
	r.Header.Set("Accept-Language", "en")
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
			continue
		}
		r.Header.Set(headers[i], headers[i+1])
	}
	return r
}

func (d *door) do(method, target, body string, headers ...string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.bureau.API.ServeHTTP(w, d.request(method, target, body, headers...))
	return w
}

// get decodes a good answer.
func (d *door) get(target string, into any) http.Header {
	d.t.Helper()
	w := d.do("GET", target, "")
	if w.Code != http.StatusOK {
		d.t.Fatalf("GET %s: %d %s", target, w.Code, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
		d.t.Fatalf("GET %s: %v in %s", target, err, w.Body)
	}
	return w.Header()
}

// open opens a record and act makes an event happen; both have to stand.
func (d *door) open(procedure, role, fields string) v1.Receipt {
	d.t.Helper()
	return d.stand(d.do("POST", "/v1/records", `{"procedure":"`+procedure+`","role":"`+role+`","fields":`+fields+`}`, "Idempotency-Key", client.NewKey()))
}

func (d *door) act(record, head, event, role, fields string) v1.Receipt {
	d.t.Helper()
	return d.stand(d.do("POST", "/v1/records/"+record+"/events", `{"event":"`+event+`","role":"`+role+`","fields":`+fields+`}`,
		"Idempotency-Key", client.NewKey(), "If-Match", `"`+head+`"`))
}

func (d *door) stand(w *httptest.ResponseRecorder) v1.Receipt {
	d.t.Helper()
	var r v1.Receipt
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil || r.Status != v1.Committed {
		d.t.Fatalf("%d %s", w.Code, w.Body)
	}
	return r
}

// problemOf checks that an answer is a problem of this status and of one of the codes,
// and that it tells nothing of the inside.
func problemOf(t *testing.T, w *httptest.ResponseRecorder, status int, codes ...string) *problem.Problem {
	t.Helper()
	p := new(problem.Problem)
	if w.Code != status {
		t.Errorf("status %d, want %d: %.300s", w.Code, status, w.Body)
	}
	if got := w.Header().Get("Content-Type"); got != problem.ContentType {
		t.Errorf("content type %q", got)
	}
	if err := json.Unmarshal(w.Body.Bytes(), p); err != nil {
		t.Fatalf("not a problem: %.300s", w.Body)
	}
	if !slices.Contains(codes, p.Code) || p.Status != w.Code || p.Title == "" || p.Type != problem.TypePrefix+p.Code {
		t.Errorf("problem %+v, want code %s", p, codes)
	}
	for _, inside := range []string{"goroutine", ".go:", "st-1", "tok-1", "/work/", "pebble", "panic"} {
		if strings.Contains(w.Body.String(), inside) {
			t.Errorf("the answer tells of the inside (%q): %s", inside, w.Body)
		}
	}
	return p
}

// standing is where the ledger stands; a refused request must not move it.
func standing(t *testing.T, n *solo.Network) ledger.Standing {
	t.Helper()
	s, err := n.Ledger.Standing()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const assistance = `{"case_file_no":"京市监立〔2025〕37号","legal_basis":["程序规定 第45条"],` +
	`"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,` +
	`"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`
