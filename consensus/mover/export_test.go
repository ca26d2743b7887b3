package mover

// InForce counts the moves that would have effect if this node were in a term and
// followed a leader.
func (m *Mover) InForce(term uint64, leader string) int { return len(m.inForce(term, leader)) }
