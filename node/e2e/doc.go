// Package e2e holds the tests that run the built binaries as a newcomer would,
// as an auditor would, and as an attacker would: the demo scenarios, kills, a
// clean end; the logs and bundles read with tools that others wrote; a log of
// others witnessed by our nodes; a node taken over that lies to real ones. They
// need `make build` and the build tag e2e.
//
// The folder outside is a module of its own: it pins those tools, and keeps what
// they need out of the product's go.mod. The first run fetches and builds them.
package e2e
