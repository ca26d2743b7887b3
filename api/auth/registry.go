package auth

import (
	"time"

	"sandi.internal/gateway/certs/keyring"
)

// Registry is what the ledger knows that tokens depend on. Its methods may be
// called from any goroutine.
type Registry interface {
	// Look answers everything about one token from one consistent view.
	Look(q Query) (Answer, error)
	// Index changes whenever an answer of Look may change: the number of leaves
	// after the last governance statement.
	Index() uint64
	// LeaderContactAge is how long ago this node heard of a leader; 0 on the
	// leader itself.
	LeaderContactAge() time.Duration
}

// Query is what a token says about itself.
type Query struct {
	Issuer, KeyID    string // iss, kid
	TokenID, Subject string // jti, sub
	IssuedAt         int64  // iat, unix s
}

// Answer is what the ledger says about it.
type Answer struct {
	Index  uint64   // Registry.Index of the view
	Region string   // of the issuer; empty: unknown or dropped
	Roles  []string // that the ledger grants the issuer

	Key       keyring.PublicKey // zero: this issuer has no such token key
	State     keyring.State
	RetiredAt int64 // unix s; when the key's retirement took effect, for StateRetiring

	Revoked bool // by (iss, jti), (iss, sub, iat<) or (iss, kid)
}
