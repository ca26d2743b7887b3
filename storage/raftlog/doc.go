// Package raftlog keeps Raft's log and votes in Pebble: raft.LogStore and
// raft.StableStore in one Store.
//
// It promises:
//   - what StoreLogs, Set, SetUint64 or DeleteRange returned nil for survives a
//     power cut; what one StoreLogs wrote is there in full or not at all;
//   - the log has no holes: an entry that does not follow the last one is
//     refused, and only a prefix, a suffix or everything can be deleted
//     (the store is monotonic in Raft's sense, which also heals the
//     InstallSnapshot livelock of hashicorp/raft#697 after a restart);
//   - an entry comes back as it was stored, Extensions and AppendedAt included,
//     or with an error: every record carries a CRC32C over itself and its index;
//   - after the first failed read or write nothing is acknowledged any more:
//     every call returns that failure, and Failed tells the node to stop.
//
// A missing stable key is an empty value and no error, and a missing number is
// 0, as raft v1.8 documents; NewRaft compares error strings otherwise.
package raftlog
