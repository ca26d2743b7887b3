package main

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/demo"
)

const testRegion = "110000"

func loadProbe(t *testing.T) *demo.Probe {
	t.Helper()
	probe, err := demo.LoadProbe()
	if err != nil {
		t.Fatal(err)
	}
	return probe
}

// Ensure each write is a whole, valid request that differs from the one before
// in its key and its unique value only.
func TestWrite(t *testing.T) {
	d, err := newDoor(testRegion, "https://127.0.0.1:30011", "a.b.c")
	if err != nil {
		t.Fatal(err)
	}
	w, err := newWrite(d, loadProbe(t), "RUN007")
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for _, n := range []int{0, 7, 123456} {
		w.number(n)
		in := bufio.NewReader(bytes.NewReader(w.bytes))
		r, err := http.ReadRequest(in)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || in.Buffered() > 0 {
			t.Fatalf("write %d: %v, %d bytes behind it", n, err, in.Buffered())
		}
		key := r.Header.Get("Idempotency-Key")
		if keys[key] || statement.CheckID(key) != nil {
			t.Errorf("write %d: key %q", n, key)
		}
		keys[key] = true
		if r.Method != "POST" || r.URL.Path != "/v1/records" || r.Host != "127.0.0.1:30011" || r.Header.Get("Authorization") != "Bearer a.b.c" {
			t.Errorf("write %d: %s %s %s %v", n, r.Method, r.URL, r.Host, r.Header)
		}
		want, err := loadProbe(t).Request(fmt.Sprintf("RUN007%06d", n))
		if err != nil {
			t.Fatal(err)
		}
		if wantBody, _ := json.Marshal(want); !bytes.Equal(body, wantBody) {
			t.Errorf("write %d: body\n%s, want\n%s", n, body, wantBody)
		}
	}
}

// Ensure only a committed receipt of this very write and the very record asked
// for count, and that the caller goes on after a refusal and a lost connection.
func TestCaller(t *testing.T) {
	const record = "UN-110000-2025-000001"
	spoil := "" // what the server does to its next answer
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		receipt := v1.Receipt{ID: r.Header.Get("Idempotency-Key"), Status: v1.Committed, Record: record}
		status := http.StatusCreated
		if r.Method == http.MethodGet {
			receipt, status = v1.Receipt{ID: record}, http.StatusOK
		}
		switch spoil {
		case "status":
			status = http.StatusAccepted
		case "pending":
			receipt.Status = v1.Pending
		case "other id":
			receipt.ID = "01" + strings.Repeat("A", 24)
		case "cut":
			panic(http.ErrAbortHandler)
		case "close":
			w.Header().Set("Connection", "close")
		}
		w.WriteHeader(status)
		json.NewEncoder(w).Encode(receipt)
	}))
	server.StartTLS()
	defer server.Close()
	d, err := newDoor(testRegion, server.URL, "a.b.c")
	if err != nil {
		t.Fatal(err)
	}
	d.readable(record, "local")
	w, err := newWrite(d, loadProbe(t), "RUN007")
	if err != nil {
		t.Fatal(err)
	}
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := &caller{door: d, tls: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13}, end: time.Now().Add(time.Minute), write: w}
	defer c.hangUp()
	last, connections := c.conn, 0
	for n, step := range []struct {
		spoil string
		read  bool
		fails bool
	}{
		{"", false, false},
		{"", true, false},
		{"status", false, true},
		{"pending", false, true},
		{"other id", false, true},
		{"other id", true, true},
		{"", false, false},
		{"cut", false, true},
		{"", false, false},
		{"close", true, false},
		{"", true, false},
	} {
		spoil = step.spoil
		if step.read {
			err = c.read(n)
		} else {
			_, err = c.open(n)
		}
		if (err != nil) != step.fails {
			t.Errorf("step %d, %q: error %v", n, step.spoil, err)
		}
		if c.conn != nil && c.conn != last {
			connections++
			last = c.conn
		}
	}
	if connections != 3 { // the first, after the cut, after the close
		t.Errorf("%d connections, want 3", connections)
	}
	if got, err := c.opened(99); err != nil || got != record {
		t.Errorf("opened %q, %v", got, err)
	}
}

// Ensure failures are counted, the first is kept, and a broken run ends.
func TestLoadFailures(t *testing.T) {
	refuse := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	defer refuse.Close()
	d, err := newDoor(testRegion, refuse.URL, "a.b.c")
	if err != nil {
		t.Fatal(err)
	}
	l := &load{
		op: opWrite, probe: loadProbe(t), doors: []*door{d}, run: "RUN",
		tls: &tls.Config{RootCAs: refuse.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs, MinVersion: tls.VersionTLS13},
	}
	callers, err := l.callers(3, time.Now().Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var samples [][]time.Duration
	for _, c := range callers {
		defer c.hangUp()
		samples = append(samples, l.loop(c, time.Now().Add(time.Minute)))
	}
	if len(slices.Concat(samples...)) != 0 || l.failed.Load() != failedMost+3 {
		t.Errorf("%d succeeded, %d failed", len(slices.Concat(samples...)), l.failed.Load())
	}
	if first := l.firstErr.Load(); first == nil || !strings.Contains(*first, "status 418") {
		t.Errorf("first error %v", first)
	}
	if _, err := l.summary(samples, time.Second); err == nil {
		t.Error("a run without success has a summary")
	}
}
