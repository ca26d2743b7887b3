package vault

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/storagetest"
)

var (
	present = time.UnixMilli(1_763_600_000_123) // the clock of open
	past    = present.Add(-time.Hour)
	future  = present.Add(time.Hour)
)

// TestPurge: an object goes when its time has passed and no hold stands on it, and
// then wholly; what stays says why.
func TestPurge(t *testing.T) {
	for name, size := range map[string]int{"inline": 100, "file": 3 * chunkSize} {
		t.Run(name, func(t *testing.T) {
			disk := storagetest.NewDisk()
			n := open(t, disk)
			content := bytesOf(size)
			o, other := n.put(t, content), n.put(t, []byte("stays"))
			c := o.Commitment
			wantErr(t, n.Purge(ctx, c, "expired"), ErrRetained) // nobody has said how long
			must(t, n.Retain(ctx, c, "case_file", future))
			wantErr(t, n.Purge(ctx, c, "expired"), ErrRetained)
			wantErr(t, n.Retain(ctx, c, "case_file", past), ErrRetained) // never shortened
			k, err := n.Keeping(ctx, c)
			if must(t, err); k.Class != "case_file" || k.Until != future.UnixMilli() {
				t.Fatalf("%+v", k)
			}
			n.now = func() time.Time { return future }
			must(t, n.Hold(ctx, c, "CT-120000-2025-000018", "复议"))
			must(t, n.Hold(ctx, c, "CT-120000-2025-000018", "again"))
			wantErr(t, n.Purge(ctx, c, "expired"), ErrHeld)
			wantErr(t, n.Lift(ctx, c, "CT-120000-2025-000019"), ErrHold)
			must(t, n.Lift(ctx, c, "CT-120000-2025-000018"))
			wantErr(t, n.Purge(ctx, c, ""), ErrMeta)
			must(t, n.Purge(ctx, c, "保管期满"))

			for what, err := range map[string]error{
				"get": func() error { _, _, err := n.Get(ctx, c); return err }(), "stat": func() error { _, err := n.Stat(ctx, c); return err }(),
				"opening": func() error { _, err := n.Opening(ctx, c); return err }(), "purge": n.Purge(ctx, c, "again"), "hold": n.Hold(ctx, c, "x", "y"),
			} {
				if !errors.Is(err, ErrPurged) || !strings.Contains(err.Error(), "保管期满") {
					t.Errorf("%s: %v", what, err)
				}
			}
			n.wantLeft(t, 1, 0)
			n.checkObject(t, other, []byte("stays"))
			if u := n.Usage(); u != (Usage{Objects: 1, Bytes: 5}) {
				t.Errorf("usage %+v", u)
			}
			must(t, n.db.Close())
			again := open(t, disk)
			_, _, err = again.Get(ctx, c)
			wantErr(t, err, ErrPurged)
			if u := again.Usage(); u != (Usage{Objects: 1, Bytes: 5}) {
				t.Errorf("usage after a restart %+v", u)
			}
		})
	}
}

