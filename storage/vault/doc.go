// Package vault keeps one bureau's private objects: evidence files, and the
// values of fields that do not go onto the ledger. The ledger names an object
// by its salted commitment (storage/commitment); the bytes stay here.
//
// It promises:
//   - an object is there in full, durably, when Put returns, or not at all: an
//     upload that is aborted, by its reader, its context or a power cut, leaves
//     nothing behind once the vault has been opened again;
//   - at rest nothing about an object is readable without the vault's key but
//     its commitment, its rough size and when its file was written;
//   - a flipped bit, a swapped, missing, doubled or foreign chunk and a cut end
//     are errors before the damaged bytes are given out, and what is read to
//     the end is what was committed to;
//   - memory does not grow with an object, and the number of large transfers at
//     a time is bounded; so is an object's size;
//   - an upload leaves ReserveBytes of the disk free, and keeps to the quota: a
//     full vault must not stop the ledger. What other bureaus send stops earlier, at
//     twice the reserve and three quarters of the quota: theirs never keeps ours out;
//   - an object is purged only when its retention time, never shortened, has
//     passed and no legal hold stands on it; commitment and reason stay;
//   - Scrub finds every object that can't be read as it was stored;
//   - what another bureau delivers chunk by chunk (Receive) survives a restart at
//     any byte, counts against the quota from its beginning, and can be read by
//     nobody before it is complete, verified and admitted.
//
// Who may read what is not decided here (api), nor how long a class is kept, nor
// what is exchanged with other bureaus and when (node/exchange).
package vault
