package lots

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/draw"
)

// small is a pool of its own, by number.
func small(t *testing.T, n int) []byte {
	t.Helper()
	p := must[*draw.Pool](t)(draw.NewPool([]draw.Candidate{{ID: fmt.Sprintf("c%d", n), Stratum: "s"}}))
	return p.Marshal()
}

// Ensure whoever fills one share takes nothing of another, and that in a full share the
// oldest text that nobody froze goes, then those of void draws, and never what a
// standing draw needs.
func TestShares(t *testing.T) {
	l := open(t, memory{}, nil)
	now := time.Unix(1_700_000_000, 0)
	l.clock = func() time.Time { return now }
	named := map[[sha256.Size]byte]bool{}
	l.named = func() (map[[sha256.Size]byte]bool, error) { return named, nil }

	var digests [][sha256.Size]byte
	for i := range 4 {
		digests = append(digests, must[draw.Text](t)(l.Put(small(t, i))).Digest)
		now = now.Add(time.Hour)
	}
	for digest, h := range l.held { // as if they were large: together all of the share
		h.size = MaxShare / 4
		l.held[digest] = h
	}
	named[digests[0]], named[digests[1]] = true, false // stands; void
	l.touch(digests[2])                                // about to be frozen
	now = now.Add(time.Hour)
	if _, err := l.keep(small(t, 10), "130000"); err != nil || len(l.held) != 5 {
		t.Fatalf("another share: %v, %d are kept", err, len(l.held))
	}
	for i, gone := range []int{3, 2, 1} {
		d := must[draw.Text](t)(l.Put(small(t, 20+i))).Digest
		h := l.held[d]
		h.size = MaxShare / 4
		l.held[d] = h
		named[d] = true
		if text := must[[]byte](t)(l.Text(digests[gone])); text != nil || len(l.held) != 5 {
			t.Fatalf("%d should have gone; %d are kept", gone, len(l.held))
		}
	}
	if _, err := l.Put(small(t, 30)); !errors.Is(err, ErrFull) {
		t.Errorf("a share full of standing draws: %v", err)
	}
	if _, err := l.keep(small(t, 30), "130000"); err != nil {
		t.Errorf("a full share ends another's draws: %v", err)
	}
	if text := must[[]byte](t)(l.Text(digests[0])); text == nil {
		t.Error("what a standing draw needs went")
	}
}

// Ensure what nobody froze goes after its time, over restarts, and nothing else does.
func TestExpire(t *testing.T) {
	store := memory{}
	l := open(t, store, nil)
	start := time.Now()
	l.clock = func() time.Time { return start }
	var digests [][sha256.Size]byte
	named := map[[sha256.Size]byte]bool{}
	for i := range 3 {
		digests = append(digests, must[draw.Text](t)(l.Put(small(t, i))).Digest)
	}
	must[draw.Text](t)(l.keep(small(t, 7), "130000"))
	named[digests[0]], named[digests[1]] = true, false
	store[string(note([sha256.Size]byte{7}))] = store[string(note(digests[0]))] // its text went

	before := l.held
	l = open(t, store, nil)
	if !maps.EqualFunc(before, l.held, func(a, b holding) bool { return a.Share == b.Share && a.size == b.size && a.At.Equal(b.At) }) {
		t.Fatalf("after a restart %+v, before %+v", l.held, before)
	}
	l.named = func() (map[[sha256.Size]byte]bool, error) { return named, nil }
	for _, step := range []struct {
		after time.Duration
		kept  int
	}{{unnamedLife, 4}, {unnamedLife + time.Second, 2}} {
		l.clock = func() time.Time { return start.Add(step.after) }
		if err := l.expire(); err != nil || len(l.held) != step.kept || len(store) != 2*step.kept+1 {
			t.Errorf("after %v: %v, %d are kept in %d rows", step.after, err, len(l.held), len(store))
		}
	}
	if !slices.ContainsFunc(digests[:2], func(d [sha256.Size]byte) bool { return store[string(key(d))] != nil }) {
		t.Error("what a freeze names went")
	}
	l.named = func() (map[[sha256.Size]byte]bool, error) { return nil, errors.New("no ledger") }
	if err := l.expire(); err == nil || len(l.held) != 2 {
		t.Errorf("without a look at the ledger: %v, %d are kept", err, len(l.held))
	}
}

// Ensure texts of before there were notes count, and age from now.
func TestOldTexts(t *testing.T) {
	pool := small(t, 1)
	store := memory{string(key(sha256.Sum256(pool))): pool}
	l := open(t, store, nil)
	if l.used(people) != int64(len(pool)) {
		t.Errorf("%d bytes", l.used(people))
	}
	if err := l.expire(); err != nil || len(l.held) != 1 {
		t.Errorf("%v, %d are kept", err, len(l.held))
	}
	store[string(note(sha256.Sum256(pool)))] = []byte("{")
	if _, err := Open(store, nil, nil, nothing, l.log); err == nil || !strings.Contains(err.Error(), "note") {
		t.Errorf("a torn note: %v", err)
	}
}
