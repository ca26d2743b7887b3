package ledger

// Holder is the record that holds a mark, "" when nobody has set it: what guards ask
// by the same name.
func (b *Books) Holder(set, key string) (string, error) {
	f := b.facts()
	holder, _ := f.Marked(set, key)
	return holder, f.err
}
