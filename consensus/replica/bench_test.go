package replica_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// BenchmarkSubmit measures statements through a whole network in one process:
// three nodes that sign, verify, apply and sync to real files, over mutual TLS
// on loopback. It leaves out what the API adds: HTTP, tokens, the outbox.
func BenchmarkSubmit(b *testing.B) {
	for _, clients := range []int{1, 64, 256} {
		for _, where := range []string{"leader", "follower", "everywhere"} {
			b.Run(fmt.Sprintf("%d-%s", clients, where), func(b *testing.B) { benchmarkSubmit(b, clients, where) })
		}
	}
}

// cpuTime is what this process has used, all three nodes and the callers: it
// says more than throughput on a machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchmarkSubmit(b *testing.B, clients int, where string) {
	c := clustertest.New(b, clustertest.Options{
		Seed: 1, OnDisk: true, Wire: clustertest.TLS,
		Timeouts: genesis.Timeouts{HeartbeatMS: 1000, ElectionMS: 1000, LeaseMS: 500, CommitMS: 50},
	})
	nodes := []*clustertest.Node{c.Leader()}
	switch where {
	case "follower":
		nodes = c.Followers()[:1]
	case "everywhere":
		nodes = c.Nodes
	}
	raws := make([][]byte, b.N)
	for i := range raws {
		raws[i] = c.OpenMemo(nodes[i%len(nodes)].Region)
	}
	trust := func(n *clustertest.Node, raw []byte) { // as the desk does with what it has signed
		st, err := n.Pool.Parse(raw)
		if err != nil {
			b.Error(err)
			return
		}
		n.Pool.Trust(st, c.Keys.Region(n.Region).Statement.Public())
	}
	var next atomic.Int64
	took := make([]time.Duration, b.N)
	var wait sync.WaitGroup
	b.ResetTimer()
	cpu, entries := cpuTime(b), nodes[0].Replica.Status().AppliedRaft
	for range clients {
		wait.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				start, n := time.Now(), nodes[int(i)%len(nodes)]
				trust(n, raws[i])
				res, err := c.Submit(context.Background(), n, raws[i])
				if err != nil || res.Status != ledger.Committed {
					b.Errorf("%v %+v", err, res.Refusal)
					return
				}
				took[i] = time.Since(start)
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-us/statement")
	b.ReportMetric(float64(b.N)/float64(nodes[0].Replica.Status().AppliedRaft-entries), "statements/entry")
	slices.Sort(took)
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "statements/s")
	b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkRead measures views with one record read from each. Peer calls stay
// in process.
func BenchmarkRead(b *testing.B) {
	for _, mode := range []replica.Mode{replica.Local, replica.Linearizable} {
		for _, where := range []string{"leader", "follower"} {
			b.Run(fmt.Sprintf("%s-%s", mode, where), func(b *testing.B) { benchmarkRead(b, mode, where) })
		}
	}
}

func benchmarkRead(b *testing.B, mode replica.Mode, where string) {
	c := clustertest.New(b, clustertest.Options{Seed: 1, OnDisk: true, Wire: clustertest.TLS})
	n := c.Leader()
	if where == "follower" {
		n = c.Followers()[0]
	}
	memo := c.Write(n, c.OpenMemo(n.Region)).Record
	const readers = 64
	var next atomic.Int64
	var wait sync.WaitGroup
	b.ResetTimer()
	cpu := cpuTime(b)
	for range readers {
		wait.Go(func() {
			for next.Add(1) <= int64(b.N) {
				if head, err := c.Head(context.Background(), n, mode, memo); err != nil || head == "" {
					b.Error(head, err)
					return
				}
			}
		})
	}
	wait.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "reads/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Nanoseconds())/1000/float64(b.N), "cpu-us/read")
}
