package replica

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/hashicorp/raft"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/consensus/transport"
	"sandi.internal/gateway/storage/state"
)

// Stopped is the stores of a node that does not run, for an operator who looks what is
// left after a disaster, and for going on with it.
type Stopped struct {
	Network, Node string
	Log           Log
	Store         *state.Store
	// Ledger makes a state machine with an empty memory.
	Ledger func() (*ledger.Ledger, error)
	Pool   *statement.Pool // of those machines; nil: signatures are verified one by one
	Logger *slog.Logger
}

// Tree is how far a ledger goes.
type Tree struct {
	Size uint64
	Root [32]byte
}

// Remains is what a stopped node's stores hold.
type Remains struct {
	Applied Tree   // what was applied here: committed for certain
	Last    Tree   // with every entry that is in the log: some of it may never have been committed
	Index   uint64 // of the last entry
	Term    uint64 // that this node is in
	Voters  []string
	// Roots are the tree's roots at the sizes that were asked for, as far as it goes.
	Roots map[uint64][32]byte
}

// Look says what is there, with the roots at some sizes, and changes nothing.
func (s *Stopped) Look(sizes ...uint64) (Remains, error) {
	r := Remains{Roots: make(map[uint64][32]byte)}
	meta, err := s.claimed()
	if err != nil {
		return r, err
	}
	if r.Term, err = s.Log.GetUint64(keyTerm); err != nil {
		return r, fmt.Errorf("couldn't read the Raft store: %w", err)
	}
	if len(meta.Config) > 0 { // else it is in the log
		if err := r.voters(meta.Config); err != nil {
			return r, err
		}
	}
	f, err := s.machine(meta)
	if err != nil {
		return r, err
	}
	defer f.batch.Close()
	if r.Applied, err = f.tree(); err != nil {
		return r, err
	}
	last, err := s.end(meta)
	if err != nil {
		return r, err
	}
	var l raft.Log
	for index := meta.RaftIndex + 1; index <= last; index++ {
		if err := s.Log.GetLog(index, &l); err != nil {
			return r, fmt.Errorf("couldn't read entry %d: %w", index, err)
		}
		switch l.Type {
		case raft.LogCommand:
			f.Apply(&l)
		case raft.LogConfiguration:
			if err := r.voters(l.Data); err != nil {
				return r, err
			}
		}
	}
	r.Index = max(last, meta.RaftIndex)
	if r.Last, err = f.tree(); err != nil {
		return r, err
	}
	for _, size := range sizes {
		if size > r.Last.Size {
			continue
		}
		if r.Roots[size], err = merkle.RootAt(f.machine.Books(f.batch), size); err != nil {
			return r, fmt.Errorf("couldn't read the tree at size %d: %w", size, err)
		}
	}
	return r, nil
}

// voters takes note of a configuration.
func (r *Remains) voters(data []byte) error {
	c, err := transport.DecodeConfiguration(data)
	if err != nil {
		return fmt.Errorf("couldn't read a Raft configuration: %w", err)
	}
	r.Voters = nil
	for _, server := range c.Servers {
		if server.Suffrage == raft.Voter {
			r.Voters = append(r.Voters, string(server.ID))
		}
	}
	return nil
}

// claimed is where the ledger stands, if the stores are this node's and were used.
func (s *Stopped) claimed() (state.Meta, error) {
	meta := s.Store.Meta()
	owner, err := s.Log.Get(keyOwner)
	switch {
	case err != nil:
		return meta, fmt.Errorf("couldn't read the Raft store: %w", err)
	case string(owner) != s.Network+" "+s.Node:
		return meta, fmt.Errorf("%w: they were made for %q", ErrForeign, owner)
	}
	return meta, nil
}

