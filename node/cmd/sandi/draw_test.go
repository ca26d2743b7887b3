package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/draw"
)

// drawFiles are a true draw as it was kept, and its pool and rule.
func drawFiles(t *testing.T, change func(*v1.Draw)) (kept, pool, rule string) {
	t.Helper()
	text, err := os.ReadFile("../../redraw/testdata/draw.json")
	if err != nil {
		t.Fatal(err)
	}
	var d v1.Draw
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keep := func(name string, text []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	pool, rule = keep("pool", []byte(d.Pool.Text)), keep("rule", []byte(d.Rule.Text))
	change(&d)
	if text, err = json.Marshal(d); err != nil {
		t.Fatal(err)
	}
	return keep("draw.json", text), pool, rule
}

// Ensure a draw is verified offline, and that the exit code says what was found.
func TestDrawVerify(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*v1.Draw)
		own    bool // with the auditor's own pool
		want   int
		says   string
	}{
		"true":            {func(*v1.Draw) {}, false, exitOK, "DR-110000-2025-000001: PASS"},
		"selected":        {func(d *v1.Draw) { d.Outcome.Selected[0] = d.Outcome.Reserves[3] }, false, exitVerify, "others were selected"},
		"pool is missing": {func(d *v1.Draw) { d.Pool.Text = "" }, false, exitDegraded, "is missing"},
		"own copy":        {func(d *v1.Draw) { d.Pool.Text = "" }, true, exitOK, "PASS"},
		"pool swapped":    {func(d *v1.Draw) { d.Pool.Text = "sandi-pool/1\ns x\n" }, false, exitVerify, "not the one that was frozen"},
		"a defaulter":     {func(d *v1.Draw) { d.Regions[2].Contribution, d.Missing, d.Outcome = "", []string{"130000"}, nil }, false, exitDegraded, "130000 has not contributed"},
	} {
		kept, pool, _ := drawFiles(t, tc.change)
		args := []string{"draw", "verify", kept, "--lang", "en"}
		if tc.own {
			args = append(args, "--pool", pool)
		}
		code, out := call(t, args...)
		if code != tc.want || !strings.Contains(out, tc.says) {
			t.Errorf("%s: exit %d, want %d: %s", name, code, tc.want, out)
		}
		if code, out := call(t, append(args, "-o", "json")...); code != tc.want || !json.Valid([]byte(out)) {
			t.Errorf("%s as JSON: exit %d, %s", name, code, out)
		}
	}
	if code, out := call(t, "draw", "verify", "../../redraw/testdata/draw.json", "--lang", "zh"); code != exitOK || !strings.Contains(out, "完整排序一致") || !strings.Contains(out, "排除 x03（visited）") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// Ensure the ranking is written as it was drawn, from true parts only.
