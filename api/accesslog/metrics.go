package accesslog

import (
	"fmt"

	"github.com/prometheus/client_golang/prometheus"
)

// measure registers what operators watch.
func (l *Log) measure() error {
	if l.cfg.Metrics == nil {
		return nil
	}
	for _, m := range []struct {
		name, help string
		value      func() float64
	}{
		{"sandi_access_log_entries", "Entries of the access log that is written now.", func() float64 {
			l.mu.Lock()
			defer l.mu.Unlock()
			return float64(l.synced)
		}},
		{"sandi_access_log_closed", "1 while the access log takes no entries and nobody is given private data.", func() float64 {
			if l.Closed() != nil {
				return 1
			}
			return 0
		}},
	} {
		if err := l.cfg.Metrics.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: m.name, Help: m.help}, m.value)); err != nil {
			return fmt.Errorf("couldn't register a measure of the access log: %w", err)
		}
	}
	return nil
}
