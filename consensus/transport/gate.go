//lint:file-ignore SA1019 hashicorp/raft still fills and reads the deprecated fields, so the gate has to hold them too

package transport

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/hashicorp/raft"
)

// Bounds of one Raft message. hashicorp/raft has none of its own.
const (
	// MaxEntries is the most entries of one AppendEntries; it is also what the
	// replica tells Raft to send.
	MaxEntries = 64
	// MaxEntryBytes is the size of one entry's data: a command of 512 KiB with
	// its framing (consensus/ledger), rounded up.
	MaxEntryBytes = 520 << 10
	// MaxSnapshotBytes bounds a snapshot a peer may announce: full history at
	// about 2 KiB a statement, far beyond 100 million statements.
	MaxSnapshotBytes = 1 << 40
	// MaxTermStep is how far a message's term may lie above ours. Terms are
	// never given back, so a liar who names the last possible term would end
	// elections for ever. With this step it needs 2^31 messages that each cost
	// us a synced write: weeks under a ringing alarm. An honest node cannot be
	// this far behind: at one election a second it would take 136 years.
	MaxTermStep = 1 << 32
	// maxServers bounds a configuration: nobody federates more nodes than this.
	maxServers = 256
	// maxConfigBytes is what maxServers servers with long names take.
	maxConfigBytes = 64 << 10
)

// errRefused is the one answer a peer gets; the reason is for our own log.
var errRefused = errors.New("refused")

// Situation is what this node knows when a message arrives.
type Situation struct {
	Term   uint64 // this node's current term
	Leader string // id of the leader it follows, or ""
	Self   string // this node's id: it may tell itself to stand for election
	// Abstain is the term up to which this node gives no vote: the highest uint64
	// while it does not vote at all.
	Abstain uint64
}

// Withhold answers, in Raft's place, what asks an abstaining node for its vote
// or to stand for election; nil means that Raft gets the message. The answers are
// those of a node that votes for nobody, and change nothing here.
func Withhold(command any, now Situation) any {
	header := raft.RPCHeader{ProtocolVersion: raft.ProtocolVersionMax}
	switch m := command.(type) {
	case *raft.RequestVoteRequest:
		if m.Term <= now.Abstain {
			return &raft.RequestVoteResponse{RPCHeader: header, Term: now.Term}
		}
	case *raft.RequestPreVoteRequest:
		if m.Term <= now.Abstain {
			return &raft.RequestPreVoteResponse{RPCHeader: header, Term: now.Term}
		}
	case *raft.TimeoutNowRequest:
		if now.Abstain > now.Term {
			return &raft.TimeoutNowResponse{RPCHeader: header}
		}
	}
	return nil
}

// Check judges a message from the node whose certificate opened the connection.
// It returns nil only for what hashicorp/raft can be given without harm.
func Check(from string, command any, now Situation) error {
	wh, ok := command.(raft.WithRPCHeader)
	if !ok {
		return fmt.Errorf("message of type %T has no header", command)
	}
	header := wh.GetRPCHeader()
	if header.ProtocolVersion != raft.ProtocolVersionMax {
		return fmt.Errorf("protocol version %d", header.ProtocolVersion)
	}
	if string(header.ID) != from || string(header.Addr) != from {
		return fmt.Errorf("header names node %.64q at %.64q", header.ID, header.Addr)
	}
	switch m := command.(type) {
	case *raft.AppendEntriesRequest:
		return checkAppend(from, m, now)
	case *raft.RequestVoteRequest:
		if !bytes.Equal(m.Candidate, m.Addr) {
			return fmt.Errorf("candidate %.64q is not the sender", m.Candidate)
		}
		return errors.Join(checkTerm(m.Term, now), checkLast(m.LastLogTerm, m.Term))
	case *raft.RequestPreVoteRequest:
		return errors.Join(checkTerm(m.Term, now), checkLast(m.LastLogTerm, m.Term))
	case *raft.InstallSnapshotRequest:
		return checkSnapshot(from, m, now)
	case *raft.TimeoutNowRequest:
		// No connection speaks as this node itself: accept has refused it.
		if now.Leader != from && (now.Self == "" || now.Self != from) {
			return fmt.Errorf("only the leader may hand over leadership, which is %q", now.Leader)
		}
		return nil
	default:
		return fmt.Errorf("unknown message %T", command)
	}
}

