package lots

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"sandi.internal/gateway/consensus/draw"
)

const (
	// tick is how soon nodes are asked again for what is still missing; each time it
	// takes twice as long, up to tickMost.
	tick     = time.Second
	tickMost = time.Minute
	// giveUp is when the time to contribute to a draw has long passed.
	giveUp = 7 * 24 * time.Hour
	// patience bounds one question.
	patience = 10 * time.Second
	// maxWanted bounds the draws whose pools are asked for at a time: a plan has a
	// handful.
	maxWanted = 1000
	// sweep is how often the node looks for what may go.
	sweep = time.Hour
)

// Peers asks another node for a pool or a rule; nil: it has none. *peer.Client is one.
type Peers interface {
	DrawText(ctx context.Context, node string, digest [sha256.Size]byte) ([]byte, error)
}

// want is a draw whose pool or rule isn't here.
type want struct {
	region  string // the organiser's: its node has them
	digests [2][sha256.Size]byte
	since   time.Time
	next    time.Time     // not asked before it
	pause   time.Duration // until the time after that
}

// Want asks for the pool and the rule of a draw until they are here.
func (l *Lots) Want(r *draw.Record, region string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.wanted[r.ID]; !known && len(l.wanted) < maxWanted {
		l.wanted[r.ID] = want{region: region, digests: [2][sha256.Size]byte{r.Pool, r.Rule}, since: time.Now(), pause: tick}
		select {
		case l.news <- struct{}{}:
		default:
		}
	}
}

// Run fetches what is wanted, and lets go what nobody froze, until ctx ends. found is told each draw that is complete.
func (l *Lots) Run(ctx context.Context, found func(record string)) {
	ticker := time.NewTicker(tick)
	defer ticker.Stop()
	sweeper := time.NewTicker(sweep)
	defer sweeper.Stop()
	for {
		for record, w := range l.due(time.Now()) {
			if l.fetch(ctx, record, w) {
				found(record)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-sweeper.C:
			if err := l.expire(); err != nil {
				l.log.Warn("couldn't clear away pools that no draw needs; it is tried again in an hour", "error", err)
			}
		case <-ticker.C:
		case <-l.news:
		}
	}
}

// due are the draws to ask about now. They are asked about later the next time.
func (l *Lots) due(now time.Time) map[string]want {
	l.mu.Lock()
	defer l.mu.Unlock()
	list := map[string]want{}
	for record, w := range l.wanted {
		switch {
		case now.Sub(w.since) > giveUp:
			delete(l.wanted, record)
		case !now.Before(w.next):
			list[record] = w
			w.next, w.pause = now.Add(w.pause), min(2*w.pause, tickMost)
			l.wanted[record] = w
		}
	}
	return list
}

// fetch asks for what one draw lacks, and reports whether nothing is lacking now.
func (l *Lots) fetch(ctx context.Context, record string, w want) bool {
	for _, digest := range w.digests {
		text, err := l.Text(digest)
		if err == nil && text == nil {
			err = l.ask(ctx, digest, w.region)
		}
		if err == nil {
			continue
		}
		if ctx.Err() == nil && w.next.IsZero() { // said once
			l.log.Warn("a draw waits: no node gives its pool or rule; the organiser's bureau has to bring them in (sandi draw put)", "record", record, "error", err)
		}
		return false
	}
	l.mu.Lock()
	delete(l.wanted, record)
	l.mu.Unlock()
	return true
}

// ask asks node after node for a text, those of a region first.
func (l *Lots) ask(ctx context.Context, digest [sha256.Size]byte, region string) error {
	err := ErrMissing
	for _, node := range l.nodes(region) {
		text, nodeErr := l.question(ctx, node, digest)
		switch {
		case nodeErr != nil:
			err = nodeErr
		case text == nil:
		case sha256.Sum256(text) != digest:
			err = fmt.Errorf("node %s gave another text than the one that was frozen", node)
		default:
			_, err := l.keep(text, region)
			return err
		}
	}
	return err
}

func (l *Lots) question(ctx context.Context, node string, digest [sha256.Size]byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return l.peers.DrawText(ctx, node, digest)
}
