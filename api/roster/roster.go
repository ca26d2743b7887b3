package roster

import (
	"errors"
	"fmt"
	"slices"
	"sync"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// ErrNoPool says that no procedure in force declares the pool asked for.
var ErrNoPool = errors.New("no procedure in force declares such a pool")

// Roster is safe for concurrent use.
type Roster struct {
	mu    sync.Mutex
	pools map[string]*pool // by procedure; guarded by mu
}

// New makes an empty one; it reads the ledger when it is first asked.
func New() *Roster { return &Roster{pools: make(map[string]*pool)} }

// pool is the extract of one pool's records.
type pool struct {
	law     *ledger.Law // that it was read by
	seen    uint64      // leaves
	members map[string]*member
	uses    map[string][]use // by record that uses
}

// follow brings the pool of a procedure up to the books and calls use with it.
func (r *Roster) follow(books *ledger.Books, law *ledger.Law, look func(*pool)) error {
	standing, err := books.Standing()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	p := r.pools[law.Name]
	if p == nil || p.law.Version != law.Version {
		p = &pool{law: law, members: make(map[string]*member), uses: make(map[string][]use)}
		r.pools[law.Name] = p
	}
	if standing.Size > p.seen {
		if err := p.advance(books); err != nil {
			delete(r.pools, law.Name) // half-read: the next search starts again
			return fmt.Errorf("couldn't read the pool %s: %w", law.Name, err)
		}
		p.seen = standing.Size
	}
	look(p)
	return nil
}

// advance reads the records that moved since.
func (p *pool) advance(books *ledger.Books) error {
	rules := make(map[string]*procedure.Use)
	section := p.law.Document.Pool
	for i := range section.Uses {
		rules[section.Uses[i].In] = &section.Uses[i]
	}
	var moved []string
	err := books.Changed(p.seen, func(s *ledger.Summary) (bool, error) {
		if s.Procedure == p.law.Name || rules[s.Procedure] != nil {
			moved = append(moved, s.ID)
		}
		return true, nil
	})
	if err != nil {
		return err
	}
	for _, id := range moved {
		rec, err := books.Record(id)
		if err != nil || rec == nil {
			return errors.Join(err, fmt.Errorf("record %s is listed and not there", id))
		}
		if rec.Procedure == p.law.Name {
			p.members[id] = extractMember(p.law.Document, rec)
			continue
		}
		if p.uses[id], err = extractUses(books, rules[rec.Procedure], rec); err != nil {
			return err
		}
	}
	return nil
}

// Law finds the procedure in force that declares a pool: the named one, or the only
// one when the name is empty.
func Law(books *ledger.Books, name string) (*ledger.Law, error) {
	laws := slices.DeleteFunc(books.Procedures(), func(l *ledger.Law) bool {
		return l.Document.Pool == nil || name != "" && l.Name != name
	})
	if len(laws) != 1 {
		return nil, ErrNoPool
	}
	return laws[0], nil
}
