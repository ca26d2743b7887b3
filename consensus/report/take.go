package report

import (
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

// plan is a take compiled for one version of a procedure.
type plan struct {
	q      *procedure.Questions
	on     *procedure.Question
	skip   []*procedure.Question
	values []*procedure.Question
}

// planKey is what a plan is kept under.
type planKey struct {
	rows, take int
	law        *procedure.Procedure
}

// planFor compiles a take, once for each version of the law. Nil when the
// version does not have what the take asks for.
func (d *Definition) planFor(rows, take int, law *procedure.Procedure) *plan {
	if law == nil {
		return nil
	}
	key := planKey{rows, take, law}
	if p, ok := d.plans.Load(key); ok {
		return p.(*plan)
	}
	p, err := d.compile(rows, take, law)
	if err != nil {
		p = nil
	}
	d.plans.Store(key, p)
	return p
}

// Fits reports why a definition does not fit a version of a procedure; nil when
// it does, or does not read it.
func (d *Definition) Fits(law *procedure.Procedure) error {
	for i := range d.Rows {
		for k := range d.Rows[i].Takes {
			if t := &d.Rows[i].Takes[k]; t.Of == law.Document().Name {
				if _, err := d.compile(i, k, law); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (d *Definition) compile(rows, take int, law *procedure.Procedure) (*plan, error) {
	s := &d.Rows[rows]
	t := &s.Takes[take]
	fail := func(line int, err error) (*plan, error) {
		return nil, fmt.Errorf("report %s, line %d: %w", d.Name, line, err)
	}
	q, err := law.Questions(t.Span)
	if err != nil {
		return fail(t.Line, err)
	}
	p := &plan{q: q}
	if t.On != "" {
		if p.on, err = q.Compile(t.On, procedure.KindInt); err != nil {
			return fail(t.Line, err)
		}
	}
	for i := range t.Skip {
		x, err := q.Compile(t.Skip[i].If, procedure.KindTruth)
		if err != nil {
			return fail(t.Skip[i].Line, err)
		}
		p.skip = append(p.skip, x)
	}
	for i, text := range t.Values {
		kind := procedure.KindText
		if s.Columns[i].Type == ColumnInt {
			kind = procedure.KindInt
		}
		x, err := q.Compile(text, kind)
		if err != nil {
			return fail(t.Line, err)
		}
		p.values = append(p.values, x)
	}
	return p, nil
}

// value is one value of a row: text, or a count of the column's last place.
type value struct {
	text  string
	units int64
	name  procedure.Label
}

// line is a row in the making.
type line struct {
	record string
	seq    uint64
	item   int
	date   calendar.Day
	values []value
	code   string // why it does not count
	reason procedure.Label
}

// read passes on the rows of a take, of one record.
func (r *run) read(rows, take int, rec *procedure.Record, visit func(*line) error) error {
	s := &r.d.Rows[rows]
	t := &s.Takes[take]
	if t.Limits {
		return r.limits(s, rec, visit)
	}
	last := rec.Acts[len(rec.Acts)-1].Seq
	p := r.d.planFor(rows, take, r.src.Procedure(rec.Procedure, rec.Version))
	if p == nil {
		return visit(&line{record: rec.ID, seq: last, date: calendar.DayOf(rec.CreatedAt), code: leftOtherLaw, reason: reasons[leftOtherLaw]})
	}
	return p.q.Rows(r.src.Facts(), rec, r.src.Now(), r.src.Stated, func(a *procedure.Answers) error {
		l := &line{record: rec.ID, seq: last, item: a.Item, date: calendar.DayOf(rec.CreatedAt), values: make([]value, len(s.Columns))}
		if a.Act != nil {
			l.seq, l.date = a.Act.Seq, calendar.DayOf(a.Act.At)
		}
		err := p.fill(s, t, a, l)
		if errors.Is(err, procedure.ErrUndecided) {
			l.code, l.reason, err = leftUndecided, reasons[leftUndecided], nil
		}
		if err != nil {
			return err
		}
		return visit(l)
	})
}

// fill answers a row's questions: its date and values first, so that a row that
// is left out still belongs to a time and a region.
func (p *plan) fill(s *RowSet, t *Take, a *procedure.Answers, l *line) error {
	if p.on != nil {
		at, err := a.Int(p.on)
		if err != nil {
			return err
		}
		if at != 0 {
			l.date = calendar.DayOf(at)
		}
	}
	var failed error
	for i, q := range p.values {
		if err := fillValue(&s.Columns[i], q, a, &l.values[i]); err != nil {
			failed = err // what is left out need not have every value
		}
	}
	for i, q := range p.skip {
		skips, err := a.Truth(q)
		if err != nil {
			return err
		}
		if skips {
			l.code, l.reason = t.Skip[i].Code, t.Skip[i].Label
			return nil
		}
	}
	return failed
}

func fillValue(c *Column, q *procedure.Question, a *procedure.Answers, v *value) (err error) {
	if c.Type == ColumnInt {
		if v.units, err = a.Int(q); err != nil {
			return err
		}
		v.text = decimal(v.units, 0)
		return nil
	}
	if v.text, err = a.Text(q); err != nil || c.Type == ColumnText {
		return err
	}
	if v.text == "" {
		v.text = "0" // a field that was not stated
	}
	units, ok := procedure.DecimalUnits(v.text, c.Places)
	if !ok {
		return procedure.ErrUndecided
	}
	v.units = units
	return nil
}

// limits passes on the runs of a record's time limits.
func (r *run) limits(s *RowSet, rec *procedure.Record, visit func(*line) error) error {
	list, err := r.src.Deadlines(rec)
	if err != nil {
		return err
	}
	law := r.src.Procedure(rec.Procedure, rec.Version).Document()
	for i := range list {
		d := &list[i]
		l := &line{record: rec.ID, seq: rec.Acts[len(rec.Acts)-1].Seq, item: i, date: calendar.DayOf(d.Due), values: make([]value, len(s.Columns))}
		for k := range s.Columns {
			switch s.Columns[k].Name {
			case limitProcedure:
				l.values[k] = value{text: law.Name, name: law.Title}
			case limitName:
				l.values[k] = value{text: d.Name, name: d.Title}
			case limitRegion:
				l.values[k] = owes(law, d, d.Region)
			case limitOrg:
				l.values[k] = owes(law, d, d.Org)
			case limitVerdict:
				l.values[k].text = string(d.Verdict)
			}
		}
		if err := visit(l); err != nil {
			return err
		}
	}
	return nil
}

// owes is who owes a limit: a bureau, or a party that is several, or an authority
// that takes no part.
func owes(law *procedure.Document, d *procedure.Deadline, code string) value {
	if code != "" {
		return value{text: code}
	}
	i := slices.IndexFunc(law.Parties, func(p procedure.PartyRule) bool { return p.Name == d.Owner })
	if i < 0 {
		return value{text: d.Owner}
	}
	return value{text: d.Owner, name: law.Parties[i].Label}
}
