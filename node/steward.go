package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// stewardTick is how often what is due, and what failed before, is looked at.
	stewardTick = time.Second
	// stewardPause gathers what is committed within it into one look.
	stewardPause = 20 * time.Millisecond
	// strangerPatience is how long other regions leave a due event to the region
	// that owns the record, so that not all submit the same.
	strangerPatience = 30 * time.Second
	// stewardLeaves and stewardDue bound one look.
	stewardLeaves = 4096
	stewardDue    = 256
	stewardPage   = 100
	// stewardRefused bounds what is remembered of refusals.
	stewardRefused = 10_000
	// stewardAct bounds one act.
	stewardAct = 20 * time.Second
)

// steward does what the law leaves to a node itself: it signs the receipt when a
// letter for its bureau arrives, and says so when a limit has passed that moves a
// record. The ledger decides whether each is right; a steward that is late,
// doubled or wrong is refused and harms nothing.
type steward struct {
	region  string
	ledger  desk.Ledger
	desk    *desk.Desk
	clock   func() time.Time
	changed func() <-chan struct{} // scenario clock; nil: real time
	log     *slog.Logger

	automatic map[string]bool // see automatic; nil until first needed
	looked    time.Time       // when due limits were last looked for

	seen    uint64          // leaves looked at
	open    map[string]bool // records to look at again at the next tick
	refused map[string]bool // "record event head" that the ledger refused: not tried again
}

// run works until ctx ends.
func (s *steward) run(ctx context.Context) error {
	s.open, s.refused = map[string]bool{}, map[string]bool{}
	if err := s.takeStock(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	for ctx.Err() == nil {
		wait, cancel := context.WithTimeout(ctx, stewardTick)
		if s.changed != nil { // a clock that jumped makes things due at once
			go func(change <-chan struct{}) {
				select {
				case <-change:
					cancel()
				case <-wait.Done():
				}
			}(s.changed())
		}
		_, _ = s.ledger.WaitSize(wait, s.seen) // its end is only the reason to look
		cancel()
		if !pause(ctx, stewardPause) {
			break
		}
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("couldn't look for what this node has to do by itself; it will look again", "error", err)
		}
	}
	return nil
}

// pause waits, and reports whether ctx is still alive.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// takeStock lists this region's running records: what was left undone before a
// restart is done now.
func (s *steward) takeStock(ctx context.Context) error {
	view, err := s.ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return err
	}
	defer view.Close()
	books := s.ledger.Books(view)
	s.seen = view.Size()
	filter := ledger.Filter{Region: s.region, Limit: stewardPage}
	for {
		page, err := books.Records(filter)
		if err != nil {
			return err
		}
		for _, row := range page.Rows {
			s.open[row.ID] = true
		}
		if filter.Cursor = page.Next; filter.Cursor == "" {
			return nil
		}
	}
}

// look finds the records that may want something and does it.
func (s *steward) look(ctx context.Context) error {
	todo, err := s.find(ctx)
	if err != nil {
		return err
	}
	for _, t := range todo {
		if err := s.do(ctx, t); err != nil {
			s.open[t.record] = true // again at the next tick
			return err
		}
	}
	return nil
}

// task is one event that this node has to submit.
type task struct {
	record, head, event string
	fields              []byte
}

func (s *steward) find(ctx context.Context) ([]task, error) {
	view, err := s.ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := s.ledger.Books(view)
	to := min(view.Size(), s.seen+stewardLeaves)
	leaves, err := books.Leaves(s.seen, to)
	if err != nil {
		return nil, err
	}
	for _, c := range leaves {
		if c.Record != "" && s.wakes(books, c) {
			s.open[c.Record] = true
		}
	}
	s.seen = to
	if now := s.clock(); now.Sub(s.looked).Abs() >= stewardTick {
		s.looked = now
		due, err := books.DueBefore(now.Unix(), stewardDue)
		if err != nil {
			return nil, err
		}
		for _, d := range due {
			if !d.Owed {
				s.open[d.Record] = true
			}
		}
	}
	var todo []task
	for _, id := range slices.Sorted(maps.Keys(s.open)) {
		delete(s.open, id)
		t, err := s.consider(books, id)
		if err != nil {
			return nil, err
		}
		todo = append(todo, t...)
	}
	return todo, nil
}

