package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/sleep"
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
	// earlyPatience is how long after a limit has passed, by this node's clock, the
	// ledger may still find it too early: its time is the leader's.
	earlyPatience = statement.MaxAheadS * time.Second
	// stewardPage is how many records are looked at in one view of the books.
	stewardPage = 100
	// stewardRefused bounds what is remembered of refusals.
	stewardRefused = 10_000
	// stewardAct bounds one act.
	stewardAct = 20 * time.Second
)

// steward does what the law leaves to a node itself: it signs the receipt when a
// letter for its bureau arrives, and says so when a limit has passed that moves a
// record. The ledger decides whether each is right; a steward that is late,
// doubled or wrong is refused and harms nothing. To draws it contributes, and it draws
// them again, when it has seen what they draw from (steward_draw.go).
//
// The agenda tells it which records to look at, the books' deadlines tell it what
// has passed. When the agenda doesn't know, it takes stock.
type steward struct {
	region  string
	ledger  desk.Ledger
	desk    *desk.Desk
	agenda  *agenda
	clock   func() time.Time
	changed func() <-chan struct{} // scenario clock; nil: real time
	log     *slog.Logger
	network string         // its id
	lots    *lots.Lots     // pools and rules of draws
	drawKey keyring.Signer // nil: it contributes to no draw

	passed  int64            // unix s; limits that passed before it have been seen
	refused map[string]bool  // "record event head" that the ledger refused: not tried again
	seen    map[string]int64 // "record event" of other regions -> unix s when it was first seen to be possible
}

// run works until ctx ends.
func (s *steward) run(ctx context.Context) error {
	s.refused = map[string]bool{}
	tick := time.NewTicker(stewardTick)
	defer tick.Stop()
	for ctx.Err() == nil {
		var jumped <-chan struct{} // a clock that jumps makes things due at once
		if s.changed != nil {
			jumped = s.changed()
		}
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("couldn't look for what this node has to do by itself; it will look again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-jumped:
		case <-s.agenda.news:
			_ = sleep.For(ctx, stewardPause)
		}
	}
	return nil
}

// look does what the records on the agenda want.
func (s *steward) look(ctx context.Context) error {
	records, stock := s.agenda.take()
	if !stock {
		return s.attend(ctx, records)
	}
	err := s.takeStock(ctx)
	if err != nil {
		s.agenda.lose()
	}
	return err
}

// takeStock attends to all records in which something may be left to a node: what
// was left undone before a restart is done now.
func (s *steward) takeStock(ctx context.Context) error {
	s.passed = s.clock().Unix()
	for _, law := range s.ledger.Books(nil).Laws() {
		for _, state := range law.Automatic {
			filter := ledger.Filter{Procedure: law.Name, State: state, Limit: stewardPage}
			for {
				page, err := s.list(ctx, filter)
				if err != nil {
					return err
				}
				records := make([]string, len(page.Rows))
				for i := range page.Rows {
					records[i] = page.Rows[i].ID
				}
				if err := s.attend(ctx, records); err != nil {
					return err
				}
				if filter.Cursor = page.Next; filter.Cursor == "" {
					break
				}
			}
		}
	}
	return nil
}

// list reads one page, the latest change first: what changes meanwhile comes onto
// the agenda by itself.
func (s *steward) list(ctx context.Context, f ledger.Filter) (ledger.Page, error) {
	view, err := s.ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return ledger.Page{}, err
	}
	defer view.Close()
	return s.ledger.Books(view).Records(f)
}

// attend does what these records want, and those of which a limit has passed. What
// it didn't come to is on the next agenda.
func (s *steward) attend(ctx context.Context, records []string) error {
	todo, err := s.find(ctx, records)
	if err != nil {
		return err
	}
	for i, t := range todo {
		if err := s.do(ctx, t); err != nil {
			for _, left := range todo[i:] {
				s.agenda.keep(left.record)
			}
			return err
		}
	}
	return nil
}

// task is one event that this node has to submit.
type task struct {
	record, head, event string
	due                 int64 // unix s; 0 unless a limit had to pass
	fields              []byte
}

func (s *steward) find(ctx context.Context, records []string) (todo []task, err error) {
	defer func() {
		if err != nil {
			s.agenda.keep(records...)
		}
	}()
	now := s.clock().Unix()
	if len(records) == 0 && now == s.passed {
		return nil, nil
	}
	view, err := s.ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := s.ledger.Books(view)
	due, err := books.DueBetween(min(s.passed, now), now, agendaMax)
	if err != nil {
		return nil, err
	}
	if len(due) == agendaMax {
		s.agenda.lose()
	}
	for _, d := range due {
		records = append(records, d.Record)
	}
	s.passed = now
	slices.Sort(records)
	for _, id := range slices.Compact(records) {
		t, err := s.consider(books, id)
		if err != nil {
			return nil, err
		}
		todo = append(todo, t...)
	}
	return todo, nil
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
		fields := echo(o, rec)
		if o.Auto == procedure.AutoDraw || o.Auto == procedure.AutoRank {
			if fields = s.drawing(o, rec); fields == nil {
				continue
			}
		}
		todo = append(todo, task{record: id, head: rec.Head, event: o.Event, due: o.Due, fields: fields})
	}
	return todo, nil
}

// mine reports whether an option is for this node to do now.
func (s *steward) mine(o procedure.Option, id string) bool {
	switch o.Auto {
	case procedure.AutoRank: // who takes part, the record says
		return true
	case procedure.AutoReceipt, procedure.AutoDraw:
		if o.Blocked != nil {
			return false // what it waits for, such as materials on their way, brings it back
		}
		return slices.ContainsFunc(o.By, func(a procedure.OptionActor) bool { return a.Role == procedure.NodeRole && a.Region == s.region })
	case procedure.AutoLinked:
		if o.Blocked != nil {
			return false // the record it waits for brings it back
		}
		return ownerOf(id) == s.region || s.waited(id+" "+o.Event)
	case procedure.AutoDue:
		if o.Blocked != nil && o.Blocked.Code != procedure.CodeNotDue {
			return false
		}
		late := s.since(o.Due)
		if o.Due == 0 || late <= 0 {
			return false // its deadline brings it back
		}
		if ownerOf(id) != s.region && late <= strangerPatience {
			s.agenda.keep(id)
			return false
		}
		return true
	}
	return false
}

// waited leaves what other records have caused to the region that owns the record
// for a while, as strangerPatience says.
func (s *steward) waited(what string) bool {
	id, _, _ := strings.Cut(what, " ")
	if s.seen[what] == 0 {
		if s.seen == nil || len(s.seen) >= agendaMax {
			s.seen = map[string]int64{}
		}
		s.seen[what] = s.clock().Unix()
	}
	if s.since(s.seen[what]) > strangerPatience {
		delete(s.seen, what)
		return true
	}
	s.agenda.keep(id)
	return false
}

// since is how long ago an instant (unix s) was by the node's clock.
func (s *steward) since(at int64) time.Duration {
	return time.Duration(s.clock().Unix()-at) * time.Second
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
	if r := receipt.Refusal; r != nil {
		if r.Code == procedure.CodeNotDue && t.due != 0 && s.since(t.due) <= earlyPatience {
			s.agenda.keep(t.record)
			return nil
		}
		return s.passOver(t, string(r.Code)) // another node was faster
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
