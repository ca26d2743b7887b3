package dataset

import (
	"context"
	"crypto/cipher"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/dataset"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/storage/tables"
)

// Tables is where rows lie; *tables.Tables is one.
type Tables interface {
	Begin(set string) (*tables.Load, error)
	Head(set string) (*tables.Head, error)
	Scan(ctx context.Context, set string, want tables.Generation, behind []byte, visit func(key, row []byte) (more bool, err error)) error
}

// Local is the node's own keyspace: in no snapshot, untouched by a restore.
type Local interface {
	Set(key, value []byte, sync bool) error
	Delete(key []byte) error
	Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (more bool, err error)) error
}

// Peers asks other nodes.
type Peers interface {
	// Query asks a node. A *dataset.Refusal is its own answer; any other error means
	// that there was none.
	Query(ctx context.Context, node string, q Question) (*Page, error)
}

var (
	// ErrSilent says that no node of the owner answers.
	ErrSilent = errors.New("no node of the owner answers")
	// ErrUnlogged says that the access log could not be written, so nothing is given.
	ErrUnlogged = errors.New("the access log could not be written, so nothing is given")
	// ErrUnproven says that an answer's note does not hold.
	ErrUnproven = errors.New("the answer does not match its evidence")
	// ErrNone says that there is no such data set, or none that the region may see.
	ErrNone = errors.New("there is no such data set")
	// ErrTooMany says that the region has as many questions under way as it may.
	ErrTooMany = errors.New("too many questions of this region are under way")
)

// Config is what the package works with.
type Config struct {
	Region, Node, Network string
	Tables                Tables
	Local                 Local
	Books                 func() (*ledger.Books, func(), error)
	Nodes                 func(region string) []string // ids of a region's nodes
	Peers                 Peers
	Access                access.Log
	Key                   checkpoint.Key // of this node's log
	Signer                keyring.Signer
	Keys                  func() *checkpoint.Keys // of all nodes, ever
	Secret                []byte                  // for cursors; of this node
	Clock                 func() time.Time        // real time, or the scenario clock
	Rate                  float64                 // questions a second of another region; 0: askRate
}

// Sets is safe for concurrent use.
type Sets struct {
	cfg    Config
	cursor cipher.AEAD
	fair   *serve.Fair // questions of other regions

	keeping sync.Mutex
	kept    map[string]int // agreement -> notes of answers, once counted; guarded by keeping
}

const (
	// askRate and askMax bound the questions of other regions: a page takes up to 0.3 s
	// of one processor, and statements come first.
	askRate = 20
	askMax  = 4
)

// New makes it.
func New(cfg Config) (*Sets, error) {
	if cfg.Rate == 0 {
		cfg.Rate = askRate
	}
	d := &Sets{cfg: cfg, fair: serve.NewFair(cfg.Rate, askMax, time.Now), kept: make(map[string]int)}
	var err error
	if d.cursor, err = cursorCipher(cfg.Secret); err != nil {
		return nil, fmt.Errorf("couldn't open the shared data sets: %w", err)
	}
	return d, nil
}

// Question is what one node asks another.
type Question struct {
	dataset.Question
	Cursor string `json:"cursor,omitempty"` // of the page before
}

// entry reads an entry of the catalogue that a region may see; nil when there is none.
func entry(books *ledger.Books, id, region string) (*dataset.Entry, *procedure.Record, error) {
	rec, law, err := lawful(books, id, region)
	if err != nil || rec == nil {
		return nil, nil, err
	}
	e, err := dataset.ReadEntry(law, rec)
	if errors.Is(err, dataset.ErrNotShared) {
		return nil, nil, nil
	}
	return e, rec, err
}

// agreement reads an agreement that a region is a party to; nil when there is none.
func agreement(books *ledger.Books, id, region string) (*dataset.Agreement, error) {
	rec, law, err := lawful(books, id, region)
	if err != nil || rec == nil {
		return nil, err
	}
	a, err := dataset.ReadAgreement(law, rec)
	if errors.Is(err, dataset.ErrNotShared) {
		return nil, nil
	}
	return a, err
}

