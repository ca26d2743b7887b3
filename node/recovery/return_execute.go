package recovery

import (
	"cmp"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// The node-local keys of a return: prefix, letter, rest.
const (
	returnPrefix = 0xb9
	rowBegun     = 'b' // the order's statements, a line each, from the first step to the last
	rowQueued    = 'q' // + 8 bytes of the void index: a statement that is to be submitted again
	rowOutcome   = 'o' // + 8 bytes of the void index: JSON of an Outcome
	rowGivenUp   = 'k' // + public key: registered for this node in a void entry
)

func returnRow(letter byte, rest string) []byte {
	return append([]byte{returnPrefix, letter}, rest...)
}

func queueRow(letter byte, index uint64) []byte {
	return binary.BigEndian.AppendUint64(returnRow(letter, ""), index)
}

// ErrUnfinished refuses to start a node in the middle of a return.
var ErrUnfinished = errors.New("a return to a final checkpoint was begun here and not finished; run `sandi recover --to-final --yes` again")

// Getter is Local with single reads.
type Getter interface {
	Local
	Get(key []byte) ([]byte, error)
}

// Unfinished is the order of a return that was begun in a store and not finished; nil
// when there is none.
func Unfinished(local Getter) ([]byte, error) {
	text, err := local.Get(returnRow(rowBegun, ""))
	if err != nil {
		return nil, fmt.Errorf("couldn't read whether a return was begun: %w", err)
	}
	if len(text) == 0 {
		return nil, nil
	}
	return text, nil
}

// Return makes this node's ledger that of the final checkpoint, with the order as its
// first entries, after JudgeReturn. A crash leaves a store that does not start, and
// Resume goes on.
func (f *Folder) Return(v *ReturnView, o *ReturnOrder) error {
	local := f.Store.Local()
	for _, e := range v.Void {
		if e.Fate == FateDropped {
			err := f.giveUp(e.raw)
			if err == nil {
				err = keepOutcome(local, Outcome{Void: e.Index, Region: e.Region, ID: e.ID, Kind: e.Kind, Dropped: true}, false)
			}
			if err != nil {
				return err
			}
			continue
		}
		if err := local.Set(queueRow(rowQueued, e.Index), e.raw, false); err != nil {
			return fmt.Errorf("couldn't keep what is to be submitted again: %w", err)
		}
	}
	var text []byte
	for _, raw := range o.Statements {
		text = append(append(text, raw...), '\n')
	}
	if err := local.Set(returnRow(rowBegun, ""), text, true); err != nil { // syncs the rows before it
		return fmt.Errorf("couldn't keep that a return was begun: %w", err)
	}
	return f.finish(o)
}

// giveUp notes a key that a void entry registered for this node.
func (f *Folder) giveUp(raw []byte) error {
	st, err := statement.Parse(raw)
	if err != nil {
		return fmt.Errorf("couldn't read a void entry: %w", err)
	}
	var keys []keyring.PublicKey
	switch st.Kind {
	case statement.KindKeyAdd:
		if body, err := statement.ParseKeyAdd(st.Body); err == nil && body.Node == f.Node {
			keys = append(keys, body.Key)
		}
	case statement.KindNodeAdd:
		if body, err := statement.ParseNodeAdd(st.Body); err == nil && body.Node == f.Node {
			keys = append(keys, body.Log.Key, body.Cosigner.Key)
		}
	}
	for _, k := range keys {
		if err := f.Store.Local().Set(returnRow(rowGivenUp, string(k.Key)), []byte{1}, false); err != nil {
			return fmt.Errorf("couldn't keep which keys were given up: %w", err)
		}
	}
	return nil
}

// Resume goes on with a return that was begun. It reports false when none was.
func (f *Folder) Resume() (bool, error) {
	text, err := Unfinished(f.Store.Local())
	if err != nil || text == nil {
		return false, err
	}
	machine, err := ledger.New(f.Genesis, f.Pool)
	if err != nil {
		return true, err
	}
	// The order was judged before it was kept. Its governance keys stand in the ledger
	// before and after the replacement alike, or the replacement fails.
	batch := f.Store.Batch()
	defer batch.Close()
	if err := machine.Load(batch); err != nil {
		return true, err
	}
	o, err := keptOrder(machine, text)
	if err != nil {
		return true, err
	}
	return true, f.finish(o)
}

// keptOrder reads what Return kept.
func keptOrder(machine *ledger.Ledger, text []byte) (*ReturnOrder, error) {
	o, err := ParseReturnOrder(machine, text)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the order that was kept: %w", err)
	}
	return o, nil
}

