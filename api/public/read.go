package public

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
)

// readWait bounds how long a read waits for a leader or for its own write.
const readWait = 5 * time.Second

// Headers of every answer that was read from the ledger.
const (
	headerIndex = "Ledger-Index"  // leaves in the view that was read
	headerAge   = "Ledger-Age-Ms" // since the node knew that it was up to date
)

// Reading is how fresh a read has to be, as query parameters.
type Reading struct {
	Params
	Consistency string `query:"consistency" enum:"linearizable,local" default:"linearizable" doc:"linearizable: nothing acknowledged before the request is missing; local: what this node has applied, also without a majority"`
	At          uint64 `query:"at" doc:"wait until the ledger has this many leaves: Ledger-Index of an earlier answer"`
}

func (r Reading) fresh() desk.Fresh { return desk.Fresh{Local: r.Consistency == "local", At: r.At} }

// Stamp is what every answer says about the ledger it was read from.
type Stamp struct {
	Index string `header:"Ledger-Index" doc:"leaves in the ledger that was read"`
	Age   string `header:"Ledger-Age-Ms" doc:"milliseconds since this node last knew that it was up to date"`
}

// noInput is the input of operations that take none.
type noInput struct{ Params }

// Params refuses query parameters that an operation does not have, and those
// given twice, together with all other field errors. Every huma input embeds it.
type Params struct{}

// Resolve implements huma.Resolver.
func (Params) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	if u.RawQuery == "" {
		return nil
	}
	values, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return []error{&huma.ErrorDetail{Location: "query", Message: "invalid query"}}
	}
	var errs []error
	for name, list := range values {
		known := slices.ContainsFunc(ctx.Operation().Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
		switch {
		case !known:
			errs = append(errs, &huma.ErrorDetail{Location: "query." + desk.Printable(name), Message: "unknown query parameter"})
		case len(list) > 1:
			errs = append(errs, &huma.ErrorDetail{Location: "query." + name, Message: "repeated query parameter"})
		}
	}
	return errs
}

// look opens a view and its books. The caller closes the view.
func (a *API) look(ctx context.Context, f desk.Fresh) (desk.View, *ledger.Books, error) {
	if f.Waits() { // a timer costs as much as opening the view
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, readWait)
		defer cancel()
	}
	view, err := a.cfg.Ledger.View(ctx, f)
	if err != nil {
		return nil, nil, desk.Unavailable(err)
	}
	return view, a.cfg.Ledger.Books(view), nil
}

func stampOf(v desk.View) Stamp {
	return Stamp{strconv.FormatUint(v.Size(), 10), strconv.FormatInt(v.Age().Milliseconds(), 10)}
}

func (s Stamp) set(h http.Header) {
	h[headerIndex] = []string{s.Index}
	h[headerAge] = []string{s.Age}
}

// query reads the parameters of a plain handler: those named, each at most
// once, nothing else. All errors come at once.
func query(r *http.Request, allowed ...string) (url.Values, error) {
	if r.URL.RawQuery == "" {
		return nil, nil
	}
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, problem.Invalid(problem.At("query", problem.BadFormat))
	}
	var wrong []problem.Field
	for name, list := range values {
		switch {
		case !slices.Contains(allowed, name):
			wrong = append(wrong, problem.At("query."+desk.Printable(name), problem.UnknownParameter))
		case len(list) > 1:
			wrong = append(wrong, problem.At("query."+name, problem.RepeatedParam))
		}
	}
	if len(wrong) > 0 {
		return nil, problem.Invalid(wrong[:min(len(wrong), maxFieldErrors)]...)
	}
	return values, nil
}

// maxFieldErrors bounds the errors of one answer: a form has fewer fields.
const maxFieldErrors = 100

// readingOf is Reading for plain handlers.
func readingOf(q url.Values) (desk.Fresh, error) {
	var f desk.Fresh
	var wrong []problem.Field
	switch q.Get("consistency") {
	case "", "linearizable":
	case "local":
		f.Local = true
	default:
		wrong = append(wrong, problem.At("query.consistency", problem.NotOneOf))
	}
	if q.Has("at") {
		n, err := strconv.ParseUint(q.Get("at"), 10, 63)
		if err != nil {
			wrong = append(wrong, problem.At("query.at", problem.BadFormat))
		}
		f.At = n
	}
	if wrong != nil {
		return f, problem.Invalid(wrong...)
	}
	return f, nil
}

// missPause is the shortest time in which `not found` is said: longer than
// reading and parsing the largest record takes, so that the answer's time does
// not tell a record that exists from one that does not.
const missPause = 2 * time.Millisecond

// notFound answers for records that are not there and for those the caller is
// no party to, alike.
func notFound(ctx context.Context, started time.Time) error {
	t := time.NewTimer(missPause - time.Since(started)%missPause)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
	return problem.New(problem.NotFound)
}

// lookLocal opens this node's own view for what rarely changes: law, rules,
// calendar, status. Any role may read them.
func (a *API) lookLocal(ctx context.Context, c *auth.Caller) (desk.View, *ledger.Books, error) {
	if len(c.Roles) == 0 {
		return nil, nil, problem.New(problem.Forbidden)
	}
	return a.look(ctx, desk.Fresh{Local: true})
}