// lawful reads a record that a region is or was a party to, with its law.
func lawful(books *ledger.Books, id, region string) (*procedure.Record, *procedure.Document, error) {
	rec, law, err := recordOf(books, id)
	if err != nil || rec == nil || !slices.Contains(ledger.Involved(rec), region) {
		return nil, nil, err
	}
	return rec, law, nil
}

// now is by when an agreement is judged, unix s.
func (d *Sets) now(books *ledger.Books) (int64, error) {
	standing, err := books.Standing()
	if err != nil {
		return 0, err
	}
	return max(standing.LedgerTime/1000, d.cfg.Clock().Unix()), nil
}

// plan holds a question of a region against this node's ledger as it is now. The error
// wraps a *dataset.Refusal when nothing may be given.
func (d *Sets) plan(region string, q *dataset.Question) (*dataset.Plan, error) {
	books, done, err := d.cfg.Books()
	if err != nil {
		return nil, err
	}
	defer done()
	now, err := d.now(books)
	if err != nil {
		return nil, err
	}
	a, err := agreement(books, q.Agreement, region)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, &dataset.Refusal{Code: dataset.NotAgreed, Detail: "there is no such agreement of region " + region}
	}
	e, err := about(books, a)
	if err != nil {
		return nil, err
	}
	terms, err := dataset.Under(a, e, now)
	if err != nil {
		return nil, err
	}
	return terms.Plan(region, q)
}

// about is the data set of an agreement, which gives its asker the entry whether or not
// the catalogue shows it to the region. The error wraps a *dataset.Refusal for what is
// none.
func about(books *ledger.Books, a *dataset.Agreement) (*dataset.Entry, error) {
	rec, law, err := recordOf(books, a.Set)
	if err != nil {
		return nil, err
	}
	none := &dataset.Refusal{Code: dataset.NotAgreed, Detail: "the agreement names no data set"}
	if rec == nil {
		return nil, none
	}
	e, err := dataset.ReadEntry(law, rec)
	if errors.Is(err, dataset.ErrNotShared) {
		return nil, none
	}
	return e, err
}

func recordOf(books *ledger.Books, id string) (*procedure.Record, *procedure.Document, error) {
	rec, err := books.Record(id)
	if err != nil || rec == nil {
		return nil, nil, err
	}
	law := books.Law(rec.Procedure, rec.Version)
	if law == nil {
		return nil, nil, nil
	}
	return rec, law.Document, nil
}

// anySalt is a salt in its form.
var anySalt = strings.Repeat("A", 22)

// look is a line of the access log about a question. What the asker wrote and the log
// would not take is left out: the line stands, with why it was refused.
func look(region string, q *dataset.Question, set string) access.Entry {
	e := access.Entry{Action: access.Denied, Region: region}
	fits := func(with func(*access.Entry)) {
		tried := e
		with(&tried)
		formed := tried
		if formed.Salt = anySalt; formed.Check() == nil { // the log gives its own
			e = tried
		}
	}
	fits(func(e *access.Entry) { e.Person = q.Person })
	fits(func(e *access.Entry) { e.Org = q.Org })
	fits(func(e *access.Entry) { e.Role = q.Role })
	fits(func(e *access.Entry) { e.Record = q.Case })
	fits(func(e *access.Entry) { e.Because = q.Agreement })
	fits(func(e *access.Entry) { e.Purpose = q.Purpose })
	fits(func(e *access.Entry) { e.What = []string{set} })
	return e
}

// deny writes a refusal into the access log and gives it on.
func (d *Sets) deny(ctx context.Context, e access.Entry, why error) error {
	var r *dataset.Refusal
	if !errors.As(why, &r) {
		return why
	}
	e.Action, e.Reason = access.Denied, string(r.Code)
	if err := d.cfg.Access.Record(context.WithoutCancel(ctx), e); err != nil {
		return fmt.Errorf("%w: %w", ErrUnlogged, err)
	}
	return why
}
