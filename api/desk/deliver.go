package desk

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// Pauses between attempts: first, doubling, with jitter, up to most.
	pauseFirst = 20 * time.Millisecond
	pauseMost  = 500 * time.Millisecond
	// retryAfter is what callers are told when nothing was written.
	retryAfter = 2 * time.Second
)

// deliver submits a statement until the ledger has answered or the caller's
// wait is over. Then the caller is promised an answer, unless the statement
// certainly went nowhere: in that case nothing was written and the caller is
// told to try again.
func (d *Desk) deliver(ctx context.Context, st *statement.Statement) (Receipt, error) {
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Wait)
	defer cancel()
	noLeader := time.Now().Add(d.cfg.NoLeaderWait)
	underWay := d.outbox.has(st.ID) // what was promised cannot be called unwritten
	for pause := pauseFirst; ; pause = min(2*pause, pauseMost) {
		res, err := d.cfg.Ledger.Submit(ctx, st.Raw)
		switch {
		case err == nil:
			return d.answer(st, res)
		case errors.Is(err, replica.ErrInvalid):
			return Receipt{}, problem.New(problem.StatementInvalid, "reason", "signature").Because(err)
		case errors.Is(err, replica.ErrOverloaded) && !underWay:
			return Receipt{}, problem.New(problem.Overloaded).Retry(time.Second).Because(err)
		case errors.Is(err, replica.ErrNoLeader) && !underWay:
			if time.Now().After(noLeader) || ctx.Err() != nil {
				return Receipt{}, problem.New(problem.NoQuorum).Retry(retryAfter).Because(err)
			}
		case errors.Is(err, replica.ErrClosed) && !underWay:
			return Receipt{}, problem.New(problem.NotReady).Retry(retryAfter).Because(err)
		default:
			underWay = true
		}
		if sleep.For(ctx, jitter(pause)) != nil {
			break
		}
	}
	if !underWay {
		return Receipt{}, problem.New(problem.NoQuorum).Retry(retryAfter)
	}
	return d.promise(st)
}

// answer ends a delivery with the ledger's answer.
func (d *Desk) answer(st *statement.Statement, res ledger.Result) (Receipt, error) {
	if d.outbox.has(st.ID) {
		if err := d.outbox.done(st.ID); err != nil {
			return Receipt{}, err
		}
	}
	if res.Status == ledger.Refused && res.Refusal != nil {
		switch res.Refusal.Code {
		case ledger.CodeIDReused:
			return Receipt{}, problem.New(problem.KeyReused)
		case ledger.CodeStalePrev:
			return Receipt{}, problem.New(problem.MatchFailed)
		}
	}
	return Receipt{Result: res}, nil
}

// promise keeps the statement on disk and says so.
func (d *Desk) promise(st *statement.Statement) (Receipt, error) {
	switch err := d.outbox.keep(st); {
	case errors.Is(err, ErrOutboxFull):
		return Receipt{}, problem.New(problem.Overloaded).Retry(retryAfter).Because(err)
	case err != nil:
		return Receipt{}, err
	}
	if d.cfg.Promise != nil {
		if err := d.cfg.Promise(st); err != nil {
			return Receipt{}, err
		}
	}
	d.promised.Inc()
	return Receipt{Pending: true, Result: ledger.Result{Region: st.Region, ID: st.ID, Hash: st.Hash, Record: st.Record}}, nil
}

// Unavailable turns what a view cannot be opened for into a problem.
func Unavailable(err error) error {
	switch {
	case errors.Is(err, replica.ErrNoLeader), errors.Is(err, context.DeadlineExceeded):
		return problem.New(problem.NoQuorum).Retry(retryAfter).Because(err)
	case errors.Is(err, replica.ErrStale):
		return problem.New(problem.LedgerStale).Retry(retryAfter).Because(err)
	case errors.Is(err, replica.ErrClosed), errors.Is(err, ledger.ErrNotLoaded):
		return problem.New(problem.NotReady).Retry(retryAfter).Because(err)
	case errors.Is(err, replica.ErrOverloaded):
		return problem.New(problem.Overloaded).Retry(retryAfter).Because(err)
	}
	return err
}

// jitter spreads retries of callers that failed together.
func jitter(d time.Duration) time.Duration { return d/2 + rand.N(d/2+1) }
