package public

import (
	"context"
	"errors"
	"net/http"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/vault"
)

// Keeper is the vault as those who look after it see it; *vault.Vault is one.
type Keeper interface {
	List(ctx context.Context, after commitment.Commitment, limit int, takes func(vault.Object) bool) ([]vault.Listed, error)
	Stat(ctx context.Context, c commitment.Commitment) (vault.Object, error)
	Keeping(ctx context.Context, c commitment.Commitment) (vault.Keeping, error)
	Retain(ctx context.Context, c commitment.Commitment, class string, until time.Time) error
	Hold(ctx context.Context, c commitment.Commitment, id, reason string) error
	Lift(ctx context.Context, c commitment.Commitment, id string) error
	// Purge refuses with *Offered while an offer wants the object to be here.
	Purge(ctx context.Context, c commitment.Commitment, reason string) error
	Scrub(ctx context.Context, progress func(vault.Scrubbed)) (vault.Scrubbed, error)
}

const (
	materialsMost = 100     // of one page
	maxKeep       = 4 << 10 // bytes of a request
)

type materialsIn struct {
	Params
	Cursor string `query:"cursor" maxLength:"47" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type materialsOut struct{ Body v1.Materials }

// materials is GET /v1/materials: the files of the caller's organisation, or of the
// whole bureau for the bureau itself.
func (a *API) materials(ctx context.Context, c *auth.Caller, in *materialsIn) (*materialsOut, error) {
	if err := a.mayKeep(c); err != nil {
		return nil, a.barred(ctx, c, access.Entry{}, err)
	}
	var after commitment.Commitment
	if in.Cursor != "" {
		var err error
		if after, err = commitment.Parse(in.Cursor); err != nil {
			return nil, problem.Invalid(problem.At("query.cursor", problem.BadCursor))
		}
	}
	limit := min(max(in.Limit, 1), materialsMost)
	list, err := a.cfg.Keeper.List(ctx, after, limit, func(o vault.Object) bool { return a.owns(c, o) })
	if err != nil {
		return nil, err
	}
	out := &materialsOut{Body: v1.Materials{Items: make([]v1.MaterialAbout, 0, len(list))}}
	for _, o := range list {
		out.Body.Items = append(out.Body.Items, aboutMaterial(o))
	}
	if len(list) == limit {
		out.Body.Next = list[len(list)-1].Commitment.String()
	}
	look := access.Entry{Action: access.Read} // names of files are the bureau's own
	for _, o := range list {
		look.What = append(look.What, o.Commitment.String())
	}
	if err := a.looked(ctx, c, look); err != nil {
		return nil, err
	}
	return out, nil
}

// mayKeep: people in an office of this bureau.
func (a *API) mayKeep(c *auth.Caller) error {
	if err := mayReadRecords(c); err != nil {
		return err
	}
	if c.Region != a.cfg.Region || !c.HasOffice() || a.cfg.Keeper == nil {
		return problem.New(problem.Forbidden)
	}
	return nil
}

// owns reports whether a file is one of the caller's organisation. What the desk
// keeps of records is nobody's file.
func (a *API) owns(c *auth.Caller, o vault.Object) bool {
	return o.MediaType != MediaFields && c.Org != "" && (c.Org == o.Org || c.Org == a.cfg.Region+"-SJ")
}

func aboutMaterial(o vault.Listed) v1.MaterialAbout {
	out := v1.MaterialAbout{
		Material: v1.Material{Commitment: o.Commitment.String(), Size: o.Size, SHA256: strict.B64(o.SHA256[:])},
		Name:     o.Name, Org: o.Org, StoredAt: statement.FormatAt(o.StoredAt.Unix()), Class: o.Class,
	}
	if o.Class != "" {
		out.Until = statement.FormatAt(o.Until / 1000)
	}
	for _, h := range o.Holds {
		out.Holds = append(out.Holds, v1.MaterialHold{ID: h.ID, Reason: h.Reason, Since: statement.FormatAt(h.Since / 1000)})
	}
	return out
}

type materialIn struct {
	Params
	Commitment string `path:"commitment" maxLength:"47"`
}

type materialOut struct{ Body v1.MaterialAbout }

// aboutOne is GET /v1/materials/{commitment}/keeping.
func (a *API) aboutOne(ctx context.Context, c *auth.Caller, in *materialIn) (*materialOut, error) {
	if err := a.mayKeep(c); err != nil {
		return nil, a.barred(ctx, c, aboutFile(in.Commitment), err)
	}
	o, err := a.kept(ctx, c, in.Commitment)
	if err != nil {
		return nil, err
	}
	if err := a.looked(ctx, c, access.Entry{Action: access.Read, What: []string{o.Commitment.String()}}); err != nil {
		return nil, err
	}
	return &materialOut{aboutMaterial(*o)}, nil
}

// aboutFile is a look at one file; at none when its name is no commitment.
func aboutFile(commitment string) access.Entry {
	if !statement.IsCommitment(commitment) {
		return access.Entry{}
	}
	return access.Entry{What: []string{commitment}}
}

// kept finds a file of the caller's organisation.
func (a *API) kept(ctx context.Context, c *auth.Caller, text string) (*vault.Listed, error) {
	id, err := commitment.Parse(text)
	if err != nil {
		return nil, problem.New(problem.NotFound)
	}
	o, err := a.cfg.Keeper.Stat(ctx, id)
	if errors.Is(err, vault.ErrNotFound) || errors.Is(err, vault.ErrPurged) || err == nil && !a.owns(c, o) {
		return nil, a.denied(ctx, c, aboutFile(text), problem.New(problem.NotFound))
	}
	if err != nil {
		return nil, err
	}
	k, err := a.cfg.Keeper.Keeping(ctx, id)
	return &vault.Listed{Object: o, Keeping: k}, err
}

// keep is POST /v1/materials/{commitment}/keeping: how long a file is kept.
func (a *API) keep(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	var in v1.KeepRequest
	if err := readJSON(w, r, maxKeep, &in); err != nil {
		return err
	}
	if err := errors.Join(a.mayKeep(c), c.MayWrite()); err != nil {
		return a.barred(r.Context(), c, aboutFile(r.PathValue("commitment")), problem.New(problem.Forbidden))
	}
	o, err := a.kept(r.Context(), c, r.PathValue("commitment"))
	if err != nil {
		return err
	}
	if err := a.looked(r.Context(), c, access.Entry{Action: access.Read, What: []string{o.Commitment.String()}}); err != nil {
		return err // the answer shows the file's name
	}
	if err := a.change(r.Context(), o.Commitment, in); err != nil {
		return keepProblem(err)
	}
	if in.Action == "purge" {
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	o.Keeping, err = a.cfg.Keeper.Keeping(r.Context(), o.Commitment)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, aboutMaterial(*o))
}

func (a *API) change(ctx context.Context, c commitment.Commitment, in v1.KeepRequest) error {
	k := a.cfg.Keeper
	switch in.Action {
	case "retain":
		until, err := statement.ParseAt(in.Until)
		if err != nil {
			return problem.Invalid(problem.At("body.until", problem.BadFormat))
		}
		return k.Retain(ctx, c, in.Class, time.Unix(until, 0))
	case "hold":
		return k.Hold(ctx, c, in.Hold, in.Reason)
	case "lift":
		return k.Lift(ctx, c, in.Hold)
	case "purge":
		return k.Purge(ctx, c, in.Reason)
	}
	return problem.Invalid(problem.At("body.action", problem.NotOneOf))
}

// keepProblem turns the vault's refusals into problems.
func keepProblem(err error) error {
	var offered *Offered
	switch {
	case errors.As(err, &offered):
		return problem.New(problem.MaterialOffered, "offer", offered.Region+"/"+offered.ID, "to", offered.To, "until", statement.FormatAt(offered.Until)).Because(err)
	case errors.Is(err, vault.ErrMeta):
		return problem.Invalid(problem.At("body", problem.BadText))
	case errors.Is(err, vault.ErrRetained), errors.Is(err, vault.ErrHeld), errors.Is(err, vault.ErrHold):
		return problem.New(problem.MaterialKept, "why", err.Error())
	case errors.Is(err, vault.ErrNotFound), errors.Is(err, vault.ErrPurged):
		return problem.New(problem.NotFound)
	}
	return err
}

// scrub is POST /v1/materials/scrub: the operator has the whole vault read.
func (a *API) scrub(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := serve.Body(w, r, maxKeep, mediaJSON); err != nil { // asked for nothing, but a form of another site can't send JSON
		return err
	}
	if c.Region != a.cfg.Region || !c.HasRole(auth.RoleOperator) || a.cfg.Keeper == nil {
		return problem.New(problem.Forbidden)
	}
	_ = http.NewResponseController(w).SetWriteDeadline(time.Time{}) // as long as the vault is large
	found, err := a.cfg.Keeper.Scrub(r.Context(), nil)
	if err != nil {
		return err
	}
	out := v1.Scrubbed{Objects: found.Objects, Bytes: found.Bytes, Damaged: make([]string, 0, len(found.Damaged))}
	for _, id := range found.Damaged {
		out.Damaged = append(out.Damaged, id.String())
	}
	return writeJSON(w, http.StatusOK, out)
}
