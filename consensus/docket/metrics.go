package docket

import "github.com/prometheus/client_golang/prometheus"

type metrics struct {
	registerer prometheus.Registerer
	all        []prometheus.Collector
	given      prometheus.Counter
}

func newMetrics(to prometheus.Registerer, d *Docket) *metrics {
	m := &metrics{registerer: to}
	m.given = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "sandi_promises_given_total", Help: "Promises that this node gave about statements that other nodes showed it.",
	})
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_promises_open", Help: "Statements of this bureau with a promise, and no answer from the ledger yet.",
	}, func() float64 { return float64(d.count.Load()) })
	late := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_promises_late", Help: "Promises whose time is over and whose statement the ledger has not answered; GET /log/evidence shows them.",
	}, func() float64 { return float64(d.countLate(func(h *Held) bool { return !h.Committed })) })
	keptLate := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_promises_kept_late", Help: "Promises that were kept, but late; GET /log/evidence shows them and by how much.",
	}, func() float64 { return float64(d.countLate(func(h *Held) bool { return h.Committed })) })
	m.all = []prometheus.Collector{m.given, open, late, keptLate}
	if to != nil {
		to.MustRegister(m.all...)
	}
	return m
}

// countLate counts the late promises that are as asked.
func (d *Docket) countLate(is func(*Held) bool) (n int) {
	late := d.Late()
	for i := range late {
		if is(&late[i]) {
			n++
		}
	}
	return n
}

func (m *metrics) unregister() {
	if m.registerer == nil {
		return
	}
	for _, c := range m.all {
		m.registerer.Unregister(c)
	}
}