// end is the last entry of the log that continues the ledger (connect).
func (s *Stopped) end(meta state.Meta) (uint64, error) {
	first, err := s.Log.FirstIndex()
	if err != nil {
		return 0, fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	last, err := s.Log.LastIndex()
	if err != nil {
		return 0, fmt.Errorf("couldn't read the Raft log: %w", err)
	}
	at := meta.RaftIndex
	switch {
	case first == 0 || at > last:
		return at, nil
	case at+1 < first:
		return 0, fmt.Errorf("%w: the ledger ends at entry %d, the Raft log begins at %d", ErrPastLost, at, first)
	case at+1 == first:
		return last, nil
	}
	var l raft.Log
	if err := s.Log.GetLog(at, &l); err != nil {
		return 0, fmt.Errorf("couldn't read entry %d: %w", at, err)
	}
	if l.Term != meta.RaftTerm {
		return at, nil // a log that a snapshot has superseded
	}
	return last, nil
}

// Recover makes the survivors the only voters, with raft.RecoverCluster; others are the
// nodes that get what is written and may be given a vote again. Every entry of the log is
// applied first, whether or not it was ever committed: it may have been. The tree is then
// the one that is wanted, or nothing has been changed. It may be repeated, also after a
// crash.
func (s *Stopped) Recover(survivors, others []string, want Tree) error {
	meta, err := s.claimed()
	if err != nil {
		return err
	}
	end, err := s.end(meta)
	if err != nil {
		return err
	}
	f, err := s.machine(meta)
	if err != nil {
		return err
	}
	defer f.batch.Close()
	f.want = want
	c := configurationOf(survivors, others)
	conf := raft.DefaultConfig()
	conf.LocalID, conf.NoLegacyTelemetry, conf.Logger = raft.ServerID(s.Node), true, transport.Logger(s.Logger, "raft")
	_, nowhere := raft.NewInmemTransport("")
	if err := raft.RecoverCluster(conf, f, &shortLog{Log: s.Log, end: end}, s.Log, &leftovers{f: f}, nowhere, c); err != nil {
		return fmt.Errorf("couldn't recover: %w", errors.Join(err, f.err))
	}
	return f.err
}

// configurationOf is Raft's configuration with some voters, and others that get what is
// written.
func configurationOf(voters, others []string) (c raft.Configuration) {
	for _, list := range []struct {
		ids []string
		as  raft.ServerSuffrage
	}{{voters, raft.Voter}, {others, raft.Nonvoter}} {
		for _, id := range list.ids {
			c.Servers = append(c.Servers, raft.Server{ID: raft.ServerID(id), Address: raft.ServerAddress(id), Suffrage: list.as})
		}
	}
	return c
}

// shortLog is a log that ends where it continues the ledger. Emptying it empties all of it.
type shortLog struct {
	Log
	end uint64
}

// LastIndex implements raft.LogStore.
func (l *shortLog) LastIndex() (uint64, error) {
	last, err := l.Log.LastIndex()
	return min(last, l.end), err
}

// DeleteRange implements raft.LogStore.
func (l *shortLog) DeleteRange(uint64, uint64) error { return l.DeleteAll() }

// leftover is the state machine of a stopped node, in one batch that is committed at the
// end or never.
type leftover struct {
	machine *ledger.Ledger
	store   *state.Store
	batch   *state.Batch
	meta    state.Meta
	want    Tree
	err     error // of an Apply: Raft does not look
}

func (s *Stopped) machine(meta state.Meta) (*leftover, error) {
	machine, err := s.Ledger()
	if err != nil {
		return nil, err
	}
	f := &leftover{machine: machine, store: s.Store, batch: s.Store.Batch(), meta: meta}
	if err := machine.Load(f.batch); err != nil {
		f.batch.Close()
		return nil, fmt.Errorf("couldn't load the ledger: %w", err)
	}
	return f, nil
}

func (f *leftover) tree() (Tree, error) {
	if f.err != nil {
		return Tree{}, f.err
	}
	standing, err := f.machine.Books(f.batch).Standing()
	return Tree{standing.Size, standing.Root}, err
}

// Apply implements raft.FSM.
func (f *leftover) Apply(l *raft.Log) any {
	if f.err == nil {
		if _, err := f.machine.ApplyEntry(f.batch, l.Data); err != nil {
			f.err = fmt.Errorf("couldn't apply entry %d: %w", l.Index, err)
		}
	}
	return nil
}

// Restore implements raft.FSM: the store is where the snapshot says.
func (f *leftover) Restore(r io.ReadCloser) error { return r.Close() }

// Snapshot implements raft.FSM.
func (f *leftover) Snapshot() (raft.FSMSnapshot, error) { return f, nil }

// Persist implements raft.FSMSnapshot. Raft empties the log afterwards.
func (f *leftover) Persist(k raft.SnapshotSink) error {
	got, err := f.tree()
	switch {
	case err != nil:
	case got != f.want:
		err = fmt.Errorf("the tree would have %d leaves and root %x, wanted are %d and %x; nothing was changed", got.Size, got.Root, f.want.Size, f.want.Root)
	default:
		err = errors.Join(f.batch.Commit(f.meta), f.store.Sync())
	}
	return errors.Join(err, k.Close())
}

// Release implements raft.FSMSnapshot.
func (*leftover) Release() {}

// leftovers is Raft's SnapshotStore during a recovery: the store as it is, and, when
// Raft creates one, where it shall be.
type leftovers struct{ f *leftover }

// List implements raft.SnapshotStore.
func (s *leftovers) List() ([]*raft.SnapshotMeta, error) {
	if s.f.meta.RaftIndex == 0 { // nothing was applied durably; the log has it all
		return nil, nil
	}
	m, err := raftMeta(s.f.meta)
	if err != nil {
		return nil, err
	}
	return []*raft.SnapshotMeta{m}, nil
}

// Open implements raft.SnapshotStore.
func (s *leftovers) Open(string) (*raft.SnapshotMeta, io.ReadCloser, error) {
	m, err := raftMeta(s.f.meta)
	return m, io.NopCloser(strings.NewReader("")), err
}

// Create implements raft.SnapshotStore. The configuration takes the place of the last
// entry: a ledger's position never moves back, nor does its configuration's.
func (s *leftovers) Create(_ raft.SnapshotVersion, index, term uint64, c raft.Configuration, _ uint64, _ raft.Transport) (raft.SnapshotSink, error) {
	s.f.meta = state.Meta{RaftIndex: index, RaftTerm: term, Config: raft.EncodeConfiguration(c), ConfigIndex: index}
	return nothing{}, nil
}

// nothing is the sink of a snapshot that is the store itself.
type nothing struct{}

func (nothing) Write(p []byte) (int, error) { return len(p), nil }
func (nothing) Close() error                { return nil }
func (nothing) ID() string                  { return "recovered" }
func (nothing) Cancel() error               { return nil }
