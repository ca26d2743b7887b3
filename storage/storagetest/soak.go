package storagetest

import "os"

// Rounds is how often a randomised test repeats itself: once in every build,
// soak times when SANDI_SOAK=1 asks for the long run.
func Rounds(soak int) uint64 {
	if os.Getenv("SANDI_SOAK") == "1" {
		return uint64(soak)
	}
	return 1
}
