//go:build !amd64

package merkle

// addVector adds a vector to the sums, lane by lane modulo 2^16.
func addVector(to *sums, v *vector) { addPlain(to, v) }

// subVector takes a vector out of the sums again.
func subVector(from *sums, v *vector) { subPlain(from, v) }
