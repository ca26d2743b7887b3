// Package devca makes a throw-away network of bureaus: CAs, node certificates
// and every key, in memory or on disk. The demo, the in-process cluster and the
// tests build on it. It is never used for a real network: all secrets of all
// regions pass through one process, which is what a real network must prevent.
//
// On disk each node has a folder laid out as a node's configuration expects by
// default:
//
//	<dir>/THROW-AWAY-KEYS.txt   the warning
//	<dir>/<region>/offline/     governance.pem, root.pem, root-key.pem: would lie in a safe
//	<dir>/<region>/ca/          root.pem (public), issuing.pem, issuing-key.pem, token.pem
//	<dir>/<region>/keys/        statement.pem log.pem cosigner.pem vault.key pseudonym.key gossip.key
//	<dir>/<region>/tls/         node.pem node-key.pem
//
// Further nodes of a region (AddNode) have <dir>/<node id>/ with keys/ and tls/.
package devca
