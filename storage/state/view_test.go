package state

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
)

func TestViewIsFixed(t *testing.T) {
	n := openNew(t)
	n.apply(t, at(1), sample("one", 100))
	v := n.View()
	defer v.Close()
	n.apply(t, at(2), sample("two", 50), "k00099")
	must(t, n.db.Flush())
	got, err := content(v)
	must(t, err)
	wantContent(t, got, sample("one", 100))
	m, err := v.Meta()
	if must(t, err); m.RaftIndex != 1 {
		t.Fatalf("the view stands at %d", m.RaftIndex)
	}
	if len(n.content(t)) != 99 {
		t.Fatal("a new view does not show the new state")
	}
}

// TestRestoreEndsReaders asserts that whatever was opened before a restore
// fails with ErrRestored and never shows an empty ledger.
func TestRestoreEndsReaders(t *testing.T) {
	src := openNew(t)
	src.apply(t, at(9), sample("new", 300))
	n := openNew(t)
	n.apply(t, at(5), sample("old", 200))
	v, b := n.View(), n.Batch()
	defer v.Close()
	snap, err := n.Snapshot()
	must(t, err)
	defer snap.Close()
	must(t, b.Set([]byte("k"), []byte("v")))

	seen := 0
	err = v.Scan(nil, nil, false, func(k, value []byte) (bool, error) {
		if seen++; seen == 100 { // in the middle of a scan
			n.restore(t, src.stream(t))
		}
		return true, nil
	})
	wantErr(t, err, ErrRestored)
	if seen != 100 {
		t.Fatalf("the scan went on to %d pairs", seen)
	}
	_, err = v.Get([]byte("k00001"))
	wantErr(t, err, ErrRestored)
	_, err = v.Meta()
	wantErr(t, err, ErrRestored)
	wantErr(t, v.Scan([]byte("x"), []byte("y"), true, nil), ErrRestored)
	_, err = b.Get([]byte("k00001"))
	wantErr(t, err, ErrRestored)
	wantErr(t, b.Scan(nil, nil, false, func(k, v []byte) (bool, error) { return true, nil }), ErrRestored)
	wantErr(t, b.Commit(at(10)), ErrRestored)
	_, err = snap.Size()
	wantErr(t, err, ErrRestored)
	_, err = snap.WriteTo(io.Discard)
	wantErr(t, err, ErrRestored)
	wantContent(t, n.content(t), sample("new", 300))
	n.apply(t, at(10), pairs{"k": "after"})
}

// TestReadersDuringRestores lets readers run against repeated restores: each
// view must show one ledger in full or fail with ErrRestored.
func TestReadersDuringRestores(t *testing.T) {
	const size, restores = 400, 12
	streams := make([][]byte, restores)
	for i := range streams {
		src := openNew(t)
		src.apply(t, at(uint64(i+1)), sample(fmt.Sprintf("<%02d>", i), size))
		streams[i] = src.stream(t)
	}
	n := openNew(t)
	n.restore(t, streams[0])
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				if err := oneLedger(n.Store, size); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	for _, s := range streams[1:] {
		n.restore(t, s)
		n.apply(t, at(n.Meta().RaftIndex), pairs{}) // a batch between restores
	}
	close(stop)
	wg.Wait()
}

func oneLedger(s *Store, size int) error {
	v := s.View()
	defer v.Close()
	m, err := v.Meta()
	var got pairs
	if err == nil {
		got, err = content(v)
	}
	if errors.Is(err, ErrRestored) {
		return nil
	}
	if err != nil {
		return err
	}
	tag := fmt.Sprintf("<%02d>", m.RaftIndex-1)
	if len(got) != size {
		return fmt.Errorf("a view shows %d pairs", len(got))
	}
	for k, v := range got {
		if v[:4] != tag {
			return fmt.Errorf("a view at %s has %q = %.8q", tag, k, v)
		}
	}
	return nil
}
