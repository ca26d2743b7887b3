package raftlog

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/hashicorp/raft"
	raftbench "github.com/hashicorp/raft/bench"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

func openDisk(b *testing.B) *Store {
	b.Helper()
	db, err := engine.Open(engine.Options{Dir: b.TempDir(), Kind: engine.Raft})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	s, err := Open(db)
	if err != nil {
		b.Fatal(err)
	}
	return s
}

// fromOne shifts the indexes of a benchmark that starts at 0, which no Raft
// log does.
type fromOne struct{ *Store }

func (s fromOne) StoreLog(l *raft.Log) error {
	l.Index++
	return s.Store.StoreLog(l)
}

// BenchmarkRaft runs Raft's own suite on a real disk. Its DeleteRange leaves
// gaps between entries, which a monotonic store refuses: ours is below.
func BenchmarkRaft(b *testing.B) {
	b.Run("FirstIndex", func(b *testing.B) { raftbench.FirstIndex(b, openDisk(b)) })
	b.Run("LastIndex", func(b *testing.B) { raftbench.LastIndex(b, openDisk(b)) })
	b.Run("GetLog", func(b *testing.B) { raftbench.GetLog(b, openDisk(b)) })
	b.Run("StoreLog", func(b *testing.B) { raftbench.StoreLog(b, fromOne{openDisk(b)}) })
	b.Run("StoreLogs", func(b *testing.B) { raftbench.StoreLogs(b, openDisk(b)) })
	b.Run("Set", func(b *testing.B) { raftbench.Set(b, openDisk(b)) })
	b.Run("Get", func(b *testing.B) { raftbench.Get(b, openDisk(b)) })
	b.Run("SetUint64", func(b *testing.B) { raftbench.SetUint64(b, openDisk(b)) })
	b.Run("GetUint64", func(b *testing.B) { raftbench.GetUint64(b, openDisk(b)) })
}

// BenchmarkDeleteRange cuts 8 entries off a long log's front at a time.
func BenchmarkDeleteRange(b *testing.B) {
	s := openDisk(b)
	const step = 8
	for from := uint64(1); from <= uint64(b.N)*step; from += 4096 {
		if err := s.StoreLogs(entries(from, from+4095, 1)); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	for i := range uint64(b.N) {
		if err := s.DeleteRange(i*step+1, (i+1)*step); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppend stores 1 KiB entries in batches, one sync per batch, and
// truncates as a node does.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{1, 64, 512} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			s := openDisk(b)
			data := bytes.Repeat([]byte("0123456789abcdef"), 64)
			logs := make([]*raft.Log, size)
			next := uint64(1)
			b.SetBytes(int64(size * len(data)))
			for b.Loop() {
				for i := range logs {
					logs[i] = &raft.Log{Index: next, Term: 1, Data: data}
					next++
				}
				if err := s.StoreLogs(logs); err != nil {
					b.Fatal(err)
				}
				if next%8192 < uint64(size) && next > 20000 {
					first, _ := s.FirstIndex()
					if err := s.DeleteRange(first, next-10000); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.N*size)/b.Elapsed().Seconds(), "entries/s")
		})
	}
}

// BenchmarkCommands appends commands of 64 statements, one entry and one sync
// each, and lets the log fall behind a snapshot as Raft does. cpu-us counts the
// whole process, so that flushes and compactions show.
func BenchmarkCommands(b *testing.B) {
	const (
		statements = 64
		size       = statements * 1100 // bytes of one entry
		keep       = 2048              // entries behind a snapshot
		every      = 1024              // entries between snapshots
	)
	s := openDisk(b)
	data := make([]byte, size)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(data)
	b.ReportAllocs()
	cpu := storagetest.CPUTime()
	next := uint64(1)
	for ; b.Loop(); next++ {
		if err := s.StoreLogs([]*raft.Log{{Index: next, Term: 1, Data: data}}); err != nil {
			b.Fatal(err)
		}
		if next%every == 0 && next > keep {
			if err := s.DeleteRange(1, next-keep); err != nil {
				b.Fatal(err)
			}
		}
	}
	entries := float64(next-1) * statements
	b.ReportMetric(float64((storagetest.CPUTime()-cpu).Nanoseconds())/1000/entries, "cpu-us/statement")
	m, written := s.db.Metrics(), uint64(0)
	for _, level := range m.Levels {
		written += level.TableBytesFlushed + level.TableBytesCompacted
	}
	b.ReportMetric(float64(written)/entries, "table-B/statement")
}
