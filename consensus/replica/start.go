package replica

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/storage/state"
)

// Refusals to start. Each wraps one of these; starting anyway could break what
// this node has promised the others.
var (
	// ErrForeign: the stores were made for another network or another node.
	ErrForeign = errors.New("the stores belong to another network or node")
	// ErrPastLost: the Raft log or the ledger lacks what this node had already
	// acknowledged, as after a deleted or rolled-back folder.
	ErrPastLost = errors.New("the stores have lost a part of their past")
)

// Keys of our own in Raft's stable store.
var (
	keyOwner = []byte("sandi/owner") // network id and node id
	keyTerm  = []byte("CurrentTerm") // Raft's own
)

// prepare loads the ledger and decides whether these stores may join this
// network.
func (r *Replica) prepare() error {
	if err := r.load(); err != nil {
		return err
	}
	meta := r.cfg.Store.Meta()
	if err := r.claim(meta); err != nil {
		return err
	}
	if err := r.keepsPromises(); err != nil {
		return err
	}
	if err := connect(r.cfg.Log, meta); err != nil {
		return err
	}
	if err := r.bootstrap(meta); err != nil {
		return fmt.Errorf("couldn't write the first Raft entry: %w", err)
	}
	r.fsm.meta = meta
	r.tail.synced.Store(0) // known again after the next sync
	r.progress.publish(position{index: meta.RaftIndex, term: meta.RaftTerm, size: r.machine.Size()})
	config := &configuration{membership.Voters(r.cfg.Genesis.Genesis), 1} // as bootstrap wrote it
	if len(meta.Config) > 0 {
		var err error
		config.index = meta.ConfigIndex
		if config.Configuration, err = transport.DecodeConfiguration(meta.Config); err != nil {
			return fmt.Errorf("couldn't read the stored Raft configuration: %w", err)
		}
	}
	r.reconfigured(config)
	return nil
}

// load takes the machine's memory from the store, seeding a new one.
func (r *Replica) load() error {
	batch := r.cfg.Store.Batch()
	defer batch.Close()
	if err := r.machine.Load(batch); err != nil {
		return fmt.Errorf("couldn't load the ledger: %w", err)
	}
	meta := r.cfg.Store.Meta()
	if meta.RaftIndex > 0 {
		return nil // nothing was seeded
	}
	if err := batch.Commit(meta); err != nil {
		return fmt.Errorf("couldn't seed the ledger: %w", err)
	}
	return r.cfg.Store.Sync()
}

// claim marks new stores as this node's, and refuses those that are not.
func (r *Replica) claim(meta state.Meta) error {
	owner := r.cfg.Genesis.Network() + " " + r.cfg.NodeID
	have, err := r.cfg.Log.Get(keyOwner)
	if err != nil {
		return fmt.Errorf("couldn't read the Raft store: %w", err)
	}
	switch {
	case string(have) == owner:
		return nil
	case len(have) > 0:
		return fmt.Errorf("%w: they were made for %q", ErrForeign, have)
	case meta.RaftIndex > 0:
		return fmt.Errorf("%w: the ledger is at entry %d, the Raft store is new", ErrPastLost, meta.RaftIndex)
	}
	return r.cfg.Log.Set(keyOwner, []byte(owner))
}

// connect makes the log fit the ledger (rule 7 of InstallSnapshot in the Raft
// paper, figure 13): a log that disagrees with the ledger at the entry where the
// ledger stands was superseded by a snapshot, and goes. A crash between taking a
// snapshot over and emptying the log leaves one.
func connect(log Log, meta state.Meta) error {
	first, err := log.FirstIndex()
	if err != nil {
		return fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	last, err := log.LastIndex()
	if err != nil {
		return fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	at := meta.RaftIndex
	switch {
	case first == 0 || at+1 == first:
		return nil
	case at+1 < first:
		return fmt.Errorf("%w: the ledger ends at entry %d, the Raft log begins at %d", ErrPastLost, at, first)
	case at > last:
		return log.DeleteAll()
	case at == 0: // the log begins at entry 1
		return nil
	}
	var l raft.Log
	if err := log.GetLog(at, &l); err != nil {
		return fmt.Errorf("couldn't read entry %d: %w", at, err)
	}
	if l.Term != meta.RaftTerm {
		return log.DeleteAll()
	}
	return nil
}

// bootstrap writes the configuration of genesis as entry 1 into stores that have
// never been used. All nodes write the same bytes, so none waits for another.
// The entry comes before the term: a crash between them leaves a log that the
// next start completes.
func (r *Replica) bootstrap(meta state.Meta) error {
	last, err := r.cfg.Log.LastIndex()
	if err != nil {
		return err
	}
	term, err := r.cfg.Log.GetUint64(keyTerm)
	if err != nil {
		return err
	}
	if last == 0 && meta.RaftIndex == 0 {
		if term > 1 {
			return fmt.Errorf("%w: this node took part up to term %d and has no entry", ErrPastLost, term)
		}
		entry := &raft.Log{
			Index: 1, Term: 1, Type: raft.LogConfiguration,
			Data: raft.EncodeConfiguration(membership.Voters(r.cfg.Genesis.Genesis)),
		}
		if err := r.cfg.Log.StoreLog(entry); err != nil {
			return err
		}
	}
	if term == 0 {
		return r.cfg.Log.SetUint64(keyTerm, 1)
	}
	return nil
}

// link is the transport as Raft sees it. Raft closes a transport that can be
// closed when it shuts down; ours outlives an instance. And whatever the
// transport does, Raft gets no heartbeat fast path (hashicorp/raft#695).
type link struct {
	Link
	r *Replica
}

// SetHeartbeatHandler implements raft.Transport and does nothing.
func (link) SetHeartbeatHandler(func(raft.RPC)) {}

// instance is one run of Raft on the stores.
type instance struct {
	*raft.Raft
	once  sync.Once
	ended chan struct{} // closed when all of Raft's goroutines have returned
}

// wait is f.Error with an end. Raft forgets futures it has taken and not yet
// answered when it shuts down: those in the channel that BatchApplyCh buffers, and
// those on their way to ApplyBatch. The goroutine here then stays behind, a few of
// them per instance at most.
func (i *instance) wait(ctx context.Context, f raft.Future) error {
	answer := make(chan error, 1)
	go func() { answer <- f.Error() }()
	select {
	case err := <-answer:
		return err
	case <-i.ended:
	case <-ctx.Done():
	}
	select {
	case err := <-answer: // it came after all
		return err
	default:
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return raft.ErrRaftShutdown
}

// start begins a Raft instance on the stores.
func (r *Replica) start() error {
	r.starting.Lock()
	defer r.starting.Unlock()
	rf, err := raft.NewRaft(r.cfg.raftConfig(), r.fsm, r.tail, r.cfg.Log, &r.snapshots, link{r.cfg.Transport, r})
	if err != nil {
		return fmt.Errorf("couldn't start Raft: %w", err)
	}
	r.raft.Store(&instance{Raft: rf, ended: make(chan struct{})})
	return nil
}

// stop ends the present instance and waits for its goroutines. A snapshot that
// is being received is dropped: Raft's main goroutine may be waiting for it, and
// what it leaves behind would hold the store.
func (r *Replica) stop() {
	r.stopping.Lock()
	defer r.stopping.Unlock()
	rf := r.running()
	if rf == nil {
		return
	}
	future := rf.Shutdown()
	r.snapshots.abort(ErrClosed)
	_ = future.Error()
	r.snapshots.abort(ErrClosed)
	rf.once.Do(func() { close(rf.ended) })
}
