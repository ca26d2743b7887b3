package auth

import "slices"

// The three administrators of a node. They exclude one another (三员分立): nobody
// holds two of these roles, nor one of them beside an office. RoleOperator is a role
// of the federation, which the ledger grants to an issuer. The other two are the
// node's own business and stand on no ledger: an issuer whose tokens may name an
// operator may name them, in its own region.
const (
	RoleOperator = "operator"       // system administrator: runs the node
	RoleSecurity = "security_admin" // accounts, roles, lockouts
	RoleAudit    = "audit_admin"    // reads what the other two did
)

// Administrators lists them.
var Administrators = [...]string{RoleOperator, RoleSecurity, RoleAudit}

// IsAdministrator reports whether a role is one of the three.
func IsAdministrator(role string) bool { return slices.Contains(Administrators[:], role) }

// Exclude reports whether one person may not hold all of these roles: an
// administrator's role stands alone.
func Exclude(roles []string) bool {
	return slices.ContainsFunc(roles, IsAdministrator) && slices.ContainsFunc(roles, func(r string) bool { return r != roles[0] })
}

// granted are the roles that count: those that the ledger grants the issuer, and the
// node's own administrators where it grants the operator.
func granted(claimed []string, a *Answer, region string) []string {
	local := a.Region == region && slices.Contains(a.Roles, RoleOperator)
	roles := slices.DeleteFunc(slices.Clone(claimed), func(r string) bool {
		return !slices.Contains(a.Roles, r) && !(local && IsAdministrator(r))
	})
	slices.Sort(roles)
	return slices.Clip(roles)
}
