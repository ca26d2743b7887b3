package state

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/engine"
)

func openStore(t testing.TB, fs engine.FS) (*Store, *engine.DB) {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: "ledger", FS: fs, Kind: engine.Ledger})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Open(db)
	if err != nil {
		t.Fatal(err)
	}
	return s, db
}

func TestRoundTrip(t *testing.T) {
	a, adb := openStore(t, vfs.NewMem())
	defer adb.Close()
	b, bdb := openStore(t, vfs.NewMem())
	defer bdb.Close()
	w := a.Batch()
	for i := range 5000 {
		if err := w.Set(fmt.Appendf(nil, "k%05d", i), bytes.Repeat([]byte{byte(i)}, i%300)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Commit(Meta{RaftIndex: 7, RaftTerm: 2, Config: []byte("conf"), ConfigIndex: 1}); err != nil {
		t.Fatal(err)
	}
	snap, err := a.Snapshot()
	if err != nil {
		t.Fatal(err)
	}
	defer snap.Close()
	var buf bytes.Buffer
	if _, err := snap.WriteTo(&buf); err != nil {
		t.Fatal(err)
	}
	size, err := snap.Size()
	if err != nil || size != int64(buf.Len()) {
		t.Fatal(size, buf.Len(), err)
	}
	v := b.View()
	defer v.Close()
	n := 0
	err = b.Restore(&buf, func(c *Candidate) error {
		return c.Scan(nil, nil, false, func(k, v []byte) (bool, error) { n++; return true, nil })
	})
	if err != nil || n != 5000 {
		t.Fatal(n, err)
	}
	if _, err := v.Get([]byte("k00001")); err != ErrRestored {
		t.Fatal(err)
	}
	if m := b.Meta(); m.RaftIndex != 7 || string(m.Config) != "conf" {
		t.Fatal(m)
	}
}
