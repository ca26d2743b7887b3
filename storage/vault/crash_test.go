package vault

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"sync/atomic"
	"syscall"
	"testing"

	"sandi.internal/gateway/storage/storagetest"
)

// shelf is what the vault owes: the objects whose Put has returned.
type shelf map[Object]int // -> size

// putScript stores small and large objects and aborts some; done is what a
// crash must not lose.
func putScript(n *node, done *atomic.Pointer[shelf]) error {
	aborted := errors.New("aborted")
	for i, size := range []int{50, chunkSize + 9, 70_000, inlineMax, 100_000} {
		o, err := n.Put(ctx, Meta{Name: fmt.Sprint(i)}, bytes.NewReader(bytesOf(size)))
		if err != nil {
			return err
		}
		next := shelf{o: size}
		for k, v := range *done.Load() {
			next[k] = v
		}
		done.Store(&next)
		_, err = n.Put(ctx, Meta{}, readerFunc(func(p []byte) (int, error) {
			if size -= len(p); size < 0 {
				return 0, aborted
			}
			return len(p), nil
		}))
		if !errors.Is(err, aborted) {
			return err
		}
	}
	return nil
}

func newShelf() *atomic.Pointer[shelf] {
	var p atomic.Pointer[shelf]
	p.Store(&shelf{})
	return &p
}

// survives opens what a crash left: all that was acknowledged is there, at most
// one object more, and nothing of any other upload.
func survives(t *testing.T, disk *storagetest.Disk, owed shelf) error {
	n, err := tryOpen(disk, Options{}, nil)
	if err != nil {
		return err
	}
	defer n.db.Close()
	files := 0
	for o, size := range owed {
		if got, err := n.read(o.Commitment); err != nil || !bytes.Equal(got, bytesOf(size)) {
			return fmt.Errorf("an object of %d bytes is lost or damaged: %v", size, err)
		}
		if size > inlineMax {
			files++
		}
	}
	o, p, f := n.left(t)
	if more := o - len(owed); more < 0 || more > 1 || p != 0 || f < files || f > files+more {
		return fmt.Errorf("%d objects (%d owed), %d pending, %d files (%d owed)", o, len(owed), p, f, files)
	}
	return nil
}

func TestCrashDuringPut(t *testing.T) {
	for seed := range storagetest.Rounds(10) {
		crashDuringPut(t, seed)
	}
}

func crashDuringPut(t *testing.T, seed uint64) {
	type cut struct {
		disk *storagetest.Disk
		owed shelf
		at   string
	}
	disk := storagetest.NewDisk()
	n := open(t, disk)
	done := newShelf()
	var cuts []cut
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			at := fmt.Sprintf("seed %d, write %d, %d %% of unsynced data kept", seed, len(cuts)/3, unsynced)
			cuts = append(cuts, cut{owed: *done.Load(), at: at, disk: disk.Crash(unsynced, seed<<32+uint64(len(cuts)))})
		}
	})
	must(t, putScript(n, done))
	disk.BeforeWrite(nil)
	n.wantLeft(t, 5, 3)
	for _, c := range cuts {
		if err := survives(t, c.disk, c.owed); err != nil {
			t.Errorf("%s: %v", c.at, err)
		}
	}
	t.Logf("%d power cuts", len(cuts))
	if len(cuts) < 150 {
		t.Errorf("only %d power cuts", len(cuts))
	}
}

// TestFaultsDuringPut makes every write fail in turn.
func TestFaultsDuringPut(t *testing.T) {
	probe := storagetest.NewDisk()
	n := open(t, probe)
	from := probe.Writes()
	must(t, putScript(n, newShelf()))
	to := probe.Writes()
	stride := 1
	if testing.Short() {
		stride = 9
	}
	outcome := map[string]int{}
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		for at := from; at < to; at += stride {
			disk := storagetest.NewDisk()
			p := storagetest.NewProcess(disk)
			done := newShelf()
			var err error
			reason := p.Run(func() {
				var n *node
				if n, err = tryOpen(disk, Options{}, p.Exit); err != nil {
					return
				}
				disk.Break(func(op storagetest.Op) error {
					if op.Write && op.N == at {
						return &os.PathError{Op: "write", Path: op.Path, Err: fault}
					}
					return nil
				})
				err = putScript(n, done)
				n.db.Close()
			})
			switch {
			case reason != "":
				outcome["process ended"]++
			case errors.Is(err, fault):
				outcome["error"]++
			case err != nil:
				t.Errorf("fault at write %d: %v", at, err)
			default:
				outcome["stored"]++ // an aborted upload could not be removed at once
			}
			if err := survives(t, disk.Crash(100, 1), *done.Load()); err != nil {
				t.Errorf("%v at write %d: %v", fault, at, err)
			}
		}
	}
	t.Logf("%v", outcome)
	if outcome["process ended"] == 0 || outcome["error"] == 0 {
		t.Errorf("%v: the test does not bite", outcome)
	}
}
