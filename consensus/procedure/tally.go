package procedure

import "github.com/google/cel-go/common/types"

// maxTally bounds a sum, and what one act may add to it.
const maxTally = 1 << 40

// tallies computes the sums that the event changes. A sum never falls below zero.
func (c *frame) tallies(e *event, fx *Effects) error {
	for i := range e.tallies {
		set := e.Tallies[i].Set
		key, failed, err := c.text(e.tallies[i].key)
		if err != nil {
			return err
		}
		if failed || key == "" {
			return refuse(CodeGuardFailed, "set", set)
		}
		add, failed, err := c.number(e.tallies[i].add)
		if err != nil {
			return err
		}
		if failed {
			return refuse(CodeGuardFailed, "set", set)
		}
		t := fx.tally(set, key)
		if t == nil {
			fx.Tallies = append(fx.Tallies, Tally{Set: set, Key: key, Sum: c.facts.Tally(set, key)})
			t = &fx.Tallies[len(fx.Tallies)-1]
		}
		if add < -maxTally || add > maxTally || t.Sum+add < 0 || t.Sum+add > maxTally {
			return refuse(CodeTallyRange, "set", set, "key", key)
		}
		t.Sum += add
	}
	return nil
}

// tally finds what the act has already added to a key.
func (fx *Effects) tally(set, key string) *Tally {
	for i := range fx.Tallies {
		if t := &fx.Tallies[i]; t.Set == set && t.Key == key {
			return t
		}
	}
	return nil
}

// number evaluates an int expression.
func (c *frame) number(e *expr) (n int64, failed bool, err error) {
	out, _, evalErr := e.prog.Eval(c)
	if c.err != nil {
		return 0, false, c.err
	}
	v, ok := out.(types.Int)
	if evalErr != nil || !ok {
		return 0, true, nil
	}
	return int64(v), false, nil
}
