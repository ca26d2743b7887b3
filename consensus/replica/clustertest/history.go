package clustertest

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
)

// History is what the callers of a cluster saw.
type History struct {
	mu    sync.Mutex
	acked []ledger.Result
	ops   []porcupine.Operation
}

func (h *History) acknowledge(res ledger.Result) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.acked = append(h.acked, res)
}

// step is an operation on one memo: an act on a head it expects, or a read.
type step struct {
	record string
	read   bool
	prev   string
	next   string // the act's own hash: the head if it stands
}

// outcome of a step.
type outcome struct {
	known bool   // false: it may happen at any later time, or never
	stood bool   // an act that became the head
	head  string // what a read saw
}

func (h *History) record(client int, s step, call int64, out outcome) {
	end := time.Now().UnixNano()
	if !out.known {
		if s.read {
			return // a read that failed says nothing
		}
		end = 1<<63 - 1
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ops = append(h.ops, porcupine.Operation{ClientId: client, Input: s, Call: call, Output: out, Return: end})
}

// ReadOp reads a memo's head linearizably and records it.
func (c *Cluster) ReadOp(ctx context.Context, client int, n *Node, record string) (string, error) {
	call := time.Now().UnixNano()
	head, err := c.Head(ctx, n, replica.Linearizable, record)
	c.history.record(client, step{record: record, read: true}, call, outcome{known: err == nil, head: head})
	return head, err
}

// ActOp adds a note on top of prev and records what became of it. It returns the
// head the memo has if the act stood, or "".
func (c *Cluster) ActOp(ctx context.Context, client int, n *Node, record, region, prev, note string) (string, error) {
	raw := c.AddNote(region, record, prev, note)
	st, err := statement.Parse(raw)
	if err != nil {
		return "", err
	}
	call := time.Now().UnixNano()
	res, err := c.Submit(ctx, n, raw)
	s := step{record: record, prev: prev, next: st.Hash.String()}
	switch {
	case err == nil && res.Status == ledger.Committed:
		c.history.record(client, s, call, outcome{known: true, stood: true})
		return s.next, nil
	case err == nil && res.Refusal != nil && res.Refusal.Code == ledger.CodeStalePrev:
		c.history.record(client, s, call, outcome{known: true})
		return "", nil
	case errors.Is(err, replica.ErrNoLeader) && !errors.Is(err, replica.ErrUnknownOutcome), errors.Is(err, replica.ErrOverloaded):
		return "", err // certainly not proposed
	default:
		c.history.record(client, s, call, outcome{})
		return "", err
	}
}

// model says what a memo is: a register that only changes from the value the
// writer names.
var model = porcupine.Model{
	Partition: func(all []porcupine.Operation) [][]porcupine.Operation {
		byRecord := map[string][]porcupine.Operation{}
		var order []string
		for _, op := range all {
			r := op.Input.(step).record
			if byRecord[r] == nil {
				order = append(order, r)
			}
			byRecord[r] = append(byRecord[r], op)
		}
		parts := make([][]porcupine.Operation, 0, len(order))
		for _, r := range order {
			parts = append(parts, byRecord[r])
		}
		return parts
	},
	Init: func() any { return "" },
	Step: func(state, input, output any) (bool, any) {
		head, s, out := state.(string), input.(step), output.(outcome)
		// The head a memo begins with is not known to the model: the first
		// operation that takes effect says which it is.
		begin := head == ""
		switch {
		case s.read && begin:
			return true, out.head
		case s.read:
			return out.head == head, head
		case !out.known && (begin || s.prev == head):
			return true, s.next // if it takes effect; porcupine may leave it to the end of time
		case !out.known:
			return true, head
		case out.stood:
			return begin || s.prev == head, s.next
		default:
			return begin || s.prev != head, head
		}
	},
	Equal: func(a, b any) bool { return a == b },
}

// linearizeMax bounds the search; histories of tests are short.
const linearizeMax = 30 * time.Second

// CheckLinearizable fails the test unless all recorded operations can be put in
// one order that respects time.
func (c *Cluster) CheckLinearizable() {
	c.t.Helper()
	c.history.mu.Lock()
	ops := c.history.ops
	c.history.mu.Unlock()
	result, info := porcupine.CheckOperationsVerbose(model, ops, linearizeMax)
	if result == porcupine.Ok {
		return
	}
	c.t.Errorf("%s: %d operations are not linearizable: %s", c, len(ops), result)
	if path := visualise(c.t, info); path != "" {
		c.t.Logf("see %s", path)
	}
}

func visualise(t testing.TB, info porcupine.LinearizationInfo) string {
	path := t.ArtifactDir() + "/history.html"
	if err := porcupine.VisualizePath(model, info, path); err != nil {
		t.Logf("couldn't draw the history: %v", err)
		return ""
	}
	return path
}