// finish does what may be done again: the ledger, the log, the witness, the mark.
func (f *Folder) finish(o *ReturnOrder) error {
	s := f.stopped()
	if meta := f.Store.Meta(); meta.RaftIndex == o.Index && meta.RaftTerm == o.Term {
		if err := s.Emptied(); err != nil { // a crash may have come between
			return err
		}
	} else if err := f.replace(s, o); err != nil {
		return err
	}
	machine, err := f.loaded()
	if err != nil {
		return err
	}
	note, err := machine.Roster().Ever.Open(o.Checkpoint)
	if err != nil {
		return fmt.Errorf("couldn't open the final checkpoint: %w", err)
	}
	home := witness.Homecoming{Final: note, Index: o.Index, Term: o.Term}
	for _, k := range machine.NoteKeysEver() {
		if k.Node == f.Node && k.RevokedAt(note.Size+1) {
			home.Retired = append(home.Retired, k.Public)
		}
	}
	local := f.Store.Local()
	err = local.Scan(returnRow(rowGivenUp, ""), returnRow(rowGivenUp+1, ""), false, func(key, _ []byte) (bool, error) {
		home.Retired = append(home.Retired, slices.Clone(key[2:]))
		return true, nil
	})
	if err != nil {
		return err
	}
	if err := witness.Returned(local, home); err != nil {
		return err
	}
	if err := f.Store.Sync(); err != nil {
		return err
	}
	if err := local.Set(returnRow(rowBegun, ""), nil, true); err != nil {
		return fmt.Errorf("couldn't keep that the return is finished: %w", err)
	}
	return nil
}

// replace makes the ledger anew and puts it in place of this node's.
func (f *Folder) replace(s *replica.Stopped, o *ReturnOrder) (err error) {
	scratch, err := f.openScratch()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, scratch.close()) }()
	target, err := bodyOf(o.Checkpoint)
	if err != nil {
		return err
	}
	machine, err := s.Again(scratch.store, replica.Tree{Size: target.Size, Root: target.Root})
	if err != nil {
		return err
	}
	opening := replica.Opening{Statements: o.Statements, Index: o.Index, Term: o.Term, Voters: o.Nodes, Others: others(machine.Roster().Genesis, o.Nodes)}
	if err := opening.Open(machine, scratch.store); err != nil {
		return fmt.Errorf("%w: %w", ErrOrder, err)
	}
	return s.Replace(scratch.store)
}

// Outcome is what became of a void entry that was submitted again.
type Outcome struct {
	Void   uint64          `json:"void"` // index that it had
	Region string          `json:"region"`
	ID     string          `json:"id"`
	Kind   string          `json:"kind"`
	Index  *uint64         `json:"index,omitempty"` // that it has now
	Why    *ledger.Refusal `json:"why,omitempty"`   // it was refused
	// Waiting: it will be submitted again. Dropped: it is not.
	Waiting bool `json:"waiting,omitempty"`
	Dropped bool `json:"dropped,omitempty"`
}

func keepOutcome(local Local, o Outcome, sync bool) error {
	row, err := json.Marshal(o)
	if err == nil {
		err = local.Set(queueRow(rowOutcome, o.Void), row, sync)
	}
	if err != nil {
		return fmt.Errorf("couldn't keep what became of a void entry: %w", err)
	}
	return nil
}

// Queued gives the statements that are to be submitted again, in order, until fn answers
// an error. fn's outcome is kept, and the statement is in the queue no more.
func Queued(local Getter, fn func(index uint64, raw []byte) (Outcome, error)) error {
	for {
		var key, raw []byte
		err := local.Scan(returnRow(rowQueued, ""), returnRow(rowQueued+1, ""), false, func(k, v []byte) (bool, error) {
			key, raw = slices.Clone(k), slices.Clone(v)
			return false, nil
		})
		if err != nil || key == nil {
			return err
		}
		index := binary.BigEndian.Uint64(key[2:])
		outcome, err := fn(index, raw)
		if err != nil {
			return err
		}
		if err := keepOutcome(local, outcome, true); err != nil {
			return err
		}
		if err := local.Delete(key); err != nil { // not synced: a crash asks once more, and gets the first answer
			return fmt.Errorf("couldn't keep what became of a void entry: %w", err)
		}
	}
}

// Outcomes lists what became of void entries, those that wait among them, in the order
// that they had.
func Outcomes(local Getter) (list []Outcome, err error) {
	err = local.Scan(returnRow(rowOutcome, ""), returnRow(rowOutcome+1, ""), false, func(_, row []byte) (bool, error) {
		var o Outcome
		if err := json.Unmarshal(row, &o); err != nil {
			return false, fmt.Errorf("couldn't read what became of a void entry: %w", err)
		}
		list = append(list, o)
		return true, nil
	})
	if err != nil {
		return nil, err
	}
	err = local.Scan(returnRow(rowQueued, ""), returnRow(rowQueued+1, ""), false, func(key, raw []byte) (bool, error) {
		st, err := statement.Parse(raw)
		if err != nil {
			return false, fmt.Errorf("couldn't read a void entry: %w", err)
		}
		list = append(list, Outcome{Void: binary.BigEndian.Uint64(key[2:]), Region: st.Region, ID: st.ID, Kind: st.Kind, Waiting: true})
		return true, nil
	})
	slices.SortStableFunc(list, func(a, b Outcome) int { return cmp.Compare(a.Void, b.Void) })
	return slices.CompactFunc(list, func(a, b Outcome) bool { return a.Void == b.Void }), err // the outcome of one that a crash left in the queue
}
