package accesslog

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/journal"
	"sandi.internal/gateway/storage/storagetest"
)

const (
	mine   = "CT-110000-2025-000001"
	theirs = "CT-120000-2025-000002"
)

var ctx = context.Background()

// desk is a log on a disk.
type desk struct {
	*Log
	db  *engine.DB
	now time.Time
}

func try(disk *storagetest.Disk, p *storagetest.Process) (*desk, error) {
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	o := engine.Options{Dir: "vault", Kind: engine.Vault, FS: disk.FS(), Logger: quiet}
	if p != nil {
		o.Fatal = p.Exit
	}
	db, err := engine.Open(o)
	if err != nil {
		return nil, err
	}
	j, err := journal.Open(db)
	if err != nil {
		return nil, err
	}
	d := &desk{db: db, now: time.Unix(1_763_000_000, 0)}
	d.Log, err = Open(Config{
		Region: "110000", Node: "110000-a", Store: j, Logger: quiet,
		Clock: func() time.Time { return d.now }, Now: func() time.Time { return d.now },
	})
	return d, err
}

func open(t *testing.T, disk *storagetest.Disk) *desk {
	t.Helper()
	d, err := try(disk, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.db.Close() })
	return d
}

// fresh is an empty log that the ledger has no head of.
func fresh(t *testing.T) (*desk, *storagetest.Disk) {
	t.Helper()
	disk := storagetest.NewDisk()
	d := open(t, disk)
	if err := d.Record(ctx, look(mine)); !errors.Is(err, access.ErrClosed) {
		t.Fatalf("an empty log that was not held against the ledger took an entry: %v", err)
	}
	if err := d.Hold(nil); err != nil {
		t.Fatal(err)
	}
	return d, disk
}

// reopen is a restart.
func (d *desk) reopen(t *testing.T, disk *storagetest.Disk) *desk {
	t.Helper()
	if err := d.db.Close(); err != nil {
		t.Fatal(err)
	}
	return open(t, disk)
}

func look(record string) access.Entry {
	return access.Entry{Action: access.Read, Region: "110000", Person: "AAAAAAAAAAAAAAAAAAAAAA", Org: "110115-SJ", Role: "officer", Record: record}
}

func denied(person byte) access.Entry {
	e := look(mine)
	e.Action, e.Reason, e.Person = access.Denied, "not_found", "AAAAAAAAAAAAAAAAAAAA"+string('A'+rune(person/4))+string("AQgw"[person%4])
	return e
}

func (d *desk) record(t *testing.T, entries ...access.Entry) {
	t.Helper()
	for _, e := range entries {
		if err := d.Record(ctx, e); err != nil {
			t.Fatal(err)
		}
	}
}

