package replica

import (
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/membership"
)

// metrics of one replica.
type metrics struct {
	registerer       prometheus.Registerer
	all              []prometheus.Collector
	committed        prometheus.Counter
	refused          prometheus.Counter
	duplicates       prometheus.Counter
	entries          prometheus.Counter
	batch            prometheus.Histogram
	forwards         prometheus.Histogram
	rounds           prometheus.Counter
	rejected         prometheus.Counter
	retried          prometheus.Counter
	elections        prometheus.Counter
	healed           prometheus.Counter
	rewrites         prometheus.Counter
	refusedSnapshots prometheus.Counter
	findings         prometheus.Gauge
	changes          *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer, r *Replica) *metrics {
	m := &metrics{registerer: to}
	counter := func(name, help string) prometheus.Counter {
		c := prometheus.NewCounter(prometheus.CounterOpts{Name: "sandi_replica_" + name, Help: help})
		m.all = append(m.all, c)
		return c
	}
	gauge := func(name, help string, f func(Status) float64) {
		g := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sandi_replica_" + name, Help: help}, func() float64 { return f(r.Status()) })
		m.all = append(m.all, g)
	}
	m.committed = counter("statements_committed_total", "Statements that became a leaf.")
	m.refused = counter("statements_refused_total", "Statements that broke a rule.")
	m.duplicates = counter("statements_repeated_total", "Statements that were answered with an earlier result.")
	m.entries = counter("entries_applied_total", "Raft entries applied.")
	m.rounds = counter("read_rounds_total", "Rounds that confirmed leadership for readers.")
	m.rejected = counter("statements_rejected_total", "Statements turned away because the queue was full.")
	m.retried = counter("statements_retried_total", "Statements sent again after an attempt failed.")
	m.elections = counter("leadership_changes_total", "Times this node won or lost leadership.")
	m.healed = counter("watchdog_restarts_total", "Raft instances replaced because a snapshot left them stuck.")
	m.rewrites = counter("rewrites_refused_total", "Attempts of a leader to take back committed entries.")
	m.refusedSnapshots = counter("snapshots_refused_total", "Snapshots that did not verify or did not continue this ledger.")
	m.batch = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "sandi_replica_entry_statements", Help: "Statements per proposed Raft entry.", Buckets: prometheus.ExponentialBuckets(1, 2, 9),
	})
	m.forwards = prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "sandi_replica_forward_seconds", Help: "Time until the leader answered a forwarded batch.", Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
	})
	m.findings = prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "sandi_replica_configuration_findings", Help: "Ways in which the Raft configuration differs from what the network's nodes allow; 0, or 1 while a region's voter is replaced.",
	})
	m.changes = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_replica_configuration_changes_total", Help: "Changes of the Raft configuration that this leader made (add, promote, demote, remove), by outcome.",
	}, []string{"change", "outcome"})
	m.all = append(m.all, m.batch, m.forwards, m.findings, m.changes)
	gauge("term", "Raft's current term.", func(s Status) float64 { return float64(s.Term) })
	gauge("applied_index", "Raft index of the last applied entry.", func(s Status) float64 { return float64(s.AppliedRaft) })
	gauge("commit_index", "Raft index of the last committed entry.", func(s Status) float64 { return float64(s.CommitRaft) })
	gauge("leaves", "Leaves of the ledger.", func(s Status) float64 { return float64(s.Size) })
	gauge("leader", "1 on the leader.", func(s Status) float64 { return flag(s.Role == "leader") })
	gauge("ready", "1 while a leader is known and its term open.", func(s Status) float64 { return flag(s.Ready) })
	gauge("leader_age_seconds", "Time since the leader was heard.", func(s Status) float64 { return float64(s.AgeMs) / 1000 })
	gauge("configuration_steps", "Changes of the Raft configuration that the leader plans.", func(s Status) float64 { return float64(len(s.Plan)) })
	gauge("configuration_waits", "What is amiss in the Raft configuration and cannot be mended now.", func(s Status) float64 { return float64(len(s.Waits)) })
	gauge("queued_statements", "Statements waiting to be sent.", func(s Status) float64 { return float64(s.Queued) })
	if to != nil {
		to.MustRegister(m.all...)
	}
	return m
}

// change counts one attempt to change the configuration.
func (m *metrics) change(action membership.Action, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "failed"
	}
	m.changes.WithLabelValues(action.String(), outcome).Inc()
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// count takes note of one applied batch.
func (m *metrics) count(results []ledger.Result, entries int) {
	committed, refused, repeated := 0, 0, 0
	for i := range results {
		switch {
		case results[i].Duplicate:
			repeated++
		case results[i].Status == ledger.Committed:
			committed++
		default:
			refused++
		}
	}
	m.committed.Add(float64(committed))
	m.refused.Add(float64(refused))
	m.duplicates.Add(float64(repeated))
	m.entries.Add(float64(entries))
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}
