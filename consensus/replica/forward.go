package replica

import (
	"context"
	"fmt"
	"time"

	"sandi.internal/gateway/consensus/statement"
)

// forward sends a batch to the leader and waits for its verdicts.
func (r *Replica) forward(leader string, batch []item) {
	ours := make([]item, 0, len(batch))
	for _, it := range batch {
		if it.group != nil { // it made its one hop to come here
			r.queue.settle(it, Verdict{Code: CodeNotLeader})
			continue
		}
		ours = append(ours, it)
	}
	if len(ours) > 0 {
		r.forwardOurs(leader, ours)
	}
	r.queue.landed()
	r.kick()
}

func (r *Replica) forwardOurs(leader string, batch []item) {
	raws := make([][]byte, len(batch))
	for i, it := range batch {
		raws[i] = it.raw
	}
	ctx, cancel := context.WithTimeout(r.under(leader), forwardMax)
	defer cancel()
	start := time.Now()
	verdicts, err := r.cfg.Peers.Forward(ctx, leader, raws)
	if err == nil && len(verdicts) != len(raws) {
		err = fmt.Errorf("%d verdicts for %d statements", len(verdicts), len(raws))
	}
	if err != nil {
		r.log.Debug("couldn't forward to the leader", "leader", leader, "error", err)
		r.retry(batch, true)
		return
	}
	r.metrics.forwards.Observe(time.Since(start).Seconds())
	var note Verdict
	var sure, unsure []item
	for i, v := range verdicts {
		switch v.Code {
		case CodeCommitted:
			if v.Index > note.Index {
				note = v
			}
		case CodeInvalid:
			r.queue.fail(batch[i].ticket, fmt.Errorf("%w: the leader %s found it so", ErrInvalid, leader))
		case CodeNotLeader, CodeBusy:
			sure = append(sure, batch[i])
		default:
			unsure = append(unsure, batch[i])
		}
	}
	r.retry(sure, false)
	r.queue.isolate(unsure)
	r.retry(unsure, true)
	if note.Index > 0 {
		r.notice(leader, note.Term, note.Index)
	}
}

// HandleForward is the leader's side of Peers.Forward: it checks the statements,
// proposes those that can be proposed and returns when their fate is known or ctx
// ends. Only nodes of the network may reach it.
func (r *Replica) HandleForward(ctx context.Context, statements [][]byte) []Verdict {
	g := &forwarded{verdicts: make([]Verdict, len(statements)), done: make(chan struct{})}
	all := func(c Code) []Verdict {
		out := make([]Verdict, len(statements))
		for i := range out {
			out[i].Code = c
		}
		return out
	}
	if !r.leads() {
		return all(CodeNotLeader)
	}
	keep := r.admissible(statements)
	for i := range statements {
		if !keep[i] {
			g.verdicts[i].Code = CodeInvalid
		}
	}
	if !r.queue.addGroup(statements, keep, g) {
		r.metrics.rejected.Add(float64(len(statements)))
		return all(CodeBusy)
	}
	r.kick()
	select {
	case <-g.done:
		return g.verdicts
	case <-ctx.Done():
		return all(CodeUnknown) // g may still be written to
	case <-r.life.Done():
		return all(CodeUnknown)
	}
}

// admissible verifies a batch: true for statements that are well formed and whose
// signature holds, or whose key is not known here yet.
func (r *Replica) admissible(raws [][]byte) []bool {
	keep := make([]bool, len(raws))
	parsed := make([]*statement.Statement, len(raws))
	for i, raw := range raws {
		if st, err := r.cfg.Pool.Parse(raw); err == nil {
			parsed[i] = st
		}
	}
	r.cfg.Pool.Prefetch(parsed, r.machine.PublicKey)
	for i, st := range parsed {
		if st == nil {
			continue
		}
		key, known := r.machine.PublicKey(st)
		keep[i] = !known || r.cfg.Pool.Verify(st, key)
	}
	return keep
}
