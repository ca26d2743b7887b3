// Package demo runs a whole network on one machine and plays a working day on
// it: three regions as three processes, throw-away keys, real Raft, mutual TLS,
// and a scenario played through the public API step by step. Scenarios are data
// files (scenarios/*.yaml) with their own dates; the network runs on the
// practice clock. Everything in them is synthetic.
package demo
