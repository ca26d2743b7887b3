// Package client speaks the public API: for the command line, the demo, tests
// and any bureau's system written in Go.
//
// What it promises:
//   - A write is sent under one statement id however often it has to be sent
//     again; the ledger takes it once. An answer that got lost is asked for, not
//     guessed.
//   - It waits between attempts with exponential back-off and jitter, honours
//     Retry-After, and gives up when the caller's context ends.
//   - Refusals come back as *problem.Problem with a machine code, and are not
//     tried again.
//   - It follows no redirects and sends its token to no other host.
package client
