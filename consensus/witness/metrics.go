package witness

import (
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/consensus/checkpoint"
)

// metrics of one witness. Labels are node ids of genesis.
type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector
	unanswered *prometheus.CounterVec
	pulls      *prometheus.CounterVec
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
	m.all = append(m.all, m.unanswered, m.pulls)
	size := func(n *checkpoint.Note) float64 {
		if n == nil {
			return 0
		}
		return float64(n.Size)
	}
	gauge("cosigned_size", "Leaves of the checkpoint that this node cosigned last.", func() float64 { return float64(w.own.state().Size) })
	gauge("published_size", "Leaves of the newest checkpoint with cosignatures of two regions.", func() float64 { return size(w.board.Published()) })
	gauge("final_size", "Leaves of the newest final checkpoint.", func() float64 { return size(w.board.Final()) })
	gauge("final_age_seconds", "Time since the newest final checkpoint was cosigned; 0 before the first.", w.finalAge)
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
	var at int64
	for _, s := range n.Signatures {
		at = max(at, s.At)
	}
	return max(float64(w.cfg.Clock().Unix()-at), 0)
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
