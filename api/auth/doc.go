// Package auth is the token gate: from an HTTP request to a Caller, or a
// refusal.
//
// What it promises:
//   - A strict gate stands before golang-jwt, in the order of the project's
//     security notes, first failure wins: form (form.go), header (header.go),
//     claims (claims.go), issuer and key from the ledger (judge.go), signature
//     and times (verify.go), revocation, binding, region and roles (judge.go).
//   - One answer to the outside, 401 with the code "unauthorized", whatever the
//     cause; the exact reason is a metric label and a line of the audit log.
//     503 "ledger_stale" is the one exception: a valid token of another region
//     when this node has not heard of a leader for ten minutes.
//   - Nothing in a token decides which key verifies it but (iss, kid) in the
//     ledger; no key is ever fetched, embedded keys are refused, and one key has
//     one algorithm.
//   - The caller's region is the region of the issuer's record. Roles are what
//     the token says and the ledger grants that issuer, both.
//   - The three administrators' roles exclude one another and every office; a token
//     that claims two is refused. Two of them are the node's own (administrator.go).
//   - A verified token is remembered until it expires or until governance on
//     the ledger moves on; then everything but the signature is judged again.
//
// What it does not do: it never decides who may see a record. Caller has the
// coarse permissions (scope and role); the ledger's parties decide the rest.
//
// Sources: RFC 6750, RFC 7515, RFC 7519, RFC 8705 section 3, RFC 8725, RFC 9068.
package auth
