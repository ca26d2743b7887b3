// Package backup carries a node away as one file and puts it back.
//
// # What is in it
//
// A backup is an age file (age-encryption.org/v1: a passphrase or recipient keys)
// around a tar, so that `age -d FILE | tar t` shows it without this program:
//
//	file/…           sandi.yaml, the private keys and document templates, as they lie in the node's folder
//	accounts/…       the local accounts and the administrators' log, as they lie
//	head.json        what the backup is of
//	genesis.json     the signed genesis
//	proof.json       the newest cosigned checkpoints, and a proof that the ledger
//	                 below is under them
//	ledger.state     the ledger at one moment: the stream that a follower would get
//	local.rows       the node-local keys of the same moment: outbox, notes, logs
//	vault.rows       the vault's index and the rows of shared data sets, sealed as they lie
//	vault/…          the vault's files, sealed as they lie, by commitment
//	vault.missing    objects that were purged meanwhile, or whose file was lost
//	manifest.json    SHA-256 of each part, made while they were written
//
// The node gives all but the first two and the last, while it works on (Source). Private
// keys and passwords' hashes never pass its door: whoever makes the backup adds them from
// the folder, and encrypts.
//
// # What is promised
//
//   - One moment: ledger and node-local keys are of one pinned state; memory does not
//     grow with either.
//   - A file that was cut, or changed, is refused (age authenticates, the manifest ends
//     it). A hostile one costs what its bounds say (name.go) and writes nowhere else.
//   - Restore proves before anything is renamed into place, with the code that Verify
//     runs: every leaf, signature, hash and digest (ledger.VerifyAgainst), that the tree is
//     the one under a checkpoint which enough regions cosigned, that genesis is the one
//     the operator trusts, that every private object opens to its commitment, and that
//     every row of a shared data set opens.
//   - A restored node never votes or cosigns on what it has forgotten: it starts on
//     probation (consensus/witness, Restored).
package backup
