package desk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Vault keeps private values at home.
type Vault interface {
	// Keep stores content for a person (pseudonym) of an organisation and
	// returns its salted commitment. It is durable when Keep returns.
	Keep(ctx context.Context, person, org string, content []byte) (commitment string, err error)
}

// Config is what a Desk works with.
type Config struct {
	Region     string // division code of the bureau
	Network    string // network id
	Signer     keyring.Signer
	Pool       *statement.Pool
	Ledger     Ledger
	Vault      Vault
	Local      Local
	Pseudonyms *Pseudonyms
	Clock      func() time.Time // real time, or the scenario clock of a practice network
	// Promise signs and keeps this node's own promise about a statement whose
	// caller is told that it is pending; nil: none is made.
	Promise func(st *statement.Statement) error
	// Held reports whether nothing new is said now: after a return, what was said before
	// goes first. nil: never. What was signed elsewhere (Submit) is never held back.
	Held    func() bool
	Logger  *slog.Logger
	Metrics prometheus.Registerer

	// Wait is how long a caller waits for the ledger's answer before it is
	// promised one (0: DefaultWait). NoLeaderWait is how much of it may pass
	// without a leader (0: DefaultNoLeaderWait).
	Wait, NoLeaderWait time.Duration
}

const (
	// DefaultWait covers an election with production timeouts (12 s).
	DefaultWait = 15 * time.Second
	// DefaultNoLeaderWait covers an election with the demo's timeouts: a short
	// failover is a slow answer, a longer one an honest 503.
	DefaultNoLeaderWait = 3 * time.Second
	// maxFlights bounds the drafts being worked on.
	maxFlights = 8192
)

// Desk is safe for concurrent use.
type Desk struct {
	cfg     Config
	public  keyring.PublicKey
	own     bool // the key lies in this process's memory
	outbox  *outbox
	flights *flights
	cards   *cards

	promised prometheus.Counter
}

// Receipt is the ledger's answer, or the promise of one.
type Receipt struct {
	ledger.Result
	Pending bool // promised: Status says nothing yet
}

// New makes a desk and reads its open promises.
func New(cfg Config) (*Desk, error) {
	if cfg.Wait == 0 {
		cfg.Wait = DefaultWait
	}
	if cfg.NoLeaderWait == 0 {
		cfg.NoLeaderWait = DefaultNoLeaderWait
	}
	box, err := openOutbox(cfg.Local)
	if err != nil {
		return nil, err
	}
	d := &Desk{cfg: cfg, public: cfg.Signer.Public(), outbox: box, flights: newFlights(), cards: newCards()}
	_, d.own = cfg.Signer.(*keyring.PrivateKey)
	d.promised = prometheus.NewCounter(prometheus.CounterOpts{
		Name: "sandi_desk_promised_total", Help: "Statements whose callers were told pending.",
	})
	open := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_desk_outbox", Help: "Statements promised and not yet answered.",
	}, func() float64 { return float64(box.open.Load()) })
	if err := errors.Join(cfg.Metrics.Register(d.promised), cfg.Metrics.Register(open)); err != nil {
		return nil, fmt.Errorf("couldn't register the desk's metrics: %w", err)
	}
	return d, nil
}

// Region is the bureau's region.
func (d *Desk) Region() string { return d.cfg.Region }

// Pseudonym is what the ledger may know of a person.
func (d *Desk) Pseudonym(issuer, subject string) string { return d.cfg.Pseudonyms.Of(issuer, subject) }

// Key is a statement id that follows from what is said: see Pseudonyms.Key.
func (d *Desk) Key(words ...string) string { return d.cfg.Pseudonyms.Key(words...) }

// Open opens a record. A refusal by the ledger's rules is a Receipt with status
// refused; an error is a *problem.Problem, or a failure of ours.
func (d *Desk) Open(ctx context.Context, draft Draft) (Receipt, error) {
	request := d.request(&draft, "")
	return d.once(ctx, &draft, request, func(ctx context.Context) (Receipt, error) {
		if err := d.free(); err != nil {
			return Receipt{}, err
		}
		law := d.cfg.Ledger.Books(nil).Law(draft.Procedure, 0)
		if law == nil {
			return Receipt{}, problem.Invalid(problem.At("body.procedure", problem.UnknownProcedure))
		}
		return d.say(ctx, &draft, form{law: law, event: &law.Document.Open}, saying{
			kind: statement.KindRecordOpen, request: request, at: d.now(),
		})
	})
}

