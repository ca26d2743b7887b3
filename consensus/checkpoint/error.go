package checkpoint

import "errors"

// Refusals. They come wrapped; errors.Is tells them apart.
var (
	ErrNote      = errors.New("not a signed checkpoint")                                       // bytes that are not in the one spelling
	ErrOrigin    = errors.New("a checkpoint of an unknown origin")                             // no key of the set belongs to it
	ErrUnsigned  = errors.New("no signature under a known key")                                // only unknown keys signed
	ErrSignature = errors.New("a signature under a known key does not verify")                 // the whole note is bad
	ErrEmptyRoot = errors.New("the root of the empty tree is not SHA-256 of nothing")          // signed, and false all the same
	ErrDiffers   = errors.New("not the same checkpoint")                                       // what cannot be merged
	ErrKey       = errors.New("not a checkpoint key")                                          // a vkey or a set of keys
	ErrKeyFile   = errors.New("not an auditor's key file")                                     //
	ErrProof     = errors.New("not a proof")                                                   // bytes of a .tlog-proof
	ErrReceipt   = errors.New("not a receipt")                                                 // bytes or parts that contradict each other
	ErrInclusion = errors.New("the entry is not in the tree of this checkpoint at this index") // the proof does not verify
	ErrGrade     = errors.New("the receipt claims another grade than its checkpoint has")      //
	ErrRequest   = errors.New("not an add-checkpoint request")                                 //
)
