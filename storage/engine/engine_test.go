package engine_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

func open(disk *storagetest.Disk, kind engine.Kind, fatal func(string)) (*engine.DB, error) {
	return engine.Open(engine.Options{Dir: "data/store", FS: disk.FS(), Kind: kind, Logger: storagetest.Quiet, Fatal: fatal})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// put writes a file the way a stranger would.
func put(t *testing.T, disk *storagetest.Disk, path, text string) {
	t.Helper()
	must(t, engine.WriteFile(disk.FS(), path, []byte(text)))
}

func TestReopen(t *testing.T) {
	for _, kind := range []engine.Kind{engine.Raft, engine.Ledger, engine.Vault} {
		disk := storagetest.NewDisk()
		db, err := open(disk, kind, nil)
		must(t, err)
		must(t, db.Set([]byte("k"), []byte("v"), pebble.Sync))
		must(t, db.Close())
		must(t, db.Close()) // twice is harmless
		db, err = open(disk, kind, nil)
		must(t, err)
		if v, closer, err := db.Get([]byte("k")); err != nil || string(v) != "v" || closer.Close() != nil {
			t.Fatalf("%s: got %q, %v", kind, v, err)
		}
		if db.Kind() != kind || db.Dir() != "data/store" {
			t.Fatalf("opened %s in %s", db.Kind(), db.Dir())
		}
		must(t, db.Close())
	}
}

// TestRefusals holds the one-line answers to a wrong directory, and that the
// directory is left as it was.
func TestRefusals(t *testing.T) {
	const path = "data/store/"
	for name, c := range map[string]struct {
		marker string
		other  string
		want   error
		says   string
	}{
		"another kind":   {"sandi-store kind=ledger format=1\n", "", engine.ErrKind, "check the data directories"},
		"newer":          {"sandi-store kind=raft format=2 more=here\n", "", engine.ErrNewer, "start the newer program"},
		"newer and else": {"sandi-store kind=other format=99\n", "", engine.ErrNewer, "start the newer program"},
		"no marker":      {"", "photos.zip", engine.ErrForeign, "name an empty directory"},
		"broken marker":  {"sandi-store kind=raft", "", engine.ErrForeign, "restore the directory"},
		"format 0":       {"sandi-store kind=raft format=0\n", "", engine.ErrForeign, "restore the directory"},
		"unknown field":  {"sandi-store kind=raft format=1 x=y\n", "", engine.ErrForeign, "restore the directory"},
		"no line end":    {"sandi-store kind=raft format=1", "", engine.ErrForeign, "restore the directory"},
		"unfinished":     {"sandi-store kind=raft format=1 creating\n", "photos.zip", engine.ErrForeign, "name an empty directory"},
		"binary marker":  {"\x00\xff\n\n", "", engine.ErrForeign, "restore the directory"},
	} {
		disk := storagetest.NewDisk()
		must(t, disk.FS().MkdirAll("data/store", 0o700))
		if c.marker != "" {
			put(t, disk, path+"SANDI", c.marker)
		}
		if c.other != "" {
			put(t, disk, path+c.other, "x")
		}
		before, _ := disk.Files("data")
		_, err := open(disk, engine.Raft, nil)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if s := err.Error(); !strings.Contains(s, c.says) || strings.Contains(s, "\n") {
			t.Errorf("%s: %q does not say %q in one line", name, s, c.says)
		}
		after, _ := disk.Files("data")
		slices.Sort(before)
		slices.Sort(after)
		after = slices.DeleteFunc(after, func(name string) bool { return name == path+"LOCK" })
		if fmt.Sprint(before) != fmt.Sprint(after) {
			t.Errorf("%s: the directory changed from %v to %v", name, before, after)
		}
	}
	huge := storagetest.NewDisk()
	must(t, huge.FS().MkdirAll("data/store", 0o700))
	put(t, huge, path+"SANDI", strings.Repeat("x", 1<<20))
	if _, err := open(huge, engine.Raft, nil); err == nil {
		t.Error("a marker of 1 MiB was read")
	}
	if _, err := engine.Open(engine.Options{Dir: "d", Kind: "other"}); err == nil {
		t.Error("an unknown kind was opened")
	}
}

func TestInUse(t *testing.T) {
	disk := storagetest.NewDisk()
	db, err := open(disk, engine.Raft, nil)
	must(t, err)
	if _, err := open(disk, engine.Raft, nil); !errors.Is(err, engine.ErrInUse) || strings.Contains(err.Error(), "\n") {
		t.Fatalf("got %v", err)
	}
	must(t, db.Close())
	db, err = open(disk, engine.Raft, nil)
	must(t, err)
	must(t, db.Close())
}

// TestCrashWhileCreating cuts the power at every write of a store's creation:
// the next start must succeed, and keep what was synced.
func TestCrashWhileCreating(t *testing.T) {
	disk := storagetest.NewDisk()
	var left []*storagetest.Disk
	disk.BeforeWrite(func() {
		for _, unsynced := range []int{0, 50, 100} {
			left = append(left, disk.Crash(unsynced, uint64(len(left))))
		}
	})
	db, err := open(disk, engine.Vault, nil)
	must(t, err)
	must(t, db.Set([]byte("k"), []byte("v"), pebble.Sync))
	disk.BeforeWrite(nil)
	for _, unsynced := range []int{0, 50, 100} {
		crashed, err := open(disk.Crash(unsynced, 1), engine.Vault, nil)
		must(t, err)
		if _, closer, err := crashed.Get([]byte("k")); err != nil || closer.Close() != nil {
			t.Errorf("a synced key is lost: %v", err)
		}
		must(t, crashed.Close())
	}
	must(t, db.Close())
	for i, d := range left {
		db, err := open(d, engine.Vault, nil)
		if err != nil {
			t.Errorf("cut %d: %v", i, err)
			continue
		}
		must(t, db.Close())
	}
	if len(left) < 30 {
		t.Errorf("only %d power cuts", len(left))
	}
}

// TestFailedWriteEndsTheProcess makes the disk fail under an open store: the
// process ends, says why, and says what to do when the disk is full.
func TestFailedWriteEndsTheProcess(t *testing.T) {
	for name, c := range map[string]struct {
		fault error
		match func(storagetest.Op) bool
		says  string
	}{
		"log":    {syscall.EIO, func(op storagetest.Op) bool { return op.Write && strings.HasSuffix(op.Path, ".log") }, "input/output error"},
		"sync":   {syscall.EIO, func(op storagetest.Op) bool { return op.Sync }, "couldn't sync"},
		"full":   {syscall.ENOSPC, func(op storagetest.Op) bool { return op.Write }, "free some space"},
		"tables": {syscall.ENOSPC, func(op storagetest.Op) bool { return op.Write && strings.HasSuffix(op.Path, ".sst") }, "free some space"},
	} {
		disk := storagetest.NewDisk()
		p := storagetest.NewProcess(disk)
		reason := p.Run(func() {
			db, err := open(disk, engine.Raft, p.Exit)
			if err != nil {
				t.Error(err)
				return
			}
			disk.Break(func(op storagetest.Op) error {
				if c.match(op) {
					return c.fault
				}
				return nil
			})
			err = errors.Join(db.Set([]byte("k"), []byte("v"), pebble.Sync), db.Flush())
			t.Errorf("%s: the store went on with %v", name, err)
		})
		if !strings.Contains(reason, c.says) {
			t.Errorf("%s: the process ended with %q, want %q", name, reason, c.says)
		}
	}
}

// TestFlippedTable damages a table: reading it ends the process.
func TestFlippedTable(t *testing.T) {
	disk := storagetest.NewDisk()
	db, err := open(disk, engine.Ledger, nil)
	must(t, err)
	for i := range 200 {
		must(t, db.Set(fmt.Appendf(nil, "k%03d", i), bytes.Repeat([]byte{byte(i)}, 100), pebble.NoSync))
	}
	must(t, db.Flush())
	must(t, db.Close())
	files, err := disk.Files("data/store")
	must(t, err)
	for _, f := range files {
		if strings.HasSuffix(f, ".sst") {
			must(t, disk.Flip(f, 20))
		}
	}
	p := storagetest.NewProcess(disk)
	reason := p.Run(func() {
		db, err := open(disk, engine.Ledger, p.Exit)
		if err != nil {
			t.Error(err)
			return
		}
		v, _, err := db.Get([]byte("k000"))
		t.Errorf("got %q, %v", v, err)
	})
	if !strings.Contains(reason, "restore this node from its peers") {
		t.Fatalf("the process ended with %q", reason)
	}
}

// TestSharedCache opens three stores on one cache, as a node does, and closes
// them in another order.
func TestSharedCache(t *testing.T) {
	cache := engine.NewCache(engine.DefaultCacheBytes)
	var dbs []*engine.DB
	for _, kind := range []engine.Kind{engine.Raft, engine.Ledger, engine.Vault} {
		db, err := engine.Open(engine.Options{Dir: "d", FS: storagetest.NewDisk().FS(), Kind: kind, Cache: cache, Logger: storagetest.Quiet})
		must(t, err)
		for i := range 100 {
			must(t, db.Set(fmt.Appendf(nil, "k%03d", i), make([]byte, 1000), pebble.NoSync))
		}
		must(t, db.Flush())
		dbs = append(dbs, db)
	}
	cache.Close()
	for _, db := range dbs {
		_, closer, err := db.Get([]byte("k050"))
		must(t, err)
		must(t, closer.Close())
		must(t, db.Close())
	}
}

// TestMetrics registers several stores with one registry and checks what a
// scrape gets, also after a store was closed.
func TestMetrics(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	var dbs []*engine.DB
	for _, kind := range []engine.Kind{engine.Raft, engine.Ledger} {
		db, err := open(storagetest.NewDisk(), kind, nil)
		must(t, err)
		must(t, registry.Register(db.Collector()))
		must(t, db.Set([]byte("k"), []byte("v"), pebble.Sync))
		must(t, db.Flush())
		dbs = append(dbs, db)
	}
	got := scrape(t, registry)
	if len(got) < 2*16 || got["sandi_storage_background_errors_total/raft"] != 0 {
		t.Errorf("got %v", got)
	}
	for _, series := range []string{"flushes_total/raft", "flushes_total/ledger", "wal_fsync_seconds/raft", "wal_written_bytes_total/ledger", "memtable_bytes/raft"} {
		if got["sandi_storage_"+series] < 1 {
			t.Errorf("%s = %v", series, got["sandi_storage_"+series])
		}
	}
	must(t, dbs[0].Close())
	if left := scrape(t, registry); len(left) != len(got)/2 {
		t.Errorf("%d series after closing a store, %d before", len(left), len(got))
	}
	must(t, dbs[1].Close())
}

// scrape returns every series as name/store and its value or sample count.
func scrape(t *testing.T, registry *prometheus.Registry) map[string]float64 {
	t.Helper()
	families, err := registry.Gather()
	must(t, err)
	series := map[string]float64{}
	for _, f := range families {
		for _, m := range f.Metric {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
			series[f.GetName()+"/"+m.Label[0].GetValue()] = value
		}
	}
	return series
}
