package clustertest

import (
	"bytes"
	"context"
	"io"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/transport"
)

// send takes a Raft message to another node and copies its answer into resp.
func send[M, R any](l *Link, to raft.ServerID, m *M, resp *R, body []byte) error {
	ctx, cancel := context.WithTimeout(l.down, rpcMax)
	defer cancel()
	answer, err := carry(ctx, l.hub, raftKind, l.id, string(to), func(target *Link) (*R, error) {
		copied := *m // the receiver may keep it
		return receive[R](ctx, target, l.id, &copied, body)
	})
	if err != nil {
		return err
	}
	*resp = *answer
	return nil
}

// receive hands a message to the Raft of target and waits for its answer.
func receive[R any](ctx context.Context, target *Link, from string, command any, body []byte) (*R, error) {
	if err := target.admit(from, command); err != nil {
		return nil, err
	}
	if answer := transport.Withhold(command, target.now()); answer != nil {
		return answer.(*R), nil
	}
	answers := make(chan raft.RPCResponse, 1)
	rpc := raft.RPC{Command: command, RespChan: answers}
	if body != nil {
		rpc.Reader = io.LimitReader(bytes.NewReader(body), int64(len(body)))
	}
	select {
	case target.consume <- rpc:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-target.down.Done():
		return nil, errLost
	}
	select {
	case a := <-answers:
		if a.Error != nil {
			return nil, a.Error
		}
		return a.Response.(*R), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-target.down.Done():
		return nil, errLost
	}
}

// AppendEntries implements raft.Transport.
func (l *Link) AppendEntries(id raft.ServerID, _ raft.ServerAddress, m *raft.AppendEntriesRequest, resp *raft.AppendEntriesResponse) error {
	if (m.PrevLogEntry > 0 || len(m.Entries) > 0) && l.hub.starves(l.id, string(id)) {
		return errLost
	}
	return send(l, id, m, resp, nil)
}

// RequestVote implements raft.Transport.
func (l *Link) RequestVote(id raft.ServerID, _ raft.ServerAddress, m *raft.RequestVoteRequest, resp *raft.RequestVoteResponse) error {
	return send(l, id, m, resp, nil)
}

// RequestPreVote implements raft.WithPreVote.
func (l *Link) RequestPreVote(id raft.ServerID, _ raft.ServerAddress, m *raft.RequestPreVoteRequest, resp *raft.RequestPreVoteResponse) error {
	return send(l, id, m, resp, nil)
}

// TimeoutNow implements raft.Transport.
func (l *Link) TimeoutNow(id raft.ServerID, _ raft.ServerAddress, m *raft.TimeoutNowRequest, resp *raft.TimeoutNowResponse) error {
	return send(l, id, m, resp, nil)
}

// InstallSnapshot implements raft.Transport.
func (l *Link) InstallSnapshot(id raft.ServerID, _ raft.ServerAddress, m *raft.InstallSnapshotRequest, resp *raft.InstallSnapshotResponse, data io.Reader) error {
	if l.hub.starves(l.id, string(id)) {
		return errLost
	}
	body, err := io.ReadAll(data)
	if err != nil {
		return err
	}
	return send(l, id, m, resp, body)
}

// AppendEntriesPipeline implements raft.Transport: there is none, Raft then
// sends one message after the other, each of which may be lost.
func (l *Link) AppendEntriesPipeline(raft.ServerID, raft.ServerAddress) (raft.AppendPipeline, error) {
	return nil, raft.ErrPipelineReplicationNotSupported
}

// peer is the replica at the other end of a peer message.
func (l *Link) peer() (*replica.Replica, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.replica == nil {
		return nil, errLost
	}
	return l.replica, nil
}

// Forward implements replica.Peers.
func (l *Link) Forward(ctx context.Context, node string, statements [][]byte) ([]replica.Verdict, error) {
	body := replica.EncodeForward(statements)
	return carry(ctx, l.hub, peerKind, l.id, node, func(target *Link) ([]replica.Verdict, error) {
		r, err := target.peer()
		if err != nil {
			return nil, err
		}
		received, err := replica.DecodeForward(body)
		if err != nil {
			return nil, err
		}
		if l.hub.censor.drops(node, received) {
			return make([]replica.Verdict, len(statements)), nil // CodeUnknown: "I don't know yet"
		}
		return replica.DecodeVerdicts(replica.EncodeVerdicts(r.HandleForward(ctx, received)), len(statements))
	})
}

// Term implements replica.Peers.
func (l *Link) Term(ctx context.Context, node string) (uint64, error) {
	return carry(ctx, l.hub, peerKind, l.id, node, func(target *Link) (uint64, error) {
		r, err := target.peer()
		if err != nil {
			return 0, err
		}
		return r.HandleTerm(), nil
	})
}

// Health implements replica.Peers.
func (l *Link) Health(ctx context.Context, node string) (replica.Health, error) {
	return carry(ctx, l.hub, peerKind, l.id, node, func(target *Link) (replica.Health, error) {
		r, err := target.peer()
		if err != nil {
			return replica.Health{}, err
		}
		return r.HandleHealth(), nil
	})
}

// ReadIndex implements replica.Peers.
func (l *Link) ReadIndex(ctx context.Context, node string) (term, index uint64, err error) {
	got, err := carry(ctx, l.hub, peerKind, l.id, node, func(target *Link) ([2]uint64, error) {
		r, err := target.peer()
		if err != nil {
			return [2]uint64{}, err
		}
		term, index, err := r.HandleReadIndex(ctx)
		return [2]uint64{term, index}, err
	})
	return got[0], got[1], err
}
