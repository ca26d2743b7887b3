// Package audit shows the ledger as a transparency log (C2SP tlog-tiles 0.1):
// checkpoints, hash tiles and entry tiles under /log/ (published: cosigned by two
// regions) and /log/final/ (by as many as genesis demands), what the witness
// found against others, and the witness itself. It also makes what /v1 gives out
// as proof: receipts and the source of audit bundles.
//
// What it promises:
//   - A checkpoint is shown only when every tile of its tree can be read here and
//     gives its root; a node that lags shows an older one.
//   - What does not exist yet is 404, also when this node already has more than
//     the checkpoint shown covers. A tile is served whole or not at all.
//   - A path has one spelling; any other is 404.
//   - Checkpoints and hash tiles are for everybody. Entry tiles are for auditors,
//     except at the read-only listener, which an operator has to switch on.
//   - Standard clients take any other status than 404 for the end, so readers
//     wait their turn rather than being turned away; only who has waited long
//     gets 429.
//   - No Raft: everything is answered from what this node has applied.
package audit
