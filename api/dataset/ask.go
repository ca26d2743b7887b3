package dataset

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/dataset"
)

// Ask asks the owner of a data set in the name of a person of this region. It holds the
// question against this node's own ledger first, so that what is refused is refused
// without a network, and verifies what comes before anybody sees it. The error wraps a
// *dataset.Refusal, ErrSilent, ErrUnproven or ErrUnlogged.
func (d *Sets) Ask(ctx context.Context, set string, q Question) (*Page, error) {
	plan, err := d.plan(d.cfg.Region, &q.Question)
	if err == nil && plan.Terms.Entry.ID != set {
		err = &dataset.Refusal{Code: dataset.NotAgreed, Detail: q.Agreement + " is not about " + set}
	}
	line := look(d.cfg.Region, &q.Question, set)
	if err != nil {
		return nil, d.deny(ctx, line, err)
	}
	page, err := d.fetch(ctx, plan.Terms.Entry.Owner, q)
	if err != nil {
		return nil, d.deny(ctx, line, err)
	}
	if err := d.verify(plan, &q, page); err != nil {
		return nil, err
	}
	line.Action, line.Count = access.Asked, uint64(len(page.Rows))
	line.What = append(line.What, page.Columns...)
	if err := d.cfg.Access.Record(ctx, line); err != nil {
		return nil, errors.Join(ErrUnlogged, err)
	}
	return page, d.keep(q.Agreement, []byte(page.Note))
}

// fetch asks the owner's nodes, one after the other, until one answers. A node that
// keeps no rows is asked in vain: another may have them.
func (d *Sets) fetch(ctx context.Context, owner string, q Question) (*Page, error) {
	var silent, refused error
	for _, node := range d.cfg.Nodes(owner) {
		page, err := d.cfg.Peers.Query(ctx, node, q)
		var r *dataset.Refusal
		switch {
		case err == nil:
			return page, nil
		case !errors.As(err, &r):
			silent = errors.Join(silent, err)
		case r.Code != dataset.NotLoaded:
			return nil, err
		default:
			refused = err
		}
	}
	if refused != nil && silent == nil {
		return nil, refused
	}
	return nil, errors.Join(ErrSilent, silent)
}

// verify holds a page against its note and against what was asked.
func (d *Sets) verify(plan *dataset.Plan, q *Question, page *Page) error {
	e, err := dataset.Open(d.cfg.Keys(), []byte(page.Note))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnproven, err)
	}
	want := dataset.Evidence{
		Network: d.cfg.Network, Owner: plan.Terms.Entry.Owner, Node: e.Node, Asker: d.cfg.Region, Set: plan.Terms.Entry.ID, Agreement: q.Agreement,
		Generation: e.Generation, Query: q.Digest(d.cfg.Region), From: sha256.Sum256([]byte(q.Cursor)), Count: len(page.Rows),
		Rows: dataset.RowsDigest(page.Columns, page.Rows), At: e.At,
	}
	if *e != want || page.Set != want.Set || !slices.Equal(page.Columns, plan.Names) || len(page.Rows) > plan.Limit || len(page.Next) > MaxCursor {
		return fmt.Errorf("%w: of node %s/%s", ErrUnproven, e.Owner, e.Node)
	}
	return nil
}
