// Package admin is the door for whoever runs a node: probes, metrics and
// profiles. It listens on its own address (loopback or a management network)
// and shares nothing with the public door, which answers 404 for every path
// here.
//
//   - GET /livez: 200 while the process can answer at all. It looks at nothing
//     else: a probe that fails for want of a quorum would have every node of a
//     partitioned federation restarted at once.
//   - GET /readyz: 200 when every check passes, 503 otherwise; ?verbose lists
//     the checks, warnings included.
//   - GET /metrics: Prometheus text format, bounded in time and parallelism.
//   - GET /debug/pprof/...: profiles.
//
// There is no authentication here. Whoever reaches the listener sees counters
// and stacks, never keys, tokens or payloads.
package admin
