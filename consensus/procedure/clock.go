package procedure

import (
	"slices"

	"sandi.internal/gateway/consensus/calendar"
)

// maxClocks bounds the runs of deadlines that one record remembers.
const maxClocks = 300

// running returns the run of a deadline that has not stopped, nil if none.
func (r *Record) running(name string) *Clock {
	for i := len(r.Clocks) - 1; i >= 0; i-- {
		if k := &r.Clocks[i]; k.Name == name && k.StoppedAt == 0 {
			return k
		}
	}
	return nil
}

// last returns the latest run of a deadline.
func (r *Record) last(name string) *Clock {
	for i := len(r.Clocks) - 1; i >= 0; i-- {
		if r.Clocks[i].Name == name {
			return &r.Clocks[i]
		}
	}
	return nil
}

// rule is the wording of a clock's rule that was in force when it started.
func (k *Clock) rule(f Facts) (calendar.Rule, bool) {
	r, ok := f.Rule(k.Rule, k.RulesVersion)
	if !ok {
		return r, false
	}
	return r.On(calendar.DayOf(k.Start))
}

// due is the last second in time of a clock, seen at `now`: an open pause
// counts up to then.
func (p *Procedure) due(f Facts, rec *Record, k *Clock, now int64) (int64, bool) {
	if k.StoppedAt != 0 {
		return k.Due, true
	}
	r, ok := k.rule(f)
	if !ok {
		return 0, false
	}
	at, _ := f.Calendar().DueAt(r, k.Start, p.excluded(rec, k, now), k.extensions())
	return at, true
}

// excluded collects the stretches that do not count: pauses, an open pause up
// to now, and the intervals that the record states.
func (p *Procedure) excluded(rec *Record, k *Clock, now int64) []calendar.Interval {
	i, declared := p.ix.limits[k.Name]
	var x *Exclude
	if declared {
		x = p.limits[i].Exclude
	}
	if k.StoppedAt != 0 || (k.PausedAt == 0 && (x == nil || rec.Fields[x.Field] == nil)) {
		return k.Excluded
	}
	out := slices.Clone(k.Excluded)
	if k.PausedAt != 0 {
		out = append(out, calendar.Interval{From: k.PausedAt, To: max(now, k.PausedAt) + 1})
	}
	if x != nil {
		out = append(out, rec.stated(x)...)
	}
	return out
}

// stated reads the intervals of a field: dates, both included.
func (r *Record) stated(x *Exclude) []calendar.Interval {
	list, ok := parseJSONValue(r.Fields[x.Field])
	if !ok || list[0].kind != jsonArray {
		return nil
	}
	var out []calendar.Interval
	c := checker{list: list}
	for i := 1; i < int(list[0].next); i = int(list[i].next) {
		if !has(x.Kinds, list[c.member(i, "kind")].text) {
			continue
		}
		from, ok1 := calendar.ParseDay(list[c.member(i, "from")].text)
		to, ok2 := calendar.ParseDay(list[c.member(i, "to")].text)
		if ok1 && ok2 {
			out = append(out, calendar.Interval{From: from.Start(), To: (to + 1).Start()})
		}
	}
	return out
}

// used counts how often extension rule i has prolonged the clock.
func (k *Clock) used(i int) int {
	n := 0
	for _, e := range k.Extensions {
		if e.Rule == i+1 {
			n++
		}
	}
	return n
}

func (k *Clock) extensions() []calendar.Extension {
	if len(k.Extensions) == 0 {
		return nil
	}
	out := make([]calendar.Extension, len(k.Extensions))
	for i, e := range k.Extensions {
		out[i] = calendar.Extension{N: e.N, Unit: calendar.Unit(e.Unit), Until: e.Until, Since: e.At}
	}
	return out
}

// stop freezes a clock with its verdict.
func (k *Clock) stop(at, now, due int64, v Verdict, excluded []calendar.Interval) {
	k.Excluded, k.PausedAt = excluded, 0
	k.StoppedAt, k.StoppedNow, k.Due, k.Verdict = at, now, due, v
}

