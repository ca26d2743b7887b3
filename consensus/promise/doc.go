// Package promise is what a node signs about a statement that it was given and
// that is not in the ledger yet: "seen then, due by then". A leader that sits on
// a statement it has promised is provably late, for anyone who holds the promise,
// the keys of genesis and a later checkpoint.
//
// What it promises:
//   - A promise is a C2SP signed note under the node's log key, so that tools that
//     others wrote verify it with the keys that an auditor has anyway. Its first
//     line is a format of its own: a checkpoint's second line is a number, a
//     statement's signature covers no line feed, so neither can be taken for it.
//   - What is accepted has one spelling, is at most MaxBytes long and names a
//     period that a person can wait for; the signature holds under a log key of
//     the node that it names.
//
// What it does not do: it does not say that the node is at fault. A network
// without a majority makes every promise late. Who keeps promises, asks for them
// and shows the late ones is consensus/docket.
//
// The bytes are frozen; ../merkle/README.md lists them, testdata holds vectors
// that other languages can read. The package is pure: no clock, network or file.
package promise
