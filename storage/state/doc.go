// Package state is the ledger's keyspace: it knows keys, not meanings.
//
// A key's first byte says whose it is:
//
//	0x00        this package's own (Meta); nobody else writes here
//	0x01-0x7f   the ledger span: replicated, in snapshots, replaced by Restore
//	0x80-0xff   the node-local span (outbox, cosigner state): reached through
//	            Local only, in no snapshot, never touched by Restore
//
// It promises:
//   - one Batch is one atomic change, and carries Meta: where the ledger stands
//     in Raft's log is written with the data it describes, in no second place;
//   - Meta never moves back, neither by a Batch nor by Restore;
//   - batches become durable in their order: after a crash a prefix of them is
//     there, at least all that a Sync came after (the Raft log has the rest);
//   - a View is one state of the ledger for as long as it is open, or fails
//     with ErrRestored; it never shows an empty or a mixed ledger;
//   - snapshots of two replicas at one Raft index are the same bytes;
//   - Restore switches in one step and only after the whole stream has been
//     checked: after a crash at any point the ledger is the old one or the new
//     one. Afterwards it is durable.
package state
