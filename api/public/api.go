package public

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/audit"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/dataset"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/home"
	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/paper"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/roster"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
)

// Config is what the public door works with.
type Config struct {
	Region, Node, Network string
	Version               string // of the software
	Genesis               *genesis.Genesis
	Gate                  Gate
	Desk                  *desk.Desk
	Ledger                desk.Ledger
	Log                   *audit.Log // the ledger as others read it
	Materials             Materials
	Keeper                Keeper                   // looks after the vault; nil: nobody does here
	Exchange              Exchange                 // carries files to other bureaus; nil: none
	Access                AccessLog                // who looked; nil: nobody is given private data
	Lots                  *lots.Lots               // pools and rules of draws
	Home                  *home.Home               // what records keep at home
	Data                  *dataset.Sets            // shared data sets; nil: none
	Papers                *paper.Set               // documents to print; nil: those that come with the program
	Local                 desk.Local               // node-local keys: what came of uploads
	Replica               func() v1.Replica        // how this node stands among the others
	Checkpoints           func() *v1.Checkpoints   // what it has signed; nil: it signs nothing
	Nodes                 func() (v1.Nodes, error) // which nodes the network has now; nil: those of genesis
	Move                  func([]byte) error       // takes a signed leader.move past the ledger; nil: none is taken
	Moves                 func() []v1.Move         // signed and not done; nil: none is known
	Clock                 func() time.Time         // real time, or the scenario clock
	Practice              PracticeClock            // nil unless genesis says practice
	Exercises             []v1.Exercise            // to practise on; served with Practice only
	Hosts                 []string                 // names this door answers for; empty: any
	Rate                  int                      // requests a second and region before 429; 0: DefaultRate
	Logger                *slog.Logger
	Metrics               prometheus.Registerer

	// Auditing shows the access log to auditors; nil: nobody sees it here.
	Auditing *Auditing
	// Promises is what nodes have promised about a statement; nil: nothing.
	Promises func(region, id string) []v1.Promise
	// Void is the entry of a statement that a return has given up; nil: none is.
	Void func(region, id string) *v1.Void
	// Backup pins the node for a backup; nil: none is made here.
	Backup func(context.Context) (Backup, error)
}

const (
	// DefaultRate is far above what a bureau's people need and what a node can
	// commit: it stops a runaway script, not a busy day.
	DefaultRate = 30_000
	// inFlightMax bounds the requests that are worked on; regions share it.
	inFlightMax = 4096
)

// API is the public door.
type API struct {
	cfg         Config
	router      *serve.Router
	guard       http.Handler
	huma        huma.API
	fair        *serve.Fair // requests being worked on
	subscribers *serve.Fair // long polls and streams
	uploads     *serve.Fair // materials on their way in or out
	feed        *feed
	hashes      hashes
	counting    turns // reports being counted
	bodies      turns // sheets and texts of draws that are held in memory
	heavy       turns // of them, those being read, judged or given
	roster      *roster.Roster
	verifier    string      // address of the page that verifies printed codes
	backingUp   atomic.Bool // one backup at a time
	closed      atomic.Bool
	heartbeat   time.Duration          // of streams
	patience    time.Duration          // with a stream's reader
	description func() ([]byte, error) // openapi.json
	older       func() ([]byte, error) // the same as OpenAPI 3.0
}

// New makes the door. A practice clock is accepted on practice networks only.
func New(cfg Config) (*API, error) {
	if cfg.Practice != nil && cfg.Genesis.Clock != genesis.ClockPractice {
		return nil, fmt.Errorf("couldn't open the public door: a scenario clock on a network whose clock is %q", cfg.Genesis.Clock)
	}
	if cfg.Rate == 0 {
		cfg.Rate = DefaultRate
	}
	if cfg.Papers == nil {
		cfg.Papers = paper.Defaults()
	}
	a := &API{
		cfg: cfg, router: serve.NewRouter(serve.NewMetrics(cfg.Metrics, "public"), cfg.Logger), feed: newFeed(cfg.Genesis), counting: newTurns(reportsAtOnce, reportsWaiting), bodies: newTurns(bodiesAtOnce, bodiesWaiting), heavy: newTurns(heavyAtOnce, heavyWaiting),
		roster: roster.New(), heartbeat: heartbeat, patience: readerPatience,
		fair:        serve.NewFair(float64(cfg.Rate), inFlightMax, time.Now),
		subscribers: serve.NewFair(subscribeRate, subscribersMax, time.Now),
		uploads:     serve.NewFair(transferRate, transfersMax, time.Now),
	}
	a.verifier = verifierOf(cfg)
	a.guard = serve.NewGuard(a.router, cfg.Hosts, serve.MaxConns)
	humaOnce.Do(configureHuma)
	a.huma = humago.New(a.router, humaConfig(a))
	a.huma.UseMiddleware(a.gate)
	a.routes()
	a.describe()
	return a, nil
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) { a.guard.ServeHTTP(w, r) }

