package watch

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// world is a network with two nodes' logs served: an honest one, and one that
// shows what the test says.
type world struct {
	*solo.Network
	t     *testing.T
	clerk *client.Client
	cfg   Config
	other atomic.Pointer[http.Handler] // in place of the second node; nil: it is honest
	now   time.Time
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Network: solo.New(t), t: t}
	keys, err := checkpoint.KeyFileOf(w.Genesis)
	must(t, err)
	w.now = w.Clock()
	w.cfg = Config{Keys: keys, State: filepath.Join(t.TempDir(), "state.json"), MaxAge: 15 * time.Minute, Now: func() time.Time { return w.now }}
	for i, region := range []string{solo.Beijing, solo.Tianjin} {
		honest := http.Handler(w.Bureau(region, solo.Options{Rate: 1 << 20}).API)
		srv := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
			if other := w.other.Load(); other != nil && i == 1 {
				(*other).ServeHTTP(rw, r)
				return
			}
			honest.ServeHTTP(rw, r)
		}))
		t.Cleanup(srv.Close)
		w.cfg.Nodes, w.cfg.Addrs = append(w.cfg.Nodes, w.client(srv.URL, nil)), append(w.cfg.Addrs, region)
		if i == 0 {
			w.clerk = w.client(srv.URL, func(context.Context) (string, error) {
				return w.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing), nil
			})
		}
	}
	return w
}

func (w *world) client(base string, token func(context.Context) (string, error)) *client.Client {
	c, err := client.New(client.Options{Base: base, Token: token, Lang: problem.English, Retry: client.Retry{Total: -1}})
	must(w.t, err)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// grow lets the ledger have n more entries.
func (w *world) grow(n int) {
	w.t.Helper()
	for range n {
		_, err := w.clerk.Open(w.t.Context(), client.NewKey(), v1.OpenRequest{Procedure: "assistance", Fields: json.RawMessage(
			`{"case_file_no":"京市监立〔2025〕37号","legal_basis":["程序规定 第45条"],"matters":[{"no":1,"kind":"trade_ledger","question":"核实购销台账"}],` +
				`"fieldwork":false,"contact":"张三 010-12345678","proposed_assistant":"120000-SJ"}`)})
		must(w.t, err)
	}
}

func (w *world) watcher() *Watcher {
	w.t.Helper()
	watcher, err := New(w.cfg)
	must(w.t, err)
	return watcher
}

// round looks once and expects alarms of these kinds at the second node, and none
// at the first.
func (w *world) round(watcher *Watcher, want ...Kind) *Round {
	w.t.Helper()
	r, err := watcher.Round(w.t.Context())
	must(w.t, err)
	var got []Kind
	for _, a := range r.Alarms {
		if a.Node != solo.Tianjin || a.ZH == "" || a.EN == "" || strings.Contains(a.ZH+a.EN, "%!") {
			w.t.Errorf("alarm %+v", a)
		}
		got = append(got, a.Kind)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(slices.Compact(got), want) {
		w.t.Fatalf("alarms %+v, want %v", r.Alarms, want)
	}
	if !r.Nodes[0].OK || r.Nodes[1].OK != (len(want) == 0) {
		w.t.Errorf("nodes %+v", r.Nodes)
	}
	return r
}

// forest is a tree of made-up entries that is served as a log, with any note.
type forest struct {
	tree *merkle.Tree
	rows map[uint8][]merkle.Hash
}

func plant(n int, name string) *forest {
	f := &forest{merkle.NewTree(), make(map[uint8][]merkle.Hash)}
	for i := range n {
		for _, s := range f.tree.Append(merkle.LeafHash(fmt.Appendf(nil, "%s %d", name, i))) {
			f.rows[s.Level] = append(f.rows[s.Level], s.Hash)
		}
	}
	return f
}

func (f *forest) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	return slices.Clone(f.rows[level][first:][:count]), nil
}

func (f *forest) checkpoint(w *world) checkpoint.Checkpoint {
	return checkpoint.Checkpoint{Origin: w.Genesis.Origin, Size: f.tree.Size(), Root: f.tree.Root()}
}

// show lets the second node serve a forest under a note.
func (w *world) show(f *forest, note []byte) {
	mux := http.NewServeMux()
	for _, prefix := range []string{"/log/", "/log/final/"} {
		mux.HandleFunc("GET "+prefix+"checkpoint", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write(note) })
		mux.HandleFunc("GET "+prefix+"tile/{path...}", func(rw http.ResponseWriter, r *http.Request) {
			tile, err := merkle.ParseTilePath("tile/" + r.PathValue("path"))
			if err != nil || tile.Width > tile.WidthAt(f.tree.Size()) {
				http.NotFound(rw, r)
				return
			}
			body, err := tile.Hashes(f)
			if err != nil {
				w.t.Error(err)
			}
			_, _ = rw.Write(body)
		})
	}
	h := http.Handler(mux)
	w.other.Store(&h)
}

