package access

import (
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/merkle"
)

// What can be wrong with a log that somebody shows. Errors come wrapped.
var (
	ErrChanged  = errors.New("the entry is not the one that its slip stands for")
	ErrWithheld = errors.New("an entry about this is held back")
	ErrAnchor   = errors.New("the log is not the one whose head stands on the ledger")
	ErrTime     = errors.New("the entry is older than the one before it")
)

// Row is one place of a log as it is shown: its slip, and its entry unless that is
// held back.
type Row struct {
	Slip  string
	Entry []byte // nil: not shown
}

// Replay builds a log's tree anew from the rows that a node shows, the first first,
// and holds it against the heads that stand on the ledger. It belongs to one
// goroutine.
type Replay struct {
	heads    []Head // of this log, ascending by size
	subjects []string
	tree     *merkle.Tree
	time     int64
	forgets  bool
	Found    []Found // entries about a subject, in order
}

// Found is an entry with its place.
type Found struct {
	Index uint64
	Entry Entry
}

// NewReplay begins with the first row of a log. heads are all that the ledger has of
// this log. Entries about one of the subjects must be shown; without subjects, all.
func NewReplay(heads []Head, subjects []string) *Replay {
	r := &Replay{tree: merkle.NewTree()}
	for _, h := range heads {
		if h.Size > 0 {
			r.heads = append(r.heads, h)
		}
	}
	slices.SortFunc(r.heads, func(a, b Head) int { return int(min(max(int64(a.Size)-int64(b.Size), -1), 1)) })
	for _, s := range subjects {
		r.subjects = append(r.subjects, Tag(s))
	}
	return r
}

// Forget keeps no entries in Found: whoever wants to know only whether the log holds.
func (r *Replay) Forget() { r.forgets = true }

// Size is how many rows were added, Root the root of their tree.
func (r *Replay) Size() uint64 { return r.tree.Size() }

// Root is the root of the rows added so far.
func (r *Replay) Root() merkle.Hash { return r.tree.Root() }

// Add takes in the next row. The error wraps ErrForm, ErrChanged, ErrWithheld, ErrTime
// or ErrAnchor, and names the row; after one the replay is over.
func (r *Replay) Add(row Row) error {
	index := r.tree.Size()
	if err := r.take(row); err != nil {
		return fmt.Errorf("entry %d: %w", index, err)
	}
	r.tree.Append(Leaf(row.Slip))
	for len(r.heads) > 0 && r.heads[0].Size == r.tree.Size() {
		if r.heads[0].Root != r.tree.Root() {
			return fmt.Errorf("up to entry %d: %w", index, ErrAnchor)
		}
		r.heads = r.heads[1:]
	}
	return nil
}

func (r *Replay) take(row Row) error {
	if err := checkSlip(row.Slip); err != nil {
		return err
	}
	wanted := len(r.subjects) == 0 || slices.ContainsFunc(r.subjects, func(tag string) bool { return About(row.Slip, tag) })
	if row.Entry == nil {
		if wanted {
			return ErrWithheld
		}
		return nil
	}
	slip, e, err := SlipOf(row.Entry)
	switch {
	case err != nil:
		return err
	case slip != row.Slip:
		return ErrChanged
	case e.Time < r.time:
		return ErrTime
	}
	r.time = e.Time
	if wanted && !r.forgets {
		r.Found = append(r.Found, Found{r.tree.Size(), e})
	}
	return nil
}

// Missing is the first head on the ledger that the rows do not reach; nil when they
// reach all. A log that ends before one was cut.
func (r *Replay) Missing() *Head {
	if len(r.heads) == 0 {
		return nil
	}
	return &r.heads[0]
}
