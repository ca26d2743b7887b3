// Package mover moves leadership when two regions have signed that it shall move
// (leader.move), against the will of the leader if need be.
//
// Raft believes its leader: as long as heartbeats come, voters refuse every other
// candidate, and a leader that drops one bureau's statements may go on for ever.
// What such a leader can also drop is the ledger's own word against it. So the
// signed statements travel beside the ledger as well: the node that is given one
// keeps it and hands it to all others, who do the same.
//
// A move is in force on a node that holds the same one (leader, candidate, term)
// signed by the governance keys of two regions, while the named leader leads, or
// nobody does, in the named term or one of the statement.MoveTerms after it. Then
//
//   - the leader, if it is honest, hands over to the candidate;
//   - the candidate, after a moment of grace, stands for election in a way that
//     voters answer although there is a leader (replica.Stand);
//   - once the candidate leads, the statements are brought into the ledger, where
//     an auditor finds them, and the move is over.
//
// What it promises:
//   - Every node judges the signatures itself, under the keys of its own ledger,
//     when a statement arrives and again before it acts.
//   - One region cannot move anything, however many statements it signs; what is
//     kept of each region is bounded.
//   - A move that has done its work, or is of another term or another leader, does
//     nothing, however often it is sent.
//
// What it does not do: it cannot make a candidate win whose log is behind that of
// the other voters (a leader may starve it: name another candidate), nor keep a
// dishonest voter from disturbing elections, which Raft does not prevent either.
package mover
