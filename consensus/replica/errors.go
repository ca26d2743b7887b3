package replica

import "errors"

// What Submit and View can answer besides a result. Each may be wrapped.
var (
	// ErrNoLeader: the statement was not proposed, or nothing can be read
	// linearizably, because no leader was reached in time. Try again.
	ErrNoLeader = errors.New("no leader was reached")
	// ErrUnknownOutcome: the statement was sent towards the log, and whether it
	// stands there is not known yet. Submitting it again is safe and tells.
	ErrUnknownOutcome = errors.New("the outcome is not known yet")
	// ErrOverloaded: the queue is full; the statement was not proposed.
	ErrOverloaded = errors.New("too many statements are waiting")
	// ErrInvalid: the bytes are no statement, or the signature does not hold
	// under the key they name. It was not proposed.
	ErrInvalid = errors.New("not a valid statement")
	// ErrStale: a local view is older than the caller accepts.
	ErrStale = errors.New("this node has not heard from the leader lately")
	// ErrClosed: the replica is closed, or has failed (see Failed).
	ErrClosed = errors.New("the replica is closed")
)