// tick applies an event to the clocks of a record that the event has already
// changed. The order is extend, pause, resume, start, stop, cancel, so that an
// event which both starts and stops a limit is judged by it. Names of missed
// limits are added to late.
func (c *frame) tick(event string, late *[]string) error {
	effects := c.p.effects[event]
	if len(effects) == 0 {
		return nil
	}
	c.rec.Clocks = append(make([]Clock, 0, len(c.rec.Clocks)+len(effects)), c.rec.Clocks...)
	for i := range effects {
		x := &effects[i]
		l := &c.p.limits[x.limit]
		if err := c.extend(l, x); err != nil {
			return err
		}
		if k := c.rec.running(l.Name); k != nil {
			if x.pause && k.PausedAt == 0 {
				k.PausedAt = c.act.At
			}
			if x.resume && k.PausedAt != 0 {
				k.Excluded = append(slices.Clip(k.Excluded), calendar.Interval{From: k.PausedAt, To: c.act.At})
				k.PausedAt = 0
			}
		}
		if err := c.start(l, x); err != nil {
			return err
		}
		if k := c.rec.running(l.Name); k != nil && x.stop {
			if err := c.stop(l, k, late); err != nil {
				return err
			}
		}
		if k := c.rec.running(l.Name); k != nil && x.cancel {
			due, _ := c.p.due(c.facts, c.rec, k, c.act.At)
			k.stop(c.act.At, c.act.Now, due, Cancelled, c.p.excluded(c.rec, k, c.act.At))
		}
	}
	return nil
}

// stop judges a clock by ledger time and stops it.
func (c *frame) stop(l *limit, k *Clock, late *[]string) error {
	due, ok := c.p.due(c.facts, c.rec, k, c.act.At)
	if !ok {
		return refuse(CodeUnknownRule, "rule", k.Rule)
	}
	v := Met
	r, _ := k.rule(c.facts)
	switch notBefore := l.NotBefore || r.NotBefore; {
	case notBefore && c.act.Now <= due:
		return refuse(CodeTooEarly, "deadline", l.Name, "due", dateText(due)).cite(r.Cite)
	case notBefore:
	case c.act.Now > due && l.LateRefuse:
		return refuse(CodeDeadlinePassed, "deadline", l.Name, "due", dateText(due)).cite(r.Cite)
	case c.act.Now > due:
		v = Late
		*late = append(*late, l.Name)
	}
	k.stop(c.act.At, c.act.Now, due, v, c.p.excluded(c.rec, k, c.act.At))
	return nil
}

func dateText(unix int64) string { return calendar.DayOf(unix).String() }

// extend prolongs a running clock. An act after the limit has passed prolongs
// nothing: it cannot turn an overdue matter into one in time.
func (c *frame) extend(l *limit, x *effect) error {
	for _, i := range x.extends {
		k := c.rec.running(l.Name)
		if k == nil {
			return nil
		}
		rule := &l.Extend[i]
		if rule.Times > 0 && k.used(i) >= rule.Times || len(k.Extensions) >= maxNames {
			return refuse(CodeExtensionUsed, "deadline", l.Name)
		}
		due, ok := c.p.due(c.facts, c.rec, k, c.act.At)
		if !ok {
			return refuse(CodeUnknownRule, "rule", k.Rule)
		}
		if c.act.Now > due {
			continue
		}
		ext := Extended{Rule: i + 1, N: rule.N, Unit: rule.Unit, At: c.act.At}
		if rule.Field != "" {
			d, ok := calendar.ParseDay(c.rec.textField(rule.Field))
			if !ok || d.End() <= due {
				return refuse(CodeExtensionShort, "deadline", l.Name, "due", dateText(due))
			}
			ext = Extended{Rule: i + 1, Until: d.Start(), At: c.act.At}
		}
		k.Extensions = append(slices.Clip(k.Extensions), ext)
	}
	return nil
}

