package public

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// OfferDraft is an offer that somebody of this bureau wants to make.
type OfferDraft struct {
	desk.Draft          // ID, Role, Org and Person; the rest is not used
	To         string   // organisation of another region
	Record     string   // may be empty
	Purpose    string   // what the recipient may use it for
	Basis      string   // provision that allows it
	Expires    int64    // unix s
	Materials  []string // commitments of objects in this vault
}

// Exchange carries private files to other bureaus and fetches theirs; node/exchange
// is one.
type Exchange interface {
	// Make offers files; ErrNoMaterial when one is not in this vault.
	Make(ctx context.Context, d OfferDraft) (receipt desk.Receipt, root string, err error)
	Withdraw(ctx context.Context, d desk.Draft, offer, reason string) (desk.Receipt, error)
	// Fetched says how much of an offer this node has fetched and verified, and why
	// it does not go on; false when it fetches nothing of it.
	Fetched(region, id string) (bytes int64, note string, ok bool)
}

// Offered is an offer of this bureau that wants an object to be here: it is not purged.
type Offered struct {
	Region, ID string
	To         string // organisation
	Until      int64  // unix s; after it nobody comes for it
}

func (o *Offered) Error() string {
	return fmt.Sprintf("the object is offered to %s until %s (offer %s/%s): it is purged when that was fetched, withdrawn or has expired", o.To, statement.FormatAt(o.Until), o.Region, o.ID)
}

const (
	offersMost = 100                 // of one page
	offerDays  = 30 * 24 * time.Hour // how long an offer stands when nobody says
	maxOffer   = 64 << 10            // bytes of a request
)

// makeOffer is POST /v1/offers.
func (a *API) makeOffer(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	if a.cfg.Exchange == nil {
		return problem.New(problem.Forbidden)
	}
	var in v1.OfferRequest
	if err := readJSON(w, r, maxOffer, &in); err != nil {
		return err
	}
	base, err := a.draft(r, c, in.Role)
	if err != nil {
		return a.barred(r.Context(), c, access.Entry{}, err)
	}
	d := OfferDraft{Draft: base, To: in.To, Record: in.Record, Purpose: in.Purpose, Basis: in.Basis, Materials: in.Materials}
	if wrong := a.checkOffer(&d, in.Expires); len(wrong) > 0 {
		return problem.Invalid(wrong...)
	}
	look := access.Entry{Action: access.Export, What: d.Materials, Record: d.Record, Purpose: d.Purpose, To: d.To, Role: d.Role}
	for _, m := range d.Materials { // who may not open a file may not send it away either
		about, _, err := a.cfg.Materials.About(r.Context(), m)
		// Values of fields are no files: they leave by the law's release alone (home.go).
		if errors.Is(err, ErrNoMaterial) || err == nil && (about.Fields || c.Org != about.Org && c.Org != a.cfg.Region+"-SJ") {
			return a.missed(r.Context(), c, look, started)
		}
		if err != nil {
			return err
		}
	}
	if err := a.looked(r.Context(), c, look); err != nil {
		return err
	}
	receipt, root, err := a.cfg.Exchange.Make(r.Context(), d)
	switch {
	case errors.Is(err, ErrNoMaterial):
		return a.failed(r.Context(), c, look, notFound(r.Context(), started))
	case err != nil:
		return a.failed(r.Context(), c, look, err)
	case receipt.Status == ledger.Refused:
		return a.failed(r.Context(), c, look, refused(receipt.Refusal))
	}
	status := http.StatusCreated
	w.Header().Set("Location", "/v1/offers/"+a.cfg.Region+"/"+receipt.ID)
	if receipt.Pending {
		status = http.StatusAccepted
		w.Header().Set("Location", "/v1/statements/"+receipt.ID)
	}
	return writeJSON(w, status, v1.OfferAnswer{Receipt: receiptOf(receipt), Region: a.cfg.Region, Root: root})
}

// checkOffer finds what is wrong with an offer before anything is done.
func (a *API) checkOffer(d *OfferDraft, expires string) (wrong []problem.Field) {
	bad := func(name, code string) { wrong = append(wrong, problem.At("body."+name, code)) }
	d.Expires = a.cfg.Clock().Add(offerDays).Unix()
	if expires != "" {
		at, err := statement.ParseAt(expires)
		if err != nil {
			bad("expires", problem.BadFormat)
		}
		d.Expires = at
	}
	if !statement.IsOrg(d.To) {
		bad("to", problem.BadFormat)
	}
	if d.Record != "" && !statement.IsRecordID(d.Record) {
		bad("record", problem.BadFormat)
	}
	if !statement.IsWords(d.Purpose) {
		bad("purpose", problem.BadText)
	}
	if !statement.IsWords(d.Basis) {
		bad("basis", problem.BadText)
	}
	if len(d.Materials) == 0 || len(d.Materials) > statement.MaxOfferItems {
		bad("materials", problem.OutOfRange)
	}
	seen := map[string]bool{}
	for _, m := range d.Materials {
		if !statement.IsCommitment(m) || seen[m] {
			bad("materials", problem.BadFormat)
			break
		}
		seen[m] = true
	}
	return wrong
}

