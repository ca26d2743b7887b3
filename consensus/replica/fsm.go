package replica

import (
	"errors"
	"fmt"
	"io"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/storage/state"
)

// fsm is what Raft applies entries to. All its methods are called by Raft's one
// FSM goroutine.
type fsm struct {
	r    *Replica
	meta state.Meta // where the store stands
	// roster is what the configuration was last held against: another pointer is
	// another roster.
	roster *genesis.Genesis
}

var _ raft.BatchingFSM = (*fsm)(nil)

// applied is Raft's response for one entry of ours.
type applied struct{ term, index uint64 }

// Apply implements raft.FSM.
func (f *fsm) Apply(l *raft.Log) any { return f.ApplyBatch([]*raft.Log{l})[0] }

// ApplyBatch implements raft.BatchingFSM: one storage batch for all entries. How
// Raft cuts batches differs between replicas and changes nothing.
func (f *fsm) ApplyBatch(logs []*raft.Log) []any {
	responses := make([]any, len(logs))
	fresh := 0
	for fresh < len(logs) && logs[fresh].Index <= f.meta.RaftIndex {
		fresh++ // replayed after a restart: already in the store
	}
	results, err := f.apply(logs[fresh:])
	if err != nil {
		f.r.fail(err)
	}
	for i, l := range logs {
		if err == nil {
			responses[i] = applied{l.Term, l.Index}
		} else {
			responses[i] = err
		}
	}
	f.r.queue.resolve(results)
	return responses
}

func (f *fsm) apply(logs []*raft.Log) ([]ledger.Result, error) {
	if err := f.r.Err(); err != nil {
		return nil, err // the machine's memory may be ahead of its storage
	}
	if len(logs) == 0 {
		return nil, nil
	}
	f.r.verifier.ready(logs)
	batch := f.r.cfg.Store.Batch()
	defer batch.Close()
	meta := f.meta
	var results []ledger.Result
	var config *configuration
	for _, l := range logs {
		switch l.Type {
		case raft.LogCommand:
			some, err := f.r.machine.ApplyEntry(batch, l.Data)
			if err != nil {
				return nil, fmt.Errorf("couldn't apply entry %d: %w", l.Index, err)
			}
			results = append(results, some...)
		case raft.LogConfiguration:
			c, err := transport.DecodeConfiguration(l.Data)
			if err != nil {
				return nil, fmt.Errorf("couldn't apply entry %d: %w", l.Index, err)
			}
			config, meta.Config, meta.ConfigIndex = &configuration{c, l.Index}, l.Data, l.Index
		}
		meta.RaftIndex, meta.RaftTerm = l.Index, l.Term
	}
	if err := batch.Commit(meta); err != nil {
		return nil, err
	}
	f.meta = meta
	if config == nil && f.r.roster().Genesis != f.roster {
		config = f.r.config.Load()
	}
	if config != nil {
		f.r.reconfigured(config)
	}
	if f.r.cfg.Applied != nil && len(results) > 0 {
		f.r.cfg.Applied(results)
	}
	f.r.progress.publish(position{index: meta.RaftIndex, term: meta.RaftTerm, size: f.r.machine.Size()})
	f.r.metrics.count(results, len(logs))
	return results, nil
}

// Snapshot implements raft.FSM.
func (f *fsm) Snapshot() (raft.FSMSnapshot, error) {
	return &persisted{r: f.r, index: f.meta.RaftIndex}, nil
}

// persisted is a snapshot that costs one sync: the store is its own snapshot.
type persisted struct {
	r     *Replica
	index uint64
}

// Persist implements raft.FSMSnapshot. Raft truncates its log afterwards, so
// what the ledger has applied must be durable first.
func (p *persisted) Persist(s raft.SnapshotSink) error {
	if err := p.r.cfg.Store.Sync(); err != nil {
		p.r.fail(err)
		return errors.Join(err, s.Cancel())
	}
	p.r.tail.synced.Store(max(p.index, p.r.tail.synced.Load()))
	p.r.trim()
	return s.Close()
}

// trim tells Raft how many entries to keep, just before it truncates: as many as
// configured, in at most trailingBytes.
func (r *Replica) trim() {
	rf := r.raft.Load()
	if rf == nil {
		return
	}
	conf := rf.ReloadableConfig()
	conf.TrailingLogs = min(r.cfg.Tuning.withDefaults().TrailingLogs, trailingBytes/r.tail.meanBytes())
	if err := rf.ReloadConfig(conf); err != nil {
		r.log.Error("couldn't set how much of the Raft log is kept", "error", err)
	}
}

// Release implements raft.FSMSnapshot.
func (*persisted) Release() {}

// Restore implements raft.FSM: it lets a received and verified snapshot replace
// the ledger (snapshot.go).
func (f *fsm) Restore(source io.ReadCloser) error {
	defer source.Close()
	in := f.r.snapshots.incoming.Load()
	if in == nil {
		return errors.New("couldn't restore: no snapshot was received")
	}
	if err := in.finish(); err != nil {
		return err
	}
	if err := f.r.load(); err != nil {
		f.r.fail(err)
		return err
	}
	f.meta = f.r.cfg.Store.Meta()
	f.r.tail.synced.Store(f.meta.RaftIndex) // a restored store is durable
	f.r.tail.restored.Store(true)
	c, err := transport.DecodeConfiguration(f.meta.Config)
	if err != nil {
		f.r.fail(err)
		return err
	}
	f.r.reconfigured(&configuration{c, f.meta.ConfigIndex})
	if f.r.cfg.Applied != nil {
		f.r.cfg.Applied(nil)
	}
	f.r.progress.publish(position{index: f.meta.RaftIndex, term: f.meta.RaftTerm, size: f.r.machine.Size()})
	f.r.queue.requeueAll()
	f.r.log.Info("took over a snapshot", "index", f.meta.RaftIndex, "leaves", f.r.machine.Size())
	return nil
}