// wakes reports whether a statement may have brought its record to where a node
// has to act by itself. Most do not, and reading each record would cost as much
// as applying its statement did.
func (s *steward) wakes(books *ledger.Books, c *ledger.Committal) bool {
	if s.automatic == nil {
		s.automatic = automatic(books.Procedures())
	}
	prefix, _, _ := strings.Cut(c.Record, "-")
	if c.Statement.Kind == statement.KindRecordOpen {
		return s.automatic[prefix+" "+procedure.OpenEvent]
	}
	body, err := statement.ParseAct(c.Statement.Body)
	return err != nil || s.automatic[prefix+" "+body.Event]
}

// automatic lists "prefix event" for every event after which an automatic event
// may be possible: it enters a state that has one, or leaves the state as it is.
func automatic(laws []*ledger.Law) map[string]bool {
	wakes := map[string]bool{}
	for _, law := range laws {
		states := map[string]bool{}
		for _, e := range law.Document.Events {
			if e.Auto != "" {
				for _, from := range e.From {
					states[from] = true
				}
			}
		}
		wakes[law.Prefix+" "+procedure.OpenEvent] = states[law.Document.Initial]
		for _, e := range law.Document.Events {
			if e.To == "" || states[e.To] {
				wakes[law.Prefix+" "+e.Name] = true
			}
		}
	}
	return wakes
}

// consider says what this node has to do for one record now.
func (s *steward) consider(books *ledger.Books, id string) ([]task, error) {
	options, err := books.Options(id)
	if err != nil {
		return nil, err
	}
	var rec *procedure.Record
	var todo []task
	for _, o := range options {
		if !s.mine(o, id) {
			continue
		}
		if rec == nil {
			if rec, err = books.Record(id); err != nil || rec == nil {
				return nil, err
			}
		}
		if s.refused[id+" "+o.Event+" "+rec.Head] {
			continue
		}
		todo = append(todo, task{record: id, head: rec.Head, event: o.Event, fields: echo(o, rec)})
	}
	return todo, nil
}

// mine reports whether an option is for this node to do now.
func (s *steward) mine(o procedure.Option, id string) bool {
	switch o.Auto {
	case procedure.AutoReceipt:
		return slices.ContainsFunc(o.By, func(a procedure.OptionActor) bool { return a.Role == procedure.NodeRole && a.Region == s.region })
	case procedure.AutoDue:
		late := s.clock().Unix() - o.Due
		return late > 0 && (ownerOf(id) == s.region || late > int64(strangerPatience/time.Second))
	}
	return false
}

// ownerOf is the region in a record's id, <PREFIX>-<region>-<year>-<number>.
func ownerOf(id string) string {
	if len(id) < 9 {
		return ""
	}
	return id[3:9]
}

// echo repeats what arrived, as the law's receipt wants it.
func echo(o procedure.Option, rec *procedure.Record) []byte {
	fields := map[string]json.RawMessage{}
	for _, e := range o.Echo {
		if v, ok := rec.Fields[e.From]; ok {
			fields[e.Field] = v
		}
	}
	text, _ := json.Marshal(fields) // raw values that the ledger itself wrote
	return text
}

func (s *steward) do(ctx context.Context, t task) error {
	ctx, cancel := context.WithTimeout(ctx, stewardAct)
	defer cancel()
	fields, err := desk.ParseObject(t.fields, statement.MaxBytes, statement.MaxDepth)
	if err != nil {
		return err
	}
	receipt, err := s.desk.Act(ctx, t.record, desk.Draft{
		ID: statement.NewID(s.clock(), rand.Reader), Role: procedure.NodeRole, Org: s.region + "-SJ", Event: t.event, Prev: t.head, Fields: fields,
	})
	var moved *problem.Problem
	if errors.As(err, &moved) && moved.Status < 500 && moved.Status != http.StatusTooManyRequests {
		return s.passOver(t, moved.Code) // the record has moved on; its next leaf brings it back here
	}
	if err != nil {
		return err
	}
	if receipt.Refusal != nil { // another node was faster
		return s.passOver(t, string(receipt.Refusal.Code))
	}
	return nil
}

// passOver remembers that an act is not to be tried again on this version of the
// record.
func (s *steward) passOver(t task, code string) error {
	if len(s.refused) >= stewardRefused {
		clear(s.refused)
	}
	s.refused[t.record+" "+t.event+" "+t.head] = true
	s.log.Debug("an act of this node was not needed any more", "record", t.record, "event", t.event, "code", code)
	return nil
}
