package public_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// listen serves a door on loopback.
func listen(t *testing.T, d *door) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	srv := serve.NewServer(d.bureau.API, d.net.Log)
	done := make(chan struct{})
	go func() { srv.Serve(serve.Listen(ln, nil, serve.MaxConns)); close(done) }()
	t.Cleanup(func() { srv.Close(); <-done })
	return ln.Addr().String()
}

// Ensure a long poll gives what is there, waits for what comes, and its cursor
// goes on without a gap.
func TestPoll(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	var page v1.EventPage
	d.get("/v1/events", &page)
	if len(page.Events) != 0 || page.Cursor != "" {
		t.Errorf("an empty ledger: %+v", page)
	}
	for range 5 {
		d.open("assistance", "clerk", assistance)
	}
	var got []string
	target := "/v1/events?limit=2"
	for range 4 {
		page = v1.EventPage{}
		d.get(target, &page)
		for _, e := range page.Events {
			got = append(got, e.ID)
			if e.SpecVersion != "1.0" || e.Type != "internal.sandi.record.open" || e.Subject != e.Data.Record || e.Data.Hash == "" || e.Source != "sandi.internal/ledger" {
				t.Errorf("event %+v", e)
			}
		}
		target = "/v1/events?limit=2&after=" + page.Cursor
	}
	if strings.Join(got, " ") != "0 1 2 3 4" || page.Cursor != "4" {
		t.Errorf("events %v, cursor %s", got, page.Cursor)
	}
	start := time.Now()
	d.get("/v1/events?after=4&wait=50ms", &page)
	if took := time.Since(start); took < 50*time.Millisecond || took > 5*time.Second || page.Cursor != "4" {
		t.Errorf("waited %v, cursor %s", took, page.Cursor)
	}
	woken := make(chan v1.EventPage)
	go func() {
		var page v1.EventPage
		w := d.do("GET", "/v1/events?after=4&wait=20s", "")
		json.Unmarshal(w.Body.Bytes(), &page)
		woken <- page
	}()
	d.open("assistance", "clerk", assistance)
	if page := <-woken; len(page.Events) != 1 || page.Events[0].ID != "5" {
		t.Errorf("woken with %+v", page)
	}
}

// Ensure a region's feed holds what it is a party to, from the first act on,
// and skips the rest.
func TestFeedByRegion(t *testing.T) {
	n := solo.New(t)
	beijing := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	tianjin := openDoor(t, n, solo.Someone(solo.Tianjin, "zhao", "clerk"), solo.Options{})
	hebei := openDoor(t, n, solo.Someone(solo.Hebei, "qian", "clerk"), solo.Options{})
	beijing.open("assistance", "clerk", assistance)
	record, _ := letter(t, beijing, tianjin, "5")
	for _, tc := range []struct {
		d    *door
		want string
	}{{beijing, "0 1 2 3 4"}, {tianjin, "1 2 3 4"}, {hebei, ""}} {
		var page v1.EventPage
		tc.d.get("/v1/events", &page)
		var ids []string
		for _, e := range page.Events {
			ids = append(ids, e.ID)
		}
		if got := strings.Join(ids, " "); got != tc.want || page.Cursor != "4" {
			t.Errorf("%s sees %q, want %q; cursor %s", tc.d.bureau.Region, got, tc.want, page.Cursor)
		}
	}
	var page v1.EventPage
	tianjin.get("/v1/events?after=3", &page)
	if len(page.Events) != 1 || page.Events[0].Subject != record || page.Events[0].Data.Event != "receive" {
		t.Errorf("after 3: %+v", page.Events)
	}
}

// stream reads server-sent events.
type stream struct {
	res *http.Response
	in  *bufio.Scanner
}