// Ensure a log that grows is followed without alarms, over a restart, and that
// its view is the newest.
func TestHonest(t *testing.T) {
	w := newWorld(t)
	watcher := w.watcher()
	w.other.Store(nil)
	r, err := watcher.Round(t.Context())
	must(t, err)
	if len(r.Alarms) != 2 || r.Alarms[0].Kind != KindNone {
		t.Fatalf("before a checkpoint: %+v", r.Alarms)
	}
	for _, n := range []int{1, 2, 300, 40} {
		w.grow(n)
		note := w.Notes.Publish()
		if r := w.round(watcher); r.Size != note.Size || len(r.Nodes) != 2 || len(r.Nodes[1].CosignedBy) != 3 || r.Nodes[1].Final != note.Size {
			t.Errorf("%+v", r)
		}
		if n == 2 {
			watcher = w.watcher()
		}
	}
	text, err := os.ReadFile(w.cfg.State)
	must(t, err)
	var state stateText
	must(t, json.Unmarshal(text, &state))
	if view, err := w.cfg.Keys.Keys().Open([]byte(state.View)); err != nil || view.Size != 343 || state.Sizes[solo.Tianjin] != 343 {
		t.Errorf("state %s: %v", text, err)
	}
}

// Ensure time is judged: an old checkpoint, one from the future, and a region
// that does not cosign for too long.
func TestTime(t *testing.T) {
	w := newWorld(t)
	w.cfg.Nodes, w.cfg.Addrs = w.cfg.Nodes[1:], w.cfg.Addrs[1:]
	w.cfg.MaxLag = time.Minute
	watcher := w.watcher()
	round := func(want ...Kind) {
		t.Helper()
		r, err := watcher.Round(t.Context())
		must(t, err)
		var got []Kind
		for _, a := range r.Alarms {
			got = append(got, a.Kind)
		}
		if !slices.Equal(got, want) {
			t.Errorf("alarms %+v, want %v", r.Alarms, want)
		}
	}
	w.grow(2)
	w.Notes.Publish()
	round()
	w.now = w.now.Add(16 * time.Minute)
	round(KindStale)
	w.now = w.Clock().Add(-3 * time.Minute)
	round(KindClock)
	w.now = w.Clock()
	w.grow(1)
	w.Notes.Publish(solo.Beijing, solo.Hebei)
	round()
	w.now = w.now.Add(time.Minute)
	round(KindUncosigned)
	w.Notes.Publish()
	round()
}

// Ensure a node that is not there, lags, or goes back is told of.
func TestTroubles(t *testing.T) {
	w := newWorld(t)
	watcher := w.watcher()
	w.grow(20)
	old := w.Notes.Publish().Marshal()
	w.round(watcher)
	w.grow(3)
	w.Notes.Publish()
	down := http.Handler(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.WriteHeader(http.StatusServiceUnavailable)
		_, _ = fmt.Fprintf(rw, `{"code":"unavailable","title":"\u001b[2J%s"}`, strings.Repeat("长", 400))
	}))
	w.other.Store(&down)
	if told := w.round(watcher, KindUnreachable).Alarms[0].EN; strings.Contains(told, "\x1b") || len(told) > 2*maxReason {
		t.Errorf("a node's own words: %q", told)
	}
	w.other.Store(nil)
	w.round(watcher)
	// An older true note, without tiles of its own: it is found in the view.
	w.show(plant(0, ""), old)
	w.round(watcher, KindBack, KindBehind)
	// The same note is known now, also to a watcher who was away.
	watcher = w.watcher()
	w.round(watcher, KindBack, KindBehind)
}

// Ensure what does not verify is no checkpoint, and is never taken for the view.
func TestFalse(t *testing.T) {
	w := newWorld(t)
	watcher := w.watcher()
	w.grow(20)
	note := w.Notes.Publish()
	w.round(watcher)
	f := plant(400, "made up")
	forged := note.Marshal()
	forged[len(forged)-9] ^= 1
	w.show(f, forged)
	w.round(watcher, KindFalse)
	// A longer one that all regions have signed, with tiles of another tree.
	w.show(f, w.Notes.Sign(checkpoint.Checkpoint{Origin: w.Genesis.Origin, Size: 400, Root: merkle.LeafHash([]byte("?"))}).Marshal())
	w.round(watcher, KindFalse)
	if watcher.view.Size != 20 {
		t.Errorf("the view is %d", watcher.view.Size)
	}
	w.other.Store(nil)
	w.round(watcher)
}

