package public

import (
	"context"
	"net/http"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
)

// Gate says who sent a request; *auth.Gate is one.
type Gate interface {
	Check(r *http.Request, wantAudience string) (*auth.Caller, error)
}

// mayReadRecords asks for the right to read and an office or the auditor's
// role: who runs a node has no business in the bureau's files.
func mayReadRecords(c *auth.Caller) error {
	if err := c.MayRead(); err != nil {
		return err
	}
	if !c.HasRole(auth.RoleAuditor) && !c.HasOffice() {
		return problem.New(problem.Forbidden)
	}
	return nil
}

// acting picks the role a caller acts in: the one it names, or its only one.
func acting(c *auth.Caller, named string) (string, error) {
	if err := c.MayWrite(); err != nil {
		return "", err
	}
	if named != "" {
		if !c.HoldsOffice(named) {
			return "", problem.New(problem.RoleMissing)
		}
		return named, nil
	}
	offices := c.Offices()
	if len(offices) > 1 {
		return "", problem.Invalid(problem.At("body.role", problem.RoleNeeded))
	}
	return offices[0], nil
}

// admit lets a request in: who it is from, and whether its region has a place
// left. The caller must leave when the request is answered.
func (a *API) admit(r *http.Request) (*auth.Caller, error) {
	caller, err := a.cfg.Gate.Check(r, "")
	if err != nil {
		return nil, err
	}
	if wait, ok := a.fair.Enter(caller.Region); !ok {
		return nil, problem.New(problem.TooMany).Retry(max(wait, time.Second))
	}
	return caller, nil
}

func (a *API) leave(c *auth.Caller) { a.fair.Leave(c.Region) }

type callerKey struct{}

// callerOf is who a huma operation is answering.
func callerOf(ctx context.Context) *auth.Caller {
	caller, _ := ctx.Value(callerKey{}).(*auth.Caller)
	return caller
}

// handler is a plain handler behind the gate.
type handler func(w http.ResponseWriter, r *http.Request, c *auth.Caller) error

// guarded puts a plain handler behind the gate.
func (a *API) guarded(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.admit(r)
		if err != nil {
			a.router.Fail(w, r, err)
			return
		}
		defer a.leave(caller)
		if err := h(w, r, caller); err != nil {
			a.router.Fail(w, r, err)
		}
	}
}

// stream is a guarded handler that may take long: it gives its place among the
// requests in flight back before it starts to wait.
func (a *API) stream(h handler) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		caller, err := a.admit(r)
		if err != nil {
			a.router.Fail(w, r, err)
			return
		}
		a.leave(caller)
		serve.Streamed(w)
		if err := h(w, r, caller); err != nil {
			a.router.Fail(w, r, err)
		}
	}
}

// transfer is a stream that also needs one of the places for files.
func (a *API) transfer(h handler) http.HandlerFunc {
	return a.stream(func(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
		wait, ok := a.uploads.Enter(c.Region)
		if !ok {
			return problem.New(problem.TooMany).Retry(max(wait, retrySoon))
		}
		defer a.uploads.Leave(c.Region)
		return h(w, r, c)
	})
}