// Act makes an event happen to a record. See Open.
func (d *Desk) Act(ctx context.Context, record string, draft Draft) (Receipt, error) {
	request := d.request(&draft, record)
	return d.once(ctx, &draft, request, func(ctx context.Context) (Receipt, error) {
		if err := d.free(); err != nil {
			return Receipt{}, err
		}
		card, known, err := d.card(ctx, record, &draft, request)
		if err != nil || known != nil {
			return deref(known), err
		}
		return d.say(ctx, &draft, card.form(d.cfg.Ledger.Books(nil), draft.Event), saying{
			kind: statement.KindRecordAct, record: record, request: request,
			// Another bureau's clock may be ahead of ours by less than the
			// ledger allows; an act is never signed before the one it follows.
			at: max(d.now(), card.at),
		})
	})
}

// free refuses to say anything new while older things go first.
func (d *Desk) free() error {
	if d.cfg.Held != nil && d.cfg.Held() {
		return problem.New(problem.Returning).Retry(retryAfter)
	}
	return nil
}

func deref(r *Receipt) Receipt {
	if r == nil {
		return Receipt{}
	}
	return *r
}

// Submit hands over a statement that was signed elsewhere, as exact bytes.
func (d *Desk) Submit(ctx context.Context, st *statement.Statement) (Receipt, error) {
	return d.once(ctx, &Draft{ID: st.ID}, st.Hash.String(), func(ctx context.Context) (Receipt, error) {
		return d.deliver(ctx, st)
	})
}

// Pending reports whether a statement of this bureau is being worked on or is
// promised.
func (d *Desk) Pending(id string) bool { return d.flights.has(id) || d.outbox.has(id) }

// now is the signed time of an act, unix s.
func (d *Desk) now() int64 { return d.cfg.Clock().Unix() }

// saying is what the desk itself puts into a statement.
type saying struct {
	kind, record, request string
	at                    int64 // unix s
}

// say turns a draft into a statement and delivers it.
func (d *Desk) say(ctx context.Context, draft *Draft, f form, s saying) (Receipt, error) {
	if d.outbox.has(draft.ID) {
		return d.resume(ctx, draft.ID, s.request)
	}
	c, err := d.split(ctx, f, draft)
	if err != nil {
		return Receipt{}, err
	}
	st, err := d.sign(draft, s, c)
	if err != nil {
		return Receipt{}, err
	}
	receipt, err := d.deliver(ctx, st)
	if err == nil && !receipt.Pending {
		d.cards.learn(f, &receipt, st)
	}
	return receipt, err
}

// resume answers a request that was promised already: the same bytes go on.
func (d *Desk) resume(ctx context.Context, id, request string) (Receipt, error) {
	raw, err := d.outbox.get(id)
	if err != nil {
		return Receipt{}, err
	}
	st, err := d.cfg.Pool.Parse(raw)
	if err != nil {
		return Receipt{}, fmt.Errorf("couldn't read a statement in the outbox: %w", err)
	}
	if st.Request != request {
		return Receipt{}, problem.New(problem.KeyReused)
	}
	return d.deliver(ctx, st)
}

// sign makes the statement. What cannot become one is the caller's fault: too
// long for a statement, or characters that none may hold.
func (d *Desk) sign(draft *Draft, s saying, c content) (*statement.Statement, error) {
	p := statement.Payload{
		Network: d.cfg.Network, Kind: s.kind, ID: draft.ID, Region: d.cfg.Region, Record: s.record,
		At: statement.FormatAt(s.at), Request: s.request,
		Actor: statement.Actor{Role: draft.Role, Org: draft.Org, Person: draft.Person},
	}
	if s.kind == statement.KindRecordAct {
		p.Prev = draft.Prev
		p.Body = statement.ActBody{Event: draft.Event, Fields: c.clear, Commits: c.commits, Home: c.home, Private: c.private}.Marshal()
	} else {
		p.Body = statement.OpenBody{Procedure: draft.Procedure, Fields: c.clear, Commits: c.commits, Home: c.home, Private: c.private}.Marshal()
	}
	_, st, err := statement.Sign(d.cfg.Signer, p)
	if err != nil {
		return nil, unsigned(err)
	}
	if d.own {
		d.cfg.Pool.Trust(st, d.public)
	}
	return st, nil
}

// unsigned says why there is no statement.
func unsigned(err error) error {
	var form *statement.Error
	switch {
	case !errors.As(err, &form):
		return fmt.Errorf("couldn't sign: %w", err)
	case form.Code == statement.CodeTooLarge:
		return problem.New(problem.BodyTooLarge, "limit", fmt.Sprint(statement.MaxBytes))
	}
	return problem.New(problem.StatementInvalid, "reason", string(form.Code)).Because(err)
}
