// Package docket keeps account of submission promises (consensus/promise): those
// that this node gives about statements it was handed, and those that it gets about
// statements of its own that the ledger has not answered at once.
//
// A statement that waits longer than a moment is shown to the leader and to every
// other node. Each that takes it on signs "seen, due by" and submits it as its own
// errand from then on, so that a leader has to drop it from every hand. What is
// answered in time is forgotten; what is not stays here as evidence of delay, for
// the bureau's callers, for auditors, and for the bureaus that decide whether to
// move leadership (consensus/mover).
//
// What it promises:
//   - A promise is on disk before anybody is told of it. Another node's promise is
//     verified, and kept only if it is about that very statement.
//   - Whether a promise was kept is judged by the ledger time of the statement's leaf
//     against the promise's due time, and by whether this node found it in its own
//     ledger then: the leader stamps ledger time. An auditor has the cosignatures of
//     checkpoints without the leaf instead of the latter (node/audit). A refusal is
//     an answer.
//   - What is kept is bounded, and so is what this node takes on for others.
//
// What it does not do: it accuses nobody. A network without a majority is late
// with everything; who was up, and who answered, is for people to weigh.
package docket