// whole reads the log, verifies all of it and every proof, and gives its entries.
func (d *desk) whole(t *testing.T, heads ...access.Head) []access.Found {
	t.Helper()
	head, err := d.Head()
	if err != nil {
		t.Fatal(err)
	}
	replay := access.NewReplay(append(heads, head), nil)
	for replay.Size() < head.Size {
		rows, err := d.Rows(ctx, head.Log, replay.Size(), head.Size, func(string, access.Entry) bool { return true })
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			if err := replay.Add(row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if h := replay.Missing(); h != nil {
		t.Fatalf("it doesn't reach %d entries", h.Size)
	}
	return replay.Found
}

// TestLog: entries come back in order over restarts, with a head that verifies.
func TestLog(t *testing.T) {
	d, disk := fresh(t)
	var heads []access.Head
	for i := range 20 {
		e := look(mine)
		if i%4 == 1 {
			e.Record, e.What = theirs, []string{"name"}
		}
		d.record(t, e)
		d.now = d.now.Add(time.Second)
		if i%7 == 0 {
			d = d.reopen(t, disk)
		}
		if i%5 == 0 {
			h, err := d.Head()
			if err != nil || h.Size != uint64(i+1) {
				t.Fatalf("head %+v, %v", h, err)
			}
			heads = append(heads, h)
		}
	}
	d.now = d.now.Add(-time.Hour) // a clock that goes back does not take the log with it
	d.record(t, look(mine))
	found := d.whole(t, heads...)
	if len(found) != 21 || found[20].Entry.Time != found[19].Entry.Time {
		t.Fatalf("%d entries, the last at %d", len(found), found[len(found)-1].Entry.Time)
	}
	if err := d.Verify(ctx, heads); err != nil {
		t.Error(err)
	}
	for _, h := range heads {
		if err := d.Hold(&h); err != nil {
			t.Error(err)
		}
	}
	if err := d.Begin(ctx, 1, look("")); !errors.Is(err, ErrOpen) {
		t.Errorf("another log beside an open one: %v", err)
	}
	list, next, err := d.List(ctx, Filter{Log: 1, Below: 21, Subjects: []string{theirs}, Limit: 2})
	if err != nil || len(list) != 2 || list[0].Index != 17 || list[1].Index != 13 || next != 13 {
		t.Fatalf("%+v, next %d, %v", list, next, err)
	}
	list, next, err = d.List(ctx, Filter{Log: 1, Below: next, Subjects: []string{theirs}, Limit: 50})
	if err != nil || len(list) != 3 || next != 0 {
		t.Fatalf("%+v, next %d, %v", list, next, err)
	}
	from, to := found[3].Entry.Time, found[5].Entry.Time
	if list, _, err = d.List(ctx, Filter{Log: 1, Below: 21, From: from, To: to, Person: look("").Person, Limit: 50}); err != nil || len(list) != 2 || list[0].Index != 4 {
		t.Fatalf("%+v, %v", list, err)
	}
	if list, _, err = d.List(ctx, Filter{Log: 1, Below: 21, Person: denied(1).Person, Limit: 50}); err != nil || len(list) != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
}

// TestBadEntry: what has no form is not written, and the log goes on.
func TestBadEntry(t *testing.T) {
	d, _ := fresh(t)
	e := look("x")
	if err := d.Record(ctx, e); !errors.Is(err, access.ErrForm) {
		t.Fatal(err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := d.Record(gone, look(mine)); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	d.record(t, look(mine))
	if n := len(d.whole(t)); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// TestConcurrent: many writers at once leave one log without gaps, and each finds its
// entry there when it is told so.
func TestConcurrent(t *testing.T) {
	d, disk := fresh(t)
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for k := range 8 {
				e := look(mine)
				e.Count = uint64(100*i + k + 1)
				if err := d.Record(ctx, e); err != nil {
					t.Error(err)
				}
				if h, err := d.Head(); err != nil || h.Size == 0 {
					t.Errorf("%+v, %v", h, err)
				}
			}
		})
	}
	group.Wait()
	found := d.reopen(t, disk).whole(t)
	seen := map[uint64]bool{}
	for _, f := range found {
		seen[f.Entry.Count] = true
	}
	if len(found) != 128 || len(seen) != 128 {
		t.Errorf("%d entries, %d of them different", len(found), len(seen))
	}
}

// TestCrash cuts the power before every write: every entry that was acknowledged is
// there, the log verifies, and every head that was shown is one of it.
func TestCrash(t *testing.T) {
	disk := storagetest.NewDisk()
	d := open(t, disk)
	if err := d.Hold(nil); err != nil {
		t.Fatal(err)
	}
	type cut struct {
		disk  *storagetest.Disk
		heads []access.Head
	}
	var cuts []cut
	var heads []access.Head
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			cuts = append(cuts, cut{disk.Crash(unsynced, uint64(len(cuts))), slices.Clone(heads)})
		}
	})
	for i := range 40 {
		e := look(mine)
		if i%5 == 0 {
			e = denied(byte(i))
		}
		d.record(t, e)
		h, err := d.Head()
		if err != nil || h.Size != uint64(i+1) {
			t.Fatalf("%+v, %v", h, err)
		}
		heads = append(heads, h)
	}
	disk.BeforeWrite(nil)
	if len(cuts) < 100 {
		t.Fatalf("only %d power cuts", len(cuts))
	}
	for i, c := range cuts {
		d := open(t, c.disk)
		if err := d.Hold(nil); err != nil {
			t.Fatalf("cut %d: %v", i, err)
		}
		if err := d.Verify(ctx, c.heads); err != nil {
			t.Errorf("cut %d, %d heads shown: %v", i, len(c.heads), err)
		}
		if len(c.heads) > 0 {
			if err := d.Hold(&c.heads[len(c.heads)-1]); err != nil {
				t.Errorf("cut %d: %v", i, err)
			}
		}
		d.record(t, look(mine))
		d.whole(t, c.heads...)
		if err := d.db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaults makes every write fail in turn: what was not written is not
// acknowledged.
func TestFaults(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		for at := range 8 {
			disk := storagetest.NewDisk()
			p := storagetest.NewProcess(disk)
			var acknowledged atomic.Int64
			p.Run(func() {
				d, err := try(disk, p)
				if err != nil {
					t.Error(err)
					return
				}
				if err := d.Hold(nil); err != nil {
					t.Error(err)
				}
				first := disk.Writes()
				disk.Break(func(op storagetest.Op) error {
					if op.Write && op.N >= first+at {
						return fault
					}
					return nil
				})
				for range 5 {
					if d.Record(ctx, look(mine)) == nil {
						acknowledged.Add(1)
					}
				}
			})
			if acknowledged.Load() == 5 {
				t.Errorf("%v from write %d on: all was acknowledged", fault, at)
			}
			after := open(t, disk.Crash(0, 1))
			if h, err := after.Head(); err != nil || int64(h.Size) < acknowledged.Load() {
				t.Errorf("%v from write %d on: %+v, %v; %d acknowledged", fault, at, h, err, acknowledged.Load())
			}
		}
	}
}

