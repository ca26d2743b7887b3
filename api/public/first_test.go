package public_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/solo"
)

func TestFirst(t *testing.T) {
	n := solo.New(t)
	b := n.Bureau(solo.Beijing, solo.Options{})
	tok := n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	do := func(method, path, body string, headers ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+tok)
		r.Header.Set("Accept-Language", "en")
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		b.API.ServeHTTP(w, r)
		t.Log(method, path, w.Code, w.Header(), w.Body.String()[:min(w.Body.Len(), 1500)])
		return w
	}
	do("GET", "/v1/status", "")
	do("GET", "/v1/records", "")
	do("GET", "/v1/records?limit=1000&foo=1&sort=x", "")
	do("POST", "/v1/records", `{"procedure":"assistance","fields":{"case_file_no":"x"}}`, "Idempotency-Key", client.NewKey())
	w := do("POST", "/v1/records", `{"procedure":"assistance","fields":{"case_file_no":"京市监立(2025)37号","legal_basis":["程序规定 第45条"],"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],"fieldwork":false,"contact":"张三 010-12345678","proposed_assistant":"120000-SJ","background":"这是一个用于测试的案情简介，长度足够二十个字以上。"}}`, "Idempotency-Key", client.NewKey())
	rec := strings.TrimPrefix(w.Header().Get("Location"), "/v1/records/")
	do("GET", "/v1/records/"+rec, "")
	do("GET", "/v1/records/"+rec+"/history", "")
	do("GET", "/v1/records/"+rec+"/deadlines", "")
	do("GET", "/v1/records", "")
	do("GET", "/v1/events", "")
	do("GET", "/v1/procedures", "")
	do("GET", "/v1/calendar?year=2025", "")
	do("GET", "/v1/practice/clock", "")
	do("GET", "/openapi.json", "")
}