// Ensure every kind of fork is proved, kept as evidence that stands by itself,
// and exits once it has been dealt with.
func TestForks(t *testing.T) {
	for _, tc := range []struct {
		name    string
		size    int      // of the forged tree; the true one has 20
		signers []string // of it
		kinds   []Kind
		path    bool
	}{
		{"same size", 20, []string{solo.Tianjin, solo.Hebei}, []Kind{KindFork}, false},
		{"longer", 310, []string{solo.Tianjin, solo.Hebei}, []Kind{KindFork}, true},
		{"shorter", 19, []string{solo.Tianjin, solo.Hebei}, []Kind{KindFork, KindBack, KindBehind}, true},
		{"signed by one", 310, []string{solo.Tianjin}, []Kind{KindFork, KindFalse}, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := newWorld(t)
			watcher := w.watcher()
			w.grow(20)
			w.Notes.Publish()
			w.round(watcher)
			f := plant(tc.size, "other history")
			w.show(f, w.Notes.Sign(f.checkpoint(w), tc.signers...).Marshal())
			if !slices.Contains(tc.kinds, KindFalse) {
				tc.kinds = append(tc.kinds, KindFalse) // two regions are no final checkpoint
			}
			r := w.round(watcher, tc.kinds...)
			if len(r.Forks) != 1 || watcher.view.Size != 20 {
				t.Fatalf("forks %+v, view %d", r.Forks, watcher.view.Size)
			}
			text, err := os.ReadFile(r.Forks[0].File)
			must(t, err)
			var kept Fork
			must(t, json.Unmarshal(text, &kept))
			w.holds(kept, tc.path)
			// A watcher that comes back sees it again, until an operator knows of it.
			watcher = w.watcher()
			if r := w.round(watcher, tc.kinds...); len(r.Forks) != 1 || r.Forks[0].ID != kept.ID {
				t.Errorf("after a restart: %+v", r.Forks)
			}
			w.cfg.Known = []string{kept.ID}
			r, err = w.watcher().Round(t.Context())
			must(t, err)
			if len(r.Forks) != 0 {
				t.Errorf("known, and reported: %+v", r.Forks)
			}
		})
	}
}

// holds verifies evidence with nothing but the keys.
func (w *world) holds(f Fork, withPath bool) {
	w.t.Helper()
	first, err := w.cfg.Keys.Keys().Open([]byte(f.First))
	must(w.t, err)
	second, err := w.cfg.Keys.Keys().Open([]byte(f.Second))
	must(w.t, err)
	if !withPath {
		if first.Size != second.Size || first.Root == second.Root || len(f.Path) != 0 {
			w.t.Errorf("no evidence: %+v", f)
		}
		return
	}
	short, long := first, second
	if short.Size > long.Size {
		short, long = long, short
	}
	var path []merkle.Hash
	for _, text := range f.Path {
		path = append(path, hash(w.t, text))
	}
	prefix := hash(w.t, f.PrefixRoot)
	if err := merkle.VerifyConsistency(short.Size, long.Size, path, prefix, long.Root); err != nil || prefix == short.Root {
		w.t.Errorf("no evidence: %v %+v", err, f)
	}
}

// Ensure a watcher begins anew only when told to.
func TestState(t *testing.T) {
	w := newWorld(t)
	w.grow(2)
	w.Notes.Publish()
	w.round(w.watcher())
	good, err := os.ReadFile(w.cfg.State)
	must(t, err)
	for name, bad := range map[string]string{
		"not JSON":        "{",
		"another format":  strings.Replace(string(good), stateFormat, "sandi-watch/9", 1),
		"another network": strings.Replace(string(good), `"network": "`, `"network": "x`, 1),
		"another size":    strings.Replace(string(good), `\n2\n`, `\n3\n`, 1),
	} {
		if bad == string(good) {
			t.Fatalf("%s: nothing was changed in %s", name, good)
		}
		must(t, os.WriteFile(w.cfg.State, []byte(bad), 0o600))
		if _, err := New(w.cfg); err == nil {
			t.Errorf("%s: believed", name)
		}
	}
}

func hash(t *testing.T, text string) merkle.Hash {
	t.Helper()
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != len(merkle.Hash{}) {
		t.Fatalf("not a hash: %q", text)
	}
	return merkle.Hash(raw)
}
