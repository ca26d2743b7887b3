package transport

import "github.com/prometheus/client_golang/prometheus"

// metrics of one transport. Labels are node ids of genesis and fixed words, so
// that no stranger can make series.
type metrics struct {
	registerer prometheus.Registerer
	handshakes *prometheus.CounterVec
	refused    *prometheus.CounterVec
	open       prometheus.GaugeFunc
	barred     prometheus.GaugeFunc
}

func newMetrics(r prometheus.Registerer, t *Transport) *metrics {
	m := &metrics{
		registerer: r,
		handshakes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_transport_handshakes_total", Help: "TLS handshakes between nodes, by direction and result.",
		}, []string{"direction", "result"}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "sandi_transport_refused_total", Help: "Raft messages that no honest node sends, by sender.",
		}, []string{"node"}),
		open: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "sandi_transport_connections", Help: "Open connections from and to other nodes.",
		}, func() float64 {
			return float64(t.inbound.count() + t.outbound.count() + t.peerIn.count() + t.peerOut.count())
		}),
		barred: prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "sandi_transport_barred_nodes", Help: "Nodes that were removed and may not connect.",
		}, func() float64 { return float64(len(*t.barred.Load())) }),
	}
	if r != nil {
		r.MustRegister(m.handshakes, m.refused, m.open, m.barred)
	}
	return m
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	m.registerer.Unregister(m.handshakes)
	m.registerer.Unregister(m.refused)
	m.registerer.Unregister(m.open)
	m.registerer.Unregister(m.barred)
}
