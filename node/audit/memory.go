package audit

import "runtime/debug"

const (
	// heapGrowth is how much the heap may grow between two collections, in percent
	// of what is in use: nearly all that is allocated here dies with its group.
	heapGrowth = 400
	// heapLimit is from where on the collector works as often as it must. A log of a
	// million entries is promised to be verified in 512 MiB.
	heapLimit = 400 << 20
)

// TuneMemory sets the collector for a program that does nothing but verify. It is
// for main functions: it is about the whole process.
func TuneMemory() {
	debug.SetGCPercent(heapGrowth)
	debug.SetMemoryLimit(heapLimit)
}
