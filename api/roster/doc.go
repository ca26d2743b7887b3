// Package roster answers who of a pool may be chosen: by skill, region and days, who
// must stay away from whom and why, and how much each has served this year. What the
// fields of a pool's records mean, and which records of other procedures use them,
// the law document says (its section `pool`).
//
// It keeps an extract of those records in memory, some 500 bytes each, and follows
// the ledger when it is asked: a search costs with what moved since the last one and
// with the size of the pool, not with the ledger. Nothing here is agreed between
// regions; a draw freezes what came out of it, with its reasons, under the bureau's
// signature.
package roster
