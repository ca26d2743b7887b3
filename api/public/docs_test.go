package public_test

import (
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
)

var update = flag.Bool("update", false, "rewrite golden files")

// Ensure the API description is what was reviewed: a change of the API shows up
// as a change of this file.
func TestDescription(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	golden := filepath.Join("testdata", "openapi.json")
	w := d.do("GET", "/openapi.json", "", "Authorization", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if *update {
		if err := os.WriteFile(golden, w.Body.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if w.Body.String() != string(want) {
		t.Error("the API description differs from testdata/openapi.json; review and run with -update")
	}

	var api struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Security    []map[string][]string
			Responses   map[string]any
		}
	}
	if err := json.Unmarshal(want, &api); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(api.OpenAPI, "3.1") {
		t.Errorf("OpenAPI %s", api.OpenAPI)
	}
	if strings.Contains(string(want), "$schema") {
		t.Error("the description speaks of $schema members")
	}
	// What is described answers, and every operation says how it refuses.
	fill := regexp.MustCompile(`\{[a-z]+\}`)
	for path, item := range api.Paths {
		for method, op := range item {
			if !slices.ContainsFunc([]string{"401", "422"}, func(s string) bool { _, ok := op.Responses[s]; return ok }) {
				t.Errorf("%s %s does not say how it refuses", method, path)
			}
			if !strings.HasPrefix(path, "/v1/") {
				continue
			}
			w := d.do(strings.ToUpper(method), fill.ReplaceAllString(path, "x"), "", "Authorization", "")
			problemOf(t, w, 401, problem.Unauthorized)
		}
	}
	older := d.do("GET", "/openapi-3.0.json", "", "Authorization", "")
	if older.Code != 200 || !strings.Contains(older.Body.String(), `"openapi": "3.0`) {
		t.Errorf("the older description: %d %.100s", older.Code, older.Body)
	}
}

// Ensure the page about the API makes no request to anywhere else.
func TestDocsStayHere(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	w := d.do("GET", "/docs", "", "Authorization", "")
	if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	if foreign := regexp.MustCompile(`(?i)(https?:)?//[a-z]`).FindString(w.Body.String()); foreign != "" {
		t.Errorf("the page names another host: %q", foreign)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
		t.Errorf("policy %q", policy)
	}
}

// Ensure a network without a practice clock has no door to one.
func TestNoPracticeClock(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "yun", "operator"), solo.Options{NoClock: true})
	for _, method := range []string{"GET", "PUT"} {
		problemOf(t, d.do(method, "/v1/practice/clock", `{"now":"2025-11-10T09:00:00+08:00"}`), 404, problem.NotFound)
	}
	problemOf(t, d.do("GET", "/v1/practice/exercises", ""), 404, problem.NotFound)
	if strings.Contains(d.do("GET", "/openapi.json", "").Body.String(), "practice/clock") {
		t.Error("the description speaks of a practice clock")
	}
}

// Ensure the scenario clock goes forward only, at the operator's hands only.
func TestPracticeClock(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "yun", "operator"), solo.Options{})
	set := func(d *door, body string, headers ...string) (int, string) {
		w := d.do("PUT", "/v1/practice/clock", body, headers...)
		return w.Code, w.Body.String()
	}
	if status, body := set(d, `{"now":"2025-11-10T09:00:00+08:00"}`); status != 200 || !strings.Contains(body, "2025-11-10T09:00:00+08:00") {
		t.Errorf("%d %s", status, body)
	}
	if n.Clock().Format("2006-01-02") != "2025-11-10" {
		t.Errorf("the clock stands at %s", n.Clock())
	}
	clerk := d.as(solo.Someone(solo.Beijing, "zhang", "clerk"))
	for _, tc := range []struct {
		d       *door
		body    string
		headers []string
		status  int
	}{
		{d, `{"now":"2025-11-09T09:00:00+08:00"}`, nil, 409},
		{d, `{"now":"tomorrow"}`, nil, 422},
		{d, `{"now":"2025-11-11T09:00:00Z"}`, nil, 422},
		{d, `{}`, nil, 422},
		{d, `{"now":"2025-11-11T09:00:00+08:00","x":1}`, nil, 422},
		{d, `[]`, nil, 400},
		{d, `{"now":"2025-11-11T09:00:00+08:00"}`, []string{"Content-Type", "text/plain"}, 415},
		{d, strings.Repeat(" ", 2000), nil, 413},
		{clerk, `{"now":"2025-11-11T09:00:00+08:00"}`, nil, 403},
		{d.as(solo.Someone(solo.Tianjin, "lin", "operator")), `{"now":"2025-11-11T09:00:00+08:00"}`, nil, 403},
	} {
		if status, body := set(tc.d, tc.body, tc.headers...); status != tc.status || !strings.Contains(body, problem.TypePrefix) {
			t.Errorf("%.60s: %d %s, want %d", tc.body, status, body, tc.status)
		}
	}
	if n.Clock().Format("2006-01-02") != "2025-11-10" {
		t.Errorf("a refused request moved the clock to %s", n.Clock())
	}
	if status, _ := set(d, "{"); status != 400 {
		t.Errorf("broken JSON: %d", status)
	}
}
