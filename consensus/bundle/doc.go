// Package bundle is the one file that an auditor gets: a zip of the log, or of a
// part of it with proofs, which can be checked without asking any node.
//
// What it promises:
//   - The same selection of the same ledger gives the same bytes: fixed order,
//     fixed times, nothing compressed (what a compressor writes changes with its
//     version, and reading would cost more than verifying).
//   - Write streams. It holds one tile and one line per file, never the log, and
//     refuses a selection that the ledger does not match before the first byte.
//   - A whole log, unpacked, is a static log as C2SP tlog-tiles has it: standard
//     clients read it as it lies there.
//   - Open trusts nothing. Number of files, sizes and names are judged before any
//     content is read: no traversal, no name twice, no bomb, no overlap.
//
// What it does not do: it does not say whether what it reads is true. Digests in
// the manifest protect against accidents only; signatures, tree and rules are
// node/audit's.
//
// # Two kinds
//
// A whole log ("log") holds every entry below the checkpoint's size:
//
//	README.txt                what this is, in Chinese and English
//	policy.txt                keys and quorum of that moment for other people's tools (tlog-policy)
//	checkpoint                the signed note that the export stands on
//	genesis.json              the signed genesis
//	checkpoints/<size>        older notes that were kept
//	tile/<L>/<N>[.p/<W>]      hash tiles of exactly that size
//	tile/entries/<N>[.p/<W>]  entry bundles of exactly that size
//	openings/<commitment>     32 bytes of salt, then the content: what the ledger's
//	                          `sc1.…` commits to
//	draws/<record>.json       pool and rule of a draw
//	evidence/<name>.json      forks that a node has seen
//	manifest.json             format, origin, size, root, and the SHA-256 of every other file
//
// An extract ("extract") holds some entries, each with its proof, in place of tiles
// and older notes:
//
//	entries/<n>               the entry's bytes
//	proofs/<n>.tlog-proof     that it is entry n of the checkpoint's tree
//
// These are the entries asked for (records, or a range of indexes) and those that
// registered, activated, retired or revoked a key which signed one of them, down to
// genesis. An extract proves what is in it, never that nothing is missing.
//
// The package is pure: no clock, network or file.
package bundle
