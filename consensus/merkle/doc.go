// Package merkle is the ledger as a transparency log: the RFC 6962 tree over its
// leaves, the C2SP tiles cut from it, proofs, the leaf's bytes, and the running
// digest of the state that stands in every leaf.
//
// What it promises:
//   - The same tree as RFC 6962 section 2.1 and RFC 9162 section 2.1; every root,
//     proof and tile is held against golang.org/x/mod/sumdb/tlog in tests, an
//     independent implementation.
//   - Hashes of the levels 0, 8, 16, … are all that needs storing: any proof, any
//     earlier root and any tile of any width come from them. Only complete
//     subtrees are ever stored, so nothing stored ever changes.
//   - A leaf has exactly one spelling: ParseLeaf accepts what AppendLeaf writes.
//   - The state digest depends on the set of pairs, not on the order of changes,
//     and each change costs about a microsecond in a set of any size.
//
// The bytes are frozen; README.md beside this file lists them, testdata holds
// vectors that other languages can read.
//
// The package is pure: no clock, network or file. Types with methods that write
// belong to one goroutine.
package merkle
