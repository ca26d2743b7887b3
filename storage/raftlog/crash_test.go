package raftlog

import (
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/storagetest"
)

// promise is what the store owes at one moment of the workload: the last state
// it acknowledged, or the one it is working on.
type promise struct {
	acked, next []*raft.Log // equal when nothing is under way
	term        [2]uint64   // the same for a stable number
}

// cut is a power cut at one write of the workload.
type cut struct {
	disk *storagetest.Disk
	owes promise
	at   string
}

// script is the workload: appends of several sizes, truncations at both ends,
// votes, flushes.
func script(n *node, owe *atomic.Pointer[promise]) error {
	var log []*raft.Log
	var term uint64
	step := func(next []*raft.Log, nextTerm uint64, run func() error) error {
		owe.Store(&promise{log, next, [2]uint64{term, nextTerm}})
		if err := run(); err != nil {
			return err
		}
		log, term = next, nextTerm
		owe.Store(&promise{log, log, [2]uint64{term, term}})
		return nil
	}
	for round := range uint64(6) {
		last := uint64(0)
		if len(log) > 0 {
			last = log[len(log)-1].Index
		}
		for _, size := range []uint64{1, 3, 40} {
			add := entries(last+1, last+size, round+1)
			next := append(append([]*raft.Log(nil), log...), add...)
			if err := step(next, term, func() error { return n.StoreLogs(add) }); err != nil {
				return err
			}
			last += size
		}
		if err := step(log, round+1, func() error { return n.SetUint64([]byte("CurrentTerm"), round+1) }); err != nil {
			return err
		}
		if round%2 == 1 {
			if err := n.db.Flush(); err != nil {
				return err
			}
		}
		keep := log[:len(log)-5]
		if err := step(keep, term, func() error { return n.DeleteRange(keep[len(keep)-1].Index+1, last) }); err != nil {
			return err
		}
		if keep = log[20:]; round == 4 {
			keep = nil
		}
		if err := step(keep, term, func() error { return n.DeleteRange(log[0].Index, log[len(log)-len(keep)-1].Index) }); err != nil {
			return err
		}
	}
	return nil
}

// TestCrashEverywhere cuts the power before every write of the workload, three
// ways each, and opens what is left: nothing that was acknowledged may be
// missing, nothing else may be there, and the log has no hole.
func TestCrashEverywhere(t *testing.T) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	var owe atomic.Pointer[promise]
	owe.Store(&promise{})
	var cuts []cut
	disk.BeforeWrite(func() {
		// What is owed is read first: it may only grow until the cut.
		owes := *owe.Load()
		for _, unsynced := range []int{0, 50, 100} {
			at := fmt.Sprintf("write %d, %d %% of unsynced data kept", len(cuts)/3, unsynced)
			cuts = append(cuts, cut{disk.Crash(unsynced, uint64(len(cuts))), owes, at})
		}
	})
	must(t, script(n, &owe))
	disk.BeforeWrite(nil)
	n.close(t)
	for _, c := range cuts {
		if err := survives(t, c); err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
	}
	t.Logf("%d power cuts", len(cuts))
	if len(cuts) < 150 {
		t.Errorf("only %d power cuts were tried", len(cuts))
	}
}

// survives accepts the state that was acknowledged and, for an operation under
// way, the state after it; never anything between.
func survives(t *testing.T, c cut) error {
	n, err := tryOpen(c.disk, nil)
	if err != nil {
		return err
	}
	defer n.close(t)
	if err := checkLog(n, c.owes.acked); err != nil {
		if e := checkLog(n, c.owes.next); e != nil {
			return fmt.Errorf("neither before (%v) nor after (%v)", err, e)
		}
	}
	term, err := n.GetUint64([]byte("CurrentTerm"))
	if err != nil || term != c.owes.term[0] && term != c.owes.term[1] {
		return fmt.Errorf("term %d, %v; want %d or %d", term, err, c.owes.term[0], c.owes.term[1])
	}
	return nil
}
