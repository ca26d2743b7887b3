package audit

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Standing is what became of a deadline, by ledger time.
type Standing string

// The standings.
const (
	Running   Standing = "running"   // not yet due
	Overdue   Standing = "overdue"   // runs, past due
	Suspended Standing = "suspended" // paused now
	InTime    Standing = "in_time"   // ended in time
	Late      Standing = "late"      // ended after it was due
	Lapsed    Standing = "lapsed"    // the window of a right has passed unused
	Cancelled Standing = "cancelled" // ended without a verdict
)

var verdicts = map[procedure.Verdict]Standing{
	procedure.Open: Running, procedure.Overdue: Overdue, procedure.Met: InTime, procedure.Late: Late,
	procedure.Lapsed: Lapsed, procedure.Cancelled: Cancelled,
}

// Deadline is one deadline of a record, recomputed at the ledger time of the last
// entry.
type Deadline struct {
	Record   string   `json:"record"`
	Name     string   `json:"name"`
	Title    Text     `json:"title"`
	Cite     string   `json:"cite,omitempty"`   // provision
	Region   string   `json:"region,omitempty"` // that owes it
	Org      string   `json:"org,omitempty"`
	Start    string   `json:"start"`
	Due      string   `json:"due,omitempty"` // last second in time
	Stopped  string   `json:"stopped,omitempty"`
	Standing Standing `json:"standing"`
}

// DeadlineCount is how the runs of one deadline of a procedure ended, or stand.
type DeadlineCount struct {
	Procedure string              `json:"procedure"`
	Name      string              `json:"name"`
	Title     Text                `json:"title"`
	Cite      string              `json:"cite,omitempty"`
	Runs      map[Standing]uint64 `json:"runs"`
}

// Bureau is what a region has missed or is missing.
type Bureau struct {
	Region  string `json:"region"`
	Overdue uint64 `json:"overdue"` // not done yet
	Late    uint64 `json:"late"`    // done too late
}

// missedMax bounds the list of missed deadlines in a report. Options.Deadline gives
// all.
const missedMax = 1000

// recordsAtOnce is how many records are computed together, recordsAhead how many
// such batches before their turn.
const (
	recordsAtOnce = 256
	recordsAhead  = 4
)

// tables are the deadlines in the making.
type tables struct {
	counts  map[[2]string]*DeadlineCount // by procedure and name
	bureaus map[string]*Bureau
}

// computed is what a batch of records gave.
type computed struct {
	list []recordDeadlines
	err  error
}

type recordDeadlines struct {
	record    *procedure.Record
	deadlines []procedure.Deadline
}

// deadlines recomputes every deadline of every record and completes the summary.
func (w *walk) deadlines(ctx context.Context) error {
	books := w.rules.ledger.Books(w.rules.tx)
	now := w.tally.last / 1000
	t := &tables{counts: make(map[[2]string]*DeadlineCount), bureaus: make(map[string]*Bureau)}
	var failed error
	next, stop := iter.Pull(w.rules.tx.records(&failed))
	defer stop()
	err := inOrder(ctx, w.Workers, recordsAhead, next,
		func(rows [][]byte) computed { return compute(books, rows, now) },
		func(c computed) error {
			if c.err != nil {
				return c.err
			}
			return w.count(t, c.list)
		})
	if err = cmp.Or(err, failed); err != nil {
		return err
	}
	w.concludeDraws()
	w.concludeRounds()
	w.tabulate(t)
	w.summarise(!w.rules.stopped)
	return nil
}

// records gives the rows of all records, in batches. What goes wrong is in failed
// at the end.
func (r *replica) records(failed *error) iter.Seq[[][]byte] {
	return func(yield func([][]byte) bool) {
		var rows [][]byte
		*failed = r.each(func(key, value []byte) error {
			if !ledger.IsRecord(key) {
				return nil
			}
			if rows = append(rows, bytes.Clone(value)); len(rows) < recordsAtOnce {
				return nil
			}
			batch := rows
			rows = nil
			if !yield(batch) {
				return errStopped
			}
			return nil
		})
		if *failed == nil {
			yield(rows)
		}
	}
}

// errStopped ends an iteration that nobody listens to any more.
var errStopped = errors.New("stopped")

