// Package desk is where a bureau's acts become statements: it sorts the fields
// of a draft by where the law lets them stand, signs, submits, and keeps what it
// promised to deliver.
//
// What it promises:
//   - Nothing is signed for another region, and no name leaves the bureau: a
//     person is a pseudonym under the region's own key.
//   - A value declared `commit` or `home` never enters a statement. It goes to
//     the vault first; the statement holds its salted commitment.
//   - One id, one statement. The same draft under the same id gets the first
//     answer however often it comes; another draft under a used id is refused.
//   - Whoever is told `pending` can rely on it: the signed bytes are on disk,
//     synced, before that answer leaves, and are submitted until the ledger has
//     answered, over restarts.
//   - Everything is bounded: drafts being worked on, statements kept, time
//     waited.
//
// What it does not do: it checks no tokens (api/auth) and judges no rules
// beyond form (consensus/ledger does, on every node).
package desk
