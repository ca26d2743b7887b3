// Package clustertest runs a whole network in one process, for tests: every node
// with its own stores on a disk whose power can be cut, and between them a
// network that partitions, delays, withholds and repeats messages.
//
// Choices are drawn from one seed, so a failing run can be repeated with its
// faults. It is not fully deterministic: hashicorp/raft owns its goroutines and
// timers.
//
// Statements follow a small law of its own (memo.yaml), whose records are
// compare-and-set registers: an act stands only on the head it names. That is
// what History checks for linearizability.
package clustertest
