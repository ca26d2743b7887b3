package state

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"sync/atomic"
	"syscall"
	"testing"

	"sandi.internal/gateway/storage/storagetest"
)

// cut is a power cut at one write of a workload.
type cut struct {
	disk *storagetest.Disk
	owes promise
	at   string
}

// promise is what the store owes at one moment.
type promise struct {
	synced   uint64   // the batch up to which everything is durable
	begun    uint64   // the last batch that was begun
	local    []string // node-local keys whose synced Set has returned
	restored bool     // Restore has returned
}

// cutEverywhere cuts the power before every write while work runs, three ways
// each.
func cutEverywhere(disk *storagetest.Disk, owe *atomic.Pointer[promise], seed uint64, work func()) []cut {
	var cuts []cut
	writes := 0
	disk.BeforeWrite(func() {
		writes++
		for _, unsynced := range []int{0, 50, 100} {
			at := fmt.Sprintf("seed %d, write %d, %d %% of unsynced data kept", seed, writes, unsynced)
			owes := *owe.Load() // what is owed for certain: read before the cut
			left := disk.Crash(unsynced, seed<<32+uint64(len(cuts)))
			owes.begun = owe.Load().begun // what may be there: read after it
			cuts = append(cuts, cut{left, owes, at})
		}
	})
	work()
	disk.BeforeWrite(nil)
	return cuts
}

// step is batch i of the workload: new pairs, changed ones, removed ones.
func step(i uint64) (set pairs, remove []string) {
	set = pairs{"head": fmt.Sprint(i), fmt.Sprintf("r%04d", i): string(bytes.Repeat([]byte{byte(i)}, 200))}
	if i%3 == 0 {
		remove = []string{fmt.Sprintf("r%04d", i/2)}
	}
	return set, remove
}

// history returns the content after each batch.
func history(n uint64) []pairs {
	states := []pairs{{}}
	for i := uint64(1); i <= n; i++ {
		next := maps.Clone(states[i-1])
		set, remove := step(i)
		maps.Copy(next, set)
		for _, k := range remove {
			delete(next, k)
		}
		states = append(states, next)
	}
	return states
}

const crashBatches = 60

func applyScript(n *node, owe *atomic.Pointer[promise]) error {
	p := promise{}
	say := func(change func()) {
		change()
		now := p
		owe.Store(&now)
	}
	for i := uint64(1); i <= crashBatches; i++ {
		say(func() { p.begun = i })
		set, remove := step(i)
		if err := n.tryApply(at(i), set, remove...); err != nil {
			return err
		}
		switch {
		case i%13 == 0:
			if err := n.db.Flush(); err != nil {
				return err
			}
			say(func() { p.synced = i })
		case i%7 == 0:
			if err := n.Sync(); err != nil {
				return err
			}
			say(func() { p.synced = i })
		case i%5 == 0:
			key := fmt.Sprintf("\x80out%d", i)
			if err := n.Local().Set([]byte(key), []byte("draft"), true); err != nil {
				return err
			}
			say(func() { p.local = append(p.local[:len(p.local):len(p.local)], key) })
		}
	}
	return nil
}

// TestCrashDuringApply asserts that a power cut leaves a prefix of the batches:
// Meta and data of the same batch, at least all that was synced.
func TestCrashDuringApply(t *testing.T) {
	for seed := range storagetest.Rounds(40) {
		crashDuringApply(t, seed)
	}
}

func crashDuringApply(t *testing.T, seed uint64) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	var owe atomic.Pointer[promise]
	owe.Store(&promise{})
	cuts := cutEverywhere(disk, &owe, seed, func() { must(t, applyScript(n, &owe)) })
	n.close(t)
	states := history(crashBatches)
	lost := 0
	for _, c := range cuts {
		stands, err := prefix(c, states)
		if err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
		if stands < c.owes.begun-1 {
			lost++
		}
	}
	t.Logf("%d power cuts, %d lost unsynced batches", len(cuts), lost)
	if len(cuts) < 150 || lost == 0 {
		t.Errorf("%d cuts of which %d lost something: the test does not bite", len(cuts), lost)
	}
}

// prefix opens what a cut left and returns where it stands.
func prefix(c cut, states []pairs) (uint64, error) {
	n, err := tryOpen(c.disk, nil)
	if err != nil {
		return 0, err
	}
	defer n.db.Close()
	stands := n.Meta().RaftIndex
	if stands < c.owes.synced || stands > c.owes.begun {
		return stands, fmt.Errorf("stands at %d, synced %d, begun %d", stands, c.owes.synced, c.owes.begun)
	}
	for _, key := range c.owes.local {
		if v, err := n.Local().Get([]byte(key)); err != nil || string(v) != "draft" {
			return stands, fmt.Errorf("node-local %q is %q, %v", key, v, err)
		}
	}
	return stands, n.holds(states[stands])
}

