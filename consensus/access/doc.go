// Package access is who looked: one entry for every look at private data, asked for
// in vain or granted, and the log that they stand in.
//
// Each node keeps a log of its own, an RFC 6962 tree over its entries' bytes. Its
// length and root, the head, are brought onto the ledger (statement access.head) while
// the log grows. From then on no entry can be taken out, changed or moved unnoticed.
//
// It promises:
//   - an entry has one spelling, at most MaxEntry bytes; every text in it has a form
//     and a limit. It holds no private value and no name: people stand in it by the
//     keyed pseudonym that their own region opens to its auditor;
//   - an entry is not read back from bytes that Bytes would not have written;
//   - Stretch, a run of entries with its proofs, verifies against two heads alone.
//
// What it does not do: it cannot show that a node writes down each look. It shows that
// what was written before a head was anchored is all still there.
//
// The package is pure: no clock, network or file.
package access
