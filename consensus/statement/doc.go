// Package statement is the signed unit of the shared ledger: one fact, said by
// one bureau, as a compact JWS (RFC 7515) whose exact bytes are kept for ever.
//
// What it promises:
//   - Limits first. Parse refuses by size, character set and segment count
//     before it decodes anything, and costs a few microseconds for any input.
//   - One reading only. The payload is a strict JSON profile, narrower than
//     RFC 7493: no duplicate names, no null, no fractions, integers that every
//     language holds exactly, no control, bidirectional or invisible characters.
//     The scanner is this package's own, so that what is accepted cannot move
//     with a library or the Go release; a fuzz target holds it against
//     certs/strict.
//   - Nothing is canonicalised or re-encoded. A statement's hash is SHA-256
//     over the bytes as submitted.
//   - Form is not authenticity. Parse proves form. Pool proves signatures, under
//     the one predicate of certs/keyring, and its answer depends on nothing but
//     the bytes and the key: not on batches, cache, workers or their order.
//   - Form does not depend on the protocol. An unknown kind or version has form;
//     Known says what a protocol understands, and the ledger refuses the rest.
//
// The package is pure: no clock, network, file or map order reaches a result.
// The form rules are frozen for protocol 1: a change that refuses or accepts
// other bytes needs a new protocol. ../merkle/README.md lists the frozen bytes.
package statement
