// Package serve is the one way a node opens an HTTP door: an http.Server with
// its limits set, a listener that counts connections, a router that answers
// 404 and 405 as problems, and the guards that stand before every handler.
//
// What it promises:
//   - Slow, endless and oversized requests end: header, body, answer and idle
//     time, header bytes, connections and requests in flight are all bounded.
//   - One framing only. A request with a transfer coding is refused, so
//     Content-Length and Transfer-Encoding can never disagree, and nothing that
//     net/http would answer as text leaves as anything but problem+json.
//   - Paths have one spelling: an encoded slash or dot segment is 404, never
//     decoded, cleaned or redirected.
//   - Nobody is believed about where a request came from: forwarding headers
//     are ignored and no URL is built from the Host header.
//   - The number of metric series does not depend on what callers send.
//   - A panic becomes a 500 without a trace of it in the answer.
package serve
