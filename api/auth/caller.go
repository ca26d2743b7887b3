package auth

import (
	"slices"
	"time"

	"sandi.internal/gateway/api/problem"
)

// Scopes that tokens carry.
const (
	ScopeRead    = "records:read"
	ScopeWrite   = "records:write"
	ScopeOperate = "node:operate"
	ScopeBulk    = "bulk:export" // only in tokens bound to a client certificate
	ScopePeer    = "peer"        // only in tokens bound to a client certificate
)

// RoleAuditor is no office in a bureau: it signs nothing on its behalf.
const RoleAuditor = "auditor"

// Caller is who sent a request. It is shared by all requests with the same
// token: never change it.
type Caller struct {
	Region  string   // of the issuer's record
	Issuer  string   // iss
	Subject string   // sub; goes into logs and pseudonyms, never onto the ledger
	Roles   []string // token roles that the ledger grants this issuer; ascending
	Org     string   // organisation code; may be empty
	Scopes  []string // ascending
	TokenID string   // jti
	Expires time.Time
	Service bool // a machine, not a person
}

// HasRole reports whether the caller holds a role.
func (c *Caller) HasRole(role string) bool { return slices.Contains(c.Roles, role) }

// HasScope reports whether the token carries a scope.
func (c *Caller) HasScope(scope string) bool { return slices.Contains(c.Scopes, scope) }

// Offices are the roles in which the caller may act for the bureau.
func (c *Caller) Offices() []string {
	return slices.DeleteFunc(slices.Clone(c.Roles), func(role string) bool { return !isOffice(role) })
}

// HasOffice reports whether the caller may act for the bureau in any role.
func (c *Caller) HasOffice() bool { return slices.ContainsFunc(c.Roles, isOffice) }

// HoldsOffice reports whether role is an office that the caller holds.
func (c *Caller) HoldsOffice(role string) bool { return isOffice(role) && c.HasRole(role) }

func isOffice(role string) bool { return role != RoleAuditor && !IsAdministrator(role) }

// MayRead asks for the scope to read and any role at all.
func (c *Caller) MayRead() error { return allow(c.HasScope(ScopeRead) && len(c.Roles) > 0) }

// MayWrite asks for the scope to write and an office: auditors and administrators
// read.
func (c *Caller) MayWrite() error { return allow(c.HasScope(ScopeWrite) && c.HasOffice()) }

// MayExport asks for the scope of bulk exports, whose tokens are bound to a
// client certificate.
func (c *Caller) MayExport() error { return allow(c.HasScope(ScopeBulk) && len(c.Roles) > 0) }

// MayOperate asks for the operator's role and scope, of this node's own region:
// nobody operates another bureau's node.
func (c *Caller) MayOperate(region string) error {
	return allow(c.HasScope(ScopeOperate) && c.HasRole(RoleOperator) && c.Region == region)
}

func allow(ok bool) error {
	if ok {
		return nil
	}
	return problem.New(problem.Forbidden)
}
