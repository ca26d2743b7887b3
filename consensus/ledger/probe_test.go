package ledger_test

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/statement"
)

// probeFields are the fields of node/demo/probe.yaml, the write that the
// whole-system benchmark repeats: %s is its number.
const probeFields = `{"candidates":["1","2"],"closes_on":"2099-12-31","edition":"S%s"}`

// probeWorld is a world under the law that a new network starts with.
func probeWorld(t testing.TB) *world {
	return buildWorld(t, func(g *genesis.Genesis) {
		g.Law = nil
		for _, text := range law.Texts() {
			g.Law = append(g.Law, genesis.LawText{Name: text.Name, Text: text.Text})
		}
		g.Rules, g.Calendar = data.Rules, data.Workdays
	})
}

// probes makes the n-th command of size probes, region after region.
func (w *world) probes(n, size int) ledger.Command {
	cmd := ledger.Command{ProposedAt: w.now * 1000}
	for i := n * size; i < (n+1)*size; i++ {
		fields := fmt.Sprintf(probeFields, fmt.Sprintf("123456%03d%06d", i%64, i))
		cmd.Statements = append(cmd.Statements, w.open(regions[i%3], "liaison", "catalogue_vote", fields))
	}
	return cmd
}

// verified fills the pool as a replica does before it applies an entry.
func (r *replica) verified(cmd ledger.Command) ledger.Command {
	var list []*statement.Statement
	for _, raw := range cmd.Statements {
		st, err := r.w.pool.Parse(raw)
		if err != nil {
			r.w.t.Fatal(err)
		}
		list = append(list, st)
	}
	r.w.pool.Prefetch(list, func(st *statement.Statement) (keyring.PublicKey, bool) { return r.l.PublicKey(st) })
	return cmd
}

// BenchmarkProbe measures Apply and the store's commit under the load of the
// whole-system benchmark, per statement. CPU counts every thread of the process,
// the collector's too.
func BenchmarkProbe(b *testing.B) {
	for _, size := range []int{8, 64} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			w := probeWorld(b)
			verifier, d := w.replica(), w.disk(b)
			var spent time.Duration
			b.ReportAllocs()
			done := 0
			for n := 0; done < b.N; n++ {
				b.StopTimer()
				entry := ledger.EncodeCommand(verifier.verified(w.probes(n, size)))
				before := cpu()
				b.StartTimer()
				d.batch(b, func(tx ledger.Tx) error {
					results, err := d.l.ApplyEntry(tx, entry)
					if err == nil && results[0].Status != ledger.Committed {
						b.Fatalf("refused: %+v", results[0].Refusal)
					}
					return err
				})
				b.StopTimer()
				spent += cpu() - before
				b.StartTimer()
				done += size
			}
			b.ReportMetric(float64(spent.Nanoseconds())/float64(done), "cpu-ns/op")
		})
	}
}

// cpu is the processor time that the process has used.
func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u) // never fails with these arguments
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap is what the process keeps, in bytes.
func heap() int64 {
	runtime.GC()
	runtime.GC() // what a pool gave up in the first goes in the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// BenchmarkMemory reports what a ledger and its pool keep alive when they have run
// for long: caches, the window of recent ids, the registry and the law.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		w := probeWorld(b)
		r := w.replica()
		for n := range 600 {
			r.apply(r.verified(w.probes(n, 64)).Statements...)
		}
		before := heap()
		r.l, w.pool = nil, nil
		b.ReportMetric(float64(before-heap())/1e6, "kept-MB")
		runtime.KeepAlive(r.mem)
	}
}
