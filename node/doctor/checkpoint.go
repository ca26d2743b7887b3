package doctor

import (
	"context"
	"net/http"
	"strconv"
	"strings"
)

// Series of consensus/witness and consensus/replica that the doctor reads.
const (
	seriesLeaves      = "sandi_replica_leaves"
	seriesPublished   = "sandi_checkpoint_published_size"
	seriesFinal       = "sandi_checkpoint_final_size"
	seriesQuarantined = "sandi_checkpoint_quarantined"
	seriesStopped     = "sandi_checkpoint_stopped"
	seriesWarning     = "sandi_checkpoint_warning"
)

// checkCheckpoints looks how far the ledger is signed, and whether this node
// votes and signs.
func checkCheckpoints(ctx context.Context, p *patient) result {
	if !p.up {
		return warn(text{"未运行，无法得知", "unknown while the node is down"}, text{"启动后再查", "start it and look again"})
	}
	status, body, err := get(ctx, "http://"+p.config.Listen.Admin+"/metrics")
	if err == nil && status != http.StatusOK {
		err = errStatus(status)
	}
	if err != nil {
		return fail(errorText(err), text{"查看节点日志", "see the node's log"})
	}
	series := readSeries(body)
	sizes := textf("已提交 %.0f 条，已公布 %.0f 条，已定稿 %.0f 条", "%.0f entries committed, %.0f published, %.0f final",
		series[seriesLeaves], series[seriesPublished], series[seriesFinal])
	_, ready, _ := get(ctx, "http://"+p.config.Listen.Admin+"/readyz?verbose") // without it the reason is missing
	why := text{"：" + reason(ready, "checkpoints"), ": " + reason(ready, "checkpoints")}
	switch {
	case series[seriesQuarantined] != 0:
		return fail(sizes.and(text{"；本节点不参与表决：" + reason(ready, "vote"), "; this node does not vote: " + reason(ready, "vote")}),
			text{"等待其他各节点全部应答后自动恢复；见 OPERATIONS.md “A data folder put back”", "it votes again by itself once every other node has answered; see OPERATIONS.md, \"A data folder put back\""})
	case series[seriesStopped] != 0:
		return fail(sizes.and(text{"；本节点停止签署", "; this node signs nothing"}).and(why),
			text{"与各局核对证据后按 OPERATIONS.md “A fork” 处理", "compare the evidence with the other bureaus, then act on OPERATIONS.md, \"A fork\""})
	case series[seriesWarning] != 0:
		return warn(sizes.and(why),
			text{"检查所列节点是否运行、时钟是否准确（sandi status）", "see whether the nodes named run and their clocks are right (sandi status at each)"})
	}
	return result{verdict: OK, detail: sizes}
}

type errStatus int

func (e errStatus) Error() string { return "the admin listener answered " + strconv.Itoa(int(e)) }

// and joins two sentences.
func (t text) and(more text) text { return text{t.zh + more.zh, t.en + more.en} }

// reason is what a readiness probe says of one check that does not pass.
func reason(body, check string) string {
	for line := range strings.Lines(body) {
		if _, rest, ok := strings.Cut(line, "] "+check+" "); ok {
			rest = strings.TrimPrefix(strings.TrimPrefix(rest, "failed: "), "warning: ")
			return strings.TrimSpace(rest)
		}
	}
	return "-"
}

// readSeries reads the series without labels of Prometheus' text format.
func readSeries(body string) map[string]float64 {
	series := make(map[string]float64)
	for line := range strings.Lines(body) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			series[name] = v
		}
	}
	return series
}