func checkTerm(term uint64, now Situation) error {
	if term > now.Term && term-now.Term > MaxTermStep {
		return fmt.Errorf("term %d is more than %d above ours, %d", term, uint64(MaxTermStep), now.Term)
	}
	return nil
}

// checkLast: nobody has entries of a term that is still to come.
func checkLast(last, term uint64) error {
	if last > term {
		return fmt.Errorf("last log term %d is above the message's term %d", last, term)
	}
	return nil
}

// checkAppend proves what appendEntries assumes: one unbroken run of entries
// that follows PrevLogEntry, in non-decreasing terms up to the leader's.
func checkAppend(from string, m *raft.AppendEntriesRequest, now Situation) error {
	if err := checkTerm(m.Term, now); err != nil {
		return err
	}
	if string(m.Leader) != from {
		return fmt.Errorf("leader %.64q is not the sender", m.Leader)
	}
	if len(m.Entries) > MaxEntries {
		return fmt.Errorf("%d entries in one message, at most %d", len(m.Entries), MaxEntries)
	}
	if m.PrevLogTerm > m.Term || m.PrevLogEntry > 1<<62 {
		return fmt.Errorf("previous entry %d of term %d cannot be", m.PrevLogEntry, m.PrevLogTerm)
	}
	term := m.PrevLogTerm
	for i, e := range m.Entries {
		if e == nil {
			return errors.New("a missing entry")
		}
		if want := m.PrevLogEntry + 1 + uint64(i); e.Index != want {
			return fmt.Errorf("entry %d where %d follows", e.Index, want)
		}
		if e.Term < term || e.Term > m.Term || e.Term == 0 {
			return fmt.Errorf("entry %d of term %d between terms %d and %d", e.Index, e.Term, term, m.Term)
		}
		term = e.Term
		if err := checkEntry(e); err != nil {
			return err
		}
	}
	return nil
}

func checkEntry(e *raft.Log) error {
	if len(e.Extensions) != 0 {
		return fmt.Errorf("entry %d has extensions", e.Index)
	}
	switch e.Type {
	case raft.LogCommand:
		if len(e.Data) > MaxEntryBytes {
			return fmt.Errorf("entry %d has %d bytes, at most %d", e.Index, len(e.Data), MaxEntryBytes)
		}
		return nil
	case raft.LogNoop:
		if len(e.Data) != 0 {
			return fmt.Errorf("entry %d is empty by its type and has %d bytes", e.Index, len(e.Data))
		}
		return nil
	case raft.LogConfiguration:
		_, err := DecodeConfiguration(e.Data)
		return err
	default:
		return fmt.Errorf("entry %d of type %s, which no node of ours writes", e.Index, e.Type)
	}
}

func checkSnapshot(from string, m *raft.InstallSnapshotRequest, now Situation) error {
	if err := errors.Join(checkTerm(m.Term, now), checkLast(m.LastLogTerm, m.Term)); err != nil {
		return err
	}
	if string(m.Leader) != from {
		return fmt.Errorf("leader %.64q is not the sender", m.Leader)
	}
	if m.SnapshotVersion != raft.SnapshotVersionMax {
		return fmt.Errorf("snapshot version %d", m.SnapshotVersion)
	}
	if m.Size <= 0 || m.Size > MaxSnapshotBytes {
		return fmt.Errorf("snapshot of %d bytes", m.Size)
	}
	if m.LastLogIndex == 0 || m.LastLogIndex > 1<<62 || m.ConfigurationIndex > m.LastLogIndex {
		return fmt.Errorf("snapshot at %d with a configuration of %d", m.LastLogIndex, m.ConfigurationIndex)
	}
	_, err := DecodeConfiguration(m.Configuration)
	return err
}

// DecodeConfiguration reads the bytes of a Raft configuration. The library's
// own function panics on anything else.
func DecodeConfiguration(data []byte) (c raft.Configuration, err error) {
	if len(data) > maxConfigBytes {
		return c, fmt.Errorf("configuration of %d bytes", len(data))
	}
	defer func() {
		if recover() != nil {
			c, err = raft.Configuration{}, errors.New("undecodable configuration")
		}
	}()
	c = raft.DecodeConfiguration(data)
	if len(c.Servers) == 0 || len(c.Servers) > maxServers {
		return raft.Configuration{}, fmt.Errorf("configuration of %d servers", len(c.Servers))
	}
	return c, nil
}
