package public

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// mediaText is what pools, rules and rankings are.
const mediaText = "text/plain; charset=utf-8"

func (a *API) drawRoutes() {
	a.plain(huma.Operation{
		OperationID: "put-draw-text", Method: http.MethodPut, Path: "/v1/draws/texts", Tags: []string{"draws"},
		Summary:     "Bring in the pool or the rule of a draw",
		Description: "Before a draw is frozen: the exact bytes (sandi-pool/1 or sandi-draw-rule/1, at most 16 MiB), kept by their digest; brought in again they are kept once. They hold pseudonymous ids and are given to every node of the network.",
		RequestBody: &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{mediaBytes: {}}},
		Responses:   map[string]*huma.Response{"201": a.jsonAnswer("kept", v1.DrawText{}, "DrawText", nil)},
		Errors:      append([]int{http.StatusRequestTimeout, http.StatusInsufficientStorage}, writeErrors...),
	}, a.transfer(a.putDrawText))
	get(a, huma.Operation{
		OperationID: "get-draw", Path: "/v1/draws/{id}", Tags: []string{"draws"}, Summary: "All that it takes to draw again",
		Description: "What was frozen, who contributed under which key and who did not, the outcome, and the reserves that have taken vacant places. 404 for a record that is no draw or has frozen nothing.",
	}, a.drawByID)
	for _, what := range []string{"pool", "rule"} {
		a.plain(huma.Operation{
			OperationID: "get-draw-" + what, Method: http.MethodGet, Path: "/v1/draws/{id}/" + what, Tags: []string{"draws"},
			Summary: "The " + what + " of a draw, as it was frozen", Description: "The exact bytes whose SHA-256 stands on the ledger; 404 when this node does not keep them yet.",
			Parameters: []*huma.Param{idParam},
			Responses:  map[string]*huma.Response{"200": {Description: "the text", Content: map[string]*huma.MediaType{mediaText: {}}}},
		}, a.guarded(a.drawText(what)))
	}
}

// putDrawText is PUT /v1/draws/texts.
func (a *API) putDrawText(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	if _, err := query(r); err != nil {
		return err
	}
	if c.Region != a.cfg.Region {
		return problem.New(problem.ForeignBody)
	}
	if err := c.MayWrite(); err != nil {
		return err
	}
	want, err := uploadHead(r, &Holder{})
	if err != nil {
		return err
	}
	if r.ContentLength > draw.MaxFile {
		return serve.TooLarge(draw.MaxFile)
	}
	if err := a.bodies.enter(r.Context()); err != nil {
		return err
	}
	defer a.bodies.leave()
	body := newBodyReader(w, r, want)
	text, err := io.ReadAll(body)
	if body.problem != nil {
		return body.problem
	}
	if err != nil {
		return err
	}
	if err := a.heavy.enter(r.Context()); err != nil {
		return err
	}
	defer a.heavy.leave()
	t, err := a.cfg.Lots.Put(text)
	switch {
	case errors.Is(err, draw.ErrText):
		return problem.New(problem.DrawTextBad, "reason", draw.Cause(err))
	case errors.Is(err, lots.ErrFull):
		return problem.New(problem.VaultFull).Because(err)
	case err != nil:
		return err
	}
	out := v1.DrawText{Digest: hex.EncodeToString(t.Digest[:]), Kind: "rule"}
	if t.Pool != nil {
		out.Kind, out.Candidates, out.Excluded = "pool", len(t.Pool.Candidates), len(t.Pool.Excluded())
	} else {
		out.Strata = len(t.Rule.Quotas)
	}
	return writeJSON(w, http.StatusCreated, out)
}

type drawIn struct {
	Reading
	ID    string `path:"id" maxLength:"64" example:"DR-110000-2025-000001"`
	Texts bool   `query:"texts" doc:"with the texts of pool and rule, where this node keeps them"`
}

type drawOut struct {
	Stamp
	Body v1.Draw
}

