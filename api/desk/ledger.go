package desk

import (
	"context"
	"time"

	"sandi.internal/gateway/consensus/ledger"
)

// Ledger is this node's replica as the doors see it. Errors wrap those of
// consensus/replica or the context's.
type Ledger interface {
	// Submit hands a statement's exact bytes over and returns once this node
	// has applied it.
	Submit(ctx context.Context, raw []byte) (ledger.Result, error)
	// View opens a read view that is as fresh as asked.
	View(ctx context.Context, f Fresh) (View, error)
	// Books opens the books over a view.
	Books(r ledger.Reader) *ledger.Books
	// WaitSize returns once this node has applied more than size leaves, with
	// the new size, or with the context's error.
	WaitSize(ctx context.Context, size uint64) (uint64, error)
}

// Fresh is how fresh a read has to be.
type Fresh struct {
	Local bool   // what this node has applied will do; else nothing acknowledged before may be missing
	At    uint64 // wait until this many leaves are applied (read your own writes)
}

// Waits reports whether a view so fresh may have to be waited for.
func (f Fresh) Waits() bool { return !f.Local || f.At > 0 }

// View is one consistent state of the ledger. Close it soon.
type View interface {
	ledger.Reader
	Size() uint64       // leaves in this view
	Age() time.Duration // since this node last knew that it was up to date
	Close() error
}
