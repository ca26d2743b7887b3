package tables

import (
	"bytes"
	"crypto/cipher"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/cockroachdb/pebble/v2"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/vault"
)

// Keys in the vault's Pebble: the tag, then as the second byte says.
const (
	tag      = 't'
	tagHead  = 'h' // data set -> Head, with the wrapped key of its rows
	tagOwner = 'g' // generation -> data set: rows of it may lie here
	tagRow   = 'r' // generation, row key -> u32 number, sealed row
)

const (
	generationSize = 8
	// maxName bounds the name of a data set: a record id.
	maxName = 64
	// MaxRows bounds a data set. Its numbers are the nonces of its rows.
	MaxRows = 5_000_000
)

var (
	// ErrNone says that no rows of a data set are kept here.
	ErrNone = errors.New("no rows of this data set are kept here")
	// ErrReplaced says that the rows were replaced since.
	ErrReplaced = errors.New("the rows of this data set were replaced")
	// ErrDouble says that a load has a key twice.
	ErrDouble = errors.New("a row with this key was loaded before")
	// ErrBusy says that another load of the data set is under way.
	ErrBusy = errors.New("another load of this data set is under way")
	// ErrFull says that a load would leave too little of the disk, or is too long.
	ErrFull = errors.New("there is no room for so many rows")
	// ErrCorrupt says that what is stored is not what was stored.
	ErrCorrupt = errors.New("a stored row was changed")
)

// Generation names the rows of one load.
type Generation [generationSize]byte

// String is the generation in hex.
func (g Generation) String() string { return hex.EncodeToString(g[:]) }

// Head is what is known of the rows that are visible.
type Head struct {
	Generation Generation
	Rows       uint64
	Digest     string // of the file that was loaded, as the caller gave it
	Form       string // of the schema, as the caller gave it
	LoadedAt   int64  // unix s
}

// stored is a head with the key of its rows.
type stored struct {
	Head
	Key []byte // wrapped by the vault's key
}

// Tables is safe for concurrent use.
type Tables struct {
	db    *engine.DB
	key   vault.Wrapper
	suite vault.Suite

	mu      sync.Mutex
	loading map[string]bool // data sets that a load is under way of; guarded by mu
}

// Open opens the tables in the vault's store, and removes what loads left that a crash
// interrupted.
func Open(db *engine.DB, key vault.Wrapper, suite vault.Suite) (*Tables, error) {
	if db.Kind() != engine.Vault {
		return nil, fmt.Errorf("couldn't open the tables: they lie in a %s store", db.Kind())
	}
	t := &Tables{db: db, key: key, suite: suite, loading: make(map[string]bool)}
	if err := t.sweep(); err != nil {
		return nil, fmt.Errorf("couldn't clear what unfinished loads left in %s: %w", db.Dir(), err)
	}
	return t, nil
}

// sweep deletes the rows of generations that no head shows.
func (t *Tables) sweep() (err error) {
	iter, err := t.db.NewIter(&pebble.IterOptions{LowerBound: []byte{tag, tagOwner}, UpperBound: []byte{tag, tagOwner + 1}})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, iter.Close()) }()
	for ok := iter.First(); ok; ok = iter.Next() {
		if len(iter.Key()) != 2+generationSize {
			return fmt.Errorf("%w: the note of a generation", ErrCorrupt)
		}
		g := Generation(iter.Key()[2:])
		head, err := t.head(t.db, string(iter.Value()))
		if err != nil && !errors.Is(err, ErrNone) {
			return err
		}
		if head != nil && head.Generation == g {
			continue
		}
		if err := t.drop(g); err != nil {
			return err
		}
	}
	return iter.Error()
}

// drop deletes the rows of a generation and then the note of it. Without a sync: if a
// crash undoes it, the next sweep does it again.
func (t *Tables) drop(g Generation) error {
	batch := t.db.NewBatch()
	lower := rowKey(g, nil)
	err := errors.Join(batch.DeleteRange(lower, after(lower), nil), batch.Delete(ownerKey(g), nil))
	if err != nil {
		return errors.Join(err, batch.Close())
	}
	return batch.Commit(pebble.NoSync)
}

// Head is what is visible of a data set. The error wraps ErrNone when nothing is.
func (t *Tables) Head(set string) (*Head, error) {
	s, err := t.head(t.db, set)
	if err != nil {
		return nil, err
	}
	return &s.Head, nil
}

// Drop deletes the rows of a data set.
func (t *Tables) Drop(set string) error {
	h, err := t.Head(set)
	if err != nil {
		return err
	}
	if err := t.db.Delete(headKey(set), pebble.Sync); err != nil {
		return fmt.Errorf("couldn't delete the rows of %s: %w", set, err)
	}
	return t.drop(h.Generation)
}

func (t *Tables) head(r pebble.Reader, set string) (*stored, error) {
	value, closer, err := r.Get(headKey(set))
	if errors.Is(err, pebble.ErrNotFound) {
		return nil, fmt.Errorf("%s: %w", set, ErrNone)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read what is kept of %s: %w", set, err)
	}
	var s stored
	err = json.Unmarshal(value, &s)
	if err = errors.Join(err, closer.Close()); err != nil {
		return nil, fmt.Errorf("%w: the head of %s: %w", ErrCorrupt, set, err)
	}
	return &s, nil
}

// aead opens the rows of a generation.
func (t *Tables) aead(s *stored, set string) (cipher.AEAD, error) {
	key, err := t.key.Unwrap(s.Key, wrapContext(set, s.Generation))
	if err != nil {
		return nil, fmt.Errorf("couldn't open the rows of %s: %w", set, err)
	}
	return t.suite.AEAD(key)
}

func wrapContext(set string, g Generation) []byte {
	return append([]byte("sandi.internal/tables/v1 "+set+" "), g[:]...)
}

// nonce of a row: its number, which no other row under the key has.
func nonce(aead cipher.AEAD, number uint32) []byte {
	n := make([]byte, aead.NonceSize())
	binary.BigEndian.PutUint32(n[len(n)-4:], number)
	return n
}

func headKey(set string) []byte    { return append([]byte{tag, tagHead}, set...) }
func ownerKey(g Generation) []byte { return append([]byte{tag, tagOwner}, g[:]...) }
func rowKey(g Generation, key []byte) []byte {
	return append(append([]byte{tag, tagRow}, g[:]...), key...)
}

// after is the first key behind all that begin with prefix.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil
}
