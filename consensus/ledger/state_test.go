package ledger_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/state"
)

// disk is a replica on the store that nodes use.
type disk struct {
	w     *world
	store *state.Store
	l     *ledger.Ledger
	raft  uint64
}

func (w *world) disk(t testing.TB) *disk {
	t.Helper()
	cache := engine.NewCache(32 << 20)
	db, err := engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Ledger, Cache: cache, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		cache.Close()
	})
	store, err := state.Open(db)
	if err != nil {
		t.Fatal(err)
	}
	d := &disk{w: w, store: store}
	if d.l, err = ledger.New(w.signed, w.pool); err != nil {
		t.Fatal(err)
	}
	d.batch(t, d.l.Load)
	return d
}

// batch runs fn in one batch and commits it.
func (d *disk) batch(t testing.TB, fn func(ledger.Tx) error) {
	t.Helper()
	b := d.store.Batch()
	defer b.Close()
	if err := fn(b); err != nil {
		t.Fatal(err)
	}
	d.raft++
	if err := b.Commit(state.Meta{RaftIndex: d.raft, RaftTerm: 1}); err != nil {
		t.Fatal(err)
	}
}

func (d *disk) dump(t *testing.T) []byte {
	v := d.store.View()
	defer v.Close()
	var out []byte
	if err := v.Scan([]byte{1}, []byte{0x80}, false, func(k, value []byte) (bool, error) {
		out = fmt.Appendf(out, "%x=%x\n", k, value)
		return true, nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// Ensure the node's own store and the one in memory come to hold the same pairs,
// several commands to a batch, and that a snapshot passes Verify on its way into
// another store, which then goes on to the same end.
func TestOnTheNodesStore(t *testing.T) {
	w := newWorld(t)
	p := newPlayer(w, 11)
	first, second := w.disk(t), w.disk(t)
	var log []ledger.Command
	for range 60 {
		log = append(log, p.play(6))
	}
	run := func(d *disk, log []ledger.Command) {
		for rest := log; len(rest) > 0; {
			n := min(1+len(rest)%5, len(rest))
			d.batch(t, func(tx ledger.Tx) error {
				for _, cmd := range rest[:n] {
					if _, err := d.l.Apply(tx, cmd); err != nil {
						return err
					}
				}
				return nil
			})
			rest = rest[n:]
		}
	}
	run(first, log[:40])
	snapshot, err := first.store.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snapshot.Close()
	var stream bytes.Buffer
	if _, err := snapshot.WriteTo(&stream); err != nil {
		t.Fatal(err)
	}
	copied := bytes.Clone(stream.Bytes())
	if err := second.store.Restore(&stream, func(c *state.Candidate) error { return second.l.Verify(c) }); err != nil {
		t.Fatal(err)
	}
	second.raft = second.store.Meta().RaftIndex
	second.batch(t, second.l.Load)
	refuses := errors.New("shorter than what I cosigned")
	third := w.disk(t)
	if err := third.store.Restore(bytes.NewReader(copied), func(c *state.Candidate) error {
		if err := third.l.VerifyAgainst(c, ledger.Check{Points: []ledger.Point{{Size: 1 << 20}}}); errors.Is(err, ledger.ErrForged) {
			return refuses
		}
		return nil
	}); !errors.Is(err, refuses) {
		t.Fatalf("a snapshot that is too short was restored: %v", err)
	}
	run(first, log[40:])
	run(second, log[40:])
	if want := dump(p.mem); !bytes.Equal(first.dump(t), want) || !bytes.Equal(second.dump(t), want) {
		t.Fatal("the stores differ")
	}
}

// prepared makes openings and acts on what was opened last, verified ahead as a replica does it
// in parallel, and returns them as commands of size statements.
func prepared(b *testing.B, w *world, size int) (opens, acts func() ledger.Command) {
	b.Helper()
	scratch := w.replica()
	verify := func(cmd ledger.Command) ledger.Command {
		var sts []*statement.Statement
		for _, raw := range cmd.Statements {
			st, err := w.pool.Parse(raw)
			if err != nil {
				b.Fatal(err)
			}
			sts = append(sts, st)
		}
		w.pool.Prefetch(sts, func(st *statement.Statement) (keyring.PublicKey, bool) { return scratch.l.PublicKey(st) })
		return cmd
	}
	type head struct{ region, id, hash string }
	var heads []head
	number, notes := 0, 0
	opens = func() ledger.Command {
		cmd := ledger.Command{ProposedAt: w.now * 1000}
		heads = heads[:0]
		for range size {
			number++
			region := regions[number%3]
			raw := w.open(region, "clerk", "handover", fmt.Sprintf(
				`{"case_no":"案〔2025〕%d号","receiver_org":"%s-SJ","summary":"（合成）流通领域抽样的电动自行车充电器一批，防触电保护项目不合格。"}`, number, regions[(number+1)%3]))
			st, err := statement.Parse(raw)
			if err != nil {
				b.Fatal(err)
			}
			heads = append(heads, head{region, fmt.Sprintf("HT-%s-2025-%06d", region, (number+2)/3), st.Hash.String()})
			cmd.Statements = append(cmd.Statements, raw)
		}
		return verify(cmd)
	}
	acts = func() ledger.Command {
		cmd := ledger.Command{ProposedAt: w.now * 1000}
		for i := range size {
			h := &heads[i]
			raw := w.act(h.region, "clerk", h.id, h.hash, "annotate", fmt.Sprintf(`{"note":"（合成）第%d次备注：已与对方联络员核对材料清单，页数和摘要一致。"}`, notes))
			notes++
			st, err := statement.Parse(raw)
			if err != nil {
				b.Fatal(err)
			}
			h.hash = st.Hash.String()
			cmd.Statements = append(cmd.Statements, raw)
		}
		return verify(cmd)
	}
	return opens, acts
}

// BenchmarkApply measures Apply without parsing and signatures, per statement.
func BenchmarkApply(b *testing.B) {
	for _, size := range []int{1, 64, 256} {
		for _, kind := range []string{"open", "act"} {
			for _, on := range []string{"memory", "store"} {
				b.Run(fmt.Sprintf("%s/%d/%s", kind, size, on), func(b *testing.B) { benchApply(b, size, kind, on) })
			}
		}
	}
}

// actsPerRecord is the length of a typical record's life.
const actsPerRecord = 12

func benchApply(b *testing.B, size int, kind, on string) {
	w := newWorld(b)
	opens, acts := prepared(b, w, size)
	mem := w.replica()
	disk := w.disk(b)
	apply := func(cmd ledger.Command) {
		if on == "memory" {
			mem.l.Apply(mem.mem, cmd)
			return
		}
		disk.batch(b, func(tx ledger.Tx) error {
			_, err := disk.l.Apply(tx, cmd)
			return err
		})
	}
	b.ReportAllocs()
	done := 0
	for round := 0; done < b.N; round++ {
		b.StopTimer()
		next := opens
		if kind == "act" {
			if round%actsPerRecord == 0 {
				apply(opens())
			}
			next = acts
		}
		cmd := next()
		b.StartTimer()
		apply(cmd)
		done += size
	}
	b.StopTimer()
	if on == "memory" && mem.standing().Size < uint64(done) {
		b.Fatalf("%d of %d statements were committed", mem.standing().Size, done)
	}
}

// BenchmarkVerify measures the full re-check, signatures included, per leaf.
func BenchmarkVerify(b *testing.B) {
	const leaves = 4096
	w := newWorld(b)
	opens, _ := prepared(b, w, 256)
	disk := w.disk(b)
	for range leaves / 256 {
		cmd := opens()
		disk.batch(b, func(tx ledger.Tx) error {
			_, err := disk.l.Apply(tx, cmd)
			return err
		})
	}
	for b.Loop() {
		b.StopTimer()
		l, err := ledger.New(w.signed, statement.NewPool(2, 2048)) // nothing verified yet
		if err != nil {
			b.Fatal(err)
		}
		view := disk.store.View()
		b.StartTimer()
		if err := l.Verify(view); err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		view.Close()
		b.StartTimer()
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N*leaves), "us/leaf")
}

// BenchmarkBooks measures what a page of the API costs.
func BenchmarkBooks(b *testing.B) {
	w := newWorld(b)
	opens, _ := prepared(b, w, 256)
	disk := w.disk(b)
	for range 16 {
		cmd := opens()
		disk.batch(b, func(tx ledger.Tx) error {
			_, err := disk.l.Apply(tx, cmd)
			return err
		})
	}
	view := disk.store.View()
	defer view.Close()
	books := disk.l.Books(view)
	b.Run("record", func(b *testing.B) {
		for b.Loop() {
			if r, err := books.Record("HT-110000-2025-000100"); err != nil || r == nil {
				b.Fatal(err)
			}
		}
	})
	for name, f := range map[string]ledger.Filter{
		"page":            {Region: beijing},
		"nothing in 4096": {State: "closed"},
		"text in 4096":    {Text: "〔2025〕4000号"},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := books.Records(f); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
