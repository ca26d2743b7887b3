package engine

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Collector reports the store to Prometheus under sandi_storage_*, with the
// label store = raft, ledger or vault.
func (db *DB) Collector() prometheus.Collector { return collector{db} }

type collector struct{ db *DB }

// gauge is one number of a store.
type gauge struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*pebble.Metrics, *watcher) float64
}

func desc(name, help string) *prometheus.Desc {
	return prometheus.NewDesc("sandi_storage_"+name, help, []string{"store"}, nil)
}

func level(name, help string, v func(*pebble.Metrics, *watcher) float64) gauge {
	return gauge{desc(name, help), prometheus.GaugeValue, v}
}

func count(name, help string, v func(*pebble.Metrics, *watcher) float64) gauge {
	return gauge{desc(name, help), prometheus.CounterValue, v}
}

var (
	gauges = []gauge{
		level("disk_bytes", "Bytes on disk, write-ahead log included.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.DiskSpaceUsage()) }),
		level("wal_bytes", "Live bytes in the write-ahead log.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.WAL.Size) }),
		count("wal_written_bytes_total", "Bytes written to the write-ahead log.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.WAL.BytesWritten) }),
		level("memtable_bytes", "Memory allocated for memtables.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.MemTable.Size) }),
		level("cache_bytes", "Bytes in the block cache that the stores share.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Size) }),
		count("cache_hits_total", "Hits of the block cache that the stores share.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Hits) }),
		count("cache_misses_total", "Misses of the block cache that the stores share.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Misses) }),
		count("filter_hits_total", "Lookups that a bloom filter answered.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Filter.Hits) }),
		count("flushes_total", "Memtables written out.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Flush.Count) }),
		count("compactions_total", "Compactions finished.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Compact.Count) }),
		level("compaction_debt_bytes", "Bytes to compact before the store is at rest.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Compact.EstimatedDebt) }),
		level("read_amplification", "Tables a lookup may have to ask.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.ReadAmp()) }),
		level("snapshots", "Open read views.",
			func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Snapshots.Count) }),
		count("write_stalls_total", "Times writers waited for a flush or a compaction.",
			func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.writeStalls.Load()) }),
		count("slow_disk_total", "Disk operations that lasted 5 s or more.",
			func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.slowDisk.Load()) }),
		count("background_errors_total", "Failed flushes and compactions; the first one ends the process.",
			func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.backgroundErrors.Load()) }),
	}
	fsyncSeconds = desc("wal_fsync_seconds", "Time one sync of the write-ahead log takes.")
)

func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, g := range gauges {
		out <- g.desc
	}
	out <- fsyncSeconds
}

func (c collector) Collect(out chan<- prometheus.Metric) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	if c.db.closed {
		return
	}
	m := c.db.Metrics()
	store := string(c.db.kind)
	for _, g := range gauges {
		out <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(m, c.db.watcher), store)
	}
	if h, ok := histogram(m.LogWriter.FsyncLatency); ok {
		buckets := make(map[float64]uint64, len(h.Bucket))
		for _, b := range h.Bucket {
			buckets[b.GetUpperBound()/nanosecondsPerSecond] = b.GetCumulativeCount()
		}
		out <- prometheus.MustNewConstHistogram(fsyncSeconds, h.GetSampleCount(), h.GetSampleSum()/nanosecondsPerSecond, buckets, store)
	}
}

// nanosecondsPerSecond: Pebble observes nanoseconds, Prometheus wants seconds.
const nanosecondsPerSecond = 1e9

func histogram(h prometheus.Histogram) (*dto.Histogram, bool) {
	if h == nil {
		return nil, false
	}
	var m dto.Metric
	if err := h.Write(&m); err != nil || m.Histogram == nil {
		return nil, false
	}
	return m.Histogram, true
}
