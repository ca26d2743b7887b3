package exchange

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
	"sandi.internal/gateway/storage/vault"
)

// patience bounds what a test waits for.
const patience = 30 * time.Second

// world is a network of bureaus with vaults and exchanges over one ledger.
type world struct {
	t     *testing.T
	net   *solo.Network
	nodes map[string]*side

	mu     sync.Mutex
	tamper func(what string, item int, chunk int64, data []byte) ([]byte, error) // changes what peers get; guarded by mu
}

// side is one bureau's node, as far as an exchange needs it.
type side struct {
	*Exchange
	w      *world
	region string
	desk   *desk.Desk
	local  *solo.Local
	disk   *storagetest.Disk
	vault  *vault.Vault
	stop   func()
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, net: solo.New(t), nodes: map[string]*side{}}
	for _, region := range []string{solo.Beijing, solo.Hebei} {
		s := &side{w: w, region: region, local: solo.NewLocal(), disk: storagetest.NewDisk()}
		s.desk = w.net.Bureau(region, solo.Options{Local: s.local, Wait: 2 * time.Second, NoLeaderWait: time.Second}).Desk
		w.nodes[region] = s
		s.start()
		t.Cleanup(func() { s.stop() })
	}
	return w
}

// start opens the vault on the disk as it is, and runs the exchange.
func (s *side) start() {
	s.w.t.Helper()
	db, err := engine.Open(engine.Options{Dir: "vault", FS: s.disk.FS(), Kind: engine.Vault, Logger: storagetest.Quiet})
	if err != nil {
		s.w.t.Fatal(err)
	}
	key, err := vault.ParseKey(bytes.Repeat([]byte{7}, 32), vault.AES256GCM{})
	if err != nil {
		s.w.t.Fatal(err)
	}
	if s.vault, err = vault.Open(vault.Options{DB: db, Key: key}); err != nil {
		s.w.t.Fatal(err)
	}
	s.Exchange, err = New(Config{
		Region: s.region, Nodes: func(region string) []string { return []string{region} }, Ledger: s.w.net.Ledger, Desk: s.desk, Vault: s.vault,
		Peers: s, Local: s.local, Clock: s.w.net.Clock, Logger: s.w.net.Log,
	})
	if err != nil {
		s.w.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	run := s.Exchange
	go func() { defer close(done); _ = run.Run(ctx) }()
	s.stop = func() {
		cancel()
		<-done
		_ = db.Close()
		s.stop = func() {}
	}
}

// restart stops the node, as in a power cut that keeps none of what was not synced,
// and starts it again.
func (s *side) restart() {
	local := solo.NewLocal() // as it was before the vault: it is written after it
	err := s.local.Scan([]byte{0}, []byte{0xff}, false, func(key, value []byte) (bool, error) {
		return true, local.Set(key, value, true)
	})
	if err != nil {
		s.w.t.Fatal(err)
	}
	s.local, s.disk = local, s.disk.Crash(0, rand.Uint64())
	s.stop()
	s.start()
}

func (s *side) pass(what, node string, item int, chunk int64, data []byte, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	if s.w.tamper != nil {
		return s.w.tamper(what, item, chunk, data)
	}
	return data, nil
}

// List, Tree, Chunk and Lend implement Peers: nodes are called by their region.
func (s *side) List(ctx context.Context, node string, o Ref) ([]byte, error) {
	data, err := s.w.nodes[node].GiveList(ctx, s.region, o)
	return s.pass("list", node, 0, 0, data, err)
}

func (s *side) Tree(ctx context.Context, node string, o Ref, item int) ([]byte, error) {
	data, err := s.w.nodes[node].GiveTree(ctx, s.region, o, item)
	return s.pass("tree", node, item, 0, data, err)
}

func (s *side) Chunk(ctx context.Context, node string, o Ref, item int, chunk int64, into []byte) ([]byte, error) {
	data, err := s.w.nodes[node].GiveChunk(ctx, s.region, o, item, chunk, vault.Buffer())
	data, err = s.pass("chunk", node, item, chunk, data, err)
	return into[:copy(into, data)], err
}

func (s *side) Lend(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }

// content makes bytes that differ everywhere.
func content(n int, seed uint64) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{byte(seed), byte(seed >> 8)})
	_, _ = r.Read(b)
	return b
}

// put stores objects and returns their commitments.
func (s *side) put(objects ...[]byte) (list []string) {
	s.w.t.Helper()
	for _, data := range objects {
		o, err := s.vault.Put(context.Background(), vault.Meta{Name: "证据.jpg", MediaType: "image/jpeg", Org: s.region + "-SJ"}, bytes.NewReader(data))
		if err != nil {
			s.w.t.Fatal(err)
		}
		list = append(list, o.Commitment.String())
	}
	return list
}

// draft is an offer to Hebei.
func (s *side) draft(materials []string) Draft {
	return Draft{
		Draft: desk.Draft{ID: statement.NewID(s.w.net.Clock(), entropy{}), Role: "liaison", Org: s.region + "-SJ", Person: s.desk.Pseudonym("i", "p")}, To: solo.Hebei + "-SJ",
		Purpose: "查处案件", Basis: "程序规定 第14条", Expires: s.w.net.Clock().Unix() + 3600, Materials: materials,
	}
}

// offers makes it.
func (s *side) offers(materials []string) Ref {
	s.w.t.Helper()
	draft := s.draft(materials)
	receipt, _, err := s.Make(context.Background(), draft)
	if err != nil || receipt.Status != ledger.Committed {
		s.w.t.Fatalf("%+v, %v", receipt.Refusal, err)
	}
	return Ref{Region: s.region, ID: draft.ID}
}

type entropy struct{}

func (entropy) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(rand.Uint32())
	}
	return len(p), nil
}

func (w *world) offer(ref Ref) *ledger.Offer {
	w.t.Helper()
	view, err := w.net.Ledger.View(context.Background(), desk.Fresh{Local: true})
	if err != nil {
		w.t.Fatal(err)
	}
	defer view.Close()
	o, err := w.net.Ledger.Books(view).Offer(ref.Region, ref.ID)
	if err != nil || o == nil {
		w.t.Fatalf("%v, %v", o, err)
	}
	return o
}

// ends waits until an offer ends and returns how.
func (w *world) ends(ref Ref) ledger.OfferState {
	w.t.Helper()
	w.until("the offer ends", func() bool { return w.offer(ref).State != ledger.OfferOpen })
	return w.offer(ref).State
}

func (w *world) until(what string, ok func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(patience); !ok(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("waited in vain until %s", what)
		}
	}
}

// reads gives an object of a side's vault.
func (s *side) reads(text string) ([]byte, error) {
	c, err := commitment.Parse(text)
	if err != nil {
		return nil, err
	}
	r, _, err := s.vault.Get(context.Background(), c)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return io.ReadAll(r)
}

// has waits until a side can read objects.
func (s *side) has(list []string, objects ...[]byte) {
	s.w.t.Helper()
	for i, text := range list {
		s.w.until("an object is there", func() bool {
			got, err := s.reads(text)
			return err == nil && bytes.Equal(got, objects[i])
		})
	}
}
