// Package authority says who is at the other end of a connection.
//
// What it promises:
//   - A certificate proves membership of one region only if that region's own
//     CA issued it. Pools are never merged: a merged pool accepts a "Beijing"
//     certificate made by the Tianjin CA.
//   - An identity is one URI SAN, spiffe://<region>.sandi/node/<id> (or
//     /client/<id>), and nothing else; two names, none, or a name of another
//     kind are refused.
//   - TLS 1.3 only, a client certificate always, no session tickets, an ALPN
//     that was asked for always.
//   - A node's certificate is replaced under live traffic by one atomic pointer;
//     it is renewed in process at 2/3 of its life, and its end is counted down
//     in a metric.
//
// What it does not do: it does not know which nodes are voters or members.
// ServerTLS asks its accept function, which asks the ledger.
//
// Sources: RFC 5280 sections 4.2.1.6, 4.2.1.9, 4.2.1.10 and 4.2.1.12; RFC 8446;
// SPIFFE-ID; RFC 7301 (ALPN).
package authority
