package desk

import (
	"context"
	"slices"
	"sync"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// card is what the desk must know of a record to act on it.
type card struct {
	procedure string
	version   int
	head      string
	state     string // empty: not known at this head
	at        int64  // signed time of its last act, unix s
	ours      bool   // this region is or was a party
}

// form finds the law and, when the state is known, the event.
func (c card) form(books *ledger.Books, event string) form {
	f := form{law: books.Law(c.procedure, c.version)}
	if f.law == nil || c.state == "" {
		return f
	}
	events := f.law.Document.Events
	for i := range events {
		if events[i].Name == event && slices.Contains(events[i].From, c.state) {
			f.event = &events[i]
			return f
		}
	}
	return f
}

// card finds out what is needed for an act on a record. When the caller's
// version is not the record's, either a Receipt of the same act done before
// comes back, or the problem.
func (d *Desk) card(ctx context.Context, record string, draft *Draft, request string) (card, *Receipt, error) {
	if c, ok := d.cards.get(record); ok && c.head == draft.Prev {
		return c, nil, nil
	}
	c, known, err := d.look(ctx, Fresh{Local: true}, record, draft, request)
	if err != nil || known != nil {
		return card{}, known, err
	}
	if c.head != draft.Prev {
		// The caller may have read at another node that is ahead of this one.
		if c, known, err = d.look(ctx, Fresh{}, record, draft, request); err != nil || known != nil {
			return card{}, known, err
		}
	}
	switch {
	case c.head == "", !c.ours && draft.Person != "":
		return card{}, nil, problem.New(problem.NotFound)
	case c.head != draft.Prev:
		return card{}, nil, problem.New(problem.MatchFailed)
	}
	d.cards.put(record, c)
	return c, nil, nil
}

// look reads a record's card; an empty head means that there is no such record.
// When the heads differ it also asks whether this very act is why.
func (d *Desk) look(ctx context.Context, f Fresh, record string, draft *Draft, request string) (card, *Receipt, error) {
	view, err := d.cfg.Ledger.View(ctx, f)
	if err != nil {
		return card{}, nil, Unavailable(err)
	}
	defer view.Close()
	books := d.cfg.Ledger.Books(view)
	r, err := books.Record(record)
	if err != nil || r == nil {
		return card{}, nil, err
	}
	c := card{
		procedure: r.Procedure, version: r.Version, head: r.Head, state: r.State, at: lastSigned(r),
		ours: slices.Contains(ledger.Involved(r), d.cfg.Region),
	}
	if c.head == draft.Prev {
		return c, nil, nil
	}
	known, err := d.answered(books, draft.ID, request)
	return c, known, err
}

// answered gives the first answer to an id that the ledger has committed.
func (d *Desk) answered(books *ledger.Books, id, request string) (*Receipt, error) {
	outcome, err := books.Statement(d.cfg.Region, id)
	if err != nil || outcome.Committed == nil {
		return nil, err
	}
	if outcome.Committed.Statement.Request != request {
		return nil, problem.New(problem.KeyReused)
	}
	return &Receipt{Result: ResultOf(d.cfg.Region, id, outcome)}, nil
}

func lastSigned(r *procedure.Record) int64 {
	at := r.CreatedAt
	for i := range r.Acts {
		at = max(at, r.Acts[i].At)
	}
	return at
}

// maxCards bounds the cards kept: the records that a bureau works on in a day,
// many times over; some 200 bytes each.
const maxCards = 16384

// cards remembers records between acts, the latest that it heard of. A card is
// used only at the head it was read for, so a stale one costs a read and never an
// error.
type cards struct {
	mu    sync.Mutex
	all   map[string]card // guarded by mu
	order []string        // the keys of all as they came, a ring once it is full; guarded by mu
	next  int             // the oldest of a full ring, which goes first; guarded by mu
}

func newCards() *cards { return &cards{all: make(map[string]card)} }

func (c *cards) get(record string) (card, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	found, ok := c.all[record]
	return found, ok
}

func (c *cards) put(record string, found card) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.all[record]; !known {
		if len(c.order) < maxCards {
			c.order = append(c.order, record)
		} else {
			delete(c.all, c.order[c.next])
			c.order[c.next] = record
			c.next = (c.next + 1) % maxCards
		}
	}
	c.all[record] = found
}

// learn notes what a committed act made of its record.
func (c *cards) learn(f form, receipt *Receipt, st *statement.Statement) {
	if receipt.Status != ledger.Committed || receipt.Record == "" || receipt.Duplicate || f.law == nil {
		return
	}
	c.put(receipt.Record, card{
		procedure: f.law.Name, version: f.law.Version, head: receipt.RecordHead, at: st.AtUnix, ours: true,
	})
}

// ResultOf is the ledger's answer to a statement id that it has committed or
// refused.
func ResultOf(region, id string, o ledger.Outcome) ledger.Result {
	if o.Refused != nil {
		return o.Refused.Result
	}
	c := o.Committed
	res := ledger.Result{
		Region: region, ID: id, Hash: c.Statement.Hash, Status: ledger.Committed,
		Index: c.Index, LeafHash: c.LeafHash, Record: c.Record, Duplicate: true,
	}
	if c.Record != "" {
		res.RecordHead = c.Statement.Hash.String()
	}
	return res
}
