package state

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// benchLedger holds n records of about 600 bytes on a real disk, flushed and
// compacted as a running node's are.
func benchLedger(b *testing.B, n int) *node {
	b.Helper()
	db, err := engine.Open(engine.Options{Dir: b.TempDir(), Kind: engine.Ledger, Logger: storagetest.Quiet})
	must(b, err)
	b.Cleanup(func() { db.Close() })
	s, err := Open(db)
	must(b, err)
	fill(b, s, n)
	must(b, db.Compact(context.Background(), spanLower, spanUpper, false))
	return &node{Store: s, db: db}
}

func benchKey(i int) []byte {
	// Spread like hashes, so that lookups have no locality.
	return binary.BigEndian.AppendUint64([]byte("k"), uint64(i)*0x9e3779b97f4a7c15)
}

func benchValue(i int) []byte {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	v := make([]byte, 600)
	for j := range 300 { // half compressible
		v[j] = byte(r.Uint32())
	}
	return v
}

func fill(b *testing.B, s *Store, n int) {
	const perBatch = 2000
	for from := 0; from < n; from += perBatch {
		batch := s.Batch()
		for i := from; i < min(from+perBatch, n); i++ {
			must(b, batch.Set(benchKey(i), benchValue(i)))
		}
		must(b, batch.Commit(Meta{RaftIndex: uint64(from + 1)}))
	}
}

const benchPairs = 200_000

// BenchmarkGet compares lookups in a batch with Pebble's indexed batch, for
// keys that are there, that are not, and that the batch itself wrote.
func BenchmarkGet(b *testing.B) {
	n := benchLedger(b, benchPairs)
	batch, view, indexed := n.Batch(), n.View(), n.db.NewIndexedBatch()
	defer view.Close()
	defer batch.Close()
	defer indexed.Close()
	for i := range 2000 { // an apply in progress
		must(b, batch.Set(benchKey(-i-1), benchValue(i)))
		must(b, indexed.Set(benchKey(-i-1), benchValue(i), nil))
	}
	get := map[string]func([]byte) ([]byte, error){
		"batch": batch.Get,
		"view":  view.Get,
		"indexed": func(key []byte) ([]byte, error) {
			v, closer, err := indexed.Get(key)
			if err == pebble.ErrNotFound {
				return nil, nil
			}
			if err != nil {
				return nil, err
			}
			return bytes.Clone(v), closer.Close()
		},
	}
	for _, what := range []struct {
		name string
		key  func(i int) []byte
	}{
		{"present", func(i int) []byte { return benchKey(i * 7919 % benchPairs) }},
		{"absent", func(i int) []byte { return benchKey(benchPairs + i) }},
		{"own", func(i int) []byte { return benchKey(-i%2000 - 1) }},
	} {
		for _, reader := range []string{"batch", "indexed", "view"} {
			b.Run(what.name+"/"+reader, func(b *testing.B) {
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					if _, err := get[reader](what.key(i)); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// writer is what both kinds of batch can do.
type writer struct {
	get    func(key []byte) ([]byte, error)
	set    func(key, value []byte) error
	delete func(key []byte) error
	commit func(index uint64) error
}

func ourWriter(n *node) writer {
	b := n.Batch()
	return writer{b.Get, b.Set, b.Delete, func(i uint64) error { return b.Commit(Meta{RaftIndex: i}) }}
}

func indexedWriter(n *node) writer {
	b := n.db.NewIndexedBatch()
	return writer{
		get: func(key []byte) ([]byte, error) {
			v, closer, err := b.Get(key)
			if err != nil {
				return nil, nil
			}
			return bytes.Clone(v), closer.Close()
		},
		set:    func(k, v []byte) error { return b.Set(k, v, nil) },
		delete: func(k []byte) error { return b.Delete(k, nil) },
		commit: func(uint64) error { return errors.Join(b.Commit(pebble.NoSync), b.Close()) },
	}
}

// BenchmarkApply is one batch of 256 statements, half of them opening records
// and half acting on older ones, in the tables a ledger has.
func BenchmarkApply(b *testing.B) {
	for name, open := range map[string]func(*node) writer{"batch": ourWriter, "indexed": indexedWriter} {
		b.Run(name, func(b *testing.B) {
			n := benchLedger(b, 50_000)
			const statements = 256
			value := benchValue(1)
			b.ReportAllocs()
			before := n.db.Metrics()
			seq := 0
			for i := uint64(100_000); b.Loop(); i++ {
				w := open(n)
				for range statements {
					seq++
					oneStatement(b, w, seq, value)
				}
				must(b, w.commit(i))
			}
			m := n.db.Metrics()
			b.ReportMetric(float64(seq)/b.Elapsed().Seconds(), "statements/s")
			b.ReportMetric((m.Compact.Duration-before.Compact.Duration).Seconds()*1e6/float64(seq), "compact-us/statement")
		})
	}
}

func seqKey(table byte, i int) []byte {
	return binary.BigEndian.AppendUint64([]byte{table}, uint64(i))
}

func oneStatement(b *testing.B, w writer, i int, value []byte) {
	record := i
	if i%2 == 0 {
		record = i - i/2&^1 // an older record
	}
	for _, key := range [][]byte{seqKey('s', i), seqKey('r', record), []byte("counter")} {
		if _, err := w.get(key); err != nil {
			b.Fatal(err)
		}
	}
	must(b, w.set(seqKey('s', i), value[:60]))
	must(b, w.set(seqKey('l', i), value[:600]))
	must(b, w.set(seqKey('h', i), value[:32]))
	must(b, w.set(seqKey('r', record), value[:500]))
	must(b, w.set(seqKey('u', i), value[:150]))
	must(b, w.delete(seqKey('u', record-1)))
	must(b, w.set(seqKey('d', record*31), value[:40]))
	must(b, w.set([]byte("counter"), value[:8]))
	must(b, w.set([]byte("head"), value[:200]))
}

// BenchmarkSnapshot streams and restores a ledger.
func BenchmarkSnapshot(b *testing.B) {
	n := benchLedger(b, benchPairs)
	snap, err := n.Snapshot()
	must(b, err)
	defer snap.Close()
	size, err := snap.Size()
	must(b, err)
	b.Run("size", func(b *testing.B) {
		for b.Loop() {
			snap.size = 0
			if got, err := snap.Size(); err != nil || got != size {
				b.Fatal(got, err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		b.SetBytes(size)
		for b.Loop() {
			if _, err := snap.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("restore", func(b *testing.B) {
		to := benchLedger(b, 1000)
		b.SetBytes(size)
		for b.Loop() {
			r, w := io.Pipe()
			go func() {
				_, err := snap.WriteTo(w)
				w.CloseWithError(err)
			}()
			must(b, to.Restore(r, nil))
		}
	})
	b.Logf("%d pairs, %d MiB", benchPairs, size>>20)
}
