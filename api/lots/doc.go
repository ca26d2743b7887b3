// Package lots keeps the pools and rules of draws at a node. A draw's record has their
// digests only, so each region's node keeps the texts themselves, by digest: those that
// its own bureau brought in, and those of other bureaus' draws, which it fetches from
// their nodes. They hold pseudonymous ids, strata and reasons of exclusion, nothing of
// a person (consensus/draw), so any node of the network may have them.
//
// What it promises: a node contributes to a draw, and states its outcome, only with
// pool and rule at hand, whole, of the digests that were frozen, and saying what the
// record says of them in clear (Lots.Terms). A list that was changed afterwards, or
// never shown, finds no contribution.
//
// Room: each region's draws have a share of their own (MaxShare), and so has what the own
// bureau's people bring in. What a freeze on the ledger names stays while its draw stands;
// what none names goes after unnamedLife of the node's clock, or sooner, the oldest first,
// when its share is full.
package lots
