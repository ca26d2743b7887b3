package replica

import (
	"context"
	"sync"
	"sync/atomic"
)

// position is how far this node has applied the log.
type position struct {
	index uint64 // Raft index of the last applied command or configuration
	term  uint64 // its term: equal to the leader's own once its term is open
	size  uint64 // leaves in the ledger
}

// progress publishes the position to whoever waits for it. One goroutine at a
// time publishes.
type progress struct {
	at atomic.Pointer[position]

	mu      sync.Mutex
	changed chan struct{} // closed by the next publish; nil while nobody waits
}

func (p *progress) now() position {
	if at := p.at.Load(); at != nil {
		return *at
	}
	return position{}
}

func (p *progress) publish(to position) {
	p.at.Store(&to)
	p.mu.Lock()
	if p.changed != nil {
		close(p.changed)
		p.changed = nil
	}
	p.mu.Unlock()
}

// wait returns the first position for which enough says so, or an error when
// ctx or the replica ends.
func (p *progress) wait(ctx context.Context, ended <-chan struct{}, enough func(position) bool) (position, error) {
	for {
		if at := p.now(); enough(at) {
			return at, nil
		}
		p.mu.Lock()
		if p.changed == nil {
			p.changed = make(chan struct{})
		}
		changed := p.changed
		p.mu.Unlock()
		if at := p.now(); enough(at) { // published before we registered
			return at, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return p.now(), ctx.Err()
		case <-ended:
			return p.now(), ErrClosed
		}
	}
}
