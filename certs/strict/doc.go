// Package strict reads JSON and base64url that an enemy may have written.
//
// What it promises:
//   - Size, depth and the number of names are bounded before anything is
//     parsed: one pass over the bytes, no allocation. 100,000 keys or a depth
//     of 10,000 fail in far less than 50 ms.
//   - One reading only. Invalid UTF-8, lone surrogates, a byte-order mark,
//     duplicate names at any depth (escaped ones too) and anything after the
//     object are refused, so that no two parsers can see two different
//     documents in the same bytes (RFC 7493, I-JSON).
//   - Decode is case-sensitive, refuses members that the Go type does not
//     have, reads integers only from integer literals and refuses null.
//   - Base64url has exactly one spelling: no padding, no line breaks, unused
//     bits zero (RFC 4648 section 3.5).
//
// It stands on github.com/go-json-experiment/json at a pinned version instead
// of encoding/json, so that what is accepted does not move with the Go release:
// the ledger's replicas must agree on it. White space that JSON allows around
// the object is accepted; callers that hash or verify do so over exact bytes.
package strict
