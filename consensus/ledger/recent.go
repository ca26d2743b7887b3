package ledger

import (
	"slices"
	"strings"
)

// recentMax bounds the statement ids kept per region. A random read per
// statement costs a quarter of the throughput (PERFORMANCE.md 2); ids begin
// with their time, so the recent ones answer nearly every question.
const recentMax = 32 << 10

const idLength = 26 // a ULID in text

type idText [idLength]byte

// recent knows every committed id of one region from floor upwards, so that a
// new id needs no read. It is exact: ids below floor are looked up in storage.
// A region that chooses ids in the far future only spoils its own window.
type recent struct {
	floor string
	ids   map[idText]struct{}
}

func newRecent() *recent { return &recent{ids: make(map[idText]struct{})} }

// decides reports whether the window alone can answer for id.
func (w *recent) decides(id string) bool { return id >= w.floor }

func (w *recent) has(id string) bool {
	_, ok := w.ids[idText([]byte(id))]
	return ok
}

// add notes a committed id and, when the window is full, raises the floor so
// that the newer half stays.
func (w *recent) add(id string) {
	if !w.decides(id) {
		return
	}
	w.ids[idText([]byte(id))] = struct{}{}
	if len(w.ids) < recentMax {
		return
	}
	all := make([]string, 0, len(w.ids))
	for k := range w.ids {
		all = append(all, string(k[:]))
	}
	slices.Sort(all)
	w.floor = strings.Clone(all[len(all)/2])
	for _, id := range all[:len(all)/2] {
		delete(w.ids, idText([]byte(id)))
	}
}

// loadRecent rebuilds a region's window from storage. Its extent may differ
// from the one before a restart; its answers cannot.
func loadRecent(r Reader, region string) (*recent, error) {
	w := newRecent()
	prefix := statementKey(region, "")
	lower, upper := prefixSpan(prefix)
	err := r.Scan(lower, upper, true, func(k, _ []byte) (bool, error) {
		id := string(k[len(prefix):])
		if len(w.ids) == recentMax/2 {
			w.floor = id + "\x00" // just above the first id that is left out
			return false, nil
		}
		w.ids[idText([]byte(id))] = struct{}{}
		return true, nil
	})
	return w, err
}
