// Package books answers the token gate's questions from this node's own ledger.
// It stands apart so that the gate itself knows nothing of how the ledger is
// kept.
package books

import (
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
)

// Registry is auth.Registry over this node's own ledger.
type Registry struct {
	// Open opens a consistent view of what is applied here, and how to close it.
	Open func() (books *ledger.Books, done func(), err error)
	// Governed is Standing.Governed of what is applied here, cheap enough for
	// every request.
	Governed func() uint64
	// Contact is how long ago a leader was heard of; 0 on the leader.
	Contact func() time.Duration
}

var _ auth.Registry = (*Registry)(nil)

// Index implements auth.Registry.
func (b *Registry) Index() uint64 { return b.Governed() }

// LeaderContactAge implements auth.Registry.
func (b *Registry) LeaderContactAge() time.Duration { return b.Contact() }

// Look implements auth.Registry.
func (b *Registry) Look(q auth.Query) (auth.Answer, error) {
	books, done, err := b.Open()
	if err != nil {
		return auth.Answer{}, err
	}
	defer done()
	standing, err := books.Standing()
	if err != nil {
		return auth.Answer{}, err
	}
	a := auth.Answer{Index: standing.Governed}
	issuer, err := books.Issuer(q.Issuer)
	if err != nil || issuer == nil || issuer.Dropped != 0 {
		return a, err
	}
	a.Region, a.Roles = issuer.Region, issuer.Roles
	key, err := books.Key(issuer.Region, q.KeyID)
	if err != nil || key == nil || key.Use != keyring.UseToken || key.Owner != q.Issuer {
		return a, err
	}
	a.Key, a.State = key.PublicKey, key.Life.StateAt(standing.Size)
	if a.State == keyring.StateRetiring {
		if a.RetiredAt, err = timeOf(books, key.Life.Retiring-1); err != nil {
			return auth.Answer{}, err
		}
	}
	a.Revoked, err = books.TokenRevoked(ledger.Token{
		Issuer: q.Issuer, JTI: q.TokenID, Subject: q.Subject, KeyID: q.KeyID, IssuedAt: q.IssuedAt,
	})
	return a, err
}

// timeOf is the ledger time of a leaf in unix seconds, rounded down; 0, which
// no token is older than, when it is not there.
func timeOf(books *ledger.Books, index uint64) (int64, error) {
	leaf, err := books.Leaf(index)
	if err != nil || leaf == nil {
		return 0, err
	}
	return leaf.TS / int64(time.Second/time.Millisecond), nil
}
