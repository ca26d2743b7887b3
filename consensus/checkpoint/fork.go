package checkpoint

import (
	"errors"
	"fmt"
	"slices"
)

// Fork is two signed checkpoints of one size that cannot both be true.
type Fork struct{ First, Second *Note }

// ErrNoFork is wrapped by errors about two notes that prove no fork.
var ErrNoFork = errors.New("the two notes prove no fork")

// OpenFork reads a fork that two regions stand for: each side is signed by a region that
// is not alone on the other. One node can sign two roots, or a thousand: that shows that
// it lies, not that there are two histories. The error wraps one of Keys.Open, or
// ErrNoFork.
func (k *Keys) OpenFork(first, second []byte) (Fork, error) {
	var f Fork
	var err error
	if f.First, err = k.Open(first); err != nil {
		return Fork{}, fmt.Errorf("couldn't read the first note of a fork: %w", err)
	}
	if f.Second, err = k.Open(second); err != nil {
		return Fork{}, fmt.Errorf("couldn't read the second note of a fork: %w", err)
	}
	switch a, b := f.First.Signers(), f.Second.Signers(); {
	case f.First.Origin != f.Second.Origin || f.First.Size != f.Second.Size:
		return Fork{}, fmt.Errorf("%w: they are of different trees", ErrNoFork)
	case f.First.Root == f.Second.Root:
		return Fork{}, fmt.Errorf("%w: they name the same root", ErrNoFork)
	case len(a) == 1 && slices.Equal(a, b):
		return Fork{}, fmt.Errorf("%w: region %s alone signed both", ErrNoFork, a[0])
	}
	return f, nil
}

// Signers are the regions under whose keys, log or cosigner, a note stands, ascending.
func (n *Note) Signers() []string {
	var list []string
	for _, s := range n.Signatures {
		list = append(list, s.Key.Region)
	}
	slices.Sort(list)
	return slices.Compact(list)
}
