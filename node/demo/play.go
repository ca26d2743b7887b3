package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/node/demo/catalogue"
)

// waitPatience bounds how long an automatic act (a receipt by the receiving
// node, an elapsed window) may take to appear.
const waitPatience = 20 * time.Second

// Outcome is what became of one step.
type Outcome struct {
	N        int              `json:"n"`
	Actor    string           `json:"actor"`
	Action   string           `json:"action"`
	Record   string           `json:"record"`
	Row      int              `json:"row,omitempty"`  // of a repeated step, from 1
	Rows     int              `json:"rows,omitempty"` // of it
	OK       bool             `json:"ok"`
	MS       int64            `json:"ms"`
	Why      string           `json:"why,omitempty"` // of a step that is not OK
	Step     *Step            `json:"-"`
	DocNo    string           `json:"-"` // document number the act carried
	Deadline *v1.Deadline     `json:"-"` // the running limit that ends first
	Refusal  *problem.Problem `json:"-"` // of a step that had to be refused
	Shown    []Shown          `json:"-"` // fields that the step shows
	First    string           `json:"-"` // record of the first row
	TotalMS  int64            `json:"-"` // of the rows so far
}

// Shown is a field of a record, by its name in the law.
type Shown struct {
	Name  Text
	Value string
}

// player plays a scenario through the public API of each actor's own node.
type player struct {
	doors   *doors
	network *Network
	pools   map[string]catalogue.Spec
	records map[string]string // variable -> record id
	law     *lawBook
}

func newPlayer(d *doors, n *Network) (*player, error) {
	law, err := newLawBook()
	return &player{doors: d, network: n, records: map[string]string{}, law: law}, err
}

// play runs every step in order; a step that fails ends the play, because what
// follows builds on it.
func (p *player) play(ctx context.Context, s *Scenario, report func(Outcome)) ([]Outcome, error) {
	p.pools = s.Pools
	var all []Outcome
	for i := range s.Steps {
		step := &s.Steps[i]
		if err := p.doors.setClock(ctx, step.At); err != nil {
			return all, err
		}
		rows, err := step.rows()
		if err != nil {
			return all, err
		}
		first, total := "", int64(0)
		for i, row := range rows {
			o := p.step(ctx, row)
			o.Step = row
			if total += o.MS; i == 0 {
				first = o.Record
			}
			if len(rows) > 1 {
				o.Row, o.Rows, o.First, o.TotalMS = i+1, len(rows), first, total
			}
			all = append(all, o)
			report(o)
			if !o.OK {
				return all, fmt.Errorf("step %d (%s) did not come out as written: %s", o.N, o.Action, o.Why)
			}
		}
	}
	return all, nil
}

func (p *player) step(ctx context.Context, s *Step) Outcome {
	o := Outcome{N: s.N, Action: s.action()}
	began := time.Now()
	err := p.appear(ctx, s)
	o.Actor = s.Actor.Region + "/" + s.Actor.Role + "/" + s.Actor.Person
	if err == nil {
		err = p.perform(ctx, s, &o)
	}
	if err == nil && len(s.Show) > 0 {
		err = p.show(ctx, s, &o)
	}
	o.MS = time.Since(began).Milliseconds()
	o.OK = err == nil
	if err != nil {
		o.Why = err.Error()
	}
	return o
}

// appear finds out who acts in a step of whoever was drawn.
func (p *player) appear(ctx context.Context, s *Step) error {
	if s.Actor.Of == "" {
		return nil
	}
	reader, err := p.doors.of(Actor{}.orOwner("-" + p.network.Regions[0].Code + "-"))
	if err != nil {
		return err
	}
	id, err := p.value(ctx, reader, s.Actor.Of)
	if err != nil {
		return err
	}
	owner := Actor{}.orOwner(fmt.Sprint(id))
	s.Actor.Region, s.Actor.Org = owner.Region, owner.Org
	return nil
}

func (s *Step) action() string {
	switch {
	case s.Register:
		return "register draw key"
	case s.Open != "":
		return s.Open + ".open"
	case s.Act != "":
		return s.Act
	case s.Note:
		return "note"
	default:
		return "wait " + s.Wait.State
	}
}

