package demo

import (
	"context"
	"fmt"
	"slices"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
)

// check holds the record after a step against what the scenario expects, and
// notes the limit that ends first for the printed line.
func (e Expect) check(ctx context.Context, door *client.Client, receipt v1.Receipt, s *Step, o *Outcome) error {
	rec, err := door.Record(ctx, receipt.Record, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't read %s back: %w", receipt.Record, err)
	}
	if e.State != "" && rec.State != e.State {
		return fmt.Errorf("%s is %s; %s was expected", rec.ID, rec.State, e.State)
	}
	limits, err := door.Deadlines(ctx, receipt.Record, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't read the deadlines of %s: %w", receipt.Record, err)
	}
	o.Deadline = nextDue(limits)
	wanted := e.Deadlines
	if e.Deadline != nil {
		wanted = append([]ExpectDeadline{*e.Deadline}, wanted...)
	}
	for _, w := range wanted {
		if err := w.check(limits); err != nil {
			return err
		}
	}
	if e.Missing != nil {
		if err := e.checkMissing(ctx, door, receipt.Record); err != nil {
			return err
		}
	}
	if e.Late == nil {
		return nil
	}
	history, err := door.History(ctx, receipt.Record, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't read the history of %s: %w", receipt.Record, err)
	}
	last := history[len(history)-1]
	if late := len(last.Late) > 0; last.Event != s.Act || late != *e.Late {
		return fmt.Errorf("the last act %s is marked late for %v; late=%t was expected", last.Event, last.Late, *e.Late)
	}
	return nil
}

// checkMissing holds the defaulters of a draw against those expected.
func (e Expect) checkMissing(ctx context.Context, door *client.Client, id string) error {
	d, err := door.Draw(ctx, id, false)
	if err != nil {
		return fmt.Errorf("couldn't read the draw %s: %w", id, err)
	}
	if !slices.Equal(d.Missing, e.Missing) {
		return fmt.Errorf("%s lacks the contributions of %v; %v was expected", id, d.Missing, e.Missing)
	}
	return nil
}

// nextDue is the running limit that ends first, or nil.
func nextDue(limits []v1.Deadline) *v1.Deadline {
	var first *v1.Deadline
	for i, d := range limits {
		if (d.Verdict == "open" || d.Verdict == "overdue") && d.Due != "" && (first == nil || d.Due < first.Due) {
			first = &limits[i]
		}
	}
	return first
}

// check looks for the latest run of the limit by name.
func (w ExpectDeadline) check(limits []v1.Deadline) error {
	for i := len(limits) - 1; i >= 0; i-- {
		d := limits[i]
		if d.Name != w.Name {
			continue
		}
		if w.Due != "" && d.DueDate != w.Due {
			return fmt.Errorf("limit %s is due %s; %s was expected", w.Name, d.DueDate, w.Due)
		}
		if w.Verdict != "" && d.Verdict != w.Verdict {
			return fmt.Errorf("limit %s is %s; %s was expected", w.Name, d.Verdict, w.Verdict)
		}
		return nil
	}
	return fmt.Errorf("limit %s does not run", w.Name)
}
