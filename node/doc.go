// Package node is the program: it wires the rooms together and owns their
// lifecycle. One Config, one New, one Run(ctx); everything that a node does is
// started and stopped here, in this order: storage, ledger, replica, peer API,
// public API, automatic acts.
package node
