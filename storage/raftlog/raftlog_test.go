package raftlog

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// node is a store with the things around it that a test needs to crash it.
type node struct {
	*Store
	db   *engine.DB
	disk *storagetest.Disk
}

func open(t testing.TB, disk *storagetest.Disk) *node {
	t.Helper()
	n, err := tryOpen(disk, nil)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func tryOpen(disk *storagetest.Disk, fatal func(string)) (*node, error) {
	db, err := engine.Open(engine.Options{Dir: "raft", FS: disk.FS(), Kind: engine.Raft, Logger: storagetest.Quiet, Fatal: fatal})
	if err != nil {
		return nil, err
	}
	s, err := Open(db)
	if err != nil {
		db.Close()
		return nil, err
	}
	return &node{s, db, disk}, nil
}

func (n *node) close(t testing.TB) {
	t.Helper()
	if err := n.db.Close(); err != nil {
		t.Fatal(err)
	}
}

// entry makes a log entry whose content follows from index and term.
func entry(index, term uint64) *raft.Log {
	l := &raft.Log{
		Index: index, Term: term, Type: raft.LogType(index % 3),
		Data:       bytes.Repeat([]byte{byte(index), byte(term)}, int(index*7%50)),
		AppendedAt: time.Unix(1_700_000_000+int64(index), int64(term)),
	}
	if index%4 == 0 {
		l.Extensions = fmt.Appendf(nil, "ext-%d", index)
	}
	return l
}

func entries(from, to, term uint64) []*raft.Log {
	var logs []*raft.Log
	for i := from; i <= to; i++ {
		logs = append(logs, entry(i, term))
	}
	return logs
}

func same(a, b *raft.Log) error {
	if a.Index != b.Index || a.Term != b.Term || a.Type != b.Type ||
		!bytes.Equal(a.Data, b.Data) || !bytes.Equal(a.Extensions, b.Extensions) || !a.AppendedAt.Equal(b.AppendedAt) {
		return fmt.Errorf("got %+v, want %+v", a, b)
	}
	return nil
}

// checkLog asserts that the store holds exactly the entries first to last, by
// reading all of them and the neighbours that must be absent.
func checkLog(s raft.LogStore, want []*raft.Log) error {
	var first, last uint64
	if len(want) > 0 {
		first, last = want[0].Index, want[len(want)-1].Index
	}
	if got, err := s.FirstIndex(); err != nil || got != first {
		return fmt.Errorf("first index %d, %v; want %d", got, err, first)
	}
	if got, err := s.LastIndex(); err != nil || got != last {
		return fmt.Errorf("last index %d, %v; want %d", got, err, last)
	}
	var l raft.Log
	for _, w := range want {
		if err := s.GetLog(w.Index, &l); err != nil {
			return fmt.Errorf("entry %d: %w", w.Index, err)
		}
		if err := same(&l, w); err != nil {
			return err
		}
	}
	for _, absent := range []uint64{0, first - 1, last + 1, last + 1000} {
		if len(want) > 0 && first <= absent && absent <= last {
			continue
		}
		if err := s.GetLog(absent, &l); err != raft.ErrLogNotFound {
			return fmt.Errorf("entry %d: %v, want not found", absent, err)
		}
	}
	return nil
}
