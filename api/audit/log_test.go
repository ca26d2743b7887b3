package audit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

const unqualified = `{"sample_no":"%s","sampled_on":"2025-10-20","sampling_level":"provincial","place_kind":"market",` +
	`"product_name":"电动自行车充电器","model":"RC-4802","batch_no":"20250611","producer_name":"廊坊（合成）瑞驰电子有限公司","producer_division":"131003","seller_name":"天津市武清区（合成）驰光电动车配件经营部"}`

// town is a network with its log behind two doors: the public one, and the
// read-only listener.
type town struct {
	*testing.T
	net    *solo.Network
	bureau *solo.Bureau
	open   http.Handler
	clerk  string // tokens
	tokens map[string]string
}

func newTown(t *testing.T, o solo.Options) *town {
	t.Helper()
	n := solo.New(t)
	o.Rate = 1 << 20
	w := &town{T: t, net: n, bureau: n.Bureau(solo.Beijing, o)}
	w.open = w.bureau.Log.Handler(nil, prometheus.NewRegistry())
	w.clerk = n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	w.tokens = map[string]string{
		"clerk":   w.clerk,
		"auditor": n.Token(solo.Someone(solo.Beijing, "shen", "auditor"), solo.Beijing),
		"foreign": n.Token(solo.Someone(solo.Tianjin, "ji", "auditor"), solo.Beijing),
		"other":   n.Token(solo.Someone(solo.Tianjin, "ji", "auditor"), solo.Tianjin), // for another node
		"none":    "",
	}
	return w
}

// grow adds entries until the ledger has size leaves.
func (w *town) grow(size uint64) {
	w.Helper()
	for w.net.Ledger.Size() < size {
		r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(`{"procedure":"unqualified","fields":`+fmt.Sprintf(unqualified, client.NewKey())+`}`))
		r.Header.Set("Authorization", "Bearer "+w.clerk)
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", client.NewKey())
		rec := httptest.NewRecorder()
		if w.bureau.API.ServeHTTP(rec, r); rec.Code != http.StatusCreated {
			w.Fatalf("%d %s", rec.Code, rec.Body)
		}
	}
}

// ask asks the public door as somebody.
func (w *town) ask(who, method, path string) *httptest.ResponseRecorder {
	return ask(w.bureau.API, w.tokens[who], method, path, "")
}

func ask(door http.Handler, token, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	door.ServeHTTP(rec, r)
	return rec
}

func (w *town) problem(rec *httptest.ResponseRecorder, status int, code string) {
	w.Helper()
	var p problem.Problem
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != status || p.Code != code || rec.Header().Get("Content-Type") != problem.ContentType {
		w.Errorf("got %d %q %.200s, want %d %s", rec.Code, rec.Header().Get("Content-Type"), rec.Body, status, code)
	}
	if status == http.StatusNotFound && rec.Header().Get("Cache-Control") != "no-store" {
		w.Errorf("a 404 may be cached: %q", rec.Header().Get("Cache-Control"))
	}
}

