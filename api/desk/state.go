package desk

import (
	"context"

	"sandi.internal/gateway/consensus/statement"
)

// State signs a statement that belongs to no record's chain, such as one about an
// offer of private objects, and delivers it. Of the draft ID, Role, Org and Person
// are used. The same body under the same id gets the first answer. See Open for
// what comes back.
func (d *Desk) State(ctx context.Context, draft Draft, kind string, body []byte) (Receipt, error) {
	request := statement.RequestDigest(append([]byte(kind+"\n"), body...))
	return d.once(ctx, &draft, request, func(ctx context.Context) (Receipt, error) {
		if err := d.free(); err != nil {
			return Receipt{}, err
		}
		if d.outbox.has(draft.ID) {
			return d.resume(ctx, draft.ID, request)
		}
		_, st, err := statement.Sign(d.cfg.Signer, statement.Payload{
			Network: d.cfg.Network, Kind: kind, ID: draft.ID, Region: d.cfg.Region, At: statement.FormatAt(d.now()), Request: request,
			Actor: statement.Actor{Role: draft.Role, Org: draft.Org, Person: draft.Person}, Body: body,
		})
		if err != nil {
			return Receipt{}, unsigned(err)
		}
		if d.own {
			d.cfg.Pool.Trust(st, d.public)
		}
		return d.deliver(ctx, st)
	})
}
