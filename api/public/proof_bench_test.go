package public_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/state"
)

// stored is a ledger in a real store on disk, without Raft.
type stored struct {
	clock   func() time.Time
	machine *ledger.Ledger
	store   *state.Store

	mu      sync.Mutex // one batch at a time
	applied uint64
}

func newStored(tb testing.TB, n *solo.Network) *stored {
	tb.Helper()
	cache := engine.NewCache(32 << 20)
	db, err := engine.Open(engine.Options{Dir: filepath.Join(tb.TempDir(), "ledger"), Kind: engine.Ledger, Cache: cache, Logger: n.Log})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close(); cache.Close() })
	s := &stored{clock: n.Clock}
	if s.store, err = state.Open(db); err != nil {
		tb.Fatal(err)
	}
	if s.machine, err = ledger.New(n.Genesis, n.Pool); err != nil {
		tb.Fatal(err)
	}
	if err := s.change(s.machine.Load); err != nil {
		tb.Fatal(err)
	}
	return s
}

func (s *stored) change(f func(ledger.Tx) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	batch := s.store.Batch()
	if err := f(batch); err != nil {
		return errors.Join(err, batch.Close())
	}
	s.applied++
	return batch.Commit(state.Meta{RaftIndex: s.applied, RaftTerm: 1})
}

func (s *stored) Submit(_ context.Context, raw []byte) (res ledger.Result, err error) {
	err = s.change(func(tx ledger.Tx) error {
		results, err := s.machine.Apply(tx, ledger.Command{ProposedAt: s.clock().UnixMilli(), Statements: [][]byte{raw}})
		if err == nil {
			res = results[0]
		}
		return err
	})
	return res, err
}

func (s *stored) View(context.Context, desk.Fresh) (desk.View, error) {
	v, err := s.store.View(), error(nil)
	return &storedView{v, s.machine.Size()}, err
}
func (s *stored) Books(r ledger.Reader) *ledger.Books { return s.machine.Books(r) }
func (s *stored) WaitSize(ctx context.Context, _ uint64) (uint64, error) {
	<-ctx.Done()
	return 0, ctx.Err()
}

type storedView struct {
	*state.View
	size uint64
}

func (v *storedView) Size() uint64       { return v.size }
func (v *storedView) Age() time.Duration { return 0 }

// BenchmarkProof reads entries at random out of a ledger on disk, over a
// connection: each as its record, by a plain local read, and then as its receipt,
// with the inclusion proof. x-plain is how fast the second is, measured by the
// first; the goal is 0.8.
func BenchmarkProof(b *testing.B) {
	const entries = 20_000
	n := solo.New(b)
	disk := newStored(b, n)
	bureau := n.Bureau(solo.Beijing, solo.Options{Ledger: disk, Rate: 1 << 30})
	token := n.Token(solo.Someone(solo.Beijing, "zhang", "clerk"), solo.Beijing)
	get := func(target string) []byte {
		return []byte("GET " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + token + "\r\n\r\n")
	}
	plain, proven := make([][]byte, entries), make([][]byte, entries)
	for i := range entries {
		key := client.NewKey()
		r := httptest.NewRequest("POST", "/v1/records", strings.NewReader(`{"procedure":"unqualified","fields":`+strings.Replace(unqualified, "0412", key, 1)+`}`))
		for name, value := range map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": key} {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		if bureau.API.ServeHTTP(w, r); w.Code != http.StatusCreated {
			b.Fatalf("%d %s", w.Code, w.Body)
		}
		plain[i] = get(w.Header().Get("Location") + "?details=false&consistency=local")
		proven[i] = get("/v1/statements/" + key + "/receipt?consistency=local")
	}
	view, err := disk.View(b.Context(), desk.Fresh{Local: true})
	if err != nil {
		b.Fatal(err)
	}
	standing, err := disk.Books(view).Standing()
	if err != nil {
		b.Fatal(err)
	}
	view.Close()
	n.Notes.Show(n.Notes.Sign(checkpoint.Checkpoint{Origin: n.Genesis.Origin, Size: standing.Size, Root: standing.Root}))

	srv := httptest.NewServer(bureau.API)
	defer srv.Close()
	conn, err := net.Dial("tcp", srv.Listener.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	answers := bufio.NewReader(conn)
	ask := func(request []byte) time.Duration {
		began := time.Now()
		if _, err := conn.Write(request); err != nil {
			b.Fatal(err)
		}
		if err := skipAnswer(answers); err != nil {
			b.Fatal(err)
		}
		return time.Since(began)
	}
	var plainTook, provenTook time.Duration
	b.ReportAllocs()
	for b.Loop() {
		i := rand.IntN(entries)
		plainTook += ask(plain[i])
		provenTook += ask(proven[i])
	}
	b.ReportMetric(float64(plainTook)/float64(b.N)/1000, "plain-µs")
	b.ReportMetric(float64(provenTook)/float64(b.N)/1000, "proven-µs")
	b.ReportMetric(float64(plainTook)/float64(provenTook), "x-plain")
}

// skipAnswer reads one good answer with a declared length, without keeping it.
func skipAnswer(r *bufio.Reader) error {
	line, err := r.ReadSlice('\n')
	if err != nil || !bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")) {
		return fmt.Errorf("answered %q: %w", line, err)
	}
	length := -1
	for {
		if line, err = r.ReadSlice('\n'); err != nil {
			return err
		}
		if len(line) == 2 {
			break
		}
		if value, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	_, err = r.Discard(length)
	return err
}
