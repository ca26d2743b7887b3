package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
)

// What is done with a private file.
const (
	ActionRead   = "read"   // its bytes are given to a person
	ActionExport = "export" // it is offered to another bureau
	ActionDeny   = "deny"   // somebody asked for it in vain
)

// Access is one look at private data, for the access log.
type Access struct {
	Action         string
	Region, Person string // of who looks; the person by pseudonym
	Org, Role      string
	Material       string // commitment
	Record         string // for which; may be empty
	Purpose        string // may be empty
	To             string // export: the recipient
}

// AccessLog keeps who looked. Record is called before anything is given: when it
// fails, nothing is.
type AccessLog interface {
	Record(ctx context.Context, a Access) error
}

// access writes into the access log, or refuses what it would have said.
func (a *API) access(ctx context.Context, c *auth.Caller, entry Access) error {
	if a.cfg.Access == nil {
		return nil
	}
	entry.Region, entry.Org, entry.Person = c.Region, c.Org, a.cfg.Desk.Pseudonym(c.Issuer, c.Subject)
	if err := a.cfg.Access.Record(ctx, entry); err != nil {
		return problem.New(problem.Unavailable).Because(err)
	}
	return nil
}
