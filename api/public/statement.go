package public

import (
	"context"
	"errors"
	"net/http"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/mover"
	"sandi.internal/gateway/consensus/statement"
)

type statementIn struct {
	Reading
	ID string `path:"id" maxLength:"64" doc:"the statement's id" example:"01K9Z8Q6X5W4V3T2S1R0QPNMKJ"`
}

type statementOut struct {
	Stamp
	Body v1.Receipt
}

// statementByID is GET /v1/statements/{id}: what became of a statement of the
// caller's region. It answers for ever.
func (a *API) statementByID(ctx context.Context, c *auth.Caller, in *statementIn) (*statementOut, error) {
	if err := c.MayRead(); err != nil {
		return nil, err
	}
	if statement.CheckID(in.ID) != nil {
		return nil, problem.New(problem.NotFound)
	}
	// Asked before the ledger: a statement that is answered in between is then
	// found there.
	pending := c.Region == a.cfg.Region && a.cfg.Desk.Pending(in.ID)
	view, books, err := a.look(ctx, in.fresh())
	if err != nil && pending { // what was promised is on this disk: no majority is needed to know it
		view, books, err = a.look(ctx, desk.Fresh{Local: true})
	}
	if err != nil {
		return nil, err
	}
	defer view.Close()
	outcome, err := books.Statement(c.Region, in.ID)
	if err != nil {
		return nil, err
	}
	out := &statementOut{Stamp: stampOf(view)}
	switch {
	case outcome.Committed != nil:
		out.Body = receiptOf(desk.Receipt{Result: desk.ResultOf(c.Region, in.ID, outcome)})
	case pending:
		out.Body = v1.Receipt{ID: in.ID, Status: v1.Pending}
	case outcome.Refused != nil:
		out.Body = receiptOf(desk.Receipt{Result: outcome.Refused.Result})
	default:
		out.Body = v1.Receipt{ID: in.ID, Status: v1.Unknown}
	}
	out.Body.Promises = a.promises(c.Region, in.ID)
	if a.cfg.Void != nil {
		out.Body.Void = a.cfg.Void(c.Region, in.ID)
	}
	return out, nil
}

// promises is what this node holds of promises about a statement.
func (a *API) promises(region, id string) []v1.Promise {
	if a.cfg.Promises == nil {
		return nil
	}
	return a.cfg.Promises(region, id)
}

// submitStatement is POST /v1/statements: the exact bytes of a statement that
// was signed elsewhere, with the offline governance key or a bureau's own HSM.
// The signature is the authority; the token only opens the door.
func (a *API) submitStatement(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := query(r); err != nil {
		return err
	}
	raw, err := serve.Body(w, r, statement.MaxBytes, v1.StatementMedia)
	if err != nil {
		return err
	}
	id, err := key(r)
	if err != nil {
		return err
	}
	st, err := statement.Parse(raw)
	if err != nil {
		return invalidStatement(err)
	}
	switch {
	case st.ID != id:
		return problem.New(problem.KeyDiffers)
	case st.Network != a.cfg.Network:
		return problem.New(problem.WrongNetwork)
	case st.Region != c.Region && !carried(st.Kind) || c.Region != a.cfg.Region:
		return problem.New(problem.ForeignBody)
	}
	if err := maySubmit(c, st.Kind); err != nil {
		return err
	}
	if err := a.move(st); err != nil {
		return err
	}
	receipt, err := a.cfg.Desk.Submit(r.Context(), st)
	if err != nil {
		return err
	}
	return a.settle(w, receipt, "")
}

// move takes a leader.move past the leader that it deposes. What is refused there
// the ledger refuses too, and it gives the reason to the caller.
func (a *API) move(st *statement.Statement) error {
	if st.Kind != statement.KindLeaderMove || a.cfg.Move == nil {
		return nil
	}
	if err := a.cfg.Move(st.Raw); err != nil && !errors.Is(err, mover.ErrRefused) {
		return err
	}
	return nil
}

// carried reports whether a bureau may bring in what another has signed: a bureau
// whose only machine is gone has no door of its own to say so at.
func carried(kind string) bool {
	return kind == statement.KindNodeAdd || kind == statement.KindNodeRemove
}

// maySubmit: what governs a region is the operator's errand; acts on records
// are those of people who hold an office.
func maySubmit(c *auth.Caller, kind string) error {
	if kind == statement.KindRecordOpen || kind == statement.KindRecordAct {
		return c.MayWrite()
	}
	return c.MayOperate(c.Region)
}

func invalidStatement(err error) error {
	var form *statement.Error
	if !errors.As(err, &form) {
		return err
	}
	p := problem.New(problem.StatementInvalid, "reason", string(form.Code))
	if form.Field != "" {
		p.Params["field"] = form.Field
	}
	return p
}

// isNotFound reports whether err is the problem not_found.
func isNotFound(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == problem.NotFound
}
