// Package storagetest is a disk for tests: in memory, with a power switch and
// faults. The stores' own tests use it, and so does every test that needs a
// node whose power can be cut (the in-process cluster). No shipped program
// links it.
package storagetest
