// Package peer is the door between the nodes: statements on their one hop to the
// leader, and the questions of a read round. It speaks HTTP/1.1 over the mutual
// TLS of consensus/transport (ALPN sandi-peer/1), so that every request comes
// from a node that the network knows; a request without a peer identity is
// refused, whatever it says.
//
//   - POST /peer/v1/forward: statements for the leader (the bytes of
//     replica.EncodeForward), answered with replica.EncodeVerdicts once their
//     fate is known.
//   - GET /peer/v1/term: this node's current term, a decimal. Never cached.
//   - GET /peer/v1/read-index: term and Raft index that cover all that was
//     acknowledged before the call; 409 from a node that does not lead.
//   - GET /peer/v1/hello: node id, software version and clock, for doctors.
//
// Bodies are bounded before they are read. Answers carry no reasons: a peer is
// not trusted with this node's insides.
package peer
