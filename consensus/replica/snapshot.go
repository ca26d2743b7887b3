package replica

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/storage/state"
)

// snapshots is Raft's SnapshotStore without snapshots: the ledger's store always
// is one. List says where it stands, Open streams it as it is at that moment, and
// what comes from a leader is written straight into tables beside it.
type snapshots struct {
	r        *Replica
	incoming atomic.Pointer[incoming] // the snapshot being received
}

const incomingPrefix = "incoming-"

// List implements raft.SnapshotStore.
func (s *snapshots) List() ([]*raft.SnapshotMeta, error) {
	meta := s.r.cfg.Store.Meta()
	if meta.RaftIndex == 0 {
		return nil, nil
	}
	m, err := raftMeta(meta)
	if err != nil {
		return nil, err
	}
	return []*raft.SnapshotMeta{m}, nil
}

func raftMeta(meta state.Meta) (*raft.SnapshotMeta, error) {
	c, err := transport.DecodeConfiguration(meta.Config)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the configuration at entry %d: %w", meta.RaftIndex, err)
	}
	return &raft.SnapshotMeta{
		Version: raft.SnapshotVersionMax, ID: fmt.Sprintf("live-%d-%d", meta.RaftTerm, meta.RaftIndex),
		Index: meta.RaftIndex, Term: meta.RaftTerm, Configuration: c, ConfigurationIndex: meta.ConfigIndex,
	}, nil
}

// Open implements raft.SnapshotStore. Whatever live id is asked for, the present
// state is given, with its own index.
func (s *snapshots) Open(id string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	if strings.HasPrefix(id, incomingPrefix) {
		in := s.incoming.Load()
		if in == nil || in.meta.ID != id {
			return nil, nil, fmt.Errorf("couldn't open snapshot %s: it is not being received", id)
		}
		return &in.meta, io.NopCloser(strings.NewReader("")), nil // fsm.Restore asks in itself
	}
	snap, err := s.r.cfg.Store.Snapshot()
	if err != nil {
		return nil, nil, err
	}
	meta, err := raftMeta(snap.Meta())
	if err == nil {
		meta.Size, err = snap.Size()
	}
	if err != nil {
		return nil, nil, errors.Join(err, snap.Close())
	}
	return meta, newOutgoing(snap), nil
}

// outgoing streams a snapshot to a follower.
type outgoing struct {
	*io.PipeReader
	snap *state.Snapshot
	done chan struct{}
}

func newOutgoing(snap *state.Snapshot) *outgoing {
	pr, pw := io.Pipe()
	o := &outgoing{PipeReader: pr, snap: snap, done: make(chan struct{})}
	go func() {
		defer close(o.done)
		_, err := snap.WriteTo(pw)
		pw.CloseWithError(err)
	}()
	return o
}

// Close implements io.Closer.
func (o *outgoing) Close() error {
	_ = o.PipeReader.Close() // ends WriteTo, if it still runs
	<-o.done
	return o.snap.Close()
}

// Create implements raft.SnapshotStore. Raft calls it on its snapshot goroutine
// for a snapshot of our own, which writes nothing, and on its main goroutine for
// one from a leader.
func (s *snapshots) Create(version raft.SnapshotVersion, index, term uint64, c raft.Configuration, configIndex uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	return &sink{s: s, meta: raft.SnapshotMeta{
		Version: version, ID: fmt.Sprintf("%s%d-%d", incomingPrefix, term, index),
		Index: index, Term: term, Configuration: c, ConfigurationIndex: configIndex,
	}}, nil
}

// sink takes a snapshot's bytes. It becomes an incoming one with the first.
type sink struct {
	s    *snapshots
	meta raft.SnapshotMeta
	in   *incoming
}

// ID implements raft.SnapshotSink.
func (k *sink) ID() string { return k.meta.ID }

// Write implements io.Writer.
func (k *sink) Write(p []byte) (int, error) {
	if k.in == nil {
		// ApplyBatch must have caught up: from now on the store is held.
		if err := k.s.r.drain(); err != nil {
			return 0, err
		}
		k.in = k.s.receive(k.meta)
	}
	return k.in.pipe.Write(p)
}

// Close implements io.Closer: it returns once the whole snapshot has been
// verified, and an error if it must not be used.
func (k *sink) Close() error {
	if k.in == nil {
		return nil
	}
	_ = k.in.pipe.Close()
	select {
	case <-k.in.verified:
		return nil
	case <-k.in.ended:
		k.s.incoming.CompareAndSwap(k.in, nil)
		return k.in.err
	}
}