func TestKeepingRefuses(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	c := n.put(t, []byte("x")).Commitment
	long := strings.Repeat("x", 300)
	for name, err := range map[string]error{
		"no class": n.Retain(ctx, c, "", future), "long class": n.Retain(ctx, c, long, future), "no id": n.Hold(ctx, c, "", "r"),
		"no reason": n.Hold(ctx, c, "h", ""), "long reason": n.Hold(ctx, c, "h", long), "long purge": n.Purge(ctx, c, long),
	} {
		if !errors.Is(err, ErrMeta) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for i := range maxHolds {
		must(t, n.Hold(ctx, c, strings.Repeat("h", maxHoldID-1)+string(rune('a'+i)), strings.Repeat("r", maxReasons)))
	}
	wantErr(t, n.Hold(ctx, c, "one more", "r"), ErrHold)
	var unknown commitment.Commitment
	wantErr(t, n.Retain(ctx, unknown, "x", future), ErrNotFound)
	wantErr(t, n.Purge(ctx, unknown, "x"), ErrNotFound)
}

// TestSaidIsBound: what is said of one object can't be moved to another, nor a
// keeping be passed off as something else.
func TestSaidIsBound(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	a, b := n.put(t, []byte("a")).Commitment, n.put(t, []byte("b")).Commitment
	must(t, n.Retain(ctx, a, "short", past))
	row, err := n.get(saidKey(tagKeeping, a))
	must(t, err)
	must(t, n.db.Set(saidKey(tagKeeping, b), row, nil))
	wantErr(t, n.Purge(ctx, b, "moved"), ErrCorrupt)
	must(t, n.db.Set(saidKey(tagPurged, a), row, nil))
	must(t, n.db.Delete(objectKey(a), nil))
	_, err = n.Stat(ctx, a)
	wantErr(t, err, ErrCorrupt)
	if bytes.Contains(row, []byte("short")) {
		t.Error("a retention class can be read at rest")
	}
}

// TestCrashDuringPurge: whatever write a power cut interrupts, the object is there
// whole or gone wholly, and the counters agree with what is there.
func TestCrashDuringPurge(t *testing.T) {
	disk := storagetest.NewDisk()
	n := open(t, disk)
	content := bytesOf(2 * chunkSize)
	o := n.put(t, content)
	must(t, n.Retain(ctx, o.Commitment, "short", past))
	var cuts []*storagetest.Disk
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			cuts = append(cuts, disk.Crash(unsynced, uint64(len(cuts))))
		}
	})
	must(t, n.Purge(ctx, o.Commitment, "expired"))
	disk.BeforeWrite(nil)
	cuts = append(cuts, disk.Crash(0, 1)) // after Purge has returned
	outcome := map[string]int{}
	for i, cut := range cuts {
		again := open(t, cut)
		switch _, err := again.Stat(ctx, o.Commitment); {
		case err == nil:
			outcome["there"]++
			again.checkObject(t, o, content)
			again.wantLeft(t, 1, 1)
		case errors.Is(err, ErrPurged):
			outcome["purged"]++
			again.wantLeft(t, 0, 0)
		default:
			t.Fatalf("cut %d: %v", i, err)
		}
		counted, err := again.count()
		if must(t, err); counted != again.Usage() {
			t.Fatalf("cut %d: counters say %+v, there are %+v", i, again.Usage(), counted)
		}
		if last := i == len(cuts)-1; last && outcome["purged"] == 0 {
			t.Error("a purge that had returned was lost")
		}
	}
	if outcome["there"] == 0 || outcome["purged"] < 2 {
		t.Errorf("%v: the test does not bite", outcome)
	}
}

// TestQuota: the quota holds for small objects, and ends a large one on its way.
func TestQuota(t *testing.T) {
	n, err := tryOpen(storagetest.NewDisk(), Options{Quota: 2 * chunkSize}, nil)
	must(t, err)
	defer n.db.Close()
	first := n.put(t, bytesOf(chunkSize))
	read := 0
	_, err = n.Put(ctx, Meta{}, readerFunc(func(p []byte) (int, error) {
		if read += len(p); read > 64*chunkSize { // without a quota the test would never end
			return 0, io.EOF
		}
		return len(p), nil
	}))
	if wantErr(t, err, ErrQuota); read > 4*chunkSize {
		t.Errorf("%d bytes were read before the quota held", read)
	}
	n.put(t, bytesOf(chunkSize-10))
	n.put(t, bytesOf(10))
	_, err = n.Put(ctx, Meta{}, strings.NewReader("x"))
	wantErr(t, err, ErrQuota)
	n.wantLeft(t, 3, 2)
	must(t, n.Retain(ctx, first.Commitment, "short", past))
	must(t, n.Purge(ctx, first.Commitment, "room is needed"))
	n.put(t, bytesOf(chunkSize))
}

// TestScrub finds the damaged objects and no others.
func TestScrub(t *testing.T) {
	n := open(t, storagetest.NewDisk())
	var objects []Object
	for i := range pageSize + 5 {
		objects = append(objects, n.put(t, bytesOf(1+i%50)))
	}
	large := n.put(t, bytesOf(2*chunkSize))
	found, err := n.Scrub(ctx, nil)
	if must(t, err); len(found.Damaged) != 0 || found.Objects != int64(len(objects)+1) || found.Bytes != n.Usage().Bytes {
		t.Fatalf("%+v of %+v", found, n.Usage())
	}
	row, err := n.get(objectKey(objects[7].Commitment))
	must(t, err)
	row[len(row)-1] ^= 1
	must(t, n.db.Set(objectKey(objects[7].Commitment), row, nil))
	must(t, n.disk.Flip(n.objectFile(t, large), chunkSize+100))
	calls := 0
	found, err = n.Scrub(ctx, func(Scrubbed) { calls++ })
	if must(t, err); len(found.Damaged) != 2 || calls != len(objects)+1 {
		t.Fatalf("%+v after %d calls", found, calls)
	}
	for _, c := range found.Damaged {
		if c != objects[7].Commitment && c != large.Commitment {
			t.Errorf("%s is called damaged", c)
		}
	}
	ended, cancel := context.WithCancel(ctx)
	cancel()
	_, err = n.Scrub(ended, nil)
	wantErr(t, err, context.Canceled)
}
