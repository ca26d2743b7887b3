// Package witness makes this node answer for the ledger's tree: it signs
// checkpoints of its own replica, cosigns those of others, keeps what it has
// signed, shows the notes that enough regions have signed, and finds forks.
//
// # Promises
//
//   - Nothing is signed that was not read again: the entries since the last
//     signature are re-read and re-hashed, and compared with the stored hashes
//     and with the ledger's own tree. What does not fit stops this cosigner, not
//     the node and not the log.
//   - Size, root and Raft position of a cosignature are on disk, synced, before
//     it leaves this node (C2SP tlog-witness); they lie outside the replicated
//     ledger, and no restore touches them.
//   - For the ledger's own origin only what this replica has with the same root
//     is cosigned, never a tree whose ledger time is more than two minutes ahead
//     of this node's clock, and nothing at all while a fork is unresolved.
//   - Two signed checkpoints that contradict each other are kept for ever, shown,
//     told to the other nodes, and end cosigning until an operator has looked.
//   - A node that has forgotten what it cosigned (an old data folder put back)
//     finds out from its peers before it votes, and does not vote until nothing
//     that it forgot can matter any more (probation.go).
//   - A key that a return to a final checkpoint has ended signs nothing more here,
//     whatever the configuration says: it may have signed trees that were given up
//     (returned.go). What such keys signed is explained by the order, and accuses nobody.
//   - A note is shown only when this node's own ledger has that size and root.
//   - What is wrong and leaves no evidence is said to the operator: false
//     signatures, entries that are kept back, checkpoints that do not become
//     final, ledger time ahead of the clock (warning.go). What each lie comes to
//     stands in node/docs/THREATS.md, and in liar_test.go.
//
// # How a checkpoint comes about
//
//	leader  Publish: re-hash, persist, sign -> add-checkpoint to every node
//	node    AddCheckpoint: re-hash, compare, persist -> cosignature
//	leader  verify each line, merge -> Board -> the merged note to every node
//	node    Accept: compare with its own tree, add its own log line -> Board
//	node    every two seconds, from every other node, whoever leads: Pull, compare
//
// Words: *published* is a note with cosignatures of two regions, *final* one of
// as many as genesis demands. One region counts once.
//
// # What it does not do
//
// It knows no network, no Raft and no Pebble: Peers, Ledger and Store stand in
// for them. It decides nothing about statements. It does not prevent a fork
// between two dishonest members; it makes it visible to the third and provable
// to anybody.
package witness