// Cancel implements raft.SnapshotSink.
func (k *sink) Cancel() error {
	if k.in != nil {
		k.s.abort(errors.New("the snapshot was cancelled"))
	}
	return nil
}

// incoming is a snapshot on its way from a leader into the store. Its bytes go
// into tables beside the ledger as they come; when all are there they are
// verified; Raft's FSM goroutine then lets the tables replace the ledger.
type incoming struct {
	meta     raft.SnapshotMeta
	pipe     *io.PipeWriter
	verified chan struct{} // closed when the switch may be made
	decide   chan error    // nil: make it; buffered
	once     sync.Once
	ended    chan struct{} // closed when err is set
	err      error
}

// receive starts to take a snapshot in.
func (s *snapshots) receive(meta raft.SnapshotMeta) *incoming {
	s.abort(errors.New("another snapshot came"))
	pr, pw := io.Pipe()
	in := &incoming{meta: meta, pipe: pw, verified: make(chan struct{}), decide: make(chan error, 1), ended: make(chan struct{})}
	s.incoming.Store(in)
	go func() {
		defer close(in.ended)
		in.err = s.r.cfg.Store.Restore(pr, func(c *state.Candidate) error {
			if err := s.r.checkSnapshot(c, meta); err != nil {
				return err
			}
			close(in.verified)
			return <-in.decide
		})
		_ = pr.CloseWithError(errors.Join(in.err, io.ErrClosedPipe)) // the sender need not go on
		if in.err != nil {
			s.r.metrics.refusedSnapshots.Inc()
			s.r.log.Error("refused a snapshot", "index", meta.Index, "error", in.err)
		}
	}()
	return in
}

// finish makes the switch and waits for it.
func (in *incoming) finish() error {
	in.once.Do(func() { in.decide <- nil })
	<-in.ended
	return in.err
}

// abort drops a snapshot that is being received and was not used.
func (s *snapshots) abort(reason error) {
	in := s.incoming.Swap(nil)
	if in == nil {
		return
	}
	in.once.Do(func() { in.decide <- reason })
	_ = in.pipe.CloseWithError(reason)
	<-in.ended
}

// checkSnapshot decides whether a received ledger may replace this node's: it is
// what the leader announced, it verifies as a whole, and it continues what is
// here. A leader with a higher term could otherwise replace history.
func (r *Replica) checkSnapshot(c *state.Candidate, announced raft.SnapshotMeta) error {
	meta := c.Meta()
	if meta.RaftIndex != announced.Index || meta.RaftTerm != announced.Term || meta.ConfigIndex != announced.ConfigurationIndex ||
		string(meta.Config) != string(raft.EncodeConfiguration(announced.Configuration)) {
		return fmt.Errorf("the snapshot is of entry %d, term %d; entry %d, term %d was announced",
			meta.RaftIndex, meta.RaftTerm, announced.Index, announced.Term)
	}
	check, err := r.present()
	if err != nil {
		return err
	}
	return r.machine.VerifyAgainst(c, check)
}

// present is what this node's own ledger demands of its successor.
func (r *Replica) present() (ledger.Check, error) {
	view := r.cfg.Store.View()
	defer view.Close()
	books, ok := r.books(view)
	if !ok {
		return ledger.Check{}, nil
	}
	now, err := books.Standing()
	if err != nil {
		return ledger.Check{}, err
	}
	check := r.cosigned()
	check.Points = append(check.Points, ledger.Point{Size: now.Size, Root: now.Root})
	return check, nil
}

// drain waits until everything Raft has handed to ApplyBatch is applied. It runs
// on Raft's main goroutine, which therefore hands over nothing more.
func (r *Replica) drain() error {
	for index := r.running().AppliedIndex(); index > r.progress.now().index; index-- {
		var l raft.Log
		if err := r.tail.GetLog(index, &l); err != nil {
			return fmt.Errorf("couldn't find entry %d, which was applied: %w", index, err)
		}
		if l.Type != raft.LogCommand && l.Type != raft.LogConfiguration {
			continue // Raft keeps these to itself
		}
		_, err := r.progress.wait(r.life, r.failed, func(p position) bool { return p.index >= index })
		return err
	}
	return nil
}
