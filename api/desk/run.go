package desk

import (
	"context"
	"errors"
	"time"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/sleep"
)

const (
	// sweepEvery is how often open promises are taken up again.
	sweepEvery = 2 * time.Second
	// sweepWait bounds one attempt of one promise.
	sweepWait = 10 * time.Second
)

// Run fulfils promises until the context ends: it submits what the outbox
// holds, again and again, until the ledger has answered each.
func (d *Desk) Run(ctx context.Context) error {
	for sleep.For(ctx, jitter(sweepEvery)) == nil {
		for _, id := range d.outbox.list() {
			if ctx.Err() != nil || d.free() != nil {
				break
			}
			if err := d.fulfil(ctx, id); err != nil {
				d.cfg.Logger.Warn("a promised statement has no answer yet", "id", id, "err", err)
				break // the next one would meet the same
			}
		}
	}
	return nil
}

func (d *Desk) fulfil(ctx context.Context, id string) error {
	raw, err := d.outbox.get(id)
	if err != nil || raw == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, sweepWait)
	defer cancel()
	res, err := d.cfg.Ledger.Submit(ctx, raw)
	if errors.Is(err, replica.ErrInvalid) {
		// The key was revoked meanwhile, or the bytes are damaged. It can never
		// be taken; the audit log keeps that it was given up.
		d.cfg.Logger.Error("a promised statement can no longer be submitted and is given up", "id", id)
		return d.outbox.done(id)
	}
	if err != nil {
		return err
	}
	if res.Refusal != nil {
		d.cfg.Logger.Warn("a promised statement was refused", "id", id, "code", res.Refusal.Code)
	}
	return d.outbox.done(id)
}
