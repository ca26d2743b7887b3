// Package e2e holds the tests that run the built binary as a newcomer would:
// the demo scenarios, kills, a clean end. They need `make build` and the build
// tag e2e.
package e2e
