package account

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/consensus/statement"
)

// Bounds of accounts.
const (
	// Max is how many accounts a node keeps, disabled ones included: they are one
	// file, read whole.
	Max        = 1000
	rolesMax   = 8
	displayMax = 40 // characters
)

// Refusals of what an administrator asks for. Each says what to do.
var (
	ErrNone     = errors.New("there is no such account; `sandi account list` shows them")
	ErrTaken    = errors.New("there is an account of that name; names are never given twice")
	ErrPerson   = errors.New("that person has an account that is not disabled; disable it first, one person holds one")
	ErrName     = errors.New("a name has 2 to 32 of a-z, 0-9, dot, hyphen and underscore, and begins with a letter")
	ErrPersonID = errors.New("a person's id has 1 to 64 of a-z, A-Z, 0-9, dot, hyphen, underscore and @, such as a staff number")
	ErrDisplay  = errors.New("a display name has 1 to 40 characters, none of them invisible")
	ErrOrg      = errors.New("the organisation is none of this region's; `sandi genesis show` lists them")
	ErrRole     = errors.New("no role, or one that nobody may hold here")
	ErrExclude  = errors.New("an administrator's role excludes every other role")
	ErrKeeps    = errors.New("an account does not change between an office and administration, or between two administrators; make another account after disabling this one")
	ErrFull     = errors.New("there are as many accounts as a node keeps")
)

// Account is one person's way in. Its password's hash never leaves the store.
type Account struct {
	Name     string    `json:"name"`   // as typed at sign-in, canonical
	Person   string    `json:"person"` // sub of the tokens: the staff number, or what the identity provider calls the person
	Display  string    `json:"display"`
	Org      string    `json:"org"`
	Roles    []string  `json:"roles"` // ascending; one administrator's alone, or offices
	Made     time.Time `json:"made"`
	Disabled bool      `json:"disabled"`
	// Change: the password is an initial one, which lets in until Until and only to
	// choose another.
	Change bool      `json:"change"`
	Until  time.Time `json:"until,omitzero"`
	Last   *SignedIn `json:"last,omitzero"` // nil: never
	Epoch  uint64    `json:"epoch"`         // grows with everything that ends sessions
}

// SignedIn is a sign-in that succeeded.
type SignedIn struct {
	At   time.Time `json:"at"`
	From string    `json:"from"` // address
}

// stored is an account on disk.
type stored struct {
	Account
	Hash string `json:"hash"` // PHC string
}

var (
	nameForm   = regexp.MustCompile(`^[a-z][a-z0-9._-]{1,31}$`)
	personForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)
)

// Canonical is the one spelling of a name: full-width letters, other cases and white
// space around it are the same name. What cannot be a name gives "".
func Canonical(typed string) string {
	if len(typed) > 256 { // no name, however it is spelt
		return ""
	}
	name := strings.ToLower(strings.TrimSpace(norm.NFKC.String(typed)))
	if !nameForm.MatchString(name) {
		return ""
	}
	return name
}

// checked gives an account's roles in order, or why they cannot be held.
func checked(roles []string) ([]string, error) {
	list := slices.Clone(roles)
	slices.Sort(list)
	list = slices.Compact(list)
	switch {
	case len(list) == 0 || len(list) > rolesMax:
		return nil, ErrRole
	case slices.ContainsFunc(list, func(r string) bool { return !statement.IsTokenRole(r) && !auth.IsAdministrator(r) }):
		return nil, ErrRole
	case auth.Exclude(list):
		return nil, ErrExclude
	}
	return list, nil
}

// administers is the administrator's role among roles; "" for people in offices.
func administers(roles []string) string {
	if i := slices.IndexFunc(roles, auth.IsAdministrator); i >= 0 {
		return roles[i]
	}
	return ""
}

// shown reports whether a text can stand on a screen as somebody's name.
func shown(display string) bool {
	n := 0
	for _, r := range display {
		n++
		if !unicode.IsGraphic(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r) {
			return false
		}
	}
	return n >= 1 && n <= displayMax && strings.TrimSpace(display) == display
}
