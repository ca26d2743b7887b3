// Package journal keeps rows that are only ever added, in a keyspace of its own beside
// the vault: what must stay at home, and must be on disk before somebody gets an answer.
// It knows keys, not meanings; api/accesslog is what writes there.
//
// It promises:
//   - Write is all or nothing, and nothing written later survives a power cut that
//     it does not survive;
//   - a nearly full disk is an error (ErrNoRoom), after which the node lives on; a write
//     that fails for another reason ends the process (storage/engine);
//   - many writers share a sync.
package journal
