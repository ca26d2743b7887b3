// Package public is /v1: how people and systems work with their own bureau's
// node. One file per noun, the same nouns as in consensus/ledger.
//
// What it promises:
//   - A caller acts for its own region only, in a role that its token grants,
//     and sees the records its region is or was a party to. Any other record is
//     not found, in the same time as one that does not exist.
//   - Every write carries the caller's statement id and is taken once. The
//     answer is the ledger's; when it takes too long, a promise on disk.
//   - A read is linearizable unless the caller says that this node's own copy
//     will do; every answer says how much of the ledger it saw and how old that
//     is.
//   - Refusals are problems with codes, in Chinese and English, all field errors
//     at once, nothing of the inside.
//   - What is not asked for in the documented way is refused: unknown query
//     parameters, members and content types, other methods and paths.
//   - Regions share the door fairly; bodies, pages, waits and subscribers are
//     bounded.
//
// The API description is generated from the Go types (huma) and served at
// /openapi.json; a golden file holds it. The two POST routes and the reading of
// one record are plain handlers described by hand in the same document: the
// benchmark goes through them, and huma's reflection costs 6 µs a request.
package public
