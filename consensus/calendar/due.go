package calendar

// Interval is a stretch that does not count: from From up to, not including,
// To, in unix seconds.
type Interval struct {
	From int64 `json:"from"`
	To   int64 `json:"to"`
}

// Extension prolongs a limit, by N units or to the end of a stated day.
type Extension struct {
	N     int
	Unit  Unit
	Until int64 // unix s of a moment of the stated day; 0: by N units
	Since int64 // unix s; with Until: exclusions after this moment still push
}

// Due is where a limit ends and how that was counted.
type Due struct {
	At          int64  `json:"at"`     // last second in time, unix s; for hours the exact instant
	Date        string `json:"date"`   // the Shanghai day of At
	Strict      string `json:"strict"` // the day before any rolling: the safe target
	Provisional bool   `json:"provisional"`
	Steps       []Step `json:"steps"`
}

// Step is a stretch of days treated alike, for people who check the count.
type Step struct {
	Kind StepKind `json:"kind"`
	From string   `json:"from"`
	To   string   `json:"to"`
	Days int      `json:"days"`
}

// StepKind says how a stretch of days was treated.
type StepKind string

const (
	StepEvent    StepKind = "event"    // the day of the event, not counted (article 80)
	StepCounted  StepKind = "counted"  //
	StepOff      StepKind = "off"      // not a working day, in a limit of working days
	StepExcluded StepKind = "excluded" // inside an excluded interval
	StepExtended StepKind = "extended" // counted by an extension
	StepStated   StepKind = "stated"   // up to a stated new limit
	StepRolled   StepKind = "rolled"   // moved on because the last day is off
)

// Due counts a limit from start (unix s). Excluded intervals may come in any
// order and overlap. The result is the same for every caller that has the same
// table, rule and facts.
func (c *Calendar) Due(r Rule, start int64, excluded []Interval, ext []Extension) Due {
	w := walk{c: c, excluded: excluded, gaps: gapsOf(excluded), steps: make([]Step, 0, 8)}
	w.step(DayOf(start), DayOf(start), StepEvent)
	at, strict := w.run(r, start, ext)
	return Due{At: at, Date: DayOf(at).String(), Strict: DayOf(strict).String(), Provisional: w.provisional, Steps: w.steps}
}

// DueAt is Due without the explanation, for the hot path.
func (c *Calendar) DueAt(r Rule, start int64, excluded []Interval, ext []Extension) (at int64, provisional bool) {
	w := walk{c: c, excluded: excluded, gaps: gapsOf(excluded)}
	at, _ = w.run(r, start, ext)
	return at, w.provisional
}

// walk is one count under way. Excluded stretches are skipped in one stride, so
// the work follows the length of the limit, not of the exclusions.
type walk struct {
	c           *Calendar
	excluded    []Interval
	gaps        []gap
	provisional bool
	steps       []Step // nil: nobody asks
}

// run counts the rule and its extensions. It returns the last second in time,
// rolled and strict.
func (w *walk) run(r Rule, start int64, ext []Extension) (at, strict int64) {
	if r.Unit == Hours {
		at = w.hours(start, r.N)
	} else {
		at = w.days(DayOf(start), r.N, r.Unit, StepCounted).End()
	}
	for _, e := range ext {
		switch {
		case e.Until != 0:
			at = w.until(at, e)
		case e.Unit == Hours:
			at = w.hours(at, e.N)
		default:
			at = w.days(DayOf(at), e.N, e.Unit, StepExtended).End()
		}
	}
	strict = at
	if r.Unit == Days && r.Roll != RollNone && r.Roll != "" {
		at = w.roll(DayOf(at), r.Roll).End()
	}
	return at, strict
}

// days walks n units on from a day that is itself not counted.
func (w *walk) days(d Day, n int, unit Unit, kind StepKind) Day {
	for n > 0 && d < lastDay {
		d++
		if g, ok := w.gapAt(d); ok {
			last := min(g.last, lastDay)
			w.step(d, last, StepExcluded)
			d = last
			continue
		}
		if unit == Workdays && !w.works(d) {
			w.step(d, d, StepOff)
			continue
		}
		w.step(d, d, kind)
		// A suspension that began during the last day and outlasts it took the
		// day away: it was not there to be used.
		if n--; n == 0 && w.cut(d) {
			n = 1
		}
	}
	return d
}

// until moves to a stated day. Exclusions after the extension was granted push
// it on.
func (w *walk) until(at int64, e Extension) int64 {
	d := DayOf(e.Until)
	if d.End() <= at {
		return at
	}
	d = min(d, lastDay)
	push := 0
	for _, g := range w.gaps {
		if first, last := max(g.first, DayOf(e.Since)+1), min(g.last, d); e.Since != 0 && first <= last {
			push += int(last - first + 1)
		}
	}
	w.step(d, d, StepStated)
	return w.days(d, push, Days, StepExtended).End()
}

// roll moves on from a last day that is off, and from an excluded day that
// rolling led to.
func (w *walk) roll(d Day, r Roll) Day {
	for d < lastDay {
		g, excluded := w.gapAt(d)
		if !excluded && !w.rolls(d, r) {
			break
		}
		from := d + 1
		if excluded {
			d = min(g.last, lastDay-1)
		}
		d++
		w.step(from, d, StepRolled)
	}
	return d
}

func (w *walk) rolls(d Day, r Roll) bool {
	f := w.c.at(d)
	w.cover(d)
	if r == RollNonworking {
		return f&flagWork == 0
	}
	return f&flagHoliday != 0
}

func (w *walk) works(d Day) bool {
	w.cover(d)
	return w.c.at(d)&flagWork != 0
}

// cover notes when the outcome rests on a day the table does not speak about.
func (w *walk) cover(d Day) {
	if w.c.at(d)&flagCovered == 0 {
		w.provisional = true
	}
}

// cut: an exclusion begins during the day and lasts beyond its end.
func (w *walk) cut(d Day) bool {
	s, e := d.Start(), d.End()
	for _, i := range w.excluded {
		if s < i.From && i.From <= e && i.To > e+1 {
			return true
		}
	}
	return false
}

// hours adds clock hours; the excluded stretches inside push the end on.
func (w *walk) hours(start int64, n int) int64 {
	end := start + int64(n)*3600
	if len(w.excluded) == 0 {
		return end
	}
	seen := start // everything before is accounted for
	for _, i := range sorted(w.excluded) {
		if from := max(i.From, seen); from < end && i.To > from {
			end += i.To - from
			seen = i.To
		}
	}
	return min(end, lastDay.End())
}

// step records how a stretch of days was treated, joining it to one of the same
// kind before it.
func (w *walk) step(from, to Day, k StepKind) {
	if w.steps == nil {
		return
	}
	days := int(to - from + 1)
	if n := len(w.steps); n > 0 && w.steps[n-1].Kind == k {
		w.steps[n-1].To = to.String()
		w.steps[n-1].Days += days
		return
	}
	w.steps = append(w.steps, Step{Kind: k, From: from.String(), To: to.String(), Days: days})
}
