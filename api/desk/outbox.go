package desk

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

	"sandi.internal/gateway/consensus/statement"
)

// Local is the node's own keyspace (storage/state): in no snapshot, untouched
// by a restore.
type Local interface {
	Get(key []byte) ([]byte, error)
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// outboxPrefix is the first byte of the outbox's node-local keys: statement id
// -> its exact bytes, as promised to a caller.
const outboxPrefix = 0x90

// maxOutbox bounds the promises a node may have open: with statements of the
// largest size they take 240 MiB of disk. When it is full, callers are told to
// try again instead of being promised anything.
const maxOutbox = 4096

// ErrOutboxFull says that no further promise can be made.
var ErrOutboxFull = errors.New("desk: the outbox is full")

// outbox keeps signed statements whose outcome somebody was promised. A
// statement that is answered within its caller's wait never enters it: until
// then nothing has been promised, and whoever got no answer asks again under
// the same id.
type outbox struct {
	local Local
	open  atomic.Int64 // entries on disk
	mu    sync.Mutex
	ids   map[string]struct{} // guarded by mu: what is on disk
}

// openOutbox reads which promises are open.
func openOutbox(local Local) (*outbox, error) {
	o := &outbox{local: local, ids: make(map[string]struct{})}
	err := local.Scan([]byte{outboxPrefix}, []byte{outboxPrefix + 1}, false, func(key, _ []byte) (bool, error) {
		o.ids[string(key[1:])] = struct{}{}
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the outbox: %w", err)
	}
	o.open.Store(int64(len(o.ids)))
	return o, nil
}

// keep makes a promise: when it returns, the bytes are on disk.
func (o *outbox) keep(st *statement.Statement) error {
	o.mu.Lock()
	if _, known := o.ids[st.ID]; !known {
		if len(o.ids) >= maxOutbox {
			o.mu.Unlock()
			return ErrOutboxFull
		}
		o.ids[st.ID] = struct{}{}
		o.open.Add(1)
	}
	o.mu.Unlock()
	if err := o.local.Set(outboxKey(st.ID), st.Raw, true); err != nil {
		o.forget(st.ID)
		return fmt.Errorf("couldn't keep a statement: %w", err)
	}
	return nil
}

// done ends a promise that was fulfilled.
func (o *outbox) done(id string) error {
	if err := o.local.Delete(outboxKey(id)); err != nil {
		return fmt.Errorf("couldn't remove a statement from the outbox: %w", err)
	}
	o.forget(id)
	return nil
}

func (o *outbox) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if _, known := o.ids[id]; known {
		delete(o.ids, id)
		o.open.Add(-1)
	}
}

// has reports whether a statement is promised and not yet answered.
func (o *outbox) has(id string) bool {
	if o.open.Load() == 0 {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_, ok := o.ids[id]
	return ok
}

// get gives the promised bytes, nil when there are none.
func (o *outbox) get(id string) ([]byte, error) {
	if !o.has(id) {
		return nil, nil
	}
	raw, err := o.local.Get(outboxKey(id))
	if err != nil {
		return nil, fmt.Errorf("couldn't read the outbox: %w", err)
	}
	return raw, nil
}

// list gives the ids of all open promises.
func (o *outbox) list() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	ids := make([]string, 0, len(o.ids))
	for id := range o.ids {
		ids = append(ids, id)
	}
	return ids
}

func outboxKey(id string) []byte { return append([]byte{outboxPrefix}, id...) }
