package dataset

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/storage/tables"
)

const (
	// lookMax is how many rows are looked at for one page; a filter that takes few gives
	// short pages with a next, not long waits.
	lookMax = 10_000
	// pageBytes bounds the rows of a page.
	pageBytes = 512 << 10
	// againEvery is after how many rows the ledger is asked again whether the agreement
	// still holds: some 20 ms of looking.
	againEvery = 1000
)

// Page is one page of an answer.
type Page struct {
	Set      string            `json:"set"`
	Columns  []string          `json:"columns"`
	Rows     []json.RawMessage `json:"rows"`           // arrays, in the one spelling of consensus/dataset
	Next     string            `json:"next,omitempty"` // cursor; a page may have few rows, or none, and a next
	LoadedAt int64             `json:"loaded_at"`      // unix s
	Total    uint64            `json:"-"`              // looked at for this page
	Note     string            `json:"note"`           // dataset.Evidence, signed
}

// Answer answers a question of another region, whose node has proven who it is. The
// error wraps a *dataset.Refusal for what is not given, ErrTooMany, or ErrUnlogged.
func (d *Sets) Answer(ctx context.Context, region string, q Question) (*Page, error) {
	if _, ok := d.fair.Enter(region); !ok {
		return nil, ErrTooMany
	}
	defer d.fair.Leave(region)
	page, plan, err := d.collect(ctx, region, &q)
	if err != nil {
		return nil, d.deny(ctx, look(region, &q.Question, ""), err)
	}
	e := look(region, &q.Question, plan.Terms.Entry.ID)
	e.Action, e.Count = access.Query, uint64(len(page.Rows))
	e.What = append(e.What, page.Columns...)
	if err := d.cfg.Access.Record(ctx, e); err != nil {
		return nil, errors.Join(ErrUnlogged, err)
	}
	return page, nil
}

// collect makes a page of rows that is given as soon as it is logged.
func (d *Sets) collect(ctx context.Context, region string, q *Question) (*Page, *dataset.Plan, error) {
	plan, err := d.plan(region, &q.Question)
	if err != nil {
		return nil, nil, err
	}
	set := plan.Terms.Entry.ID
	if plan.Terms.Entry.Owner != d.cfg.Region {
		return nil, nil, &dataset.Refusal{Code: dataset.NotLoaded, Detail: set + " is not this bureau's"}
	}
	head, err := d.cfg.Tables.Head(set)
	if err != nil {
		return nil, nil, tableRefusal(set, err)
	}
	if head.Form != formOf(plan.Terms.Entry.Schema) {
		return nil, nil, &dataset.Refusal{Code: dataset.NotLoaded, Detail: "the rows of " + set + " were loaded under other columns"}
	}
	question := q.Digest(region)
	generation, behind, err := d.unseal(question, q.Cursor, head.Generation)
	if err != nil {
		return nil, nil, err
	}
	page := &Page{Set: set, Columns: plan.Names, Rows: []json.RawMessage{}, LoadedAt: head.LoadedAt}
	last, more, err := d.scan(ctx, region, q, plan, page, generation, behind)
	if err != nil {
		return nil, nil, tableRefusal(set, err)
	}
	if more {
		page.Next = d.seal(question, generation, last)
	}
	if _, err := d.plan(region, &q.Question); err != nil { // it may have been revoked meanwhile
		return nil, nil, err
	}
	return page, plan, d.prove(region, q, page, generation, plan)
}

// scan fills a page, and says behind which key the next one begins.
func (d *Sets) scan(ctx context.Context, region string, q *Question, plan *dataset.Plan, page *Page, g tables.Generation, behind []byte) (last []byte, more bool, err error) {
	s := plan.Terms.Entry.Schema
	row := make(dataset.Row, len(s.Columns))
	size, looked := 0, 0
	err = d.cfg.Tables.Scan(ctx, page.Set, g, behind, func(key, stored []byte) (bool, error) {
		if looked == lookMax || len(page.Rows) == plan.Limit || size >= pageBytes {
			more = true
			return false, nil
		}
		if looked++; looked%againEvery == 0 {
			if _, err := d.plan(region, &q.Question); err != nil {
				return false, err
			}
		}
		if err := s.Decode(stored, row); err != nil {
			return false, err
		}
		last = append(last[:0], key...)
		if plan.Takes(row) {
			text := s.JSON(nil, row, plan.Columns)
			size += len(text)
			page.Rows = append(page.Rows, text)
		}
		return true, nil
	})
	page.Total = uint64(looked)
	return last, more, err
}

// prove signs what is about to be given.
func (d *Sets) prove(region string, q *Question, page *Page, g tables.Generation, plan *dataset.Plan) error {
	e := &dataset.Evidence{
		Network: d.cfg.Network, Owner: d.cfg.Region, Node: d.cfg.Node, Asker: region, Set: page.Set, Agreement: plan.Terms.Agreement.ID,
		Generation: g.String(), Query: q.Digest(region), From: sha256.Sum256([]byte(q.Cursor)), Count: len(page.Rows),
		Rows: dataset.RowsDigest(page.Columns, page.Rows), At: d.cfg.Clock().Unix(),
	}
	note, err := e.Sign(d.cfg.Key, d.cfg.Signer)
	page.Note = string(note)
	return err
}

// tableRefusal turns what the tables say into what an asker is told.
func tableRefusal(set string, err error) error {
	switch {
	case errors.Is(err, tables.ErrNone):
		return &dataset.Refusal{Code: dataset.NotLoaded, Detail: "no rows of " + set + " are kept at this node"}
	case errors.Is(err, tables.ErrReplaced):
		return &dataset.Refusal{Code: dataset.Reloaded, Detail: "the rows of " + set + " were loaded anew; begin again"}
	}
	return err
}