func (n *node) holds(want pairs) error {
	v := n.View()
	defer v.Close()
	got, err := content(v)
	if err != nil {
		return err
	}
	if !maps.Equal(got, want) {
		return fmt.Errorf("%d pairs that differ from the %d expected", len(got), len(want))
	}
	return nil
}

// restoreOver prepares a node with an old ledger, synced, and node-local keys.
func restoreOver(t *testing.T, disk *storagetest.Disk, fatal func(string)) *node {
	n, err := tryOpen(disk, fatal)
	must(t, err)
	n.apply(t, at(1), sample("old", 500))
	must(t, n.db.Flush())
	n.apply(t, at(2), pairs{"k00001": "changed", "z": "1"}, "k00002")
	must(t, n.Local().Set([]byte("\x80own"), []byte("mine"), true))
	n.tableBytes = 8 << 10 // several tables
	return n
}

func oldLedger() pairs {
	p := sample("old", 500)
	p["k00001"], p["z"] = "changed", "1"
	delete(p, "k00002")
	return p
}

// TestCrashDuringRestore asserts that a power cut leaves the old ledger or the
// new one, whole, and the new one once Restore has returned.
func TestCrashDuringRestore(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(50), sample("new", 700))
	stream := src.stream(t)
	for seed := range storagetest.Rounds(40) {
		crashDuringRestore(t, stream, seed)
	}
}

func crashDuringRestore(t *testing.T, stream []byte, seed uint64) {
	disk := storagetest.NewDisk()
	n := restoreOver(t, disk, nil)
	var owe atomic.Pointer[promise]
	owe.Store(&promise{})
	cuts := cutEverywhere(disk, &owe, seed, func() {
		must(t, n.Restore(bytes.NewReader(stream), nil))
		owe.Store(&promise{restored: true})
		n.apply(t, at(51), pairs{}) // writes after it
		must(t, n.Sync())
	})
	n.close(t)
	older, newer := 0, 0
	for _, c := range cuts {
		isNew, err := wholeLedger(t, c)
		if err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
		if isNew {
			newer++
		} else {
			older++
		}
	}
	t.Logf("%d power cuts: %d old, %d new", len(cuts), older, newer)
	if older < 50 || newer < 5 {
		t.Errorf("%d old and %d new: the test does not bite", older, newer)
	}
}

func wholeLedger(t *testing.T, c cut) (isNew bool, err error) {
	n, err := tryOpen(c.disk, nil)
	if err != nil {
		return false, err
	}
	defer n.close(t)
	if v, err := n.Local().Get([]byte("\x80own")); err != nil || string(v) != "mine" {
		return false, fmt.Errorf("the node-local key is %q, %v", v, err)
	}
	isNew = n.Meta().RaftIndex >= 50
	want := oldLedger()
	if isNew {
		want = sample("new", 700)
	} else if c.owes.restored {
		return false, errors.New("a finished restore was lost")
	}
	if !isNew && n.Meta().RaftIndex != 2 {
		return false, fmt.Errorf("the old ledger stands at %d", n.Meta().RaftIndex)
	}
	if err := n.holds(want); err != nil {
		return isNew, err
	}
	// What is left must be a store that works.
	if err := n.tryApply(at(60), pairs{"later": "1"}); err != nil {
		return isNew, err
	}
	return isNew, n.Sync()
}

// TestRestoreFaults makes every write of a restore fail in turn: an error or
// the end of the process, and a whole ledger afterwards.
func TestRestoreFaults(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(50), sample("new", 700))
	stream := src.stream(t)
	probe := storagetest.NewDisk()
	n := restoreOver(t, probe, nil)
	from := probe.Writes()
	must(t, n.Restore(bytes.NewReader(stream), nil))
	to := probe.Writes()
	n.close(t)
	stride := 1
	if testing.Short() {
		stride = 9
	}
	outcome := map[string]int{}
	for at := from; at < to; at += stride {
		disk := storagetest.NewDisk()
		p := storagetest.NewProcess(disk)
		var err error
		reason := p.Run(func() {
			n := restoreOver(t, disk, p.Exit)
			disk.Break(func(op storagetest.Op) error {
				if op.Write && op.N == at { // this one alone: a passing fault
					return syscall.EIO
				}
				return nil
			})
			err = n.Restore(bytes.NewReader(stream), nil)
			disk.Break(nil)
			n.db.Close()
		})
		switch {
		case reason != "":
			outcome["process ended"]++
		case err != nil:
			outcome["error"]++
		default:
			outcome["restored"]++ // the removal of temporary files failed
		}
		c := cut{disk: disk.Crash(0, 0), owes: promise{restored: reason == "" && err == nil}}
		if _, err := wholeLedger(t, c); err != nil {
			t.Errorf("fault at write %d: %v", at, err)
		}
	}
	t.Logf("%v", outcome)
	if outcome["error"] == 0 || outcome["process ended"] == 0 {
		t.Errorf("%v: the test does not bite", outcome)
	}
}
