package exchange

import (
	"context"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/sleep"
)

// A recipient behind a firewall that lets nobody in still fetches: it dials. An
// owner that can't be dialled lends the recipient connections that the owner made;
// the recipient asks over them as over its own. So there is one way to fetch, and it
// covers both; neither side has to be told which it is.
const (
	// lendAfter is how long an owner waits to be asked before it lends.
	lendAfter = 5 * time.Second
	// lentPerNode is how many connections a node is lent at a time: as many as it
	// asks over at a time.
	lentPerNode = window + 1
	// lendAgain is the pause after a connection that could not be lent or broke.
	lendAgain = 2 * time.Second
)

// lender lends connections to regions that have not asked for what they are
// offered. It belongs to Run's goroutine, but for what mu guards.
type lender struct {
	e     *Exchange
	since map[string]time.Time // region -> since when it has been offered something

	mu   sync.Mutex
	lent map[string]int // node -> connections; guarded by mu
}

func newLender(e *Exchange) *lender {
	return &lender{e: e, since: map[string]time.Time{}, lent: map[string]int{}}
}

// serve lends connections for the open offers of this region.
func (l *lender) serve(ctx context.Context, running *sync.WaitGroup, own []*ledger.Offer) {
	now := time.Now()
	wanted := map[string]bool{}
	for _, o := range own {
		if !l.e.expired(o) {
			wanted[o.ToRegion] = true
		}
	}
	for region := range l.since {
		if !wanted[region] {
			delete(l.since, region)
		}
	}
	for region := range wanted {
		if l.since[region].IsZero() {
			l.since[region] = now
		}
		l.e.mu.Lock()
		asked := l.e.asked[region]
		l.e.mu.Unlock()
		if now.Sub(maxTime(l.since[region], asked)) < lendAfter && !l.lends(region) {
			continue
		}
		for _, node := range l.e.cfg.Nodes(region) {
			for l.take(node) {
				running.Go(func() {
					defer l.leave(node)
					if err := l.e.cfg.Peers.Lend(ctx, node); err != nil && ctx.Err() == nil {
						l.e.cfg.Logger.Debug("couldn't lend a connection", "node", node, "err", err)
						_ = sleep.For(ctx, lendAgain)
					}
				})
			}
		}
	}
}

// lends reports whether a region is being lent connections: then being asked over
// them is no reason to stop.
func (l *lender) lends(region string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, node := range l.e.cfg.Nodes(region) {
		if l.lent[node] > 0 {
			return true
		}
	}
	return false
}

func (l *lender) take(node string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lent[node] == lentPerNode {
		return false
	}
	l.lent[node]++
	return true
}

func (l *lender) leave(node string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lent[node]--
}
