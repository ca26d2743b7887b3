// Package membership decides who votes, and watches who seems healthy.
//
// # Promises
//
//   - The nodes of a network come from its signed genesis and from what regions
//     have said on the ledger since (Roster); those of genesis that vote begin
//     (Voters). A Raft configuration that the roster does not allow is reported by
//     every replica on its own (Audit).
//   - No region ever holds a quorum: no plan passes through a configuration in
//     which one region's nodes could commit alone, and there is never more than
//     one voter beyond one per region. Votes move inside a region only; a lost
//     region is not replaced by another region's node. (HashiCorp's redundancy
//     zones promote across zones; for bureaus that would hand one of them the
//     ledger.)
//   - Plan is a pure function of what is known: the same view gives the same
//     steps on every node, and Waits says why nothing more follows. All states of
//     three regions of up to three nodes are tested.
//   - Votes are never fewer than a majority of the regions.
//   - Gossip is a hint. It says who seems to be up and which version runs there,
//     and nothing else follows from it: not votes, not addresses, not trust.
//     Whoever holds the gossip key can lie about all of it, except in the name
//     of a node whose key it does not hold: node metadata is signed.
//
// # What it does not do
//
// It changes no Raft configuration: the leader's replica makes the steps
// (consensus/replica, members.go). It does not authenticate nodes, certs does.
package membership
