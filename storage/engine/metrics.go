package engine

import (
	"github.com/cockroachdb/pebble/v2"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

// Collector reports the store to Prometheus under sandi_storage_*, with the
// label store = raft, ledger or vault.
func (db *DB) Collector() prometheus.Collector { return newCollector(db) }

type collector struct {
	db    *DB
	fsync *prometheus.Desc
	all   []gauge
}

// gauge is one number of a store.
type gauge struct {
	desc  *prometheus.Desc
	kind  prometheus.ValueType
	value func(*pebble.Metrics, *watcher) float64
}

func newCollector(db *DB) collector {
	c := collector{db: db}
	// The store is a constant label: each store is a collector of its own.
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("sandi_storage_"+name, help, nil, prometheus.Labels{"store": string(db.kind)})
	}
	add := func(t prometheus.ValueType, name, help string, v func(*pebble.Metrics, *watcher) float64) {
		c.all = append(c.all, gauge{desc(name, help), t, v})
	}
	const level, count = prometheus.GaugeValue, prometheus.CounterValue
	add(level, "disk_bytes", "Bytes on disk, write-ahead log included.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.DiskSpaceUsage()) })
	add(level, "wal_bytes", "Live bytes in the write-ahead log.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.WAL.Size) })
	add(count, "wal_written_bytes_total", "Bytes written to the write-ahead log.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.WAL.BytesWritten) })
	add(level, "memtable_bytes", "Memory allocated for memtables.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.MemTable.Size) })
	add(level, "cache_bytes", "Bytes in the block cache that the stores share.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Size) })
	add(count, "cache_hits_total", "Hits of the block cache that the stores share.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Hits) })
	add(count, "cache_misses_total", "Misses of the block cache that the stores share.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.BlockCache.Misses) })
	add(count, "filter_hits_total", "Lookups that a bloom filter answered.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Filter.Hits) })
	add(count, "flushes_total", "Memtables written out.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Flush.Count) })
	add(count, "compactions_total", "Compactions finished.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Compact.Count) })
	add(level, "compaction_debt_bytes", "Bytes to compact before the store is at rest.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Compact.EstimatedDebt) })
	add(level, "read_amplification", "Tables a lookup may have to ask.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.ReadAmp()) })
	add(level, "snapshots", "Open read views.",
		func(m *pebble.Metrics, _ *watcher) float64 { return float64(m.Snapshots.Count) })
	add(count, "write_stalls_total", "Times writers waited for a flush or a compaction.",
		func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.writeStalls.Load()) })
	add(count, "slow_disk_total", "Disk operations that lasted 5 s or more.",
		func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.slowDisk.Load()) })
	add(count, "background_errors_total", "Failed flushes and compactions; the first one ends the process.",
		func(_ *pebble.Metrics, w *watcher) float64 { return float64(w.backgroundErrors.Load()) })
	c.fsync = desc("wal_fsync_seconds", "Time one sync of the write-ahead log takes.")
	return c
}

func (c collector) Describe(out chan<- *prometheus.Desc) {
	for _, g := range c.all {
		out <- g.desc
	}
	out <- c.fsync
}

// Collect reports nothing for a closed store.
func (c collector) Collect(out chan<- prometheus.Metric) {
	c.db.mu.RLock()
	defer c.db.mu.RUnlock()
	if c.db.closed {
		return
	}
	m := c.db.Metrics()
	for _, g := range c.all {
		out <- prometheus.MustNewConstMetric(g.desc, g.kind, g.value(m, c.db.watcher))
	}
	if h, ok := histogram(m.LogWriter.FsyncLatency); ok {
		buckets := make(map[float64]uint64, len(h.Bucket))
		for _, b := range h.Bucket {
			buckets[b.GetUpperBound()/nanosecondsPerSecond] = b.GetCumulativeCount()
		}
		out <- prometheus.MustNewConstHistogram(c.fsync, h.GetSampleCount(), h.GetSampleSum()/nanosecondsPerSecond, buckets)
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
