package ledger

import "math"

// Holder is the record that holds a mark, "" when nobody has set it: what guards ask
// by the same name.
func (b *Books) Holder(set, key string) (string, error) {
	f := b.facts()
	holder, _ := f.Marked(set, key)
	return holder, f.err
}

// DrawKey is the key under which a region contributes to a draw that was opened at a
// leaf; nil when it has none.
func (b *Books) DrawKey(region string, opened uint64) *Key {
	return b.l.registry.Load().drawKey(region, opened, math.MaxUint64)
}
