package console

import (
	"maps"
	"net/http"
	"slices"
	"strconv"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/statement"
)

// administration are the pages' doors for administrators. Everything stands behind the
// role that it is for; nothing of it is behind the token gate, because none of it is
// anybody's but this node's.
func (d *Door) administration() map[string]handler {
	const desk = home + "/admin" // apart from the pages, which have names like these
	list := map[string]handler{}
	if d.cfg.Keys != nil {
		list["GET "+desk+"/keys"] = d.administered(d.listKeys, auth.RoleOperator, auth.RoleSecurity)
	}
	if d.cfg.Accounts == nil {
		return list
	}
	accounts := desk + "/accounts"
	maps.Copy(list, map[string]handler{
		"GET " + accounts:              d.administered(d.listAccounts, auth.RoleSecurity),
		"POST " + accounts:             d.administered(d.makeAccount, auth.RoleSecurity),
		"POST " + accounts + "/{name}": d.administered(d.changeAccount, auth.RoleSecurity),
		"GET " + desk + "/acts":        d.administered(d.listActs, auth.RoleAudit),
	})
	return list
}

// administered lets only a signed-in administrator of these roles through, from the
// console's own pages.
func (d *Door) administered(h func(w http.ResponseWriter, r *http.Request, who Identity) error, roles ...string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if !own(r) {
			return problem.New(problem.Forbidden)
		}
		found, ok := d.sessions.look(d.secret(r), false)
		switch {
		case !ok:
			return problem.New(problem.SessionEnded)
		case found.who.Change:
			return problem.New(problem.PasswordChange)
		case !slices.Contains(roles, found.who.administers()):
			return problem.New(problem.Forbidden)
		}
		return h(w, r, found.who.Identity)
	}
}

// Accounts is GET /console/admin/accounts.
type Accounts struct {
	Accounts []account.State `json:"accounts"`
	Orgs     []Place         `json:"orgs"`  // that accounts may belong to
	Roles    []string        `json:"roles"` // that they may hold
	Now      string          `json:"now"`
}

func (d *Door) listAccounts(w http.ResponseWriter, _ *http.Request, _ Identity) error {
	list, err := d.cfg.Accounts.List()
	if err != nil {
		return err
	}
	out := Accounts{Accounts: list, Orgs: []Place{}, Now: stamp(d.cfg.Clock())}
	for _, o := range d.cfg.Genesis.Region(d.cfg.Region).Orgs {
		out.Orgs = append(out.Orgs, Place{o.Code, Label{o.NameZH, o.NameEN}})
	}
	for _, role := range statement.TokenRoles {
		if !auth.IsAdministrator(role) {
			out.Roles = append(out.Roles, role)
		}
	}
	out.Roles = append(out.Roles, auth.Administrators[:]...)
	return answerJSON(w, out)
}

// Handed is an account with the initial password that its person has to be given. It is
// shown once.
type Handed struct {
	Account  account.Account `json:"account"`
	Password string          `json:"password,omitempty"`
}

func (d *Door) makeAccount(w http.ResponseWriter, r *http.Request, who Identity) error {
	var in account.New
	if err := bodyOf(w, r, &in); err != nil {
		return err
	}
	made, password, err := d.cfg.Accounts.Add(actor(r, who), in)
	if err != nil {
		return d.accountProblem(err)
	}
	return answerJSON(w, Handed{Account: made, Password: password})
}

func bodyOf(w http.ResponseWriter, r *http.Request, into any) error {
	body, err := serve.Body(w, r, maxBody, mediaJSON)
	if err != nil {
		return err
	}
	if err := strict.Decode(body, maxBody, 3, into); err != nil {
		return problem.New(problem.MalformedBody, "reason", "json").Because(err)
	}
	return nil
}

// changeAccount is POST /console/admin/accounts/{name}: one of the things that can be done to
// an account. Nobody does them to their own.
func (d *Door) changeAccount(w http.ResponseWriter, r *http.Request, who Identity) error {
	var in struct {
		Do    string   `json:"do"`
		Roles []string `json:"roles"` // for roles
	}
	if err := bodyOf(w, r, &in); err != nil {
		return err
	}
	name, s, by := r.PathValue("name"), d.cfg.Accounts, actor(r, who)
	list, err := s.List()
	if err != nil {
		return err
	}
	if slices.ContainsFunc(list, func(a account.State) bool { return a.Name == account.Canonical(name) && a.Person == who.Person }) {
		return problem.New(problem.AccountOwn)
	}
	var out Handed
	switch in.Do {
	case "disable":
		out.Account, err = s.Disable(by, name)
	case "enable":
		out.Account, out.Password, err = s.Enable(by, name)
	case "reset":
		out.Account, out.Password, err = s.Reset(by, name)
	case "unlock":
		out.Account, err = s.Unlock(by, name)
	case "end_sessions":
		out.Account, err = s.EndSessions(by, name)
	case "roles":
		out.Account, err = s.SetRoles(by, name, in.Roles)
	default:
		return problem.Invalid(problem.At("body.do", problem.NotOneOf))
	}
	if err != nil {
		return d.accountProblem(err)
	}
	d.sessions.Sweep() // what is being sent to its sessions is broken off now
	return answerJSON(w, out)
}

// actsPage is how many lines of the log a page has.
const actsPage = 50

// listActs is GET /console/admin/acts?before=&act=&who=. That it was read is not written down:
// it changes nothing.
func (d *Door) listActs(w http.ResponseWriter, r *http.Request, _ Identity) error {
	q := r.URL.Query()
	var before uint64
	if text := q.Get("before"); text != "" {
		var err error
		if before, err = strconv.ParseUint(text, 10, 63); err != nil {
			return problem.Invalid(problem.At("query.before", problem.BadCursor))
		}
	}
	page, err := d.cfg.Accounts.Acts(before, actsPage, q.Get("act"), q.Get("who"))
	if err != nil {
		return d.accountProblem(err)
	}
	return answerJSON(w, page)
}