// start begins a run of a limit if one of its starts matches the event. A run
// under way ends without verdict, unless the start says `once`.
func (c *frame) start(l *limit, x *effect) error {
	for _, i := range x.starts {
		s := &l.Starts[i]
		if s.Once && c.rec.last(l.Name) != nil {
			continue
		}
		if l.starts[i] != nil {
			yes, failed, err := c.truth(l.starts[i])
			if err != nil {
				return err
			}
			if failed {
				return refuse(CodeGuardFailed, "deadline", l.Name)
			}
			if !yes {
				continue
			}
		}
		at, ok := c.rec.startOf(s, c.act.At)
		if !ok {
			continue
		}
		return c.begin(l, s, at)
	}
	return nil
}

func (c *frame) begin(l *limit, s *Start, at int64) error {
	if len(c.rec.Clocks) >= maxClocks {
		return refuse(CodeRecordFull)
	}
	r, ok := c.facts.Rule(l.Rule, 0)
	if ok {
		r, ok = r.On(calendar.DayOf(at))
	}
	if !ok {
		return refuse(CodeUnknownRule, "rule", l.Rule)
	}
	if k := c.rec.running(l.Name); k != nil {
		c.end(k)
	}
	k := Clock{Name: l.Name, Rule: l.Rule, RulesVersion: r.Version, Start: at, Seq: c.act.Seq}
	if s.Until != "" {
		// The date belongs to what was decided (a term, a plan), not to the law.
		if d, ok := calendar.ParseDay(c.rec.textField(s.Until)); ok {
			k.Extensions = []Extended{{Until: d.Start(), At: c.act.At}}
		}
	}
	c.rec.Clocks = append(c.rec.Clocks, k)
	return nil
}

// startOf is when a start begins: at the signed time, or at the latest of the
// dates in its fields; false when there is none.
func (r *Record) startOf(s *Start, signed int64) (int64, bool) {
	if len(s.Fields) == 0 {
		return signed, true
	}
	latest, found := int64(0), false
	note := func(text string) {
		if at, ok := moment(text); ok && (!found || at > latest) {
			latest, found = at, true
		}
	}
	for _, name := range s.Fields {
		list, ok := parseJSONValue(r.Fields[name])
		if !ok {
			continue
		}
		if s.Member == "" {
			note(list[0].text)
			continue
		}
		c := checker{list: list}
		for i := 1; i < int(list[0].next); i = int(list[i].next) {
			if m := c.member(i, s.Member); m > 0 {
				note(list[m].text)
			}
		}
	}
	return latest, found
}

// settle ends what still runs when an act has brought the record to an end.
// Limits that this act itself started, or that start later while the record
// rests, are meant to run there: a publication may still be withdrawn.
func (c *frame) settle(from string, before int) {
	if c.rec.State == from || !c.p.ix.final[c.rec.State] {
		return
	}
	c.rec.Clocks = slices.Clone(c.rec.Clocks)
	for i := range before {
		if k := &c.rec.Clocks[i]; k.StoppedAt == 0 {
			c.end(k)
		}
	}
}

// end stops a clock that no event was meant to stop, because the limit starts
// anew or the record ends: without verdict, but as late when it was already
// overdue, so that nobody outruns a limit that way.
func (c *frame) end(k *Clock) {
	due, _ := c.p.due(c.facts, c.rec, k, c.act.At)
	v := Cancelled
	if l := c.p.limitOf(k.Name); l != nil && !l.NotBefore && due != 0 && c.act.Now > due {
		if v = Late; l.Right {
			v = Lapsed
		}
	}
	k.stop(c.act.At, c.act.Now, due, v, c.p.excluded(c.rec, k, c.act.At))
}

func (p *Procedure) limitOf(name string) *limit {
	if i, ok := p.ix.limits[name]; ok {
		return &p.limits[i]
	}
	return nil
}
