package procedure

// act1 lets an accepted act take effect on the copy of the record: as a part
// of a joint event that still waits, or as the event itself.
func (c *frame) act1(e *event, note ActNote, fx *Effects) error {
	note.From, note.To = c.rec.State, c.rec.State
	given := c.in.has
	if e.Joint != nil {
		before, done, err := c.p.join(c.facts, c.rec, e.Event, &c.act, c.party, &c.in)
		if err != nil {
			return err
		}
		if !done {
			note.Part = true
			c.rec.Acts = append(c.rec.Acts, note)
			*fx = Effects{} // marks are made when the event happens
			return nil
		}
		given = func(name string) bool {
			for i := range before {
				if _, ok := before[i].Fields[name]; ok {
					return true
				}
			}
			return c.in.has(name)
		}
	}
	c.in.merge(c.rec)
	if err := c.collect(e.Event); err != nil {
		return err
	}
	if e.To != "" {
		note.To = e.To
	}
	return c.happen(e, note, fx, given)
}

// happen moves the record: parties, state, clocks, and whatever conditions are
// fulfilled then. given tells which fields the act stated.
func (c *frame) happen(e *event, note ActNote, fx *Effects, given func(string) bool) error {
	from, before := note.From, len(c.rec.Clocks)
	if err := c.p.bindAll(c.facts, c.rec, e.Event, given); err != nil {
		return err
	}
	if c.rec.State != note.To {
		c.rec.Joint = nil // parts of joint events belong to the state they were made in
	}
	c.rec.State = note.To
	if err := c.tick(e.Name, &note.Late); err != nil {
		return err
	}
	c.rec.Acts = append(c.rec.Acts, note)
	fx.Fired = append(fx.Fired, e.Name)
	if err := c.conditions(fx); err != nil {
		return err
	}
	c.settle(from, before)
	return nil
}

// conditions fires the events whose condition holds now, until none does.
// Compile has excluded circles, so there are at most as many as states.
func (c *frame) conditions(fx *Effects) error {
	for range maxStates {
		fired, err := c.condition(fx)
		if err != nil || !fired {
			return err
		}
	}
	return nil
}

// condition fires the first event of the state whose condition holds. One that
// its own marks or limits forbid does not fire.
func (c *frame) condition(fx *Effects) (bool, error) {
	for _, e := range c.p.auto[c.rec.State] {
		yes, failed, err := c.truth(e.condition)
		if err != nil {
			return false, err
		}
		if failed || !yes {
			continue
		}
		before, marked := *c.rec, *fx
		err = c.fire(e, fx)
		if _, refused := err.(*Refusal); refused {
			*c.rec, *fx = before, marked
			continue
		}
		return err == nil, err
	}
	return false, nil
}

func (c *frame) fire(e *event, fx *Effects) error {
	if err := c.marks(e, fx); err != nil {
		return err
	}
	if err := c.p.bindAll(c.facts, c.rec, e.Event, func(string) bool { return false }); err != nil {
		return err
	}
	note := ActNote{Event: e.Name, At: c.act.At, Now: c.act.Now, Seq: c.act.Seq, From: c.rec.State, To: c.rec.State}
	if e.To != "" {
		note.To, c.rec.Joint = e.To, nil
	}
	c.rec.State = note.To
	if err := c.tick(e.Name, &note.Late); err != nil {
		return err
	}
	c.rec.Acts = append(c.rec.Acts, note)
	fx.Fired = append(fx.Fired, e.Name)
	return nil
}

// finish writes what every accepted act leaves: its hash, times and the
// versions of the tables it was judged by.
func (c *frame) finish() {
	r := c.rec
	r.Seq++
	r.Head = c.act.Hash
	r.UpdatedAt = c.act.At
	r.CalendarVersion = c.facts.Calendar().Version
	if len(c.p.rules) > 0 {
		if rule, ok := c.facts.Rule(c.p.rules[0], 0); ok {
			r.RulesVersion = rule.Version
		}
	}
}
