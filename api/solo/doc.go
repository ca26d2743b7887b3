// Package solo is a network without a network, for the tests of the doors: the
// bureaus of a throw-away federation share one ledger in memory, as if it were
// replicated at once. Statements, rules, signatures, tokens and law are the real
// ones; Raft and the disk are not there.
//
// Faults are switched on by hand: no leader, lost answers, a ledger that does
// not move.
package solo
