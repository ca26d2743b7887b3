package public_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"runtime"
	"testing"

	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/solo"
	terms "sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/storagetest"
	"sandi.internal/gateway/storage/tables"
)

// diskTables are tables on the machine's disk: those of other tests lie in memory.
func diskTables(t testing.TB) *tables.Tables {
	t.Helper()
	db, err := engine.Open(engine.Options{Dir: t.TempDir(), Kind: engine.Vault, Logger: storagetest.Quiet})
	if err != nil {
		t.Fatal(err)
	}
	return tablesIn(t, db)
}

// rowReader makes a CSV file of rows while it is read, so that the file takes no
// memory, and looks at the heap at some of them.
type rowReader struct {
	buf        bytes.Buffer
	next, most int
	at         func(row int)
}

func newRowReader(most int) *rowReader {
	r := &rowReader{most: most}
	r.buf.WriteString("信用代码,市,信用等级,产值（万元）,备注,电话\n")
	return r
}

// Read implements io.Reader.
func (r *rowReader) Read(p []byte) (int, error) {
	if r.buf.Len() == 0 {
		if r.next == r.most {
			return 0, io.EOF
		}
		if r.at != nil {
			r.at(r.next)
		}
		i := r.next
		fmt.Fprintf(&r.buf, "%s,%s,%s,%d.50,甲,0312-%04d\n", uscc(fmt.Sprintf("9113060%dMA0%06d", i%10, i)), []string{"保定市", "石家庄市"}[i%2], string("ABCD"[i%4]), i, i%10000)
		r.next++
	}
	return r.buf.Read(p)
}

func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// Ensure a load of 100,000 rows takes no more memory at its end than in its middle, and
// answering over them no more than a page.
func TestDataConstantMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("100,000 rows, one after the other")
	}
	s := shareOn(t, diskTables(t))
	r := newRowReader(100_000)
	var early, late uint64
	r.at = func(row int) {
		switch row {
		case 50_000: // memtables and caches are as large as they get
			early = held()
		case 99_999:
			late = held()
		}
	}
	report, err := s.hebei.bureau.Data.Load(context.Background(), dataset.Load{Set: s.set, Role: "liaison"}, r)
	if err != nil || !report.Loaded || report.Rows != 100_000 {
		t.Fatalf("%+v, %v", report, err)
	}
	// Cached blocks may lie in the heap, too. Who kept the rows as text or values would
	// hold twice as much.
	if grown := int64(late) - int64(early); grown > 50_000*300 {
		t.Errorf("%d bytes a row stay in memory", grown/50_000)
	}
	s.agreement = s.agree(`["uscc"]`, `grade == \"A\" && grade == \"B\"`, "2025-12-31")
	if p := s.page(""); len(p.Rows) != 0 || p.Next == "" {
		t.Errorf("a filter that takes nothing: %d rows, next %q", len(p.Rows), p.Next)
	}
}

// BenchmarkDataPage measures the owner's answer over a table of 100,000 rows: a page of
// 200 and of 1,000, and one for which ten thousand rows are looked at in vain. Log,
// signature and both looks at the ledger are in it, the network is not.
func BenchmarkDataPage(b *testing.B) {
	s := shareOn(b, diskTables(b))
	own := s.hebei.bureau.DataConfig
	own.Rate = 1e9
	sets, err := dataset.New(own)
	if err != nil {
		b.Fatal(err)
	}
	if _, err := s.hebei.bureau.Data.Load(context.Background(), dataset.Load{Set: s.set, Role: "liaison"}, newRowReader(100_000)); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name, filter string
		limit        int
	}{{"200", "", 200}, {"1000", "", 1000}, {"none", `grade == "A" && grade == "B"`, 200}} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				q := dataset.Question{Question: terms.Question{
					Agreement: s.agreement, Purpose: "inspection", Role: "officer", Org: "110000-SJ", Filter: c.filter, Limit: c.limit,
				}}
				page, err := sets.Answer(context.Background(), solo.Beijing, q)
				if err != nil || len(page.Rows) == 0 && c.filter == "" {
					b.Fatal(err)
				}
			}
		})
	}
}
