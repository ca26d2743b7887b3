package journal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"syscall"
	"testing"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

func open(disk *storagetest.Disk, p *storagetest.Process) (*engine.DB, *Journal, error) {
	o := engine.Options{Dir: "vault", Kind: engine.Vault, FS: disk.FS(), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))}
	if p != nil {
		o.Fatal = p.Exit
	}
	db, err := engine.Open(o)
	if err != nil {
		return nil, nil, err
	}
	j, err := Open(db)
	return db, j, err
}

func key(i int) []byte { return binary.BigEndian.AppendUint64([]byte("r"), uint64(i)) }

// write adds a row and a pointer to it, as one.
func write(j *Journal, i int) error {
	wait, err := j.Write([]Pair{{key(i), fmt.Append(nil, i)}, {[]byte("last"), fmt.Append(nil, i)}})
	if err != nil {
		return err
	}
	return wait()
}

// holds checks that a journal has the rows 0 to some n without a gap, and says n.
func holds(t *testing.T, j *Journal) (n int) {
	t.Helper()
	err := j.Scan([]byte("r"), []byte("s"), false, func(k, v []byte) (bool, error) {
		if string(k) != string(key(n)) || string(v) != fmt.Sprint(n) {
			t.Fatalf("row %d is %x: %s", n, k, v)
		}
		n++
		return true, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	last, err := j.Get([]byte("last"))
	if err != nil || n > 0 && string(last) != fmt.Sprint(n-1) || n == 0 && last != nil {
		t.Fatalf("%d rows, last %s, %v", n, last, err)
	}
	return n
}

// TestCrash cuts the power before every write: what was waited for is there, nothing
// is there in part, and no row without those before it.
func TestCrash(t *testing.T) {
	disk := storagetest.NewDisk()
	db, j, err := open(disk, nil)
	if err != nil {
		t.Fatal(err)
	}
	type cut struct {
		disk *storagetest.Disk
		owed int
	}
	var cuts []cut
	done := 0
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			cuts = append(cuts, cut{disk.Crash(unsynced, uint64(len(cuts))), done})
		}
	})
	for i := range 40 {
		if err := write(j, i); err != nil {
			t.Fatal(err)
		}
		done = i + 1
	}
	disk.BeforeWrite(nil)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if len(cuts) < 100 {
		t.Fatalf("only %d power cuts", len(cuts))
	}
	for i, c := range cuts {
		db, j, err := open(c.disk, nil)
		if err != nil {
			t.Fatalf("cut %d: %v", i, err)
		}
		if n := holds(t, j); n < c.owed || n > c.owed+1 {
			t.Errorf("cut %d: %d rows, owed %d", i, n, c.owed)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFaults makes every write fail in turn: nothing is acknowledged, the process ends.
func TestFaults(t *testing.T) {
	for _, fault := range []error{syscall.EIO, syscall.ENOSPC} {
		ended := 0
		for at := range 12 {
			disk := storagetest.NewDisk()
			p := storagetest.NewProcess(disk)
			acknowledged := 0
			reason := p.Run(func() {
				_, j, err := open(disk, p)
				if err != nil {
					t.Error(err)
					return
				}
				first := disk.Writes()
				disk.Break(func(op storagetest.Op) error {
					if op.Write && op.N == first+at {
						return fault
					}
					return nil
				})
				for i := range 4 {
					if write(j, i) != nil {
						return
					}
					acknowledged = i + 1
				}
			})
			if reason != "" {
				ended++
			}
			disk.Break(nil)
			_, j, err := open(disk.Crash(0, 1), nil)
			if err != nil {
				t.Fatal(err)
			}
			if n := holds(t, j); n < acknowledged {
				t.Errorf("fault %v at %d: %d rows, %d acknowledged", fault, at, n, acknowledged)
			}
		}
		if ended < 4 {
			t.Errorf("%v ended the process %d times", fault, ended)
		}
	}
}

// TestNoRoom: a disk that is nearly full refuses, and nothing is written.
func TestNoRoom(t *testing.T) {
	disk := storagetest.NewDisk()
	db, j, err := open(disk, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	disk.SetFree(ReserveBytes - 1)
	if err := write(j, 0); !errors.Is(err, ErrNoRoom) {
		t.Fatalf("got %v", err)
	}
	if n := holds(t, j); n != 0 {
		t.Fatalf("%d rows", n)
	}
	disk.SetFree(ReserveBytes)
	if err := write(j, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := j.Write([]Pair{{make([]byte, maxKey+1), nil}}); !errors.Is(err, ErrPair) {
		t.Errorf("a long key: %v", err)
	}
	if n := holds(t, j); n != 1 {
		t.Errorf("%d rows", n)
	}
}
