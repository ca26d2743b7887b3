package ledger

// Changed passes on the summaries of the records whose latest statement is at leaf
// position from or later, the one changed longest ago first, until fn returns false.
// Whoever keeps something of records in memory asks for what moved since.
func (b *Books) Changed(from uint64, fn func(*Summary) (bool, error)) error {
	_, upper := tableSpan(tableUpdated)
	return b.r.Scan(updatedKey(from), upper, false, func(_, value []byte) (bool, error) {
		s, err := parseSummary(value)
		if err != nil {
			return false, err
		}
		return fn(s)
	})
}
