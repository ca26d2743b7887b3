package replica

import (
	"fmt"

	"sandi.internal/gateway/storage/state"
)

// Refound makes a new Raft store that of a node whose ledger was put back at meta: it
// has no entry, its ledger is its snapshot. Which votes the node gave, and which
// entries it acknowledged, nobody knows any more: the caller sees to it that the node
// does not vote before that cannot matter (consensus/witness, Restored).
func Refound(log Log, network, node string, meta state.Meta) error {
	last, err := log.LastIndex()
	if err != nil {
		return fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	if owner, err := log.Get(keyOwner); err != nil || len(owner) > 0 || last > 0 {
		return fmt.Errorf("couldn't put a ledger back beside a Raft store that was used (owner %q, last entry %d): %w", owner, last, ErrForeign)
	}
	if err := log.SetUint64(keyTerm, max(meta.RaftTerm, 1)); err != nil {
		return fmt.Errorf("couldn't write the Raft store: %w", err)
	}
	if err := log.Set(keyOwner, []byte(network+" "+node)); err != nil {
		return fmt.Errorf("couldn't write the Raft store: %w", err)
	}
	return nil
}
