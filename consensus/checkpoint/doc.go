// Package checkpoint is what the regions sign about the ledger's tree, and what
// others hold in their hands afterwards: checkpoints, signatures and
// cosignatures, the keys and the policy to judge them by, proofs, receipts, the
// auditor's key file and the bytes of the witness protocol.
//
// What it promises:
//   - The bytes are C2SP's: signed-note, tlog-checkpoint, tlog-cosignature (type
//     0x04), tlog-proof, tlog-policy and tlog-witness. Tools that others wrote
//     read what is written here, and signatures are verified by their verifiers
//     (golang.org/x/mod/sumdb/note, github.com/transparency-dev/formats).
//   - Nothing hostile gets far: size, lines and spelling are judged before any
//     signature, and what is accepted has one spelling.
//   - One false line under a known key spoils a whole note. Unknown keys are
//     ignored, and never kept.
//   - A region counts once, whatever the number of its nodes, and only through a
//     cosigner whose name says so below the origin of that very checkpoint.
//   - Private keys stay in their Signer. What a Signer returns is verified before
//     it is believed: one bad line would spoil the note for every reader.
//
// What it does not do: it does not judge times, remember what was signed, or
// decide whether to sign (consensus/witness does), and it does not verify the
// signature of the statement in a receipt, for which the keys valid at that
// index are needed (node/audit does).
//
// The bytes are frozen; ../merkle/README.md lists them, testdata holds vectors
// that other languages can read.
//
// The package is pure: no clock, network or file.
package checkpoint
