package witness

import "github.com/prometheus/client_golang/prometheus"

// metrics of one witness. Labels are node ids of genesis.
type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector
	unanswered *prometheus.CounterVec
	pulls      *prometheus.CounterVec
	falsehoods *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer, w *Witness) *metrics {
	m := &metrics{registerer: to}
	gauge := func(name, help string, f func() float64) {
		m.all = append(m.all, prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "sandi_checkpoint_" + name, Help: help}, f))
	}
	m.unanswered = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_checkpoint_unanswered_total", Help: "Times this leader asked a node to cosign and got no cosignature.",
	}, []string{"node"})
	m.pulls = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_checkpoint_pulls_total", Help: "Looks at another node's checkpoint, by node and result.",
	}, []string{"node", "result"})
	m.falsehoods = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_checkpoint_false_signatures_total", Help: "Signatures that a node sent and that do not hold; must be 0.",
	}, []string{"node"})
	m.all = append(m.all, m.unanswered, m.pulls, m.falsehoods)
	gauge("cosigned_size", "Leaves of the checkpoint that this node cosigned last.", func() float64 { return float64(w.own.state().Size) })
	gauge("published_size", "Leaves of the newest checkpoint with cosignatures of two regions.", func() float64 { return float64(leaves(w.board.Published())) })
	gauge("final_size", "Leaves of the newest final checkpoint.", func() float64 { return float64(leaves(w.board.Final())) })
	gauge("final_age_seconds", "Time since the newest final checkpoint was cosigned; 0 before the first.", w.finalAge)
	gauge("ledger_ahead_seconds", "How far ledger time lies ahead of this node's clock; above 120 nothing is cosigned.", func() float64 { return w.Ahead().Seconds() })
	gauge("unfinished_seconds", "Since when there are leaves that do not become final; 0 while there are none.", func() float64 { return w.unfinished().Seconds() })
	gauge("starved_seconds", "Since when another node shows leaves that this replica does not get; 0 while it has all.", func() float64 {
		since, _, _ := w.signs.starved()
		return since.Seconds()
	})
	gauge("warning", "1 while there is something about checkpoints that an operator has to look into; readyz says what.", func() float64 { return flag(w.Warning() != nil) })
	gauge("evidence", "Forks of which this node holds evidence; must be 0.", func() float64 { return float64(len(w.cases.all())) })
	gauge("stopped", "1 while this node cosigns nothing until an operator acts: an unresolved fork, or a damaged ledger.", func() float64 { return flag(w.Trouble() != nil) })
	gauge("quarantined", "1 while this node does not vote because it has forgotten what it cosigned.", func() float64 { return flag(w.Quarantine() != "") })
	if to != nil {
		to.MustRegister(m.all...)
	}
	return m
}

func (w *Witness) finalAge() float64 {
	n := w.board.Final()
	if n == nil {
		return 0
	}
	return max(float64(w.cfg.Clock().Unix()-stampedAt(n)), 0)
}

func (m *metrics) pulled(node string, err error) {
	result := "ok"
	if err != nil {
		result = "failed"
	}
	m.pulls.WithLabelValues(node, result).Inc()
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}

func flag(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