// withdrawOffer is POST /v1/offers/{region}/{id}/withdrawal.
func (a *API) withdrawOffer(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	started := time.Now()
	if a.cfg.Exchange == nil {
		return problem.New(problem.Forbidden)
	}
	var in v1.WithdrawRequest
	if err := readJSON(w, r, maxOffer, &in); err != nil {
		return err
	}
	d, err := a.draft(r, c, in.Role)
	if err != nil {
		return err
	}
	if !statement.IsWithdrawReason(in.Reason) || in.Reason == statement.WithdrawExpired {
		return problem.Invalid(problem.At("body.reason", problem.NotOneOf))
	}
	if r.PathValue("region") != a.cfg.Region || statement.CheckID(r.PathValue("id")) != nil {
		return notFound(r.Context(), started)
	}
	receipt, err := a.cfg.Exchange.Withdraw(r.Context(), d, r.PathValue("id"), in.Reason)
	if err != nil {
		return err
	}
	return a.settle(w, receipt, "")
}

type offersIn struct {
	Reading
	Record string `query:"record" maxLength:"27" doc:"only those for this record"`
	State  string `query:"state" enum:"open,fulfilled,called_off,contested" doc:"only those in this state"`
	Cursor string `query:"cursor" maxLength:"40" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"50"`
}

type offersOut struct {
	Stamp
	Body v1.Offers
}

// offers is GET /v1/offers: those that the caller's region made or may fetch.
func (a *API) offers(ctx context.Context, c *auth.Caller, in *offersIn) (*offersOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	if region, id, ok := strings.Cut(in.Cursor, "/"); in.Cursor != "" && (!ok || !statement.IsRegion(region) || statement.CheckID(id) != nil) {
		return nil, problem.Invalid(problem.At("query.cursor", problem.BadCursor))
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	list, next, err := books.Offers(ledger.OfferFilter{Party: c.Region, Record: in.Record, State: ledger.OfferState(in.State), After: in.Cursor, Limit: min(max(in.Limit, 1), offersMost)})
	if err != nil {
		return nil, err
	}
	out := &offersOut{Stamp: stampOf(view), Body: v1.Offers{Items: make([]v1.Offer, 0, len(list)), Next: next}}
	for _, o := range list {
		out.Body.Items = append(out.Body.Items, a.offerOf(o))
	}
	return out, nil
}

type offerIn struct {
	Reading
	Region string `path:"region" pattern:"^[0-9]{6}$" example:"120000"`
	ID     string `path:"id" maxLength:"26" doc:"of the statement that made it"`
}

type offerOut struct {
	Stamp
	Body v1.Offer
}

// offerByID is GET /v1/offers/{region}/{id}.
func (a *API) offerByID(ctx context.Context, c *auth.Caller, in *offerIn) (*offerOut, error) {
	if err := mayReadRecords(c); err != nil {
		return nil, err
	}
	view, books, err := a.look(ctx, in.fresh())
	if err != nil {
		return nil, err
	}
	defer view.Close()
	o, err := books.Offer(in.Region, in.ID)
	if err != nil {
		return nil, err
	}
	if o == nil || o.Region != c.Region && o.ToRegion != c.Region {
		return nil, problem.New(problem.NotFound)
	}
	body, err := books.OfferBody(o)
	if err != nil {
		return nil, err
	}
	out := &offerOut{Stamp: stampOf(view), Body: a.offerOf(o)}
	out.Body.Purpose, out.Body.Basis = body.Purpose, body.Basis
	for _, item := range body.Items {
		out.Body.Items = append(out.Body.Items, v1.OfferItem{Commitment: item.Commitment, Size: item.Size, Media: item.Media})
	}
	if o.State != ledger.OfferOpen {
		end, err := books.Leaf(o.Ended)
		if err != nil {
			return nil, err
		}
		if end != nil {
			out.Body.EndedBy = end.Statement.ID
		}
	}
	return out, nil
}

func (a *API) offerOf(o *ledger.Offer) v1.Offer {
	out := v1.Offer{
		Region: o.Region, ID: o.ID, To: o.To, Record: o.Record, Root: o.Root, State: string(o.State), Expires: civil(o.Expires),
		Count: o.Items, Bytes: o.Bytes, Index: o.Leaf,
	}
	if o.State != ledger.OfferOpen {
		out.Ended = &o.Ended
	}
	if a.cfg.Exchange != nil {
		if n, note, ok := a.cfg.Exchange.Fetched(o.Region, o.ID); ok {
			out.Received, out.Note = &n, note
		}
	}
	return out
}
