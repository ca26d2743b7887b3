// Package exchange carries private objects from one bureau's vault to another's.
//
//	offer on the ledger -> the recipient's node fetches -> it verifies -> its signed
//	receipt on the ledger -> the recipient's people can open the objects
//
// It promises:
//   - nothing leaves a vault without an offer that stands on the ledger, and then
//     only to a node of the region that the offer names;
//   - every chunk is held against the list of materials that the offer commits to,
//     every object against its commitment; what differs is refused, and stands on
//     the ledger as a dispute with what came as evidence;
//   - there is one receipt for an offer, made when all of it is here, durably; no
//     object can be opened before it;
//   - a restart of either side at any byte costs at most the chunks that were on
//     their way; delivering twice does no harm;
//   - it works when one of the two can't dial the other: the recipient fetches, over
//     connections that it made or that the owner lent it (see lend.go);
//   - it takes what is left: while statements are committed it keeps to a rate, and
//     it has connections of its own.
//
// What an offer says on the ledger is consensus/ledger's, the bytes are
// storage/vault's, the doors api/peer's. When offers are made and who may make
// them is api/public's.
package exchange
