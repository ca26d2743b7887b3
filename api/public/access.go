package public

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// AccessLog keeps who looked, and shows it; *accesslog.Log is one.
type AccessLog interface {
	access.Log
	Closed() error
	Begin(ctx context.Context, after uint64, e access.Entry) error
	Head() (access.Head, error)
	List(ctx context.Context, f accesslog.Filter) (list []access.Found, next uint64, err error)
	Rows(ctx context.Context, log, from, size uint64, show func(slip string, e access.Entry) bool) ([]access.Row, error)
	HeadAt(log, size uint64) (access.Head, error)
	Inclusion(log, index, size uint64) ([]merkle.Hash, error)
	Show(ctx context.Context, books *ledger.Books, region string, q accesslog.Question, sign accesslog.Sign) (v1.AccessRows, error)
}

// Auditing is what the access log's readers need besides the log itself.
type Auditing struct {
	Sign   accesslog.Sign                                                                      // as this node
	Anchor func(context.Context) (*ledger.AccessHead, error)                                   // brings the head onto the ledger now
	Ask    func(ctx context.Context, node string, q accesslog.Question) (v1.AccessRows, error) // another node; accesslog.ErrNotParty, ErrRange, or it does not answer
	Waited func() time.Duration                                                                // for how long entries have waited for the ledger
}

// errUnlogged says that this door has no access log.
var errUnlogged = errors.New("the door has no access log")

// looked writes that the caller looks, before it is given anything. The error is a
// problem of its own (problem.AccessUnlogged): then nothing is given.
func (a *API) looked(ctx context.Context, c *auth.Caller, e access.Entry) error {
	if a.cfg.Access == nil {
		return problem.New(problem.AccessUnlogged).Because(errUnlogged)
	}
	e.Region, e.Org, e.Person = c.Region, c.Org, a.cfg.Desk.Pseudonym(c.Issuer, c.Subject)
	if e.Role == "" {
		e.Role = firstRole(c)
	}
	if err := a.cfg.Access.Record(ctx, e); err != nil {
		return problem.New(problem.AccessUnlogged).Because(err)
	}
	return nil
}

// denied writes that the caller asked in vain, and gives the answer: why, or that it
// could not be written.
func (a *API) denied(ctx context.Context, c *auth.Caller, e access.Entry, why *problem.Problem) error {
	e.Action, e.Reason = access.Denied, why.Code
	if err := a.looked(ctx, c, e); err != nil {
		return err
	}
	return why
}

// barred writes that the caller was turned away at a door of private data, and gives the
// answer on; what is no 403 passes.
func (a *API) barred(ctx context.Context, c *auth.Caller, e access.Entry, err error) error {
	if err == nil {
		return nil
	}
	if p := problem.Of(err); p.Status == http.StatusForbidden {
		return a.denied(ctx, c, e, p)
	}
	return err
}

// missed is denied for what the caller is not to know exists.
func (a *API) missed(ctx context.Context, c *auth.Caller, e access.Entry, started time.Time) error {
	e.Action, e.Reason = access.Denied, problem.NotFound
	if err := a.looked(ctx, c, e); err != nil {
		return err
	}
	return notFound(ctx, started)
}

// failed writes that something which stands in the log was not given after all, and
// gives the error on.
func (a *API) failed(ctx context.Context, c *auth.Caller, e access.Entry, why error) error {
	e.Action, e.Reason = access.Failed, problem.Of(why).Code
	return errors.Join(why, a.looked(context.WithoutCancel(ctx), c, e))
}

// firstRole is the role that a caller who named none is written down with.
func firstRole(c *auth.Caller) string {
	if offices := c.Offices(); len(offices) > 0 {
		return offices[0]
	}
	if len(c.Roles) > 0 {
		return c.Roles[0]
	}
	return ""
}

// recordID is a record's number as the log may have it; nothing for what is none.
func recordID(text string) string {
	if statement.IsRecordID(text) {
		return text
	}
	return ""
}
