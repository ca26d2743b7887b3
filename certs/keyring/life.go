package keyring

// Life is when a key entered each state. Each member is the position of the
// leaf that did it, plus one; zero means never. Keys of genesis are prepared
// and active from before leaf 0: Life{Prepared: 1, Active: 1}.
//
// The rules (governance statements key.add, key.activate, key.retire,
// key.revoke of the key's own region):
//
//	unknown -> prepared -> active -> retiring -> revoked
//	               \_________\___________\________^
//
// A key is prepared first, so that every replica knows it before its first
// signature arrives. It never goes back: a retired key is replaced, not revived.
type Life struct {
	Prepared uint64 `json:"prepared"`
	Active   uint64 `json:"active,omitempty"`
	Retiring uint64 `json:"retiring,omitempty"`
	Revoked  uint64 `json:"revoked,omitempty"`
}

// Codes of refused transitions.
const (
	CodeKeyKnown       = "key_known"        // key.add for a key that is registered
	CodeKeyUnknown     = "key_unknown"      // any other transition of an unregistered key
	CodeKeyNotPrepared = "key_not_prepared" // key.activate of a key past that state
	CodeKeyNotActive   = "key_not_active"   // key.retire of a key that is not active
	CodeKeyRevoked     = "key_revoked"      // nothing follows revoked
	CodeKeyOrder       = "key_order"        // an index below an earlier transition
)

// LifeError is a refused transition.
type LifeError struct{ Code string }

func (e *LifeError) Error() string { return "keyring: " + e.Code }

// Genesis is the life of a key that stands in genesis.
func Genesis() Life { return Life{Prepared: 1, Active: 1} }

// StateAt returns the state that holds when the leaf at position index is
// judged: what leaves before it did. So the leaf that retires or revokes a key
// may itself be signed with it, and everything after may not.
func (l Life) StateAt(index uint64) State {
	// Leaf 0 can only be judged by genesis, whose keys have the value 1.
	begun := func(at uint64) bool { return at != 0 && (at <= index || at == 1) }
	ended := func(at uint64) bool { return at != 0 && at <= index }
	switch {
	case ended(l.Revoked):
		return StateRevoked
	case ended(l.Retiring):
		return StateRetiring
	case begun(l.Active):
		return StateActive
	case begun(l.Prepared):
		return StatePrepared
	}
	return StateUnknown
}

// last is the newest transition, plus one like all members of Life.
func (l Life) last() uint64 { return max(l.Prepared, l.Active, l.Retiring, l.Revoked) }

func (l Life) check(index uint64) error {
	switch {
	case l.Prepared == 0:
		return &LifeError{CodeKeyUnknown}
	case l.Revoked != 0:
		return &LifeError{CodeKeyRevoked}
	case index+1 < l.last():
		return &LifeError{CodeKeyOrder}
	}
	return nil
}

// Prepare registers a key by the leaf at index.
func (l Life) Prepare(index uint64) (Life, error) {
	if l != (Life{}) {
		return l, &LifeError{CodeKeyKnown}
	}
	return Life{Prepared: index + 1}, nil
}

// Activate lets a prepared key sign from the leaf after index on.
func (l Life) Activate(index uint64) (Life, error) {
	if err := l.check(index); err != nil {
		return l, err
	}
	if l.Active != 0 || l.Retiring != 0 {
		return l, &LifeError{CodeKeyNotPrepared}
	}
	l.Active = index + 1
	return l, nil
}

// Retire ends the signing of an active key; what it signed stays valid.
func (l Life) Retire(index uint64) (Life, error) {
	if err := l.check(index); err != nil {
		return l, err
	}
	if l.Active == 0 || l.Retiring != 0 {
		return l, &LifeError{CodeKeyNotActive}
	}
	l.Retiring = index + 1
	return l, nil
}

// Revoke ends a key in any state. Statements that it signed before stay on the
// ledger and stay verifiable: they are judged by the state at their own index.
func (l Life) Revoke(index uint64) (Life, error) {
	if err := l.check(index); err != nil {
		return l, err
	}
	l.Revoked = index + 1
	return l, nil
}
