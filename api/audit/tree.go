package audit

import (
	"log/slog"
	"sync"
	"sync/atomic"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// tree is one of the two logs: the newest checkpoint of its kind whose whole
// tree can be read here.
type tree struct {
	prefix string
	newest func() *checkpoint.Note
	policy func() checkpoint.Policy
	open   Open
	log    *slog.Logger

	now atomic.Pointer[shown]

	mu    sync.Mutex       // owns the fields below; held while a note is judged
	false *checkpoint.Note // one that our own tree contradicts: judged once, told once
}

// shown is a checkpoint as it is served.
type shown struct {
	note   *checkpoint.Note
	grade  checkpoint.Grade
	raw    []byte
	quoted []byte // raw as a JSON string
}

// show gives the checkpoint to serve, nil before there is one. A newer note is
// shown once its tiles can be read: a leader's note may arrive here before the
// entries do.
func (t *tree) show() (*shown, error) {
	newest, now := t.newest(), t.now.Load()
	if newest == nil || now != nil && now.note == newest {
		return now, nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if now = t.now.Load(); now != nil && (now.note == newest || newest.Size < now.note.Size) || t.false == newest {
		return now, nil
	}
	readable := now != nil && now.note.Checkpoint == newest.Checkpoint // only new signatures
	if !readable {
		var err error
		if readable, err = t.readable(newest); err != nil {
			return now, err
		}
	}
	if readable {
		raw := newest.Marshal()
		quoted, err := quote(raw)
		if err != nil {
			return now, err
		}
		now = &shown{note: newest, grade: t.policy().Grade(newest), raw: raw, quoted: quoted}
		t.now.Store(now)
	}
	return now, nil
}

// readable reports whether this node holds the tree of a note. The caller holds
// mu.
func (t *tree) readable(n *checkpoint.Note) (bool, error) {
	books, done, err := t.open()
	if err != nil {
		return false, err
	}
	defer done()
	standing, err := books.Standing()
	if err != nil || standing.Size < n.Size {
		return false, err
	}
	root, err := merkle.RootAt(books, n.Size)
	if err != nil {
		return false, err
	}
	if root != n.Root {
		t.false = n
		t.log.Error("a checkpoint contradicts this node's own tree and is not shown", "log", t.prefix, "size", n.Size, "cosigned_by", n.CosignedBy())
		return false, nil
	}
	return true, nil
}
