package console

import (
	"slices"
	"strings"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
)

// Identity is who sits before a browser, as the way of signing in found out.
type Identity struct {
	Person string   `json:"person"` // sub of the tokens; never shown to other bureaus
	Name   string   `json:"name"`   // for the person's own screen
	Org    string   `json:"org"`    // organisation code, e.g. "120114-SJ"
	Roles  []string `json:"roles"`
}

// Grant is what a way of signing in gives: who it is, and for local accounts which
// one. A link's file or a provider's claims can name no account.
type Grant struct {
	Identity
	Account string // name; empty: another way than a local account
	Epoch   uint64 // of the account
	Change  bool   // lets in only to choose a password
	Before  *account.SignedIn
	Wrong   int // tries in vain since Before
}

// administers is the administrator's role that somebody holds; "" for none.
func (i Identity) administers() string {
	if n := slices.IndexFunc(i.Roles, auth.IsAdministrator); n >= 0 {
		return i.Roles[n]
	}
	return ""
}

// Scope is what the person's tokens carry: who holds an office writes, who runs
// the node operates it, everybody reads. The gate cuts it to what roles allow.
func (i Identity) Scope() string {
	scopes := []string{auth.ScopeRead}
	if slices.ContainsFunc(i.Roles, func(role string) bool { return role != auth.RoleAuditor && !auth.IsAdministrator(role) }) {
		scopes = append(scopes, auth.ScopeWrite)
	}
	if slices.Contains(i.Roles, auth.RoleOperator) {
		scopes = append(scopes, auth.ScopeOperate)
	}
	return strings.Join(scopes, " ")
}
