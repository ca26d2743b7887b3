package raftlog

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/hashicorp/raft"
	raftbench "github.com/hashicorp/raft/bench"

	"sandi.internal/gateway/storage/engine"
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
