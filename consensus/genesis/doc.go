// Package genesis is what the regions agree on before the first statement: who
// they are, their keys and nodes, the clock, the timeouts and the full text of
// the law.
//
// What it promises:
//   - The exact bytes decide. Every region's offline governance key signs them;
//     their SHA-256 is the network id that every statement carries. Nothing is
//     re-encoded, and no field is defaulted while reading.
//   - Parse accepts only a document that every region signed and in which no
//     single region can commit anything: each has a voter, none holds a quorum.
//   - No key, node, issuer, address or CA certificate stands in it twice, so
//     that no identity means two things.
//
// What it does not do: it does not compile the law documents nor read the
// calendar (consensus/ledger does at start), and it does not judge whether a
// region's CA certificates carry name constraints (certs/authority does at
// every connection).
//
// The package is pure: no clock, network or file.
package genesis