func (p *player) perform(ctx context.Context, s *Step, o *Outcome) error {
	switch {
	case s.Note:
		o.Actor = "-"
		return nil
	case s.Wait != nil:
		return p.wait(ctx, s, o)
	case s.Register:
		o.Actor = s.Actor.Region + "/governance"
		_, err := p.doors.registerDrawKey(ctx, p.network, s.Actor.Region, s.At)
		return err
	}
	door, err := p.doors.of(s.Actor)
	if err != nil {
		return err
	}
	var rec v1.Record // the version of the record that the decision is made on
	if s.Act != "" {
		if o.Record, err = p.resolve(s.Record); err != nil {
			return err
		}
		if rec, err = door.Record(ctx, o.Record, client.Read{}); err != nil {
			return err
		}
	}
	fields, err := p.fields(ctx, door, s, s.Open+rec.Procedure)
	if err != nil {
		return err
	}
	o.DocNo = docNo(fields)
	raw, err := json.Marshal(fields)
	if err != nil {
		return fmt.Errorf("couldn't encode the fields: %w", err)
	}
	var receipt v1.Receipt
	if s.Open != "" {
		receipt, err = door.Open(ctx, client.NewKey(), v1.OpenRequest{Procedure: s.Open, Role: s.Actor.Role, Fields: raw})
	} else {
		receipt, err = door.Act(ctx, client.NewKey(), o.Record, rec.Head, v1.ActRequest{Event: s.Act, Role: s.Actor.Role, Fields: raw})
	}
	if s.Refused != nil {
		return s.Refused.check(receipt, err, o)
	}
	if err != nil {
		return err
	}
	if receipt, err = door.Await(ctx, receipt); err != nil {
		return err
	}
	if receipt.Status != v1.Committed {
		return fmt.Errorf("the statement is %s", receipt.Status)
	}
	o.Record = receipt.Record
	if s.As != "" {
		p.records[s.As] = receipt.Record
	}
	return s.Expect.check(ctx, door, receipt, s, o)
}

// wait asks until the record has reached the state by itself.
func (p *player) wait(ctx context.Context, s *Step, o *Outcome) error {
	id, err := p.resolve(s.Wait.Record)
	if err != nil {
		return err
	}
	o.Record, o.Actor = id, "node"
	door, err := p.doors.of(s.Actor.orOwner(id))
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, waitPatience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		rec, err := door.Record(ctx, id, client.Read{})
		if err == nil && rec.State == s.Wait.State && (s.Expect.Missing == nil || s.Expect.checkMissing(ctx, door, id) == nil) {
			return s.Expect.check(ctx, door, v1.Receipt{Record: id}, s, o)
		}
		select {
		case <-ctx.Done():
			if rec.State == s.Wait.State {
				return s.Expect.checkMissing(context.WithoutCancel(ctx), door, id)
			}
			return fmt.Errorf("%s is %s after %s, not %s", id, rec.State, waitPatience, s.Wait.State)
		case <-tick.C:
		}
	}
}

// orOwner is who looks at a record in a step without an actor: a clerk of the
// bureau that owns it.
func (a Actor) orOwner(id string) Actor {
	if a.Region != "" {
		return a
	}
	region := strings.Split(id, "-")[1]
	return Actor{Region: region, Org: region + "-SJ", Role: "clerk", Person: "watcher"}
}

// docNo is the document number that an act carries, for the printed line.
func docNo(fields map[string]any) string {
	for _, name := range []string{"doc_no", "reply_doc_no", "order_doc_no", "decision_doc_no", "designation_doc_no", "case_file_no", "confirm_doc_no", "admission_doc", "adoption_doc", "summary_doc", "lead_no", "sample_no", "plan_no", "assignment_no", "draw_no", "checklist_no", "strike_off_no"} {
		if s, ok := fields[name].(string); ok {
			return s
		}
	}
	return ""
}

// check holds a refusal against what the scenario expects.
func (r *Refused) check(receipt v1.Receipt, err error, o *Outcome) error {
	var refusal *problem.Problem
	if !errors.As(err, &refusal) {
		if err == nil {
			return fmt.Errorf("was accepted (%s, entry %v); %s was expected", receipt.Status, deref(receipt.Index), r.Code)
		}
		return err
	}
	o.Refusal = refusal
	switch {
	case refusal.Code != r.Code:
		return fmt.Errorf("refused with %s (%s); %s was expected", refusal.Code, refusal.Detail, r.Code)
	case r.Status != 0 && refusal.Status != r.Status:
		return fmt.Errorf("refused with status %d; %d was expected", refusal.Status, r.Status)
	case r.Cite != "" && !strings.Contains(refusal.Cite, r.Cite):
		return fmt.Errorf("the refusal cites %q, not %s", refusal.Cite, r.Cite)
	}
	return nil
}

func deref(p *uint64) uint64 {
	if p == nil {
		return 0
	}
	return *p
}
