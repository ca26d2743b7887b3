package transport

import (
	"errors"
	"net"
	"sync/atomic"
	"time"
)

// messageBudget is what a peer may send before it gets an answer: one
// AppendEntries of the largest kind, and what the reader takes in ahead.
const messageBudget = MaxEntries*(MaxEntryBytes+1<<10) + 1<<20

// messageTimeout bounds the silence inside a message: a voter that stops in the
// middle of a snapshot would hold up Raft's main goroutine for as long.
const messageTimeout = 30 * time.Second

var errBudget = errors.New("the peer sent more than one message may have")

// budgetConn counts what a peer sends between two of our answers. The decoder
// behind it believes every length it reads; this is what stops it.
type budgetConn struct {
	net.Conn
	left atomic.Int64 // bytes the peer may still send; refilled by Write
	late atomic.Bool  // a read deadline is set
}

func newBudgetConn(c net.Conn) *budgetConn {
	b := &budgetConn{Conn: c}
	b.left.Store(messageBudget)
	return b
}

// Read implements net.Conn.
func (b *budgetConn) Read(p []byte) (int, error) {
	// Between messages a connection may be silent for ever.
	if inside := b.left.Load() != messageBudget; inside || b.late.Load() {
		var deadline time.Time
		if inside {
			deadline = time.Now().Add(messageTimeout)
		}
		b.late.Store(inside)
		if err := b.Conn.SetReadDeadline(deadline); err != nil {
			return 0, err
		}
	}
	n, err := b.Conn.Read(p)
	if b.left.Add(-int64(n)) < 0 {
		return 0, errBudget
	}
	return n, err
}

// Write implements net.Conn. Every answer opens the next message.
func (b *budgetConn) Write(p []byte) (int, error) {
	b.left.Store(messageBudget)
	return b.Conn.Write(p)
}

// expect allows n more bytes until the next answer: a snapshot whose header has
// been judged.
func (b *budgetConn) expect(n int64) { b.left.Add(n) }
