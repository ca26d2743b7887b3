package solo

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
)

var local = desk.Fresh{Local: true}

// Ledger is one ledger in memory behind the doors' interface.
type Ledger struct {
	clock func() time.Time

	mu      sync.RWMutex // held for reading by open views
	machine *ledger.Ledger
	memory  *ledger.Memory

	scanning sync.Mutex // one Scan at a time

	waiting sync.Mutex
	changed chan struct{} // closed when a leaf is added; guarded by waiting

	fault   atomic.Pointer[Fault]
	submits atomic.Int64
}

// Fault is what goes wrong. Zero means nothing.
type Fault struct {
	Submit func(raw []byte) error // before applying; an error is the answer
	Answer func(raw []byte) error // after applying; an error replaces the answer
	View   func(f desk.Fresh) error
}

var _ desk.Ledger = (*Ledger)(nil)

func newLedger(machine *ledger.Ledger, clock func() time.Time) *Ledger {
	l := &Ledger{clock: clock, machine: machine, memory: ledger.NewMemory(), changed: make(chan struct{})}
	if err := machine.Load(l.memory); err != nil {
		panic(fmt.Sprintf("couldn't load an empty ledger: %v", err))
	}
	return l
}

// Break switches a fault on; nil switches it off.
func (l *Ledger) Break(f *Fault) { l.fault.Store(f) }

// Submits counts calls of Submit.
func (l *Ledger) Submits() int64 { return l.submits.Load() }

// Governed is ledger.Standing.Governed.
func (l *Ledger) Governed() uint64 { return l.machine.Governed() }

// Submit implements desk.Ledger.
func (l *Ledger) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	l.submits.Add(1)
	f := l.fault.Load()
	if f != nil && f.Submit != nil {
		if err := f.Submit(raw); err != nil {
			return ledger.Result{}, err
		}
	}
	res, err := l.apply(raw)
	if err != nil {
		return ledger.Result{}, err
	}
	if f != nil && f.Answer != nil {
		if err := f.Answer(raw); err != nil {
			return ledger.Result{}, err
		}
	}
	return res, ctx.Err()
}

func (l *Ledger) apply(raw []byte) (ledger.Result, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	results, err := l.machine.Apply(l.memory, ledger.Command{ProposedAt: l.clock().UnixMilli(), Statements: [][]byte{raw}})
	if err != nil {
		return ledger.Result{}, err
	}
	l.waiting.Lock()
	close(l.changed)
	l.changed = make(chan struct{})
	l.waiting.Unlock()
	return results[0], nil
}

// View implements desk.Ledger. The ledger stands still while it is open.
func (l *Ledger) View(ctx context.Context, f desk.Fresh) (desk.View, error) {
	if fault := l.fault.Load(); fault != nil && fault.View != nil {
		if err := fault.View(f); err != nil {
			return nil, err
		}
	}
	if f.At > 0 {
		if _, err := l.WaitSize(ctx, f.At-1); err != nil {
			return nil, fmt.Errorf("couldn't wait: %w", err)
		}
	}
	l.mu.RLock()
	return &view{l: l, size: l.machine.Size(), done: sync.OnceFunc(l.mu.RUnlock)}, nil
}

// Books implements desk.Ledger.
func (l *Ledger) Books(r ledger.Reader) *ledger.Books { return l.machine.Books(r) }

// Size is the number of leaves.
func (l *Ledger) Size() uint64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.machine.Size()
}

// WaitSize implements desk.Ledger.
func (l *Ledger) WaitSize(ctx context.Context, size uint64) (uint64, error) {
	for {
		l.waiting.Lock()
		changed := l.changed
		l.waiting.Unlock()
		if now := l.Size(); now > size {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return l.Size(), ctx.Err()
		}
	}
}

// Standing is the ledger's root and digest, for tests that hold them still.
func (l *Ledger) Standing() (ledger.Standing, error) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.machine.Books(l.memory).Standing()
}

// Verify checks the whole ledger.
func (l *Ledger) Verify() error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.machine.Verify(l.memory)
}

// NoLeader is a fault: a majority cannot be reached.
func NoLeader() *Fault {
	return &Fault{
		Submit: func([]byte) error { return replica.ErrNoLeader },
		View: func(f desk.Fresh) error {
			if f.Local {
				return nil
			}
			return replica.ErrNoLeader
		},
	}
}

type view struct {
	l    *Ledger
	size uint64
	done func()
}

// Get implements ledger.Reader.
func (v *view) Get(key []byte) ([]byte, error) { return v.l.memory.Get(key) }

// Scan implements ledger.Reader. Memory sorts its keys when it is first asked,
// so readers take turns; a scan that reads on inside is read from a copy.
func (v *view) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	type pair struct{ key, value []byte }
	var pairs []pair
	v.l.scanning.Lock()
	err := v.l.memory.Scan(lower, upper, reverse, func(k, val []byte) (bool, error) {
		pairs = append(pairs, pair{bytes.Clone(k), bytes.Clone(val)})
		return true, nil
	})
	v.l.scanning.Unlock()
	for _, p := range pairs {
		if err != nil {
			break
		}
		var more bool
		if more, err = fn(p.key, p.value); !more {
			break
		}
	}
	return err
}

func (v *view) Size() uint64       { return v.size }
func (v *view) Age() time.Duration { return 0 }
func (v *view) Close() error       { v.done(); return nil }