func subscribe(t *testing.T, ctx context.Context, addr, token, last string) *stream {
	t.Helper()
	req, err := http.NewRequestWithContext(ctx, "GET", "http://"+addr+"/v1/events", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Accept", "text/event-stream")
	if last != "" {
		req.Header.Set("Last-Event-ID", last)
	}
	res, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode != 200 || res.Header.Get("Content-Type") != "text/event-stream" {
		body, _ := io.ReadAll(res.Body)
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	return &stream{res, bufio.NewScanner(res.Body)}
}

// next is the id of the next event, empty at the end.
func (s *stream) next() string {
	for s.in.Scan() {
		if id, ok := strings.CutPrefix(s.in.Text(), "id: "); ok {
			return id
		}
	}
	return ""
}

// Ensure a stream replays from the start, goes on live, and resumes where it
// was.
func TestStream(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	addr := listen(t, d)
	for range 3 {
		d.open("assistance", "clerk", assistance)
	}
	ctx, cancel := context.WithCancel(t.Context())
	s := subscribe(t, ctx, addr, d.token, "")
	for want := range 3 {
		if got := s.next(); got != fmt.Sprint(want) {
			t.Fatalf("event %s, want %d", got, want)
		}
	}
	d.open("assistance", "clerk", assistance)
	if got := s.next(); got != "3" {
		t.Errorf("live event %s", got)
	}
	cancel()
	d.open("assistance", "clerk", assistance)
	s = subscribe(t, t.Context(), addr, d.token, "3")
	if got := s.next(); got != "4" {
		t.Errorf("resumed with %s, want 4", got)
	}
	s.res.Body.Close()
}

// Ensure a stream ends when its token is revoked.
func TestStreamRevoked(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	public.SetStream(d.bureau.API, 20*time.Millisecond, time.Second)
	s := subscribe(t, t.Context(), listen(t, d), d.token, "")
	defer s.res.Body.Close()
	id, raw := revoke(t, n, n.Keys.Region(solo.Beijing).Governance, solo.Beijing, "zhang")
	operator := d.as(solo.Someone(solo.Beijing, "yun", "operator"))
	if w := operator.do("POST", "/v1/statements", string(raw), "Idempotency-Key", id, "Content-Type", "application/jose"); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	ended := make(chan struct{})
	go func() {
		for s.in.Scan() {
		}
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream of a revoked token goes on")
	}
}

// Ensure a thousand idle subscribers do not keep anybody from being served, and
// a reader that does not read is dropped while others get everything.
func TestManySubscribers(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	public.SetStream(d.bureau.API, time.Second, 300*time.Millisecond)
	addr := listen(t, d)
	const idle = 1000
	var conns []net.Conn
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	head := "GET /v1/events HTTP/1.1\r\nHost: a\r\nAccept: text/event-stream\r\nAuthorization: Bearer " + d.token + "\r\n\r\n"
	for range idle {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		c.(*net.TCPConn).SetReadBuffer(4 << 10)
		conns = append(conns, c)
		if _, err := io.WriteString(c, head); err != nil {
			t.Fatal(err)
		}
	}
	slow, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	slow.(*net.TCPConn).SetReadBuffer(4 << 10)
	if _, err := io.WriteString(slow, head); err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	reader := subscribe(t, ctx, addr, d.token, "")
	var wg sync.WaitGroup
	const total = 40
	wg.Go(func() {
		for want := range total {
			if got := reader.next(); got != fmt.Sprint(want) {
				t.Errorf("event %s, want %d", got, want)
				return
			}
		}
	})
	start := time.Now()
	for range total {
		d.open("assistance", "clerk", assistance)
	}
	wg.Wait()
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("%d writes beside %d subscribers took %v", total, idle, took)
	}
}

// Ensure a reader that takes nothing is dropped once its buffers are full.
func TestSlowReader(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	public.SetStream(d.bureau.API, 50*time.Millisecond, 100*time.Millisecond)
	for range 50 {
		d.open("assistance", "clerk", assistance)
	}
	left := make(chan struct{})
	w := &stuck{header: http.Header{}}
	r := d.request("GET", "/v1/events", "", "Accept", "text/event-stream")
	go func() { d.bureau.API.ServeHTTP(w, r); close(left) }()
	select {
	case <-left:
	case <-time.After(10 * time.Second):
		t.Fatal("a reader that takes nothing holds its place")
	}
	if w.deadlines == 0 {
		t.Error("no write had a deadline")
	}
}

// stuck is a connection whose peer does not read: writes end at their deadline.
type stuck struct {
	header    http.Header
	until     time.Time
	deadlines int
	writes    int
}

func (s *stuck) Header() http.Header { return s.header }
func (s *stuck) WriteHeader(int)     {}
func (s *stuck) Flush()              {}
func (s *stuck) Write(b []byte) (int, error) {
	if s.writes++; s.writes == 1 {
		return len(b), nil
	}
	time.Sleep(time.Until(s.until))
	return 0, context.DeadlineExceeded
}

func (s *stuck) SetWriteDeadline(t time.Time) error {
	s.until = t
	s.deadlines++
	return nil
}

// Ensure subscribers are bounded, each region by its share.
func TestSubscribersBounded(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Options{})
	public.SetSubscribers(d.bureau.API, 4)
	addr := listen(t, d)
	for range 2 { // half of all: one region's share
		s := subscribe(t, t.Context(), addr, d.token, "")
		defer s.res.Body.Close()
	}
	w := d.do("GET", "/v1/events", "")
	problemOf(t, w, 429, problem.TooManyListeners)
	if w.Header().Get("Retry-After") == "" {
		t.Error("429 without Retry-After")
	}
	if w := d.as(solo.Someone(solo.Tianjin, "zhao", "clerk")).do("GET", "/v1/events", ""); w.Code != 200 {
		t.Errorf("another region's subscriber: %d", w.Code)
	}
}

// Ensure an event names the address at which the private part can be had today:
// that of the region's node that stands, also in events rendered before it came.
func TestEventNamesStandingNode(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "liu", "liaison"), solo.Options{})
	d.open("expert", "liaison", `{"expert_name":"（合成）张三丰","phone":"010-5550101","employer_uscc":"`+employer+`","shared_with":["120000-SJ"]}`)
	address := func() string {
		t.Helper()
		var page v1.EventPage
		d.get("/v1/events", &page)
		at, private, found := strings.Cut(page.Events[0].DataRef, "/v1/materials/")
		if !found || private == "" {
			t.Fatalf("dataref %q", page.Events[0].DataRef)
		}
		return at
	}
	if got := address(); got != "http://127.0.0.1:8011" {
		t.Fatalf("the node of genesis is at %s", got)
	}
	proven := func(use keyring.Use, id string) statement.Proven {
		t.Helper()
		key, err := keyring.Generate(keyring.EdDSA, use, id)
		if err != nil {
			t.Fatal(err)
		}
		p, err := statement.Prove(key, n.Genesis.Network(), solo.Beijing, "110000-b")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	d.governed(statement.KindNodeAdd, statement.NodeAddBody{
		Node: "110000-b", Peer: "b.example:9011", Gossip: "b.example:7011", Public: "https://b.example",
		Log: proven(keyring.UseLog, "log-b"), Cosigner: proven(keyring.UseCosigner, "cos-b"),
	}.Marshal())
	if got := address(); got != "http://127.0.0.1:8011" {
		t.Errorf("while both nodes stand: %s", got)
	}
	d.governed(statement.KindNodeRemove, statement.NodeRemoveBody{Node: n.Genesis.Region(solo.Beijing).Nodes[0].ID, Reason: "replaced"}.Marshal())
	if got := address(); got != "https://b.example" {
		t.Errorf("after the first node was removed: %s", got)
	}
}
