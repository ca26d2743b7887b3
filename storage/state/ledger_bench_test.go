package state

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
)

// statementShape writes what one statement of a busy ledger writes and reads,
// counted on a node under load: three lookups, seven pairs, 2.4 KB.
type statementShape struct {
	text []byte // values are cut out of it
	last uint64 // leaves so far

	key    []byte    // buffer
	opened [3]uint64 // statements of each region
}

func newShape() *statementShape {
	text := make([]byte, 1<<20)
	r := rand.NewChaCha8([32]byte{1})
	_, _ = r.Read(text)
	for i := range text { // six bits a byte, as base64 text has
		text[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"[text[i]&63]
	}
	return &statementShape{text: text}
}

func (s *statementShape) value(n int) []byte {
	from := int(s.last*977) % (len(s.text) - n)
	return s.text[from : from+n]
}

func (s *statementShape) keyf(format string, args ...any) []byte {
	s.key = fmt.Appendf(s.key[:0], format, args...)
	return s.key
}

func (s *statementShape) apply(b *testing.B, w writer) {
	region := s.last % 3
	s.opened[region]++
	nth := s.opened[region]
	get := func(key []byte) {
		if _, err := w.get(key); err != nil {
			b.Fatal(err)
		}
	}
	get(s.keyf("\x19number\x00%d/%042d", region, nth)) // absent: a mark to be taken
	get(s.keyf("\x18CT-%d-2025", region))              // these two are written by every
	get(s.keyf("\x19subject\x00%d/%051d", region, 17)) // statement of a region
	must(b, w.set(s.keyf("\x18CT-%d-2025", region), s.value(2)))
	must(b, w.set(s.keyf("\x19subject\x00%d/%051d", region, 17), s.value(21)))
	must(b, w.set(s.keyf("\x1aCT-%d-2025-%09d", region, nth), s.value(935)))
	must(b, w.set(s.keyf("\x1b%d/%026d", region, nth), s.value(24)))
	must(b, w.set(seqKey(0x20, int(s.last)), s.value(1107)))
	must(b, w.set(seqKey(0x21, int(s.last)), s.value(32)))
	must(b, w.set(seqKey(0x30, int(s.last)), s.value(70)))
	s.last++
}

// close is what each command writes besides its statements.
func (s *statementShape) close(b *testing.B, w writer) {
	must(b, w.set([]byte{0x01}, s.value(2270)))
}

// BenchmarkLedger applies commands of 16 and 64 statements to an empty ledger,
// as a node under load does, flushes and compactions included. cpu-us counts
// the whole process, so that work in the background shows.
func BenchmarkLedger(b *testing.B) {
	for _, size := range []int{16, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			db, err := engine.Open(engine.Options{Dir: b.TempDir(), Kind: engine.Ledger, Logger: storagetest.Quiet})
			must(b, err)
			defer db.Close()
			store, err := Open(db)
			must(b, err)
			n := &node{Store: store, db: db}
			shape := newShape()
			b.ReportAllocs()
			cpu := storagetest.CPUTime()
			for i := uint64(1); b.Loop(); i++ {
				w := ourWriter(n)
				for range size {
					shape.apply(b, w)
				}
				shape.close(b, w)
				must(b, w.commit(i))
			}
			statements := float64(shape.last)
			b.ReportMetric(float64((storagetest.CPUTime()-cpu).Microseconds())/statements, "cpu-us/statement")
			b.ReportMetric(writtenBytes(db.Metrics())/statements, "table-B/statement")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// writtenBytes is what flushes and compactions wrote.
func writtenBytes(m *pebble.Metrics) float64 {
	var sum uint64
	for _, level := range slices.All(m.Levels[:]) {
		sum += level.TableBytesFlushed + level.TableBytesCompacted
	}
	return float64(sum)
}
