package desk

import (
	"context"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
)

// Replicated is the Ledger of a node: its replica, and the state machine that
// knows how to read what the replica has applied.
type Replicated struct {
	Replica *replica.Replica
	Machine *ledger.Ledger
}

var _ Ledger = Replicated{}

// Submit implements Ledger.
func (r Replicated) Submit(ctx context.Context, raw []byte) (ledger.Result, error) {
	return r.Replica.Submit(ctx, raw)
}

// View implements Ledger.
func (r Replicated) View(ctx context.Context, f Fresh) (View, error) {
	want := replica.Consistency{Mode: replica.Linearizable, At: f.At}
	if f.Local {
		want.Mode = replica.Local
	}
	v, err := r.Replica.View(ctx, want)
	if err != nil {
		return nil, err
	}
	return replicaView{v}, nil
}

// Books implements Ledger.
func (r Replicated) Books(reader ledger.Reader) *ledger.Books { return r.Machine.Books(reader) }

// WaitSize implements Ledger.
func (r Replicated) WaitSize(ctx context.Context, size uint64) (uint64, error) {
	return r.Replica.WaitSize(ctx, size)
}

type replicaView struct{ *replica.View }

func (v replicaView) Size() uint64       { return v.View.Size }
func (v replicaView) Age() time.Duration { return time.Duration(v.View.AgeMs) * time.Millisecond }
