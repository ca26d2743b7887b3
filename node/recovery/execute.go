package recovery

import (
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/witness"
)

// Judge says what an order comes to at this node, and refuses what must not be. A node
// that has less than the order accepts is no survivor: what its log holds behind that was
// perhaps never committed, and nobody is left to ask.
func (f *Folder) Judge(v *View, text []byte) (*Order, error) {
	machine, err := f.loaded()
	if err != nil {
		return nil, fmt.Errorf("couldn't load the ledger: %w", err)
	}
	o, err := ParseOrder(machine, text)
	if err != nil {
		return nil, err
	}
	switch {
	case !slices.Contains(o.Survivors, f.Node):
		return o, badOrder("this node, %s, is not among its survivors %v", f.Node, o.Survivors)
	case o.Size < v.Last.Size:
		return o, badOrder("it accepts %d leaves, and this node has %d: entries would be lost that may have been promised; let the regions sign size %d, root %s",
			o.Size, v.Last.Size, v.Last.Size, rootText(v.Last.Root))
	case o.Size > v.Last.Size:
		return o, badOrder("it accepts %d leaves, and this node has %d: leave it out, and start it after the others with empty data/raft and data/ledger; it is given its vote again",
			o.Size, v.Last.Size)
	case string(o.Root) != string(v.Last.Root[:]):
		return o, badOrder("it accepts root %x at %d leaves, and this node has %x", o.Root, o.Size, v.Last.Root)
	}
	return o, v.Allows(o.Size)
}

// rootText is a root as `sandi gov recovery --root` takes it.
func rootText(root [32]byte) string { return strict.B64(root[:]) }

// Execute makes the order's survivors the only voters of this node's network, after
// Judge. It may be repeated, also after a crash; the node is started afterwards.
func (f *Folder) Execute(v *View, o *Order) error {
	machine, err := f.loaded()
	if err != nil {
		return fmt.Errorf("couldn't load the ledger: %w", err)
	}
	if err := f.stopped().Recover(o.Survivors, others(machine.Roster().Genesis, o.Survivors), v.Last); err != nil {
		return err
	}
	local := f.Store.Local()
	if err := KeepOrder(local, o); err != nil {
		return err
	}
	if err := witness.Recovered(local, v.Term); err != nil {
		return err
	}
	return f.Store.Sync()
}

// others are the nodes that stand and are not among some, ascending.
func others(g *genesis.Genesis, voters []string) []string {
	var others []string
	for _, r := range g.Regions {
		for _, n := range r.Nodes {
			if !slices.Contains(voters, n.ID) {
				others = append(others, n.ID)
			}
		}
	}
	slices.Sort(others)
	return others
}

// Local is the node's own keyspace.
type Local interface {
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error
}

// orderPrefix is the first byte of the node-local keys of this package: region -> the
// region's statement, until the ledger has it.
const orderPrefix = 0xb8

// KeepOrder keeps an order's statements for the network's first act.
func KeepOrder(local Local, o *Order) error {
	for i, region := range o.Regions {
		if err := local.Set(append([]byte{orderPrefix}, region...), o.Statements[i], true); err != nil {
			return fmt.Errorf("couldn't keep the recovery order: %w", err)
		}
	}
	return nil
}

// Waiting are the statements of an order that the ledger has not answered yet, and
// forgets those that it has. answered asks the ledger.
func Waiting(local Local, answered func(region, id string) (bool, error)) ([][]byte, error) {
	var waiting [][]byte
	var done [][]byte
	err := local.Scan([]byte{orderPrefix}, []byte{orderPrefix + 1}, false, func(key, raw []byte) (bool, error) {
		st, err := statement.Parse(raw)
		if err != nil {
			return false, fmt.Errorf("couldn't read a kept recovery order: %w", err)
		}
		switch known, err := answered(st.Region, st.ID); {
		case err != nil:
			return false, err
		case known:
			done = append(done, slices.Clone(key))
		default:
			waiting = append(waiting, slices.Clone(raw))
		}
		return true, nil
	})
	for _, key := range done {
		if err == nil {
			err = local.Delete(key)
		}
	}
	return waiting, err
}