// compute is the deadlines of some records. It reads nothing but the law.
func compute(books *ledger.Books, rows [][]byte, now int64) computed {
	list := make([]recordDeadlines, 0, len(rows))
	for _, row := range rows {
		record, err := procedure.ParseRecord(row)
		if err != nil {
			return computed{err: fmt.Errorf("couldn't read a record back: %w", err)}
		}
		deadlines, err := books.VerdictsOf(record, now)
		if err != nil {
			return computed{err: fmt.Errorf("couldn't compute the deadlines of %s: %w", record.ID, err)}
		}
		list = append(list, recordDeadlines{record, deadlines})
	}
	return computed{list: list}
}

// count takes the deadlines of some records.
func (w *walk) count(t *tables, list []recordDeadlines) error {
	s := w.report.Summary
	for _, r := range list {
		s.Records++
		if err := w.draw(r.record); err != nil {
			return err
		}
		w.round(r.record)
		for i := range r.deadlines {
			d := &r.deadlines[i]
			standing := standingOf(d)
			t.of(r.record.Procedure, d).Runs[standing]++
			missed := (standing == Overdue || standing == Late) && d.Owner != procedure.OutsideParty
			if missed {
				t.bureau(d.Region).miss(standing)
			}
			if !missed && w.Deadline == nil {
				continue
			}
			told := told(r.record.ID, d, standing)
			if w.Deadline != nil {
				if err := w.Deadline(&told); err != nil {
					return fmt.Errorf("couldn't pass on a deadline: %w", err)
				}
			}
			switch {
			case !missed:
			case len(s.Missed) < missedMax:
				s.Missed = append(s.Missed, told)
			default:
				s.MissedMore++
			}
		}
	}
	return nil
}

func standingOf(d *procedure.Deadline) Standing {
	if d.StoppedAt == 0 && d.Paused {
		return Suspended
	}
	return verdicts[d.Verdict]
}

func told(record string, d *procedure.Deadline, standing Standing) Deadline {
	out := Deadline{
		Record: record, Name: d.Name, Title: Text{d.Title.ZH, d.Title.EN}, Cite: d.Cite, Region: d.Region, Org: d.Org,
		Start: statement.FormatAt(d.Start), Standing: standing,
	}
	if d.Due != 0 {
		out.Due = statement.FormatAt(d.Due)
	}
	if d.StoppedAt != 0 {
		out.Stopped = statement.FormatAt(d.StoppedAt)
	}
	return out
}

func (t *tables) of(procedure string, d *procedure.Deadline) *DeadlineCount {
	key := [2]string{procedure, d.Name}
	c := t.counts[key]
	if c == nil {
		c = &DeadlineCount{Procedure: procedure, Name: d.Name, Title: Text{d.Title.ZH, d.Title.EN}, Cite: d.Cite, Runs: make(map[Standing]uint64)}
		t.counts[key] = c
	}
	return c
}

func (t *tables) bureau(region string) *Bureau {
	b := t.bureaus[region]
	if b == nil {
		b = &Bureau{Region: region}
		t.bureaus[region] = b
	}
	return b
}

func (b *Bureau) miss(s Standing) {
	if s == Overdue {
		b.Overdue++
	} else {
		b.Late++
	}
}

// tabulate completes the summary and says what check 8 is about.
func (w *walk) tabulate(t *tables) {
	s := w.report.Summary
	total := uint64(0)
	for _, key := range slices.SortedFunc(maps.Keys(t.counts), func(x, y [2]string) int {
		return cmp.Or(cmp.Compare(x[0], y[0]), cmp.Compare(x[1], y[1]))
	}) {
		s.Deadlines = append(s.Deadlines, *t.counts[key])
		for _, n := range t.counts[key].Runs {
			total += n
		}
	}
	for _, region := range slices.Sorted(maps.Keys(t.bureaus)) {
		s.Bureaus = append(s.Bureaus, *t.bureaus[region])
	}
	slices.SortStableFunc(s.Missed, func(x, y Deadline) int { return cmp.Or(cmp.Compare(x.Due, y.Due), cmp.Compare(x.Record, y.Record)) })
	if w.rules.stopped {
		w.unsure(CheckTimes, CodeDeadlines, say("期限仅按前 %d 条计算。", "deadlines were computed from the first %d entries only.", w.rules.at))
		return
	}
	w.pass(CheckTimes, CodeDeadlines, say("按账本时间重新计算了 %d 个期限（%d 件事项）。", "%d deadlines of %d records were recomputed at ledger time.", total, s.Records))
}
