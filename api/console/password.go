package console

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/strict"
)

// hasAccounts reports whether somebody could sign in with a password here.
func (d *Door) hasAccounts() bool {
	if d.cfg.Accounts == nil {
		return false
	}
	n, err := d.cfg.Accounts.Count()
	return err != nil || n > 0 // a damaged store says so when it is tried
}

// byPassword lets a local account's person in.
func (d *Door) byPassword(r *http.Request, name, password string) (Grant, error) {
	if d.cfg.Accounts == nil {
		return Grant{}, problem.New(problem.SignInInvalid)
	}
	in, err := d.cfg.Accounts.SignIn(r.Context(), name, password, hostOf(r))
	if err != nil {
		return Grant{}, d.accountProblem(err)
	}
	return Grant{
		Identity: Identity{Person: in.Person, Name: in.Display, Org: in.Org, Roles: in.Roles},
		Account:  in.Name, Epoch: in.Epoch, Change: in.Change, Before: in.Before, Wrong: in.Wrong,
	}, nil
}

// mayEnter refuses a person whose roles exclude one another, those of the local account
// included, and writes down that an administrator comes in. Sign-ins with a password
// the store has written down.
func (d *Door) mayEnter(r *http.Request, who Grant) error {
	conflict := auth.Exclude(who.Roles) || d.cfg.Accounts != nil && d.cfg.Accounts.Conflict(who.Person, who.Roles)
	if conflict {
		return errors.Join(problem.New(problem.RolesExclude), d.note(r, who.Identity, account.ActRefused, "roles exclude one another"))
	}
	if who.Account == "" && who.administers() != "" {
		return d.note(r, who.Identity, account.ActSignedIn, "")
	}
	return nil
}

// note writes an act of somebody signed in into the administrators' log, where there is
// one.
func (d *Door) note(r *http.Request, who Identity, what, detail string) error {
	if d.cfg.Accounts == nil {
		return nil
	}
	if err := d.cfg.Accounts.Note(actor(r, who), what, "", detail); err != nil {
		return d.accountProblem(err)
	}
	return nil
}

func actor(r *http.Request, who Identity) account.Actor {
	role := who.administers()
	if role == "" && len(who.Roles) > 0 {
		role = who.Roles[0]
	}
	return account.Actor{Person: who.Person, Role: role, From: hostOf(r)}
}

// operated writes down what an operator asks of the public door, before it is asked.
func (d *Door) operated(r *http.Request, secret string) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	found, ok := d.sessions.look(secret, false)
	if !ok || found.who.administers() == "" {
		return nil
	}
	return d.note(r, found.who.Identity, account.ActOperated, r.Method+" "+r.URL.EscapedPath())
}

// changePassword is PUT /console/session/password. All sessions of the account end; this browser
// gets a fresh one.
func (d *Door) changePassword(w http.ResponseWriter, r *http.Request) error {
	found, ok := d.sessions.look(d.secret(r), true)
	if !ok {
		return problem.New(problem.SessionEnded)
	}
	if found.who.Account == "" {
		return problem.New(problem.NotFound)
	}
	body, err := serve.Body(w, r, maxBody, mediaJSON)
	if err != nil {
		return err
	}
	var in struct {
		Old string `json:"old"`
		New string `json:"new"`
	}
	if err := strict.Decode(body, maxBody, 2, &in); err != nil {
		return problem.New(problem.MalformedBody, "reason", "json").Because(err)
	}
	changed, err := d.cfg.Accounts.ChangePassword(r.Context(), found.who.Account, in.Old, in.New, hostOf(r))
	if errors.Is(err, account.ErrRefused) {
		return problem.New(problem.PasswordRefuse, "reason", "old").Because(err)
	}
	if err != nil {
		return d.accountProblem(err)
	}
	who := found.who
	who.Roles, who.Epoch, who.Change = changed.Roles, changed.Epoch, false
	if err := d.admit(w, r, who); err != nil {
		return err
	}
	return d.send(w, standing{who: who, expires: d.cfg.Clock().Add(IdleLife), limit: d.cfg.Clock().Add(FullLife)})
}

// reasons are the codes under which clients know why an account or a password is not
// taken.
var reasons = map[error]struct{ code, reason string }{
	account.ErrShort: {problem.PasswordRefuse, "short"}, account.ErrLong: {problem.PasswordRefuse, "long"}, account.ErrCommon: {problem.PasswordRefuse, "common"}, account.ErrSame: {problem.PasswordRefuse, "same"},
	account.ErrTaken: {problem.AccountRefused, "taken"}, account.ErrPerson: {problem.AccountRefused, "person"}, account.ErrName: {problem.AccountRefused, "name"}, account.ErrPersonID: {problem.AccountRefused, "person_id"},
	account.ErrDisplay: {problem.AccountRefused, "display"}, account.ErrOrg: {problem.AccountRefused, "org"}, account.ErrRole: {problem.AccountRefused, "role"}, account.ErrExclude: {problem.AccountRefused, "exclude"},
	account.ErrKeeps: {problem.AccountRefused, "keeps"}, account.ErrFull: {problem.AccountRefused, "full"},
}

// accountProblem is how the store's errors look from outside.
func (d *Door) accountProblem(err error) error {
	var wait *account.Wait
	switch {
	case errors.As(err, &wait):
		return problem.New(problem.SignInWait, "wait", waitText(wait.For)).Retry(wait.For)
	case errors.Is(err, account.ErrUnlogged):
		d.cfg.Logger.Error("the administrators' log takes no entries", "err", err)
		return problem.New(problem.ActsUnlogged).Because(err)
	case errors.Is(err, account.ErrRefused):
		return problem.New(problem.SignInInvalid).Because(err)
	case errors.Is(err, account.ErrBusy):
		return problem.New(problem.Overloaded).Retry(time.Second).Because(err)
	case errors.Is(err, account.ErrNone):
		return problem.New(problem.NotFound).Because(err)
	}
	for cause, r := range reasons {
		if errors.Is(err, cause) {
			return problem.New(r.code, "reason", r.reason).Because(err)
		}
	}
	return err
}

// waitText is a wait as both languages read it, rounded up.
func waitText(d time.Duration) string {
	seconds := int((d + time.Second - 1) / time.Second)
	return fmt.Sprintf("%d:%02d", seconds/60, seconds%60)
}
