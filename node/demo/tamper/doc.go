// Package tamper shows what becomes of an audit bundle that somebody changed: it
// forges copies of a bundle as well as the forger could, with every hash, file
// name and digest put right, and lets the offline verifier (node/audit) judge
// them. Nothing in it can make what the verifier accepts; if it could, that is
// what it would show.
package tamper
