// Package commitment is the frozen format by which the ledger names private
// data: a salted hash that hides the content and binds to it.
//
//	commitment = SHA-256("sandi.internal/commitment/v1" || 0x00 || salt[32] || uint64be(size) || SHA-256(content))
//	text       = "sc1." + base64url(commitment), 47 characters
//
// It promises:
//   - without the salt nothing can be learnt about the content, not even
//     whether two commitments hide the same bytes;
//   - nobody finds other content, or another salt, for the same commitment
//     (that would be a collision of SHA-256);
//   - one commitment has one text, and Parse accepts no other spelling;
//   - the format never changes: what it says is on the ledger for ever. Another
//     one would be called sc2 and stand beside it.
//
// testdata/vectors.json holds vectors for implementations in other languages.
// The package keeps nothing and reads nothing but what it is given; New alone
// draws randomness.
package commitment
