// Package bundletest makes ledgers for tests of what leaves the house: networks
// with throw-away keys, entries of a plain working day, signed checkpoints, and
// bundles of it all. It is in no program.
package bundletest
