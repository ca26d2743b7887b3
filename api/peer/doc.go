// Package peer is the door between the nodes: statements on their one hop to the
// leader, the questions of a read round, checkpoints and evidence. It speaks HTTP/1.1 over the mutual
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
//   - GET /peer/v1/health: how far it has applied the log, whether it votes, and what
//     a leader plans for Raft's configuration (replica.Health).
//   - GET /peer/v1/checkpoints: what this node shows (witness.EncodePulled): its
//     own newest checkpoint, the notes on its board, and the newest note that
//     carries the asker's cosignature.
//   - POST /peer/v1/checkpoints: a merged note; 409 when this node's replica does
//     not reach it yet, or has another history.
//   - POST /peer/v1/add-checkpoint: C2SP tlog-witness. Own origin: 503 while this
//     node does not sign.
//   - POST /peer/v1/evidence: a fork that the sender found (witness.Evidence).
//   - POST /peer/v1/moves: a leader.move that a region has signed (consensus/mover),
//     past the leader and the ledger; 422 when it cannot count.
//   - POST /peer/v1/promises: statements that wait for the ledger, answered with a
//     signed promise for each that this node takes on (consensus/docket).
//   - GET /peer/v1/draw-texts/{digest}: a pool or rule of a draw (consensus/draw) by
//     its SHA-256 in hex; 404 from a node that doesn't keep it.
//   - POST /peer/v1/home: what a record keeps at home (api/home), for a region that the
//     law releases it to; 403 for all others.
//   - POST /peer/v1/data: a page of a shared data set (api/dataset), for a region with an
//     agreement in force; 403 with the reason for all others.
//   - GET /peer/v1/offers/{region}/{id}/list, …/items/{n}/tree, …/items/{n}/chunks/{i}:
//     private objects that this bureau offers to the asker's region (node/exchange);
//     404 for whatever is not for it.
//   - POST /peer/v1/lend: the asker lends this connection: from then on this node asks
//     over it, for objects only.
//
// Bodies are bounded before they are read. Answers carry no reasons: a peer is
// not trusted with this node's insides.
package peer
