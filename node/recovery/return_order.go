package recovery

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// ReturnOrder is a return that enough regions have signed, with the new keys of their
// nodes. Every node applies the same statements in the same order: its print says so.
type ReturnOrder struct {
	*ledger.Return
	Statements [][]byte // the orders by region, then the keys by region and id
	keys       map[string][]keyring.PublicKey
}

// Print is what operators read to each other by telephone before they go on: nodes that
// go on under different files would begin with different ledgers.
func (o *ReturnOrder) Print() string {
	h := sha256.New()
	for _, raw := range o.Statements {
		h.Write(raw)
		h.Write([]byte{'\n'})
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// ParseReturnOrder reads an order: signed statements, one a line, as `sandi gov return`
// and `sandi key add` write them. All return.order of it say the same; beside them stand
// only the log and cosigner keys that regions register for their own nodes. machine has
// this node's ledger loaded: the keys of regions are those of now.
func ParseReturnOrder(machine *ledger.Ledger, text []byte) (*ReturnOrder, error) {
	o := &ReturnOrder{keys: make(map[string][]keyring.PublicKey)}
	var orders, keys []*statement.Statement
	lines := 0
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] == '#' {
			continue
		}
		if lines++; lines > maxLines {
			return nil, badOrder("more than %d lines", maxLines)
		}
		st, err := statement.Parse(bytes.Clone(line))
		if err != nil {
			return nil, badOrder("line %d is no signed statement: %w", lines, err)
		}
		switch st.Kind {
		case statement.KindReturn:
			t, refusal := machine.JudgeReturn(st)
			if refusal != nil {
				return nil, badOrder("line %d, of region %s: %s (%w)", lines, st.Region, refusal.EN, refusal)
			}
			if err := o.join(t); err != nil {
				return nil, err
			}
			orders = append(orders, st)
		case statement.KindKeyAdd:
			body, err := statement.ParseKeyAdd(st.Body)
			if err != nil || body.Node == "" || !body.Active {
				return nil, badOrder("line %d registers no key of a node, active at once (sandi key add --node … --active)", lines)
			}
			o.keys[body.Node] = append(o.keys[body.Node], body.Key)
			keys = append(keys, st)
		default:
			return nil, badOrder("line %d is a %s; an order holds return.order and key.add", lines, st.Kind)
		}
	}
	if o.Return == nil || len(o.Regions) < statement.ReturnRegions {
		return nil, badOrder("%d regions have signed it, %d have to", len(orders), statement.ReturnRegions)
	}
	if !o.InForce() {
		return nil, badOrder("the regions that signed it have all the same side of the fork (%v): among their nodes nothing is forked; OPERATIONS.md, \"A fork\", says what to do about the other one", o.Sides)
	}
	byRegion := func(a, b *statement.Statement) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.ID, b.ID))
	}
	slices.SortFunc(orders, byRegion)
	slices.SortFunc(keys, byRegion)
	for _, st := range append(orders, keys...) {
		o.Statements = append(o.Statements, st.Raw)
	}
	return o, nil
}

// join adds another region's word.
func (o *ReturnOrder) join(t *ledger.Return) error {
	switch {
	case o.Return == nil:
		o.Return = t
		return nil
	case slices.Contains(o.Regions, t.Regions[0]):
		return badOrder("region %s has signed twice; one line each", t.Regions[0])
	case !o.Same(t.ReturnBody):
		return badOrder("region %s has signed something else than %s; all have to sign one plan", t.Regions[0], o.Regions[0])
	}
	o.Regions, o.Sides = append(o.Regions, t.Regions...), append(o.Sides, t.Sides...)
	return nil
}

// JudgeReturn says what an order comes to at this node, and refuses what must not be.
func (f *Folder) JudgeReturn(v *ReturnView, text []byte) (*ReturnOrder, error) {
	machine, err := f.loaded()
	if err != nil {
		return nil, err
	}
	o, err := ParseReturnOrder(machine, text)
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(machine.Returns(), func(t *ledger.Return) bool { return t.Same(o.ReturnBody) }) {
		return o, ErrReturned
	}
	if err := f.JudgePlan(v, o.ReturnBody); err != nil {
		return o, err
	}
	roots := v.fork(o.Return)
	for i, region := range o.Regions {
		if region == v.Region && o.Sides[i] != roots {
			return o, badOrder("this region signed that its tree has the %s root of the fork, and this node's has the %s one", o.Sides[i], roots)
		}
	}
	return o, f.newKeys(machine, o)
}

// fork is the side of an order's fork that this node's tree has.
func (v *ReturnView) fork(t *ledger.Return) string {
	for i := range v.Forks {
		if k := &v.Forks[i]; k.Size == t.Fork && k.names(t.ReturnBody) {
			return k.Side
		}
	}
	return sideNeither
}

// SideOf is the side of a plan's fork that this node's tree has: first, second or short;
// else what no plan says, and JudgePlan refuses it.
func (v *ReturnView) SideOf(body statement.ReturnBody) string {
	first, err := bodyOf(body.First)
	if err != nil {
		return sideNeither
	}
	return v.fork(&ledger.Return{ReturnBody: body, Fork: first.Size})
}

// names reports whether a body is about this fork: the same two roots.
func (k *ForkView) names(body statement.ReturnBody) bool {
	first, err1 := bodyOf(body.First)
	second, err2 := bodyOf(body.Second)
	return err1 == nil && err2 == nil && first.Root == k.roots[0] && second.Root == k.roots[1]
}

// newKeys refuses to go on with keys that the order ends.
func (f *Folder) newKeys(machine *ledger.Ledger, o *ReturnOrder) error {
	added := o.keys[f.Node]
	if len(added) == 0 {
		return nil // this region joins later: the node serves, and signs no checkpoint
	}
	for _, own := range f.Keys {
		if !slices.ContainsFunc(added, func(k keyring.PublicKey) bool { return k.Equal(own) }) {
			return badOrder("the %s key in sandi.yaml is not one that the order registers for %s; make new ones, let the region sign them, and name them in sandi.yaml first", own.Use, f.Node)
		}
	}
	return nil
}
