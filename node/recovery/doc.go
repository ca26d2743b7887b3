// Package recovery is what an operator does with a stopped node after a disaster: most
// of the network's nodes are lost for good, so no majority will ever answer again.
//
// It looks first and changes nothing (Look): what this node's stores hold, which cosigned
// checkpoints are known, here or from elsewhere, and which leaves they cover that are not
// here. It goes on (Execute) only under an order that at least two regions have signed
// offline, about exactly this tree, and never when a checkpoint is known that covers
// more. The order itself is the first act of the recovered network, on the ledger.
package recovery
