// Package watch follows the logs of all nodes from outside and says when they do
// not fit together.
//
// What it promises:
//   - Nothing is taken on a node's word: keys come from the auditor's key file, and
//     consistency is computed from the tiles that a checkpoint's root vouches for.
//   - It grows a view of its own: the newest checkpoint that was proved to hold all
//     before it. Every note of every node is compared with it, over restarts too.
//   - A fork is said to be proved only when two notes, signed under known keys,
//     cannot both be true; both are kept as evidence.
//   - What cannot be compared now is an alarm, never passed over.
//
// What it does not do: it does not read entries. Whether they keep the rules is
// for the offline verifier (node/audit).
package watch
