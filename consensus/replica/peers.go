package replica

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"sandi.internal/gateway/consensus/ledger"
)

// Peers is how this node reaches the others outside Raft: mutual TLS, one
// request and one answer each. api/peer implements it, with HandleForward,
// HandleTerm and HandleReadIndex at the other end.
type Peers interface {
	// Forward hands statements to node, which must be the leader, and returns
	// one verdict each once they are committed or known not to be.
	Forward(ctx context.Context, node string, statements [][]byte) ([]Verdict, error)
	// Term asks for node's current term. The answer must have been given after
	// the call was made: no cache may stand in between.
	Term(ctx context.Context, node string) (uint64, error)
	// ReadIndex asks node, the leader, for its term and for a Raft index that
	// covers all that was acknowledged before the call.
	ReadIndex(ctx context.Context, node string) (term, index uint64, err error)
	// Health asks how node is.
	Health(ctx context.Context, node string) (Health, error)
}

// Code is what became of a forwarded statement.
type Code uint8

const (
	CodeUnknown   Code = iota // it may or may not be committed
	CodeCommitted             // it is in the log at Term and Index; the ledger decides the rest
	CodeNotLeader             // not proposed: the asked node does not lead
	CodeBusy                  // not proposed: the leader's queue is full
	CodeInvalid               // not proposed: no statement, or a signature that does not hold
	codeEnd
)

// Verdict is the leader's answer to one forwarded statement.
type Verdict struct {
	Code  Code
	Term  uint64 // of the Raft entry; CodeCommitted only
	Index uint64 // of the Raft entry; CodeCommitted only
}

// MaxForwardBytes bounds the body of a forward request as EncodeForward makes it.
const MaxForwardBytes = ledger.MaxCommandBytes + 8<<10

// maxVerdictBytes bounds the answer: per verdict a code and two varints.
const maxVerdictBytes = ledger.MaxStatements * (1 + 2*binary.MaxVarintLen64)

// EncodeForward makes the body of a forward request: the form of a command,
// whose bounds it shares.
func EncodeForward(statements [][]byte) []byte {
	return ledger.EncodeCommand(ledger.Command{Statements: statements})
}

// DecodeForward reads the body of a forward request strictly. The statements are
// slices of body.
func DecodeForward(body []byte) ([][]byte, error) {
	c, err := ledger.DecodeCommand(body)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a forward request: %w", err)
	}
	return c.Statements, nil
}

// EncodeVerdicts makes the answer: for each verdict its code, and for a
// committed one uvarint term and uvarint index.
func EncodeVerdicts(verdicts []Verdict) []byte {
	out := make([]byte, 0, len(verdicts)*6)
	for _, v := range verdicts {
		out = append(out, byte(v.Code))
		if v.Code == CodeCommitted {
			out = binary.AppendUvarint(out, v.Term)
			out = binary.AppendUvarint(out, v.Index)
		}
	}
	return out
}

var errVerdicts = errors.New("unreadable verdicts")

// DecodeVerdicts reads the answer to count statements strictly.
func DecodeVerdicts(body []byte, count int) ([]Verdict, error) {
	if len(body) > maxVerdictBytes || count > ledger.MaxStatements {
		return nil, errVerdicts
	}
	out := make([]Verdict, count)
	for i := range out {
		if len(body) == 0 || Code(body[0]) >= codeEnd {
			return nil, errVerdicts
		}
		out[i].Code, body = Code(body[0]), body[1:]
		if out[i].Code != CodeCommitted {
			continue
		}
		for _, field := range []*uint64{&out[i].Term, &out[i].Index} {
			v, n := binary.Uvarint(body)
			if n <= 0 {
				return nil, errVerdicts
			}
			*field, body = v, body[n:]
		}
	}
	if len(body) != 0 {
		return nil, errVerdicts
	}
	return out, nil
}
