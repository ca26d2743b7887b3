package raftlog

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/storage/storagetest"
)

// stage is a state of the store between two operations of the workload.
type stage struct {
	log  []*raft.Log
	term uint64
}

// record is the course of a workload: stages[acked] is acknowledged, and the
// last stage may be under way.
type record struct {
	mu     sync.Mutex
	stages []stage
	acked  int
}

func newRecord() *record { return &record{stages: []stage{{}}} }

func (r *record) now() (acked, begun int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.acked, len(r.stages) - 1
}

// do runs one operation that leads to next.
func (r *record) do(next stage, run func() error) error {
	r.mu.Lock()
	r.stages = append(r.stages, next)
	r.mu.Unlock()
	if err := run(); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.acked = len(r.stages) - 1
	return nil
}

// script is the workload: appends of several sizes, truncations at both ends,
// votes, flushes.
func script(n *node, r *record) error {
	var log []*raft.Log
	var term uint64
	do := func(next []*raft.Log, nextTerm uint64, run func() error) error {
		log, term = next, nextTerm
		return r.do(stage{next, nextTerm}, run)
	}
	for round := range uint64(6) {
		last := uint64(0)
		if len(log) > 0 {
			last = log[len(log)-1].Index
		}
		for _, size := range []uint64{1, 3, 40} {
			add := entries(last+1, last+size, round+1)
			next := append(append([]*raft.Log(nil), log...), add...)
			if err := do(next, term, func() error { return n.StoreLogs(add) }); err != nil {
				return err
			}
			last += size
		}
		if err := do(log, round+1, func() error { return n.SetUint64([]byte("CurrentTerm"), round+1) }); err != nil {
			return err
		}
		if round%2 == 1 {
			if err := n.db.Flush(); err != nil {
				return err
			}
		}
		keep := log[:len(log)-5]
		if err := do(keep, term, func() error { return n.DeleteRange(last-4, last) }); err != nil {
			return err
		}
		if keep = log[20:]; round == 4 {
			keep = nil
		}
		first, cut := log[0].Index, log[len(log)-len(keep)-1].Index
		if err := do(keep, term, func() error { return n.DeleteRange(first, cut) }); err != nil {
			return err
		}
	}
	return nil
}

// cut is a power cut at one write of the workload, with the stages that may be
// found afterwards.
type cut struct {
	disk     *storagetest.Disk
	from, to int
	at       string
}

// TestCrashEverywhere cuts the power before every write of the workload, three
// ways each, and opens what is left: nothing that was acknowledged may be
// missing, nothing else may be there, and the log has no hole.
func TestCrashEverywhere(t *testing.T) {
	for seed := range storagetest.Rounds(40) {
		crashEverywhere(t, seed)
	}
}

func crashEverywhere(t *testing.T, seed uint64) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	r := newRecord()
	var cuts []cut
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			c := cut{at: fmt.Sprintf("seed %d, write %d, %d %% of unsynced data kept", seed, len(cuts)/3, unsynced)}
			c.from, _ = r.now() // what is owed: read before the cut
			c.disk = disk.Crash(unsynced, seed<<32+uint64(len(cuts)))
			_, c.to = r.now() // what may be there: read after it
			cuts = append(cuts, c)
		}
	})
	must(t, script(n, r))
	disk.BeforeWrite(nil)
	n.close(t)
	for _, c := range cuts {
		if err := survives(t, c, r); err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
	}
	t.Logf("%d power cuts", len(cuts))
	if len(cuts) < 150 {
		t.Errorf("only %d power cuts were tried", len(cuts))
	}
}

// survives accepts the stage that was acknowledged and those begun since; never
// anything between two stages.
func survives(t *testing.T, c cut, r *record) error {
	n, err := tryOpen(c.disk, nil)
	if err != nil {
		return err
	}
	defer n.close(t)
	term, err := n.GetUint64([]byte("CurrentTerm"))
	if err != nil {
		return err
	}
	var why error
	for _, s := range r.stages[c.from : c.to+1] {
		if err := checkLog(n, s.log); err != nil {
			why = err
		} else if s.term != term {
			why = fmt.Errorf("term %d, want %d", term, s.term)
		} else {
			return nil
		}
	}
	return fmt.Errorf("none of stages %d to %d: %w", c.from, c.to, why)
}
