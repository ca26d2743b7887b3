// Package accesslog is one node's access log (consensus/access) on disk: who looked at
// private data, was given it, or asked in vain.
//
// It promises:
//   - an entry survives a power cut when Record returns; when it cannot be written,
//     Record fails, and whoever asked gives nothing. Many readers share a sync;
//   - entries are never changed or taken out, and the log's tree, kept with them in one
//     batch, gives proofs at every length;
//   - the head that it shows covers only what is on disk, so that a power cut never
//     makes the log shorter than a head that was brought onto the ledger;
//   - a log that is not what it was (damaged, cut, or another than the ledger says)
//     takes no entries, and with it nobody gets private data, until somebody answers for
//     it with Begin: the old rows stay, another log begins, and the ledger shows it;
//   - a flood of denials takes a bounded number of lines a minute; what goes beyond
//     is counted, and the counts are written.
//
// What it does not do: it does not decide who may read the log (api/public, api/peer)
// nor bring its heads onto the ledger (node). A crash loses at most a minute's counts of
// repeated denials, never a first one.
package accesslog
