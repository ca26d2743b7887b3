package console

import (
	"slices"
	"strings"

	"sandi.internal/gateway/api/auth"
)

// Identity is who sits before a browser, as the way of signing in found out.
type Identity struct {
	Person string   `json:"person"` // sub of the tokens; never shown to other bureaus
	Name   string   `json:"name"`   // for the person's own screen
	Org    string   `json:"org"`    // organisation code, e.g. "120114-SJ"
	Roles  []string `json:"roles"`
}

// Scope is what the person's tokens carry: who holds an office writes, who runs
// the node operates it, everybody reads. The gate cuts it to what roles allow.
func (i Identity) Scope() string {
	scopes := []string{auth.ScopeRead}
	if slices.ContainsFunc(i.Roles, func(role string) bool { return role != auth.RoleAuditor && role != auth.RoleOperator }) {
		scopes = append(scopes, auth.ScopeWrite)
	}
	if slices.Contains(i.Roles, auth.RoleOperator) {
		scopes = append(scopes, auth.ScopeOperate)
	}
	return strings.Join(scopes, " ")
}
