package audit

import (
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// followsBehind is how many groups of entries the follower may be behind their
// judgement: enough that neither waits for the other at every turn.
const followsBehind = 2

// follower digests what entries have changed in the state, behind their judgement
// and on a goroutine of its own, and holds every entry's state digest against it.
// Its methods belong to the goroutine that judges.
type follower struct {
	work    chan *steps
	done    chan *steps
	behind  int    // sent and not yet taken back
	current *steps // being filled
	spare   *steps // to be filled next; nil: a new one
}

// steps are the changes of some entries in order.
type steps struct {
	changes []ledger.Change
	list    []step
	wrong   []uint64 // entries whose digest came out otherwise
}

// step is one entry.
type step struct {
	index   uint64
	state   merkle.Hash // as it stands in the entry
	compare bool        // the rest of its envelope came out the same
	until   int         // end of its changes
}

// newFollower begins with the digest of the state before the first entry.
func newFollower(digest *merkle.Digest) *follower {
	f := &follower{work: make(chan *steps, followsBehind), done: make(chan *steps, followsBehind), current: new(steps)}
	go func() {
		defer close(f.done)
		for s := range f.work {
			s.digest(digest)
			f.done <- s
		}
	}()
	return f
}

// digest follows the steps.
func (s *steps) digest(digest *merkle.Digest) {
	from := 0
	for _, step := range s.list {
		for i := from; i < step.until; i++ {
			s.changes[i].Digest(digest)
		}
		from = step.until
		if step.compare && digest.Sum() != step.state {
			s.wrong = append(s.wrong, step.index)
		}
	}
}

// changes is where the next entry's changes are appended.
func (f *follower) changes() []ledger.Change { return f.current.changes }

// step takes an entry that was judged and stands.
func (f *follower) step(index uint64, past *ledger.Past) {
	s := f.current
	s.changes = past.Changes
	s.list = append(s.list, step{index: index, state: past.Leaf.State, compare: past.Same, until: len(s.changes)})
}

// next hands the steps over and gives the wrong entries of earlier ones. How far
// these are behind depends on the number of calls alone, so that a report does not
// depend on the clock.
func (f *follower) next() (wrong []uint64) {
	if f.behind == followsBehind {
		wrong = f.take()
	}
	f.work <- f.current
	f.behind++
	if f.current, f.spare = f.spare, nil; f.current == nil {
		f.current = new(steps)
	}
	return wrong
}

// take waits for the steps sent first.
func (f *follower) take() []uint64 {
	s := <-f.done
	f.behind--
	clear(s.changes) // they hold rows of records
	wrong := s.wrong
	f.spare = &steps{changes: s.changes[:0], list: s.list[:0]}
	return wrong
}

// rest hands the last steps over and gives the wrong entries of all that are left.
func (f *follower) rest() (wrong []uint64) {
	wrong = f.next()
	for f.behind > 0 {
		wrong = append(wrong, f.take()...)
	}
	return wrong
}

// close ends the goroutine. What was not taken is not digested to the end.
func (f *follower) close() {
	close(f.work)
	for range f.done { // until it has ended
	}
}