func TestDrawRank(t *testing.T) {
	kept, pool, rule := drawFiles(t, func(*v1.Draw) {})
	code, out := call(t, "draw", "rank", "--pool", pool, "--rule", rule, "--contributions", kept)
	if code != exitOK || !strings.HasPrefix(out, "sandi-ranking/1\ndraw DR-110000-2025-000001\n") || strings.Count(out, "\n") != 4+19 {
		t.Fatalf("exit %d: %s", code, out)
	}
	file := filepath.Join(t.TempDir(), "ranking")
	if code, _ := call(t, "draw", "rank", "--pool", pool, "--rule", rule, "--contributions", kept, "-f", file); code != exitOK {
		t.Errorf("exit %d", code)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != out {
		t.Errorf("%v: %s", err, text)
	}
	if code, _ := call(t, "draw", "rank", "--pool", rule, "--rule", pool, "--contributions", kept); code != exitFailed {
		t.Errorf("swapped: exit %d", code)
	}
	forged, _, _ := drawFiles(t, func(d *v1.Draw) { d.Regions[0].Contribution = d.Regions[1].Contribution })
	if code, out := call(t, "draw", "rank", "--pool", pool, "--rule", rule, "--contributions", forged); code != exitVerify || out != "" {
		t.Errorf("a forged contribution: exit %d, %s", code, out)
	}
	late, _, _ := drawFiles(t, func(d *v1.Draw) { d.Regions[2].Contribution, d.Missing = "", []string{"130000"} })
	if code, out := call(t, "draw", "rank", "--pool", pool, "--rule", rule, "--contributions", late); code != exitDegraded || out != "" {
		t.Errorf("a defaulter: exit %d, %s", code, out)
	}
}

// Ensure pools and rules come out of what people have, in one spelling.
func TestDrawTexts(t *testing.T) {
	dir := t.TempDir()
	table, pool := filepath.Join(dir, "labs.csv"), filepath.Join(dir, "labs.pool")
	if err := os.WriteFile(table, []byte("\ufeffid,stratum,excluded\nb,B,\na2,A,\na1,A,visited\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := call(t, "draw", "pool", table); code != exitOK || out != "sandi-pool/1\nA a1 visited\nA a2\nB b\n" {
		t.Errorf("exit %d: %q", code, out)
	}
	for i, want := range []int{exitOK, exitFailed} {
		if code, _ := call(t, "draw", "pool", table, "-f", pool); code != want {
			t.Errorf("written %d times: exit %d", i+1, code)
		}
	}
	if code, out := call(t, "draw", "check", pool, "--lang", "en"); code != exitOK || !strings.Contains(out, "excluded for visited") || !strings.Contains(out, "1 may be drawn") {
		t.Errorf("exit %d: %s", code, out)
	}
	search := v1.PoolSearch{
		Pool: "experts", Free: 1, Out: 2, Items: []v1.PoolMember{{Record: "EX-1"}},
		Excluded: []v1.PoolMember{
			{Record: "EX-2", Reasons: []v1.PoolReason{{Code: "busy"}, {Code: "consulting", Recusal: true}}},
			{Record: "EX-3", Reasons: []v1.PoolReason{{Code: "term"}}},
		},
	}
	for free, want := range map[int]int{1: exitOK, 2: exitFailed} { // 2: the search shows one of them only
		search.Free = free
		text, err := json.Marshal(search)
		if err == nil {
			err = os.WriteFile(table, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		code, out := call(t, "draw", "pool", table, "--stratum", "E")
		if code != want || want == exitOK && out != "sandi-pool/1\nE EX-1\nE EX-2 consulting\n" {
			t.Errorf("a search with %d: exit %d, %q", free, code, out)
		}
	}
	rule := []string{"draw", "rule", "--kind", "target", "--exclusions", "PC-1"}
	for _, tc := range []struct{ quota, want string }{{"A=1", "A number 1"}, {"A=2.5%", "A rate 250"}, {"A=30%", "A rate 3000"}, {"A=0.05%", "A rate 5"}} {
		if code, out := call(t, append(rule, "--quota", tc.quota)...); code != exitOK || !strings.HasSuffix(out, tc.want+"\n") {
			t.Errorf("%s: exit %d, %s", tc.quota, code, out)
		}
	}
	for _, quota := range []string{"A", "A=x", "A=0", "A=1.234%", "A=101%", "=1"} {
		if code, out := call(t, append(rule, "--quota", quota)...); code != exitUsage || out != "" {
			t.Errorf("%s: exit %d, %s", quota, code, out)
		}
	}
	if err := os.WriteFile(table, []byte("name\nx\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _ := call(t, "draw", "pool", table); code != exitFailed {
		t.Errorf("a table without ids: exit %d", code)
	}
}

// Ensure freezing brings both texts in first and states what they say.
func TestDrawFreeze(t *testing.T) {
	_, pool, rule := drawFiles(t, func(*v1.Draw) {})
	var steps []string
	var act v1.ActRequest
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		steps = append(steps, r.Method+" "+r.URL.Path)
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.Method == http.MethodPut:
			w.WriteHeader(http.StatusCreated)
			_ = json.NewEncoder(w).Encode(v1.DrawText{Kind: "pool"})
		case r.Method == http.MethodGet:
			w.Header().Set("ETag", `"head"`)
			_ = json.NewEncoder(w).Encode(v1.Record{ID: "DR-110000-2025-000001", Head: "head", Options: []v1.Option{{Event: "other"}, {Event: "fix", Require: []string{draw.FieldPool}}}})
		default:
			if err := json.NewDecoder(r.Body).Decode(&act); err != nil || r.Header.Get("If-Match") != `"head"` {
				t.Errorf("%v, %v", err, r.Header)
			}
			_ = json.NewEncoder(w).Encode(v1.Receipt{ID: "x", Status: v1.Committed, Record: "DR-110000-2025-000001"})
		}
	}))
	defer server.Close()
	code, out := call(t, "draw", "freeze", "DR-110000-2025-000001", "--pool", pool, "--rule", rule, "--addr", server.URL, "--token", "t", "--taken-at", "2025-05-12T01:00:00Z")
	if code != exitOK || len(steps) != 4 || steps[0] != "PUT /v1/draws/texts" || steps[3] != "POST /v1/records/DR-110000-2025-000001/events" {
		t.Fatalf("exit %d, %v: %s", code, steps, out)
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(act.Fields, &fields); err != nil || act.Event != "fix" || string(fields["pool_taken_at"]) != `"2025-05-12T09:00:00+08:00"` {
		t.Errorf("%v: %s %s", err, act.Event, act.Fields)
	}
	text, err := os.ReadFile(pool)
	if err != nil {
		t.Fatal(err)
	}
	p, err := draw.ParsePool(text)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(rule); err != nil {
		t.Fatal(err)
	}
	q, err := draw.ParseRule(text)
	if err != nil {
		t.Fatal(err)
	}
	r, err := draw.ReadRecord("DR-110000-2025-000001", fields)
	if err != nil || r.Agrees(p, q) != nil {
		t.Errorf("%v %v", err, r)
	}
}
