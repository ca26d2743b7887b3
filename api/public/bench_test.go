package public_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/ledger"
)

const unqualified = `{"sample_no":"TJ-2025-CJ-0412","sampled_on":"2025-10-20","sampling_level":"provincial","place_kind":"market",` +
	`"product_name":"电动自行车充电器","model":"RC-4802","batch_no":"20250611","producer_name":"廊坊（合成）瑞驰电子有限公司","producer_division":"131003","seller_name":"天津市武清区（合成）驰光电动车配件经营部"}`

// instant answers every statement at once: what remains is the door's own cost.
type instant struct{ *solo.Ledger }

func (instant) Submit(context.Context, []byte) (ledger.Result, error) {
	return ledger.Result{Status: ledger.Committed, Record: "UN-110000-2025-000001", RecordHead: strings.Repeat("A", 43)}, nil
}

// discard is an answer nobody reads.
type discard struct {
	header http.Header
	status int
}

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }
func (d *discard) WriteHeader(status int)      { d.status = status }

// BenchmarkOpen is POST /v1/records without the ledger: gate, body, fields,
// signature, answer.
func BenchmarkOpen(b *testing.B) {
	n := solo.New(b)
	bureau := n.Bureau(solo.Beijing, solo.Options{Ledger: instant{n.Ledger}, Rate: 1 << 30})
	token := n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	body := `{"procedure":"unqualified","role":"clerk","fields":` + unqualified + `}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", client.NewKey())
		w := &discard{header: http.Header{}}
		if bureau.API.ServeHTTP(w, r); w.status != http.StatusCreated {
			b.Fatal(w.status)
		}
	}
}

// BenchmarkRequest is what BenchmarkOpen's own request costs.
func BenchmarkRequest(b *testing.B) {
	n := solo.New(b)
	token := n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	body := `{"procedure":"unqualified","role":"clerk","fields":` + unqualified + `}`
	b.ReportAllocs()
	for b.Loop() {
		r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", client.NewKey())
	}
}

// BenchmarkRecord is GET /v1/records/{id} as the read benchmark asks for it.
func BenchmarkRecord(b *testing.B) {
	n := solo.New(b)
	bureau := n.Bureau(solo.Beijing, solo.Options{Rate: 1 << 30})
	token := n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(`{"procedure":"unqualified","fields":`+unqualified+`}`))
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Idempotency-Key", client.NewKey())
	rec := httptest.NewRecorder()
	bureau.API.ServeHTTP(rec, r)
	target := rec.Header().Get("Location")
	if target == "" {
		b.Fatal(rec.Body)
	}
	for _, query := range []string{"?details=false&consistency=local", "?consistency=local"} {
		b.Run(query, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r := httptest.NewRequest("GET", target+query, nil)
				r.Header.Set("Authorization", "Bearer "+token)
				w := &discard{header: http.Header{}}
				if bureau.API.ServeHTTP(w, r); w.status != http.StatusOK {
					b.Fatal(w.status)
				}
			}
		})
	}
}
