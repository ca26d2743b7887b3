package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Operations that both contestants perform.
const (
	opWrite            = "write"
	opReadLinearizable = "read-linearizable"
	opReadLocal        = "read-local"
)

// sample is one load run.
type sample struct {
	Ops        int     `json:"ops"`
	Failed     int64   `json:"failed"`
	OpsPerS    float64 `json:"ops_per_s"`
	P50MS      float64 `json:"p50_ms"`
	P99MS      float64 `json:"p99_ms"`
	Seconds    float64 `json:"seconds"`
	FirstErr   string  `json:"first_error,omitempty"`
	CPUPerOpUS float64 `json:"server_cpu_us_per_op"` // all three servers together

	ClientCPUPerOpUS float64 `json:"client_cpu_us_per_op"` // of the load process, its preparations included

	PerEntry float64 `json:"statements_per_entry,omitempty"` // mean size of a Raft entry

	StatementBytes int `json:"statement_bytes,omitempty"` // size of what one write puts on the ledger
}

// measure adds the servers' processor time to a load run.
func measure(servers []*server, run func() (sample, error)) (sample, error) {
	before := totalCPU(servers)
	s, err := run()
	if err != nil {
		return s, err
	}
	if s.Ops > 0 {
		s.CPUPerOpUS = float64((totalCPU(servers) - before).Microseconds()) / float64(s.Ops)
	}
	return s, nil
}

// phase is one comparison: an operation at a number of clients.
type phase struct {
	Name    string
	Op      string
	Clients int
}

// allPhases are the comparisons in the order in which they run.
var allPhases = []phase{
	{"writes_c1", opWrite, 1},
	{"writes_c64", opWrite, 64},
	{"writes_c256", opWrite, 256},
	{"linearizable_reads", opReadLinearizable, 64},
	{"local_reads", opReadLocal, 64},
}

// choosePhases finds phases by their names, with commas between them.
func choosePhases(names string) ([]phase, error) {
	if names == "" {
		return allPhases, nil
	}
	var chosen []phase
	for name := range strings.SplitSeq(names, ",") {
		i := slices.IndexFunc(allPhases, func(p phase) bool { return p.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no phase %q; phases are writes_c1, writes_c64, writes_c256, linearizable_reads, local_reads", name)
		}
		chosen = append(chosen, allPhases[i])
	}
	return chosen, nil
}

// results holds every round of every phase of one contestant.
type results map[string][]sample

// medians reduces the rounds of each phase to their median, figure by figure.
func (r results) medians() map[string]sample {
	out := map[string]sample{}
	for name, rounds := range r {
		m := sample{
			OpsPerS:    median(rounds, func(s sample) float64 { return s.OpsPerS }),
			P50MS:      median(rounds, func(s sample) float64 { return s.P50MS }),
			P99MS:      median(rounds, func(s sample) float64 { return s.P99MS }),
			Seconds:    median(rounds, func(s sample) float64 { return s.Seconds }),
			CPUPerOpUS: median(rounds, func(s sample) float64 { return s.CPUPerOpUS }),

			PerEntry: median(rounds, func(s sample) float64 { return s.PerEntry }),

			ClientCPUPerOpUS: median(rounds, func(s sample) float64 { return s.ClientCPUPerOpUS }),
		}
		for _, s := range rounds {
			m.Ops += s.Ops
			m.Failed += s.Failed
			if m.FirstErr == "" {
				m.FirstErr = s.FirstErr
			}
		}
		out[name] = m
	}
	return out
}

func median[R any](rounds []R, figure func(R) float64) float64 {
	values := make([]float64, len(rounds))
	for i, s := range rounds {
		values[i] = figure(s)
	}
	slices.Sort(values)
	if len(values) == 0 {
		return 0
	}
	return values[len(values)/2]
}

// report is the last line of `make bench`.
type report struct {
	Etcd   map[string]sample  `json:"etcd"`
	Sandi  map[string]sample  `json:"sandi"`
	Ratio  map[string]float64 `json:"ratio"` // sandi / etcd
	RSSMiB []float64          `json:"rss_mib"`
	Bytes  int                `json:"statement_bytes"`
}

func newReport(etcd, sandi results, rss []float64, size int) report {
	e, s := etcd.medians(), sandi.medians()
	ratio := map[string]float64{
		"p99_c64":                   div(s["writes_c64"].P99MS, e["writes_c64"].P99MS),
		"p99_c256":                  div(s["writes_c256"].P99MS, e["writes_c256"].P99MS),
		"server_cpu_per_commit_c64": div(s["writes_c64"].CPUPerOpUS, e["writes_c64"].CPUPerOpUS),
	}
	for _, p := range allPhases {
		ratio[p.Name] = div(s[p.Name].OpsPerS, e[p.Name].OpsPerS)
	}
	return report{Etcd: e, Sandi: s, Ratio: ratio, RSSMiB: rss, Bytes: size}
}

func div(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return float64(int(a/b*1000+0.5)) / 1000
}

// failed counts the operations that did not succeed; it must be 0.
func (r report) failed() (n int64) {
	for _, side := range []map[string]sample{r.Etcd, r.Sandi} {
		for _, s := range side {
			n += s.Failed
		}
	}
	return n
}

// print writes a table for people and then the JSON line.
func (r report) print(w io.Writer) error {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	t.AppendHeader(table.Row{"phase", "etcd ops/s", "sandi ops/s", "ratio", "etcd p50/p99 ms", "sandi p50/p99 ms", "CPU us/op: etcd", "its client", "sandi", "its client"})
	for _, p := range allPhases {
		e, s := r.Etcd[p.Name], r.Sandi[p.Name]
		t.AppendRow(table.Row{
			p.Name, fmt.Sprintf("%.0f", e.OpsPerS), fmt.Sprintf("%.0f", s.OpsPerS), fmt.Sprintf("%.2f", r.Ratio[p.Name]),
			fmt.Sprintf("%.1f/%.1f", e.P50MS, e.P99MS), fmt.Sprintf("%.1f/%.1f", s.P50MS, s.P99MS),
			fmt.Sprintf("%.0f", e.CPUPerOpUS), fmt.Sprintf("%.0f", e.ClientCPUPerOpUS),
			fmt.Sprintf("%.0f", s.CPUPerOpUS), fmt.Sprintf("%.0f", s.ClientCPUPerOpUS),
		})
	}
	t.Render()
	fmt.Fprintf(w, "resident memory of the three nodes, largest seen, MiB: %.0f; statement %d bytes; failed operations: %d\n", r.RSSMiB, r.Bytes, r.failed())
	return json.NewEncoder(w).Encode(r)
}

func progress(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
