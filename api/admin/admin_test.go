package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
)

// Ensure each probe says what it should, and nothing hangs on a hanging check.
func TestProbes(t *testing.T) {
	ok := func(context.Context) error { return nil }
	bad := func(context.Context) error { return errors.New("no leader\nfor 3 s") }
	hang := func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }
	for _, tc := range []struct {
		name, target string
		checks       []Check
		status       int
		want         []string
	}{
		{"live whatever else", "/livez", []Check{{"leader", bad, false}}, 200, []string{"ok"}},
		{"ready", "/readyz", []Check{{"leader", ok, false}}, 200, []string{"ready\n"}},
		{"not ready", "/readyz", []Check{{"disk", ok, false}, {"leader", bad, false}}, 503, []string{"not ready\n"}},
		{"verbose", "/readyz?verbose", []Check{{"disk", ok, false}, {"leader", bad, false}}, 503, []string{"[+] disk ok\n", "[-] leader failed: no leader for 3 s\n"}},
		{"warning", "/readyz?verbose", []Check{{"certificate", bad, true}}, 200, []string{"[!] certificate warning", "ready\n"}},
		{"hanging", "/readyz?verbose", []Check{{"disk", hang, false}}, 503, []string{"[-] disk failed: context"}},
		{"metrics", "/metrics", nil, 200, []string{"sandi_http_in_flight{door=\"admin\"} 1"}},
		{"profile", "/debug/pprof/goroutine?debug=1", nil, 200, []string{"goroutine profile"}},
		{"endless profile", "/debug/pprof/profile?seconds=100000", nil, 422, []string{"seconds"}},
		{"command line", "/debug/pprof/cmdline", nil, 404, []string{"not served"}},
		{"unknown", "/v1/records", nil, 404, []string{"not_found"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			if tc.name == "hanging" {
				cancel() // as the timeout would
			}
			defer cancel()
			h := New(Config{Checks: tc.checks, Registry: prometheus.NewRegistry(), Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, "GET", tc.target, nil))
			if w.Code != tc.status {
				t.Fatalf("status %d, want %d: %s", w.Code, tc.status, w.Body)
			}
			for _, want := range tc.want {
				if !strings.Contains(w.Body.String(), want) {
					t.Errorf("answer lacks %q:\n%.600s", want, w.Body)
				}
			}
		})
	}
}
