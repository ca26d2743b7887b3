package ledger

// ShrinkCache makes the record cache forget nearly everything at once.
func (l *Ledger) ShrinkCache() { l.records = newRecordCache(1 << 10) }