// TestNoRoom: on a full disk nothing is taken, and entries are taken again when there
// is room.
func TestNoRoom(t *testing.T) {
	d, disk := fresh(t)
	d.record(t, look(mine))
	disk.SetFree(1 << 20)
	if err := d.Record(ctx, look(mine)); !errors.Is(err, access.ErrClosed) || !errors.Is(err, journal.ErrNoRoom) {
		t.Fatalf("%v", err)
	}
	disk.SetFree(1 << 40)
	d.record(t, look(mine))
	if n := len(d.whole(t)); n != 2 {
		t.Errorf("%d entries", n)
	}
}

// TestTampered: whatever is done to a row is found: at the start, against the ledger, or
// by a full reading; then the log takes nothing, until somebody answers for it.
func TestTampered(t *testing.T) {
	anchor := func(d *desk) access.Head {
		h, err := d.HeadAt(1, 300)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	type pair = journal.Pair
	for name, tamper := range map[string]func(t *testing.T, s Store) (drop [][]byte, set []pair){
		"an entry changed": func(t *testing.T, s Store) ([][]byte, []pair) {
			return nil, []pair{{Key: entryKey(1, 7), Value: value(t, s, entryKey(1, 8))}}
		},
		"two entries swapped": func(t *testing.T, s Store) ([][]byte, []pair) {
			return nil, []pair{{Key: entryKey(1, 7), Value: value(t, s, entryKey(1, 8))}, {Key: entryKey(1, 8), Value: value(t, s, entryKey(1, 7))}}
		},
		"the last entry changed": func(t *testing.T, s Store) ([][]byte, []pair) {
			return nil, []pair{{Key: entryKey(1, 299), Value: value(t, s, entryKey(1, 8))}}
		},
		"an entry gone": func(*testing.T, Store) ([][]byte, []pair) { return [][]byte{entryKey(1, 7)}, nil },
		"the tail gone": func(*testing.T, Store) ([][]byte, []pair) { return [][]byte{entryKey(1, 299)}, nil },
		"an entry added": func(t *testing.T, s Store) ([][]byte, []pair) {
			return nil, []pair{{Key: entryKey(1, 300), Value: value(t, s, entryKey(1, 8))}}
		},
		"a leaf hash changed": func(*testing.T, Store) ([][]byte, []pair) {
			return nil, []pair{{Key: hashKey(1, 0, 7), Value: make([]byte, 32)}}
		},
		"the last hash changed": func(*testing.T, Store) ([][]byte, []pair) {
			return nil, []pair{{Key: hashKey(1, 0, 299), Value: make([]byte, 32)}}
		},
		"a higher hash changed": func(*testing.T, Store) ([][]byte, []pair) {
			return nil, []pair{{Key: hashKey(1, 8, 0), Value: make([]byte, 32)}}
		},
		"the edge changed": func(*testing.T, Store) ([][]byte, []pair) { return nil, []pair{{Key: edgeKey(1), Value: []byte{1}}} },
		"the edge gone":    func(*testing.T, Store) ([][]byte, []pair) { return [][]byte{edgeKey(1)}, nil },
		"the number changed": func(*testing.T, Store) ([][]byte, []pair) {
			return nil, []pair{{Key: numberKey(), Value: []byte{0, 0, 0, 0, 0, 0, 0, 0}}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			disk := storagetest.NewDisk()
			d := open(t, disk)
			if err := d.Hold(nil); err != nil {
				t.Fatal(err)
			}
			for i := range 300 {
				e := look(mine)
				e.Count = uint64(i)
				if _, _, err := d.append([]access.Entry{e}); err != nil { // not waited for: syncs are not what this tests
					t.Fatal(err)
				}
			}
			d.record(t, look(theirs))
			h := anchor(d)
			drop, set := tamper(t, d.cfg.Store)
			for _, key := range drop {
				if err := d.db.Delete(append([]byte{'a'}, key...), nil); err != nil {
					t.Fatal(err)
				}
			}
			for _, p := range set {
				if err := d.db.Set(append([]byte{'a'}, p.Key...), p.Value, nil); err != nil {
					t.Fatal(err)
				}
			}
			d = d.reopen(t, disk)
			err := d.Hold(&h)
			if err == nil {
				err = d.Verify(ctx, []access.Head{h})
			}
			if !errors.Is(err, access.ErrClosed) {
				t.Fatalf("nobody noticed: %v", err)
			}
			if err := d.Record(ctx, look(mine)); !errors.Is(err, access.ErrClosed) {
				t.Errorf("it takes entries: %v", err)
			}
			if err := d.Record(ctx, denied(1)); !errors.Is(err, access.ErrClosed) {
				t.Errorf("it takes denials: %v", err)
			}
			answer := look("")
			answer.Reason = "damaged"
			if err := d.Begin(ctx, 1, answer); err != nil {
				t.Fatal(err)
			}
			d.record(t, look(mine))
			found := d.reopen(t, disk).whole(t)
			if len(found) != 2 || found[0].Entry.Action != access.Begun || found[0].Entry.Reason != "damaged" {
				t.Errorf("the next log has %+v", found)
			}
		})
	}
}

func value(t *testing.T, s Store, key []byte) []byte {
	t.Helper()
	v, err := s.Get(key)
	if err != nil || v == nil {
		t.Fatalf("%x: %v", key, err)
	}
	return v
}

// TestLedgerKnowsMore: a log that is shorter than, another than, or before the one of
// the ledger's head is closed.
func TestLedgerKnowsMore(t *testing.T) {
	for name, spoil := range map[string]func(*access.Head){
		"shorter":     func(h *access.Head) { h.Size++ },
		"rewritten":   func(h *access.Head) { h.Root[0] ^= 1 },
		"another log": func(h *access.Head) { h.Log++ },
	} {
		d, _ := fresh(t)
		d.record(t, look(mine), look(mine))
		h, err := d.Head()
		if err != nil || d.Hold(&h) != nil {
			t.Fatal(err)
		}
		spoil(&h)
		if err := d.Hold(&h); !errors.Is(err, access.ErrClosed) || name == "shorter" && !strings.Contains(err.Error(), "the log has 2") {
			t.Errorf("%s: %v", name, err)
		}
		if err := d.Begin(ctx, h.Log, access.Entry{Region: "110000", Reason: "restored"}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := d.Head(); err != nil || got.Log != h.Log+1 || got.Size != 1 {
			t.Errorf("%s: the next log is %+v, %v", name, got, err)
		}
		if err := d.Hold(&h); err != nil {
			t.Errorf("%s: the next log is held to the one before: %v", name, err)
		}
	}
	empty := open(t, storagetest.NewDisk())
	if err := empty.Hold(&access.Head{Log: 1, Size: 3}); !errors.Is(err, access.ErrClosed) {
		t.Errorf("a lost log: %v", err)
	}
}

// TestDenials: a flood takes few lines, and every one of it is counted.
func TestDenials(t *testing.T) {
	d, _ := fresh(t)
	for i := range 50 {
		e := denied(0)
		e.What = []string{fmt.Sprint("guess", i)}
		d.record(t, e)
	}
	d.record(t, denied(1))
	if n := len(d.whole(t)); n != 2 {
		t.Fatalf("%d lines before the minute is over", n)
	}
	d.now = d.now.Add(crowdTime)
	if err := d.Flush(false); err != nil {
		t.Fatal(err)
	}
	found := d.whole(t)
	if len(found) != 3 || found[2].Entry.Count != 49 || found[2].Entry.Person != denied(0).Person {
		t.Fatalf("%+v", found)
	}
	d.record(t, denied(0)) // the next minute begins with a line
	for i := range 200 {
		e := denied(0)
		e.Reason = fmt.Sprint("reason", i)
		d.record(t, e)
	}
	if err := d.Flush(true); err != nil {
		t.Fatal(err)
	}
	found = d.whole(t)
	last := found[len(found)-1].Entry
	if len(found) != 3+crowdMost+1 || last.Count != 201-crowdMost || last.Person != "" || last.Reason != crowdReason {
		t.Fatalf("%d lines, the last %+v", len(found), last)
	}
	total := uint64(0)
	for _, f := range found {
		total += max(f.Entry.Count, 1)
	}
	if total != 51+201 {
		t.Errorf("%d denials stand in the log, there were %d", total, 51+201)
	}
}