// drawByID is GET /v1/draws/{id}.
func (a *API) drawByID(ctx context.Context, c *auth.Caller, in *drawIn) (*drawOut, error) {
	if in.Texts { // both, of 16 MiB each, and again as JSON
		if err := a.heavy.enter(ctx); err != nil {
			return nil, err
		}
		defer a.heavy.leave()
	}
	out := &drawOut{}
	err := a.oneRecord(ctx, c, &oneRecordIn{Reading: in.Reading, ID: in.ID}, func(books *ledger.Books, rec *procedure.Record, s Stamp) error {
		r, err := draw.ReadRecord(rec.ID, rec.Fields)
		if err != nil {
			return err
		}
		if r == nil {
			return problem.New(problem.NotFound)
		}
		out.Stamp = s
		out.Body, err = a.drawOf(books, rec, r, in.Texts)
		return err
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (a *API) drawOf(books *ledger.Books, rec *procedure.Record, r *draw.Record, texts bool) (v1.Draw, error) {
	d := v1.Draw{
		ID: rec.ID, Network: a.cfg.Network, State: rec.State, Kind: r.Kind, Count: r.Count, Quota: r.Quota, ExclusionRule: r.ExclusionRule,
		Strata: []v1.DrawStratum{}, Exclusions: []v1.DrawExclusion{}, Missing: []string{}, Taken: []v1.DrawTaken{},
	}
	for part, digest := range map[*v1.DrawPart][32]byte{&d.Pool: r.Pool, &d.Rule: r.Rule} {
		text, err := a.cfg.Lots.Text(digest)
		if err != nil {
			return d, err
		}
		*part = v1.DrawPart{Digest: hex.EncodeToString(digest[:]), Held: text != nil}
		if texts {
			part.Text = string(text)
		}
	}
	for _, q := range r.Strata {
		s := v1.DrawStratum{Stratum: q.Stratum, Number: q.Number}
		if q.Rate > 0 {
			s.Rate = draw.Percent(q.Rate)
		}
		d.Strata = append(d.Strata, s)
	}
	for _, id := range slices.Sorted(maps.Keys(r.Exclusions)) {
		d.Exclusions = append(d.Exclusions, v1.DrawExclusion{ID: id, Reason: r.Exclusions[id]})
	}
	for _, region := range slices.Sorted(slices.Values(ledger.Involved(rec))) {
		part := v1.DrawRegion{Region: region}
		if key := books.DrawKey(region, rec.Acts[0].Seq); key != nil {
			part.Key, part.Public = key.ID, hex.EncodeToString(key.Key)
		}
		for _, c := range r.Contributions {
			if c.Region == region {
				part.Contribution = hex.EncodeToString(c.Signature)
			}
		}
		if part.Contribution == "" {
			d.Missing = append(d.Missing, region)
		}
		d.Regions = append(d.Regions, part)
	}
	if r.Outcome == nil {
		return d, nil
	}
	o := r.Outcome
	d.Outcome = &v1.DrawOutcome{
		Seed: hex.EncodeToString(o.Seed[:]), Ranking: hex.EncodeToString(o.Ranking[:]), Selected: o.Selected, Reserves: append([]string{}, o.Reserves...),
	}
	for _, id := range o.Reserves {
		holder, err := books.Holder(draw.FieldReserves, rec.ID+"/"+id)
		if err != nil {
			return d, err
		}
		if holder != "" {
			d.Taken = append(d.Taken, v1.DrawTaken{ID: id, Record: holder})
		}
	}
	return d, nil
}

// drawText is GET /v1/draws/{id}/pool and /rule.
func (a *API) drawText(what string) handler {
	return func(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
		if _, err := query(r); err != nil {
			return err
		}
		out, err := a.drawByID(r.Context(), c, &drawIn{ID: r.PathValue("id"), Texts: true})
		if err != nil {
			return err
		}
		part := out.Body.Pool
		if what == "rule" {
			part = out.Body.Rule
		}
		if !part.Held {
			return problem.New(problem.DrawTextMissing)
		}
		h := w.Header()
		h.Set("Content-Type", mediaText)
		h.Set("Content-Disposition", disposition(out.Body.ID+"."+what))
		h.Set("Content-Length", strconv.Itoa(len(part.Text)))
		h.Set("X-Content-Type-Options", "nosniff")
		out.set(h)
		_, _ = w.Write([]byte(part.Text)) // a reader that left asks again
		return nil
	}
}

// freezes refuses an act that freezes a pool or a rule which this node doesn't keep, or
// of which it says something else than they do: no region's node would contribute.
func (a *API) freezes(fields desk.Object) error {
	isDraw := false
	for m := range fields.Members() {
		isDraw = isDraw || m.Name == draw.FieldPool
	}
	if !isDraw {
		return nil
	}
	raw := map[string]json.RawMessage{}
	for m := range fields.Members() {
		raw[m.Name] = json.RawMessage(m.Value)
	}
	r, err := draw.ReadRecord("", raw)
	if err != nil || r == nil {
		return nil // the ledger says what is wrong with a field
	}
	switch _, _, err := a.cfg.Lots.Terms(r); {
	case errors.Is(err, lots.ErrMissing):
		return problem.New(problem.DrawTextMissing)
	case errors.Is(err, draw.ErrTerms):
		return problem.New(problem.DrawTextDiffers, "reason", draw.Cause(err))
	case err != nil:
		return err
	}
	return nil
}
