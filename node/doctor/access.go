package doctor

import (
	"context"
	"net/http"
)

// Series of api/accesslog and node that the doctor reads.
const (
	seriesLooks      = "sandi_access_log_entries"
	seriesClosed     = "sandi_access_log_closed"
	seriesUnanchored = "sandi_access_log_unanchored_seconds"

	// anchorLate is for how many seconds entries may wait for the ledger.
	anchorLate = 2 * 3600
)

// checkAccess looks whether the log of who looked at private data takes entries and
// comes onto the ledger.
func checkAccess(ctx context.Context, p *patient) result {
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
	size := textf("%.0f 条", "%.0f entries", series[seriesLooks])
	switch {
	case series[seriesClosed] != 0:
		return fail(size.and(text{"；日志不可写，任何人不能查看私有材料", "; it takes none, so nobody is given private data"}),
			text{"按 OPERATIONS.md “Who looked” 处理", "act on OPERATIONS.md, \"Who looked\""})
	case series[seriesUnanchored] > anchorLate:
		return warn(size.and(textf("；其中有 %.0f 分钟未入账", "; some have waited %.0f minutes for the ledger", series[seriesUnanchored]/60)),
			text{"检查是否有多数地区在线（sandi status）", "see whether a majority of regions is up (sandi status)"})
	}
	return result{verdict: OK, detail: size}
}
