package node

// Version is set by the build (-ldflags -X); "unknown" in a plain `go build`.
var Version = "unknown"
