package ledger

// Reader is what the ledger needs of a storage view. storage/state satisfies it.
type Reader interface {
	// Get returns a copy of the value, or nil and no error when the key is absent.
	Get(key []byte) ([]byte, error)
	// Scan calls fn for every pair with lower <= key < upper, in key order or
	// in reverse, until fn returns false. The slices are valid during the call.
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Keeper is a Tx that takes over what it is given instead of copying it: for rows
// that nobody writes to any more.
type Keeper interface {
	// Keep is Set for slices that nobody changes afterwards.
	Keep(key, value []byte) error
}

// Tx is one atomic set of changes. Its reads see its own writes. It keeps no
// reference to the slices it is given.
type Tx interface {
	Reader
	Set(key, value []byte) error
	Delete(key []byte) error
}