// Close ends streams at their next heartbeat, so that a server can shut down.
func (a *API) Close() { a.closed.Store(true) }

func (a *API) closing() bool { return a.closed.Load() }

// gate is guarded for huma's operations.
func (a *API) gate(ctx huma.Context, next func(huma.Context)) {
	r, w := humago.Unwrap(ctx)
	caller, err := a.admit(r)
	if err != nil {
		a.router.Fail(w, r, err)
		return
	}
	defer a.leave(caller)
	if r.Method == http.MethodPut {
		if err := serve.Media(r, mediaJSON); err != nil {
			a.router.Fail(w, r, err)
			return
		}
	}
	next(huma.WithValue(ctx, callerKey{}, caller))
}

// get registers a huma operation for a handler that takes its caller.
func get[I, O any](a *API, op huma.Operation, h func(context.Context, *auth.Caller, *I) (*O, error)) {
	if op.Method == "" {
		op.Method = http.MethodGet
	}
	a.prepare(&op)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := h(ctx, callerOf(ctx), in)
		if err != nil {
			p := problem.Of(err)
			if p.Status >= 500 && p.Unwrap() != nil {
				a.cfg.Logger.Error("couldn't answer a request", "route", op.Path, "code", p.Code, "err", p.Unwrap())
			}
			return nil, p
		}
		return out, nil
	})
}

// plain registers a plain handler with its description.
func (a *API) plain(op huma.Operation, h http.HandlerFunc) {
	a.prepare(&op)
	a.router.HandleFunc(op.Method+" "+op.Path, h)
	a.huma.OpenAPI().AddOperation(&op)
}

// humaOnce guards huma's settings that are global to the process.
var humaOnce sync.Once

func configureHuma() {
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = newError
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return newError(nil, status, msg, errs...)
	}
}

func humaConfig(a *API) huma.Config {
	cfg := huma.DefaultConfig("Sandi", a.cfg.Version)
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // served by docs.go
	cfg.CreateHooks = nil                                       // no $schema members, no links to schemas
	cfg.RejectUnknownQueryParameters = false                    // Params does, with all other errors at once
	strictly := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	cfg.Formats = map[string]huma.Format{mediaJSON: strictly, "json": strictly}
	cfg.Transformers = []huma.Transformer{a.localise}
	cfg.Info.Description = apiDescription
	cfg.Info.License = &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}
	cfg.Servers = []*huma.Server{{URL: "/", Description: "the caller's own bureau's node"}}
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", BearerFormat: "JWT (RFC 9068)", Description: "an access token of a bureau's issuer that is registered on the ledger"},
	}
	cfg.Security = []map[string][]string{{"bearer": {}}}
	cfg.Tags = apiTags
	return cfg
}

// unmarshal is huma's way into JSON: one reading only, whatever a second parser
// might see.
func unmarshal(data []byte, v any) error {
	if err := strict.Object(data, maxBody, maxDepth); err != nil {
		return err
	}
	return json.Unmarshal(data, v)
}

// localise puts problems into the caller's language when huma writes them, and
// counts them; other bodies pass.
func (a *API) localise(ctx huma.Context, _ string, v any) (any, error) {
	ctx.SetHeader("Cache-Control", "no-store")
	p, ok := v.(*problem.Problem)
	if !ok {
		return v, nil
	}
	a.router.Count(p)
	lang := problem.Choose(ctx.Header("Accept-Language"))
	ctx.SetHeader("Content-Language", string(lang))
	ctx.AppendHeader("Vary", "Accept-Language")
	return p.In(lang), nil
}
