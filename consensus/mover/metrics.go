package mover

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector
	acts       *prometheus.CounterVec
}

func newMetrics(to prometheus.Registerer, m *Mover) *metrics {
	out := &metrics{registerer: to}
	out.acts = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "sandi_leader_move_acts_total", Help: "What this node did because two regions wanted another leader: handed leadership over, or stood for election.",
	}, []string{"what"})
	held := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_leader_moves", Help: "Signed moves of leadership that this node holds and that are not over.",
	}, func() float64 { return float64(m.Held()) })
	out.all = []prometheus.Collector{out.acts, held}
	if to != nil {
		to.MustRegister(out.all...)
	}
	return out
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}
