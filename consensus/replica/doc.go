// Package replica keeps one node's copy of the ledger in step with the others:
// it is the only place that knows both Raft and the ledger.
//
// # Promises
//
//   - Submit returns a result only after this node itself has applied the
//     statement. An acknowledged statement survives the loss of any minority of
//     nodes, power cuts included, and stands in the ledger once, however often
//     it was sent: what is uncertain is repeated, and the ledger knows repeats
//     by their hash.
//   - Submit says what it knows: ErrNoLeader and ErrOverloaded mean that the
//     statement was certainly not proposed, ErrUnknownOutcome that it may yet
//     appear.
//   - A linearizable view shows everything acknowledged anywhere before it was
//     asked for. It rests on a majority naming the same term after the question,
//     not on clocks, leases or hashicorp/raft's VerifyLeader, which counts
//     answers to older questions.
//   - Where the ledger stands in Raft's log is stored in the batch that brought
//     it there. A restart applies only what is not applied, and refuses to start
//     on stores that belong to another network or have lost their past.
//   - No leader can take back what this node has committed: such a message fails,
//     loudly. A snapshot is verified in full before it replaces anything, and
//     never shortens or contradicts the ledger that is there, or a checkpoint
//     that this node has cosigned.
//   - Every queue is bounded.
//
// # How a statement travels
//
//	Submit -> queue -> leader: one Raft entry of up to 256 statements
//	                -> follower: forward to the leader, one hop, in batches
//	Raft    -> tail (log) -> followers verify signatures while the disk syncs
//	        -> ApplyBatch -> ledger -> one storage batch -> results -> Submit
//
// A follower learns what it forwarded has been committed from the leader's
// answer, and tells its own Raft so (notice.go); otherwise it would wait for the
// leader's next message, up to twice the commit timeout.
//
// # What it does not do
//
// It decides nothing about statements (consensus/ledger does) and changes no
// voters. Raft tolerates crashes, not liars: a dishonest leader can delay and
// reorder. What it cannot do, and who would notice, is in node/docs/THREATS.md.
package replica
