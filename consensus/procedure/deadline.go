package procedure

import (
	"sandi.internal/gateway/consensus/calendar"
)

// Deadline is one run of a time limit as people see it: where it stands, and
// how that was counted.
type Deadline struct {
	Name         string          `json:"name"`
	Title        Label           `json:"title"`
	Rule         string          `json:"rule"`
	RulesVersion int             `json:"rules_version"`
	Cite         string          `json:"cite"`
	Status       calendar.Status `json:"status"` // how well the rule's source is known
	Owner        string          `json:"owner"`  // relative role that owes it; OutsideParty, AnyParty
	Region       string          `json:"region,omitempty"`
	Org          string          `json:"org,omitempty"`
	Start        int64           `json:"start"` // unix s
	Due          int64           `json:"due"`   // last second in time, unix s; 0 when the rule is missing
	Date         string          `json:"date"`
	Strict       string          `json:"strict"` // before rolling over days off
	Provisional  bool            `json:"provisional"`
	Paused       bool            `json:"paused"`     // Due is as if the pause ended now
	NotBefore    bool            `json:"not_before"` // a window that opens after Due
	Right        bool            `json:"right"`      // the window of a right
	Extended     int             `json:"extended"`   // how many times
	StoppedAt    int64           `json:"stopped_at,omitempty"`
	Verdict      Verdict         `json:"verdict"`
	WorkdaysLeft int             `json:"workdays_left"` // while it runs; negative when overdue
	Steps        []calendar.Step `json:"steps"`
}

// Deadlines returns all runs of the record's time limits in the order in which
// they started, seen at ledger time now (unix s).
func (p *Procedure) Deadlines(f Facts, rec *Record, now int64) []Deadline {
	out := make([]Deadline, 0, len(rec.Clocks))
	for i := range rec.Clocks {
		k := &rec.Clocks[i]
		if l := p.limitOf(k.Name); l != nil {
			out = append(out, p.deadline(f, rec, k, l, now))
		}
	}
	return out
}

// Verdicts is Deadlines without how they were counted: no Date, Strict,
// Provisional, Steps and WorkdaysLeft. It is for whoever goes through all records
// there are.
func (p *Procedure) Verdicts(f Facts, rec *Record, now int64) []Deadline {
	out := make([]Deadline, 0, len(rec.Clocks))
	for i := range rec.Clocks {
		k := &rec.Clocks[i]
		l := p.limitOf(k.Name)
		if l == nil {
			continue
		}
		d := p.bare(rec, k, l)
		r, ok := k.rule(f)
		if ok {
			d.Cite, d.Status, d.NotBefore = r.Cite, r.Status, d.NotBefore || r.NotBefore
		}
		switch {
		case k.StoppedAt != 0:
			d.Due = k.Due
		default:
			if ok {
				d.Due, _ = f.Calendar().DueAt(r, k.Start, p.excluded(rec, k, now), k.extensions())
			}
			d.judge(now)
		}
		out = append(out, d)
	}
	return out
}

// bare is what a clock and its limit say without any counting.
func (p *Procedure) bare(rec *Record, k *Clock, l *limit) Deadline {
	return Deadline{
		Name: l.Name, Title: l.Title, Rule: k.Rule, RulesVersion: k.RulesVersion, Owner: l.Owner,
		Region: rec.Parties[l.Owner].Region, Org: rec.Parties[l.Owner].Org,
		Start: k.Start, Paused: k.PausedAt != 0, NotBefore: l.NotBefore, Right: l.Right,
		Extended: len(k.Extensions), StoppedAt: k.StoppedAt, Verdict: k.Verdict,
	}
}

// judge gives the verdict of a limit that runs.
func (d *Deadline) judge(now int64) {
	d.Verdict = Open
	if d.Due != 0 && now > d.Due && !d.NotBefore && !d.Paused {
		if d.Verdict = Overdue; d.Right {
			d.Verdict = Lapsed
		}
	}
}

func (p *Procedure) deadline(f Facts, rec *Record, k *Clock, l *limit, now int64) Deadline {
	d := p.bare(rec, k, l)
	r, ok := k.rule(f)
	if ok {
		due := f.Calendar().Due(r, k.Start, p.excluded(rec, k, now), k.extensions())
		d.Due, d.Date, d.Strict, d.Provisional, d.Steps = due.At, due.Date, due.Strict, due.Provisional, due.Steps
		d.Cite, d.Status, d.NotBefore = r.Cite, r.Status, d.NotBefore || r.NotBefore
	}
	if k.StoppedAt != 0 {
		// The verdict stands by what was known then, whatever the calendar says now.
		if d.Due != k.Due {
			d.Due, d.Date, d.Strict, d.Provisional, d.Steps = k.Due, dateText(k.Due), dateText(k.Due), false, nil
		}
		return d
	}
	if d.Due != 0 {
		d.WorkdaysLeft = f.Calendar().WorkdaysLeft(now, d.Due)
	}
	d.judge(now)
	return d
}

// Running is a limit that runs and is not paused.
type Running struct {
	Name   string
	Due    int64  // last second in time, unix s
	Region string // that owes it, or whose window it is; empty when not known yet, or outside the network
	Owed   bool   // overdue when ledger time is later; else a window that closes or opens
}

// Running returns the limits of the record that run at ledger time now (unix s)
// in the order in which they started: what Deadlines says of them, without how it
// was counted. It is for Apply, which asks after every act.
func (p *Procedure) Running(f Facts, rec *Record, now int64) []Running {
	var out []Running
	for i := range rec.Clocks {
		k := &rec.Clocks[i]
		l := p.limitOf(k.Name)
		if l == nil || k.StoppedAt != 0 || k.PausedAt != 0 {
			continue
		}
		r, ok := k.rule(f)
		if !ok {
			continue
		}
		at, _ := f.Calendar().DueAt(r, k.Start, p.excluded(rec, k, now), k.extensions())
		if at > 0 {
			owed := !l.Right && !l.NotBefore && !r.NotBefore && l.Owner != OutsideParty
			out = append(out, Running{Name: l.Name, Due: at, Region: rec.Parties[l.Owner].Region, Owed: owed})
		}
	}
	return out
}