// Ensure a path is there exactly when the checkpoint shown covers it, whatever
// the ledger has beyond, and is whole then.
func TestPaths(t *testing.T) {
	w := newTown(t, solo.Options{})
	w.grow(3)
	for _, path := range []string{"/log/checkpoint", "/log/final/checkpoint", "/log/tile/0/000.p/1", "/log/tile/entries/000.p/1", "/log/final/tile/0/000.p/1"} {
		w.problem(w.ask("auditor", "GET", path), 404, problem.NotFound)
	}
	w.net.Notes.Publish()
	w.grow(258)
	w.net.Notes.Publish(solo.Beijing, solo.Hebei)
	w.grow(260)
	for path, size := range map[string]int{
		"/log/tile/0/000":                 256 * 32,
		"/log/tile/0/000.p/255":           255 * 32, // a client may hold an older checkpoint
		"/log/tile/0/001.p/1":             32,
		"/log/tile/0/001.p/2":             64,
		"/log/tile/1/000.p/1":             32,
		"/log/tile/entries/000":           -1,
		"/log/tile/entries/000.p/7":       -1,
		"/log/tile/entries/001.p/2":       -1,
		"/log/final/tile/0/000.p/3":       96,
		"/log/final/tile/entries/000.p/3": -1,

		"/log/tile/0/001.p/3":               0, // the ledger has it, the checkpoint doesn't
		"/log/tile/entries/001.p/3":         0,
		"/log/tile/0/001":                   0, // never short at a full tile's path
		"/log/tile/1/000":                   0,
		"/log/tile/entries/001":             0,
		"/log/tile/1/000.p/2":               0,
		"/log/tile/2/000.p/1":               0,
		"/log/tile/0/002.p/1":               0,
		"/log/final/tile/0/000":             0,
		"/log/final/tile/0/000.p/4":         0,
		"/log/final/tile/entries/000.p/4":   0,
		"/log/tile/0/000.p/0":               0,
		"/log/tile/0/000.p/256":             0,
		"/log/tile/0/000.p/01":              0,
		"/log/tile/0/000.p/-1":              0,
		"/log/tile/0/000.p":                 0,
		"/log/tile/0/0":                     0,
		"/log/tile/0/0000":                  0,
		"/log/tile/0/x000/000":              0,
		"/log/tile/00/000":                  0,
		"/log/tile/64/000":                  0,
		"/log/tile/63/000.p/1":              0,
		"/log/tile/-1/000":                  0,
		"/log/tile/entries/entries":         0,
		"/log/tile/entries":                 0,
		"/log/tile":                         0,
		"/log/tile/0":                       0,
		"/log/tile/0/000.p/1/":              0,
		"/log/tile//0/000":                  0,
		"/log/tile/0/../0/000":              0,
		"/log/tile/0/%30%30%30":             0,
		"/log/tile/0/..%2f000":              0,
		"/log/tile/data/000":                0,
		"/log/tile/0/x999/x999/x999/999":    0,
		"/log/tile/0/" + digits("x001/", 9): 0,
		"/log/checkpoints":                  0,
		"/log/checkpoint/1":                 0,
		"/log":                              0,
		"/log/final":                        0,
		"/log/final/final/checkpoint":       0,
		"/log/final/evidence":               0,
		"/log/witness":                      0,
		"/log/add-checkpoint":               0, // nobody's witness here
	} {
		rec := w.ask("auditor", "GET", path)
		if size == 0 {
			w.problem(rec, 404, problem.NotFound)
			continue
		}
		if rec.Code != 200 || rec.Header().Get("Content-Type") != "application/octet-stream" || !strings.HasSuffix(rec.Header().Get("Cache-Control"), "max-age=31536000, immutable") ||
			size > 0 && rec.Body.Len() != size || rec.Header().Get("Content-Length") != fmt.Sprint(rec.Body.Len()) {
			t.Errorf("%s: %d, %d bytes, %v", path, rec.Code, rec.Body.Len(), rec.Header())
		}
	}
	for _, path := range []string{"/log/checkpoint", "/log/tile/0/000", "/log/tile/entries/000", "/log/evidence"} {
		for _, method := range []string{"POST", "PUT", "DELETE", "PATCH", "OPTIONS"} {
			rec := w.ask("auditor", method, path)
			if w.problem(rec, 405, problem.MethodNotAllowed); rec.Header().Get("Allow") != "GET, HEAD" {
				t.Errorf("%s %s: Allow %q", method, path, rec.Header().Get("Allow"))
			}
		}
	}
}

func digits(s string, n int) string { return strings.Repeat(s, n) + "000" }

// Ensure what is served is the ledger's tree under a checkpoint that its
// regions signed: every entry, every hash, the root.
func TestTree(t *testing.T) {
	w := newTown(t, solo.Options{})
	w.grow(259)
	w.net.Notes.Publish()
	for _, prefix := range []string{audit.PrefixPublished, audit.PrefixFinal} {
		rec := w.ask("none", "GET", prefix+"/checkpoint")
		if rec.Code != 200 || rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" || rec.Header().Get("Cache-Control") != "public, max-age=1" {
			t.Fatalf("%s: %d %v", prefix, rec.Code, rec.Header())
		}
		note, err := w.net.Notes.Keys().Open(rec.Body.Bytes())
		if err != nil || note.Size != 259 || len(note.CosignedBy()) != 3 {
			t.Fatalf("%s: %v %v", prefix, note, err)
		}
		tree := merkle.NewTree()
		for _, path := range []string{"000", "001.p/3"} {
			entries, err := merkle.SplitEntries(w.ask("auditor", "GET", prefix+"/tile/entries/"+path).Body.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			hashes := w.ask("none", "GET", prefix+"/tile/0/"+path).Body.Bytes()
			for i, entry := range entries {
				leaf := merkle.LeafHash(entry)
				tree.Append(leaf)
				if !bytes.Equal(hashes[32*i:32*i+32], leaf[:]) {
					t.Fatalf("%s: entry %d of tile %s is not the one that is hashed", prefix, i, path)
				}
			}
		}
		if tree.Size() != note.Size || tree.Root() != note.Root {
			t.Errorf("%s: the tiles give another tree of size %d", prefix, tree.Size())
		}
	}
}

