package bundle

import "errors"

// Refusals. They come wrapped; errors.Is tells them apart.
var (
	ErrFormat    = errors.New("not an audit bundle")                // no zip, or not in our form
	ErrLimit     = errors.New("larger than an audit bundle may be") // number of files, size of one, compression
	ErrName      = errors.New("a name that no audit bundle has")    // traversal and duplicates included
	ErrSelection = errors.New("the ledger does not hold what is to be exported")
)
