package node

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/recovery"
)

// settled reports whether a return to a final checkpoint explains a note.
func (n *Node) settled(note *checkpoint.Note) bool { return n.ledger.Settles(note) != nil }

// finishedReturn refuses to serve in the middle of a return.
func (n *Node) finishedReturn() error {
	switch begun, err := recovery.Unfinished(n.stores.state.Local()); {
	case err != nil:
		return err
	case begun != nil:
		return recovery.ErrUnfinished
	}
	return nil
}

// voided is what this node had in entries that a return has given up.
type voided struct {
	store   recovery.Getter
	returns func() []*ledger.Return
	at      map[[2]string]uint64 // region and statement id -> the index that it had; never changed
}

// openVoided reads them.
func (n *Node) openVoided() error {
	n.voided = &voided{store: n.stores.state.Local(), returns: n.ledger.Returns, at: make(map[[2]string]uint64)}
	list, err := recovery.Outcomes(n.voided.store)
	for _, o := range list {
		n.voided.at[[2]string{o.Region, o.ID}] = o.Void
		if o.Waiting {
			n.returning.Store(true)
		}
	}
	return err
}

// order is the first entry of the return that gave an index up.
func (v *voided) order(index uint64) v1.Void {
	void := v1.Void{Index: index}
	for _, t := range v.returns() {
		if t.Size <= index && index < t.Void {
			void.Order = t.Size
		}
	}
	return void
}

// of is the void entry of a statement; nil for none.
func (v *voided) of(region, id string) *v1.Void {
	index, known := v.at[[2]string{region, id}]
	if !known {
		return nil
	}
	void := v.order(index)
	return &void
}

// list is what became of each, for the operator.
func (v *voided) list() ([]v1.VoidOutcome, error) {
	all, err := recovery.Outcomes(v.store)
	list := []v1.VoidOutcome{}
	for _, o := range all {
		one := v1.VoidOutcome{Void: v.order(o.Void), Region: o.Region, ID: o.ID, Kind: o.Kind, Now: o.Index, Waiting: o.Waiting, Dropped: o.Dropped}
		if o.Why != nil {
			one.Refusal = &v1.Refusal{Code: string(o.Why.Code), Cite: o.Why.Cite, ZH: o.Why.ZH, EN: o.Why.EN, Params: o.Why.Params}
		}
		list = append(list, one)
	}
	return list, err
}

// resubmitPause is between two attempts while there is no majority.
const resubmitPause = time.Second

// resubmit hands in again, in their order and one at a time, the statements of entries
// that a return has voided. Every node does, with what it had; the ledger takes the first
// of equal ones, and answers the others alike. The bureau's desk says nothing new until it
// is done: an act that was given up should not meet a record that its own bureau has moved
// on since.
func (n *Node) resubmit(ctx context.Context) error {
	again, refused := 0, 0
	err := recovery.Queued(n.stores.state.Local(), func(index uint64, raw []byte) (recovery.Outcome, error) {
		st, err := statement.Parse(raw)
		if err != nil {
			return recovery.Outcome{}, fmt.Errorf("couldn't read a void entry: %w", err)
		}
		result, err := n.insist(ctx, raw)
		if err != nil {
			return recovery.Outcome{}, err
		}
		o := recovery.Outcome{Void: index, Region: st.Region, ID: st.ID, Kind: st.Kind, Why: result.Refusal}
		if result.Status == ledger.Committed {
			o.Index = &result.Index
			again++
		} else {
			refused++
			n.log.Warn("a void entry was refused when it was submitted again; its bureau has to act anew", "void", index, "region", st.Region, "id", st.ID, "why", result.Refusal.Code)
		}
		return o, nil
	})
	if ctx.Err() != nil {
		return nil
	}
	if err == nil {
		n.returning.Store(false)
	}
	if again+refused > 0 {
		n.log.Info("the void entries were submitted again", "took effect", again, "refused", refused)
	}
	return err
}

// insist submits a statement until the ledger has answered it.
func (n *Node) insist(ctx context.Context, raw []byte) (ledger.Result, error) {
	for {
		result, err := n.replica.Submit(ctx, raw)
		switch {
		case err == nil:
			return result, nil
		case errors.Is(err, replica.ErrInvalid):
			return ledger.Result{Status: ledger.Refused, Refusal: &ledger.Refusal{Code: ledger.CodeSignature}}, nil
		case ctx.Err() != nil:
			return ledger.Result{}, ctx.Err()
		}
		n.log.Debug("couldn't submit a void entry again yet", "error", err)
		select {
		case <-ctx.Done():
			return ledger.Result{}, ctx.Err()
		case <-time.After(resubmitPause):
		}
	}
}
