// Package lint looks over a procedure document before it is put to the vote, and
// says with line numbers what is wrong with it.
//
// Faults keep a document from being adopted: it does not parse or compile, a
// deadline names no rule of the table, an event that time causes could be
// submitted for ever. Advice is for its authors: a provision is not cited, a limit
// that nobody ends. What passes is deterministic (the guard language has no clock,
// no floating point, no order of maps), reachable (each state has a way to it and a
// way on to an end) and terminating (no circle of conditions, bounded cost).
//
// It is pure: texts in, findings out.
package lint
