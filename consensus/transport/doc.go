// Package transport carries Raft between the nodes of a network, and hands the
// peer API its share of the same port.
//
// # Promises
//
//   - One TCP port per node, mutual TLS 1.3 on every connection. The purpose is
//     chosen by ALPN: "sandi-raft/1" or "sandi-peer/1"; anything else ends in
//     the handshake.
//   - Who speaks is who the certificate says. A Raft message whose header names
//     another node than the connection's certificate is refused and the
//     connection closed (the class of CVE-2021-37218).
//   - Raft connections exist only to and from nodes of the committed
//     configuration; those of a removed node are closed at once.
//   - What reaches Raft is well formed: entries are contiguous, their types
//     known, their sizes bounded, configurations decodable, terms within a
//     bounded step of ours. hashicorp/raft panics on some of what is refused
//     here, and believes the rest.
//   - While the node abstains (Situation.Abstain), requests for its vote are
//     answered without it, and Raft does not see them.
//   - A peer cannot make a node allocate more than one bounded message per
//     connection, and has a bounded number of connections.
//   - Who opens connections and says nothing keeps nobody of another address
//     out: one address has a bounded number of handshakes under way.
//   - Heartbeats run on Raft's main goroutine: SetHeartbeatHandler does nothing
//     (hashicorp/raft#695, where the fast path lets replicas diverge).
//
// # What it does not do
//
// It does not judge what the entries say (consensus/ledger does), nor does it
// make a dishonest voter harmless: Raft tolerates crashes, not liars. A voter
// with a genuine certificate can delay the network; the signatures on statements
// and the cosigned checkpoints decide what it can be made to believe.
//
// # Addresses
//
// In Raft, a server's address is its id. The configuration in the log therefore
// never changes when a bureau renumbers its network; Dial looks the current
// host and port up (Config.Resolve).
package transport
