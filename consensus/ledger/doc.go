// Package ledger is the deterministic state machine of the federation: the one
// place where a signed statement becomes a fact, or is refused.
//
// # Promises
//
//   - Same log, same bytes. Apply is a function of the genesis file and of the
//     commands in their order. How commands are batched, where a replica was
//     restarted or restored, how many processors it has: none of it changes a
//     result, a leaf, the tree's root or the state digest.
//   - All or nothing. A statement is judged completely before its first key is
//     written; a refused one leaves no leaf, moves no clock and changes nothing
//     that the state digest covers.
//   - Nobody acts for another. Every statement is verified here under a key of
//     the region it names, as that key stands at this ledger index; governance
//     statements only under the region's own governance key and only about
//     that region.
//   - Once is once. The same bytes, or the same request under the same id, get
//     the first result for ever; another request under a used id is refused.
//   - A statement that is not understood is refused by all replicas alike. Only
//     a protocol version newer than this binary stops a node (ErrProtocol).
//
// # What it does not do
//
// It does no I/O, asks no clock and draws no randomness: time comes with the
// command (ProposedAt), storage comes as a Tx. It does not order statements
// (consensus/replica does) and does not serve them (api does).
//
// # How to use it
//
// New builds a Ledger from a signed genesis; Load takes its memory from a Tx
// (seeding an empty one); Apply is then called for every command, by one
// goroutine, in log order. Books answers questions over any Reader. After an
// error from Apply, or when a Tx that Apply wrote to is thrown away, the memory
// no longer matches the storage: call Load again before anything else.
package ledger
