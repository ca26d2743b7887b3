// Package audit is the offline verifier: it decides, from one file and the keys
// that an auditor got by another way, what can be proved about the ledger.
//
// What it promises:
//   - It trusts the key file and nothing else. Keys, policy, law and genesis in the
//     bundle count only as far as the key file's fingerprint and keys vouch for
//     them; digests in the manifest never do.
//   - It judges with the packages that the nodes run: the same tree, the same
//     signatures under the same predicate, the same rules. No node is asked, no
//     network, database or consensus library is linked.
//   - Every finding is PASS, FAIL or INDETERMINATE, with the number of its check
//     and the entry where there is one, in a plain sentence in Chinese and English.
//     What cannot be decided is said, never passed over.
//   - A hostile file costs bounded memory: entries are read tile by tile, and what
//     the rules need of the past lies in a temporary file.
//
// # The checks
//
//  1. The checkpoint is signed as genesis demands, under the auditor's keys.
//  2. All entries, in their order, give its root: none is missing, added or moved.
//  3. Every older checkpoint, the auditor's own too, is one of this same log.
//  4. Every statement is signed under a key of its region that was valid at that
//     index; keys are replayed from genesis and the governance entries.
//  5. Judged again by the rules, every entry comes out as it stands, with the
//     state digest that it carries.
//  6. Draws are recomputed, and the statistics of rounds of proficiency testing.
//  7. Receipts and opened commitments match the ledger.
//  8. Ledger times lie between the cosignatures around them, and every deadline is
//     recomputed.
//  9. A summary: who acted, what is overdue, which draws were refused, forks.
//
// # How it works
//
// Verify looks at what the file is. For a whole log, workers read tiles ahead,
// hash entries and verify signatures in batches; one goroutine takes them in order
// and grows the tree, judges the entries (consensus/ledger, bare, over a store of
// its own) and counts. Extracts and receipts are small and are checked in place.
package audit