// Ensure entries are for auditors, everything else for everybody; and that the
// read-only listener asks nobody and has nothing else.
func TestDoors(t *testing.T) {
	w := newTown(t, solo.Options{})
	w.grow(2)
	w.net.Notes.Publish()
	for _, tc := range []struct {
		who    string
		status int
		code   string
	}{
		{"none", 401, problem.Unauthorized},
		{"other", 401, problem.Unauthorized},
		{"clerk", 403, problem.Forbidden},
		{"auditor", 200, ""},
		{"foreign", 200, ""}, // an auditor of another member sees the same ledger
	} {
		for _, path := range []string{"/log/tile/entries/000.p/2", "/log/final/tile/entries/000.p/2"} {
			rec := w.ask(tc.who, "GET", path)
			if tc.code != "" {
				w.problem(rec, tc.status, tc.code)
			} else if rec.Code != 200 || !strings.HasPrefix(rec.Header().Get("Cache-Control"), "private, ") {
				t.Errorf("%s %s: %d %v", tc.who, path, rec.Code, rec.Header())
			}
		}
		for _, path := range []string{"/log/checkpoint", "/log/tile/0/000.p/2", "/log/final/checkpoint", "/log/evidence"} {
			if rec := w.ask(tc.who, "GET", path); rec.Code != 200 {
				t.Errorf("%s %s: %d", tc.who, path, rec.Code)
			}
		}
	}
	two := http.Header{"Authorization": {"Bearer " + w.tokens["auditor"], "Bearer " + w.tokens["auditor"]}}
	r := httptest.NewRequest("GET", "/log/tile/entries/000.p/2", nil)
	r.Header = two
	rec := httptest.NewRecorder()
	w.bureau.API.ServeHTTP(rec, r)
	w.problem(rec, 401, problem.Unauthorized)

	for path, want := range map[string]int{
		"/log/checkpoint": 200, "/log/final/checkpoint": 200, "/log/tile/0/000.p/2": 200, "/log/tile/entries/000.p/2": 200, "/log/evidence": 200,
		"/v1/status": 404, "/v1/records": 404, "/openapi.json": 404, "/metrics": 404, "/livez": 404, "/": 404, "/log/tile/entries/000": 404,
	} {
		if rec := ask(w.open, "", "GET", path, ""); rec.Code != want {
			t.Errorf("listener %s: %d, want %d", path, rec.Code, want)
		}
	}
	w.problem(ask(w.open, "", "POST", "/log/checkpoint", ""), 405, problem.MethodNotAllowed)
	w.problem(ask(w.open, "", "GET", "/log/tile/0/..%2f000", ""), 404, problem.NotFound)
}

