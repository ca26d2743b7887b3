package vault

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
)

const (
	// DefaultMaxObject is a day of camera footage; larger ones travel on a disk.
	DefaultMaxObject = 4 << 30

	// ReserveBytes of the disk stay free of uploads: the ledger and the Raft log
	// need them, and a full disk ends the process.
	ReserveBytes = 512 << 20

	// maxPuts and maxGets bound the transfers of large objects at a time; a put
	// holds two chunks in memory, a get one. Others wait.
	maxPuts = 8
	maxGets = 16
)

// Options are what a vault is opened with.
type Options struct {
	DB        *engine.DB       // of kind engine.Vault; stays the caller's to close, after the last transfer
	Key       Wrapper          // the bureau's vault key
	Suite     Suite            // nil = AES256GCM
	MaxObject int64            // bytes; 0 = DefaultMaxObject
	Quota     int64            // bytes of content in all; 0 = what the disk has
	Now       func() time.Time // nil = time.Now
}

// Vault is one node's vault. It is safe for concurrent use.
type Vault struct {
	db    *engine.DB
	fs    engine.FS
	log   *slog.Logger
	key   Wrapper
	suite Suite
	max   int64
	now   func() time.Time
	quota int64

	account sync.Mutex // orders the rows of usage; guards the next two
	usage   Usage
	intakes map[commitment.Commitment]bool // that are open
	keepers sync.Mutex                     // orders changes of how objects are kept

	puts, gets chan struct{} // a place for each large transfer
	buffers    sync.Pool     // of *[]byte from newBuffer
}

// Keys in Pebble: one tag byte, then as the tag says.
const (
	tagObject  = 'o' // commitment -> entry
	tagKeeping = 'k' // commitment -> Keeping, wrapped
	tagPurged  = 'x' // commitment -> Purged, wrapped
	tagUsage   = 'u' // -> objects and bytes
	tagIntake  = 'i' // commitment -> entry of an object on its way in
	tagPending = 'p' // object id -> nothing: its file is not part of the vault yet
	tagCheck   = 'v' // -> suite and a wrapped text that only the right key opens
)

const checkText = "sandi.internal/vault/v1"

// Open opens the vault in o.DB, or makes it there. It removes what uploads left
// that a crash interrupted. A wrong key or suite is ErrKey.
func Open(o Options) (*Vault, error) {
	if o.DB.Kind() != engine.Vault {
		return nil, fmt.Errorf("couldn't open the vault: it lies in a %s store", o.DB.Kind())
	}
	v := &Vault{
		db: o.DB, fs: o.DB.FS(), log: o.DB.Logger(), key: o.Key, suite: o.Suite, max: o.MaxObject, now: o.Now, quota: o.Quota,
		puts: make(chan struct{}, maxPuts), gets: make(chan struct{}, maxGets),
	}
	v.buffers.New = func() any { b := newBuffer(); return &b }
	if v.suite == nil {
		v.suite = AES256GCM{}
	}
	if v.max <= 0 {
		v.max = DefaultMaxObject
	}
	if v.now == nil {
		v.now = time.Now
	}
	if err := v.checkKey(); err != nil {
		return nil, fmt.Errorf("couldn't open the vault in %s: %w", v.db.Dir(), err)
	}
	if err := v.sweep(); err != nil {
		return nil, fmt.Errorf("couldn't clear unfinished uploads in %s: %w", v.db.Dir(), err)
	}
	if err := v.loadUsage(); err != nil {
		return nil, fmt.Errorf("couldn't count what the vault in %s holds: %w", v.db.Dir(), err)
	}
	return v, nil
}

// checkKey compares the key with the one the vault was made with.
func (v *Vault) checkKey() error {
	context := append([]byte{tagCheck, v.suite.ID()}, v.key.ID()...)
	stored, err := v.get([]byte{tagCheck})
	if err != nil {
		return err
	}
	if stored == nil {
		wrapped, err := v.key.Wrap([]byte(checkText), context)
		if err != nil {
			return err
		}
		value := append([]byte{v.suite.ID(), byte(len(v.key.ID()))}, v.key.ID()...)
		return v.db.Set([]byte{tagCheck}, append(value, wrapped...), pebble.Sync)
	}
	if len(stored) < 2 || len(stored) < 2+int(stored[1]) {
		return fmt.Errorf("%w: the key's check is unreadable", ErrCorrupt)
	}
	id, wrapped := string(stored[2:2+stored[1]]), stored[2+stored[1]:]
	if stored[0] != v.suite.ID() || id != v.key.ID() {
		return fmt.Errorf("%w: it was made with key %s and suite %d, this is key %s and suite %d: put the right key file in place", ErrKey, id, stored[0], v.key.ID(), v.suite.ID())
	}
	if text, err := v.key.Unwrap(wrapped, context); err != nil || string(text) != checkText {
		return fmt.Errorf("%w: key %s does not open it: put the right key file in place", ErrKey, id)
	}
	return nil
}

// sweep removes the files of uploads that never became part of the vault, and of
// purged objects.
func (v *Vault) sweep() (err error) {
	iter, err := v.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tagPending}, UpperBound: []byte{tagPending + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		if len(iter.Key()) != 1+idSize {
			return fmt.Errorf("%w: a pending upload's key has %d bytes", ErrCorrupt, len(iter.Key()))
		}
		if err := v.discard(objectID(iter.Key()[1:])); err != nil {
			return err
		}
		v.log.Info("removed what an interrupted upload had left")
	}
	return iter.Error()
}

// discard removes an object's file, durably, and then the note that it is pending.
// If the note outlives a crash, the next sweep finds the file gone.
func (v *Vault) discard(id objectID) error {
	path := v.path(id)
	err := v.fs.Remove(path)
	if err == nil {
		err = engine.SyncDir(v.fs, v.fs.PathDir(path))
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("couldn't remove an object's file: %w", err)
	}
	return v.db.Delete(pendingKey(id), pebble.NoSync)
}

// Stat returns what is known about an object.
func (v *Vault) Stat(ctx context.Context, c commitment.Commitment) (Object, error) {
	e, err := v.find(ctx, c)
	if err != nil {
		return Object{}, err
	}
	return e.details.object(c), nil
}

// Opening returns the salt that opens a commitment: with it and the content
// anyone can verify what the ledger says. Who gets it can prove the content.
func (v *Vault) Opening(ctx context.Context, c commitment.Commitment) (commitment.Salt, error) {
	e, err := v.find(ctx, c)
	if err != nil {
		return commitment.Salt{}, err
	}
	return commitment.Salt(e.details.Salt), nil
}

func (v *Vault) find(ctx context.Context, c commitment.Commitment) (*entry, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	stored, err := v.get(objectKey(c))
	if err != nil {
		return nil, err
	}
	if stored == nil {
		return nil, v.gone(c)
	}
	return v.decodeEntry(stored, c)
}

// get copies a value out of Pebble; nil means absent.
func (v *Vault) get(key []byte) ([]byte, error) {
	value, closer, err := v.db.Get(key)
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the vault: %w", err)
	}
	return append([]byte{}, value...), closer.Close()
}

// enter waits for a place among the large transfers; leave gives it back.
func enter(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("couldn't begin a transfer, all places are taken: %w", ctx.Err())
	}
}

func leave(places chan struct{}) { <-places }

func objectKey(c commitment.Commitment) []byte { return append([]byte{tagObject}, c[:]...) }

func pendingKey(id objectID) []byte { return append([]byte{tagPending}, id[:]...) }
