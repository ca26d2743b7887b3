package raftlog

import (
	"errors"
	"io"
	"runtime"
	"sync"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/storagetest"
)

// TestWriteFaults makes every write of the workload fail in turn, with an I/O
// error and with a full disk. The process must end or report an error, and a
// process that starts on what is left finds all that was acknowledged.
func TestWriteFaults(t *testing.T) {
	probe := storagetest.NewDisk()
	n := open(t, probe)
	from := probe.Writes()
	must(t, script(n, newRecord()))
	to := probe.Writes()
	n.close(t)
	stride := 1
	if testing.Short() {
		stride = 7
	}
	tried, ended := 0, 0
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		for at := from; at < to; at += stride {
			tried++
			if failingWrite(t, fault, at) {
				ended++
			}
		}
	}
	t.Logf("%d failing writes, %d ended the process", tried, ended)
	if ended < tried*9/10 {
		t.Errorf("only %d of %d failing writes ended the process", ended, tried)
	}
}

// failingWrite reports whether the process ended.
func failingWrite(t *testing.T, fault error, at int) (ended bool) {
	disk := storagetest.NewDisk()
	p := storagetest.NewProcess(disk)
	r := newRecord()
	var err error
	reason := p.Run(func() {
		var n *node
		if n, err = tryOpen(disk, p.Exit); err != nil {
			return
		}
		disk.Break(func(op storagetest.Op) error {
			if op.Write && op.N >= at {
				return fault
			}
			return nil
		})
		err = script(n, r)
		n.db.Close()
	})
	if err == nil && reason == "" {
		return false // only the removal of old files was hit
	}
	for _, unsynced := range []int{0, 100} {
		c := cut{disk: disk.Crash(unsynced, uint64(at))}
		c.from, c.to = r.now()
		if err := survives(t, c, r); err != nil {
			t.Errorf("%v at write %d, %d %% of unsynced data kept: %v", fault, at, unsynced, err)
		}
	}
	return reason != ""
}

// TestReadFault makes reads of tables fail: GetLog must report it and the store
// must then refuse everything.
func TestReadFault(t *testing.T) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	must(t, n.StoreLogs(entries(1, 100, 1)))
	must(t, n.db.Flush())
	n.close(t)
	n = open(t, disk)
	defer n.db.Close()
	disk.Break(func(op storagetest.Op) error {
		if op.Write {
			return nil
		}
		return io.ErrNoProgress
	})
	var l raft.Log
	if err := n.GetLog(50, &l); !errors.Is(err, io.ErrNoProgress) {
		t.Fatalf("got %v", err)
	}
	disk.Break(nil)
	checkFailed(t, n.Store, io.ErrNoProgress)
}

// TestReadWhileTruncating reads an entry whose deletion is visible and not yet on
// disk, as a replication goroutine does for a member that lags: it is not there any
// more, which is no corruption.
func TestReadWhileTruncating(t *testing.T) {
	for _, c := range []struct {
		name         string
		lo, hi, read uint64
	}{{"a prefix", 1, 5, 5}, {"a suffix", 6, 9, 6}, {"all", 1, 9, 3}} {
		disk := storagetest.NewDisk()
		n := open(t, disk)
		must(t, n.StoreLogs(entries(1, 9, 1)))
		release := make(chan struct{})
		disk.Break(func(op storagetest.Op) error {
			if op.Sync {
				<-release
			}
			return nil
		})
		done := make(chan error, 1)
		go func() { done <- n.DeleteRange(c.lo, c.hi) }()
		for {
			_, closer, err := n.db.Get(logKey(c.read))
			if errors.Is(err, pebble.ErrNotFound) {
				break
			}
			must(t, errors.Join(err, closer.Close()))
			runtime.Gosched()
		}
		if err := n.GetLog(c.read, new(raft.Log)); !errors.Is(err, raft.ErrLogNotFound) {
			t.Errorf("%s: %v", c.name, err)
		}
		close(release)
		must(t, <-done)
		must(t, n.Err())
		n.close(t)
	}
}

// TestReadWhileReplacing reads while a conflicting suffix is truncated and stored
// anew, as a follower's snapshot goroutine may: the old, the new, or nothing.
func TestReadWhileReplacing(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	defer n.close(t)
	must(t, n.StoreLogs(entries(1, 9, 1)))
	end := make(chan struct{})
	var readers sync.WaitGroup
	for range 2 {
		readers.Go(func() {
			for {
				select {
				case <-end:
					return
				default:
				}
				if err := n.GetLog(7, new(raft.Log)); err != nil && !errors.Is(err, raft.ErrLogNotFound) {
					t.Error(err)
					return
				}
			}
		})
	}
	for term := range uint64(300) {
		must(t, n.DeleteRange(6, 9))
		must(t, n.StoreLogs(entries(6, 9, term+2)))
	}
	close(end)
	readers.Wait()
	must(t, n.Err())
}

// TestMissingEntry removes an entry behind the store's back: a hole is a
// failure, not an entry that was not found.
func TestMissingEntry(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	defer n.close(t)
	must(t, n.StoreLogs(entries(1, 9, 1)))
	must(t, n.db.Delete(logKey(5), nil))
	if err := n.GetLog(5, new(raft.Log)); !errors.Is(err, ErrCorrupt) {
		t.Fatalf("got %v", err)
	}
	checkFailed(t, n.Store, ErrCorrupt)
}

func checkFailed(t *testing.T, s *Store, want error) {
	t.Helper()
	select {
	case <-s.Failed():
	default:
		t.Error("Failed is not closed")
	}
	_, first := s.FirstIndex()
	_, last := s.LastIndex()
	_, get := s.Get([]byte("k"))
	for name, err := range map[string]error{
		"Err": s.Err(), "FirstIndex": first, "LastIndex": last, "Get": get,
		"GetLog":      s.GetLog(1, new(raft.Log)),
		"StoreLogs":   s.StoreLogs(entries(101, 101, 1)),
		"DeleteRange": s.DeleteRange(1, 2),
		"Set":         s.Set([]byte("k"), nil),
	} {
		if !errors.Is(err, want) {
			t.Errorf("%s after a failure: %v", name, err)
		}
	}
}