// Ensure HEAD says what GET would, over a real connection.
func TestHead(t *testing.T) {
	w := newTown(t, solo.Options{})
	w.grow(2)
	w.net.Notes.Publish()
	srv := httptest.NewServer(w.open)
	defer srv.Close()
	for _, path := range []string{"/log/checkpoint", "/log/tile/0/000.p/2", "/log/tile/entries/000.p/2", "/log/tile/0/000"} {
		got, err := http.Get(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(got.Body)
		got.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		head, err := http.Head(srv.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		head.Body.Close()
		if head.StatusCode != got.StatusCode || head.ContentLength != int64(len(body)) || head.Header.Get("Content-Type") != got.Header.Get("Content-Type") {
			t.Errorf("%s: HEAD %d %d %v, GET %d %d", path, head.StatusCode, head.ContentLength, head.Header, got.StatusCode, len(body))
		}
	}
}

// Ensure a checkpoint is shown only when its tree can be read here and is ours,
// and that nothing shown ever goes back.
func TestShown(t *testing.T) {
	w := newTown(t, solo.Options{})
	w.grow(2)
	notes := w.net.Notes
	first := notes.Publish()
	shows := func(want *checkpoint.Note) {
		t.Helper()
		for _, prefix := range []string{audit.PrefixPublished, audit.PrefixFinal} {
			if got := w.ask("none", "GET", prefix+"/checkpoint").Body.String(); got != string(want.Marshal()) {
				t.Errorf("%s shows %s, want size %d", prefix, got, want.Size)
			}
		}
	}
	shows(first)
	ahead := notes.Sign(checkpoint.Checkpoint{Origin: first.Origin, Size: 4, Root: merkle.Hash{1}})
	notes.Show(ahead) // this node lags
	shows(first)
	w.problem(w.ask("none", "GET", "/log/tile/0/000.p/3"), 404, problem.NotFound)
	w.grow(5) // now it has the entries, and they have another root
	shows(first)
	forked := notes.Sign(checkpoint.Checkpoint{Origin: first.Origin, Size: 2, Root: merkle.Hash{2}})
	notes.Show(forked)
	shows(first)
	shows(first)
	second := notes.Publish()
	shows(second)
	w.net.Pass(1000e9)
	again := notes.Publish() // signed again, later
	if bytes.Equal(again.Marshal(), second.Marshal()) {
		t.Fatal("the same note")
	}
	shows(again)
	notes.Show(first) // the board of a node whose disk went back
	shows(again)
}

// answers is a witness that answers what it is told to.
type answers struct {
	status int
	media  string
	body   string
	got    string
}

func (a *answers) AddCheckpoint(body []byte) (int, string, []byte) {
	a.got = string(body)
	return a.status, a.media, []byte(a.body)
}

// Ensure the witness is asked with the exact body, its answers pass unchanged at
// both doors, and nothing too large reaches it.
func TestWitness(t *testing.T) {
	witness := &answers{}
	w := newTown(t, solo.Options{Witness: witness})
	const path = "/log/add-checkpoint"
	for _, door := range []http.Handler{w.bureau.API, w.open} {
		for _, want := range []answers{
			{200, "text/plain; charset=utf-8", "— name AAAA\n", ""},
			{409, "text/x.tlog.size", "12\n", ""},
			{400, "text/plain; charset=utf-8", "bad\n", ""},
			{403, "text/plain; charset=utf-8", "", ""},
			{404, "text/plain; charset=utf-8", "unknown origin\n", ""},
			{422, "text/plain; charset=utf-8", "bad proof\n", ""},
		} {
			*witness = want
			body := "old 3\n\n" + strings.Repeat("x", want.status)
			rec := ask(door, "", "POST", path, body)
			if rec.Code != want.status || rec.Header()["Content-Type"][0] != want.media || rec.Body.String() != want.body || rec.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v %q, want %+v", rec.Code, rec.Header(), rec.Body, want)
			}
			if witness.got != body {
				t.Errorf("the witness was asked %q", witness.got)
			}
		}
		witness.got = ""
		w.problem(ask(door, "", "POST", path, strings.Repeat("x", checkpoint.MaxRequest+1)), 413, problem.BodyTooLarge)
		if witness.got != "" {
			t.Error("a body over the limit reached the witness")
		}
		if rec := ask(door, "", "GET", path, ""); rec.Code != 405 || rec.Header().Get("Allow") != "POST" {
			t.Errorf("GET: %d, Allow %q", rec.Code, rec.Header().Get("Allow"))
		}
	}
}

// Ensure what stands against others is listed and given byte for byte.
func TestEvidence(t *testing.T) {
	w := newTown(t, solo.Options{})
	if rec := w.ask("none", "GET", "/log/evidence"); rec.Code != 200 || rec.Body.String() != "{\"items\":[],\"delays\":[]}\n" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
	w.net.Evidence = []audit.Evidence{{ID: "0123456789abcdef", Why: "two roots at one size", Seen: 1762131600, From: "120000/120000-a", First: []byte("one\n"), Second: []byte("other\n")}}
	rec := w.ask("none", "GET", "/log/evidence")
	var list struct {
		Items []struct {
			N                   int
			ID, Why, Seen, From string
			Notes               []string
		}
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &list); err != nil || len(list.Items) != 1 || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v %s", err, rec.Body)
	}
	if e := list.Items[0]; e.ID != "0123456789abcdef" || e.Why != "two roots at one size" || e.Seen != "2025-11-03T09:00:00+08:00" || e.From != "120000/120000-a" || len(e.Notes) != 2 {
		t.Errorf("%+v", e)
	}
	for i, want := range []string{"one\n", "other\n"} {
		if rec := w.ask("none", "GET", list.Items[0].Notes[i]); rec.Code != 200 || rec.Body.String() != want || rec.Header().Get("Content-Type") != "text/plain; charset=utf-8" {
			t.Errorf("%s: %d %q", list.Items[0].Notes[i], rec.Code, rec.Body)
		}
	}
	for _, path := range []string{"/log/evidence/1/first", "/log/evidence/-1/first", "/log/evidence/00/first", "/log/evidence/0/third", "/log/evidence/0", "/log/evidence/x/first"} {
		w.problem(w.ask("none", "GET", path), 404, problem.NotFound)
	}
}
