package recovery

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
	"sandi.internal/gateway/storage/raftlog"
	"sandi.internal/gateway/storage/state"
)

// Folder is the stores of a stopped node.
type Folder struct {
	Genesis *genesis.Signed
	Node    string
	Keys    []keyring.PublicKey // the log and cosigner keys that its configuration names
	Store   *state.Store
	Log     *raftlog.Store
	Scratch string // a folder that a return makes and removes; on the same disk, as large as the ledger
	Pool    *statement.Pool
	Logger  *slog.Logger
}

// Point is a checkpoint that somebody has cosigned.
type Point struct {
	Size       uint64   `json:"size"`
	Root       [32]byte `json:"-"`
	CosignedBy []string `json:"cosigned_by"` // regions
	From       string   `json:"from"`        // "here", or the file it was given in
	Missing    uint64   `json:"missing"`     // leaves of it that are not here: from the size here on
	Contradict bool     `json:"contradicts"` // the tree here has another root at its size
}

// View is what is left.
type View struct {
	replica.Remains
	Node   string
	Points []Point // ascending by size
}

// Given is a checkpoint from elsewhere: what another bureau, or an auditor, kept.
type Given struct {
	Name string // of its file
	Note []byte
}

func (f *Folder) stopped() *replica.Stopped {
	return &replica.Stopped{
		Network: f.Genesis.Network(), Node: f.Node, Log: f.Log, Store: f.Store, Logger: f.Logger, Pool: f.Pool,
		Ledger: func() (*ledger.Ledger, error) { return ledger.New(f.Genesis, f.Pool) },
	}
}

// loaded is the ledger here as it was applied, for its keys.
func (f *Folder) loaded() (*ledger.Ledger, error) {
	machine, err := ledger.New(f.Genesis, f.Pool)
	if err != nil {
		return nil, err
	}
	batch := f.Store.Batch()
	defer batch.Close()
	return machine, machine.Load(batch)
}

// Look says what is left, and changes nothing.
func (f *Folder) Look(given []Given) (*View, error) {
	machine, err := f.loaded()
	if err != nil {
		return nil, fmt.Errorf("couldn't load the ledger: %w", err)
	}
	keys := machine.Roster().Ever
	known, err := witness.ReadKnown(f.Store.Local(), keys)
	if err != nil {
		return nil, err
	}
	v := &View{Node: f.Node}
	for _, n := range known.Notes {
		v.Points = append(v.Points, Point{Size: n.Size, Root: n.Root, CosignedBy: n.CosignedBy(), From: "here"})
	}
	_, region := machine.Roster().Genesis.Node(f.Node)
	for _, p := range known.Signed {
		if region != nil {
			v.Points = append(v.Points, Point{Size: p.Size, Root: p.Root, CosignedBy: []string{region.Code}, From: "here"})
		}
	}
	for _, g := range given {
		n, err := keys.Open(g.Note)
		if err != nil {
			return nil, fmt.Errorf("couldn't take the checkpoint %s: %w", g.Name, err)
		}
		if len(n.CosignedBy()) == 0 {
			return nil, fmt.Errorf("the checkpoint %s carries no region's cosignature", g.Name)
		}
		v.Points = append(v.Points, Point{Size: n.Size, Root: n.Root, CosignedBy: n.CosignedBy(), From: g.Name})
	}
	slices.SortStableFunc(v.Points, func(a, b Point) int {
		return cmp.Or(cmp.Compare(a.Size, b.Size), cmp.Compare(len(b.CosignedBy), len(a.CosignedBy)))
	})
	v.Points = slices.CompactFunc(v.Points, func(a, b Point) bool { return a.Size == b.Size && a.Root == b.Root })
	return v, f.compare(v)
}

// compare holds the checkpoints against the tree that is here.
func (f *Folder) compare(v *View) error {
	sizes := make([]uint64, 0, len(v.Points))
	for _, p := range v.Points {
		sizes = append(sizes, p.Size)
	}
	var err error
	if v.Remains, err = f.stopped().Look(sizes...); err != nil {
		return err
	}
	for i := range v.Points {
		p := &v.Points[i]
		if p.Size > v.Last.Size {
			p.Missing = p.Size - v.Last.Size
		} else {
			p.Contradict = v.Roots[p.Size] != p.Root
		}
	}
	return nil
}

// Refusals of a recovery.
var (
	// ErrShorter: a cosigned checkpoint covers leaves that would be lost.
	ErrShorter = errors.New("a cosigned checkpoint covers more than this tree")
	// ErrFork: a cosigned checkpoint is of another history.
	ErrFork = errors.New("a cosigned checkpoint contradicts this tree")
)

// Allows reports whether the network may go on with a tree of size leaves: nothing that
// is known may be lost or contradicted.
func (v *View) Allows(size uint64) error {
	for _, p := range v.Points {
		if p.Contradict {
			return fmt.Errorf("%w: at %d leaves, cosigned by %v (%s); this is a fork, see OPERATIONS.md, \"A fork\"", ErrFork, p.Size, p.CosignedBy, p.From)
		}
	}
	for _, p := range slices.Backward(v.Points) {
		if p.Size > size {
			return fmt.Errorf("%w: leaves %d to %d are missing, which %v cosigned (%s); look for a node or a backup that has them", ErrShorter, size, p.Size-1, p.CosignedBy, p.From)
		}
	}
	return nil
}
