// Command bench measures the real API end to end (token, rules, signatures on
// every replica, fsync) against a pinned etcd, in one run: three processes each,
// TLS clients and TLS between peers, values of the same size, alternating
// rounds, medians. The last line it prints is one JSON object. It is the only
// place where speed is judged; no test is timed.
package main
