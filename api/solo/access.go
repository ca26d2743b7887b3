package solo

import (
	"context"
	"crypto/rand"
	"time"

	"sandi.internal/gateway/api/accesslog"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/journal"
)

// AccessLog opens a bureau's access log on keys in memory; the ledger has no head of
// it.
func (n *Network) AccessLog(region string, keys *Local) *accesslog.Log {
	n.t.Helper()
	l, err := accesslog.Open(accesslog.Config{
		Region: region, Node: n.Keys.Region(region).Nodes[0].ID, Store: Rows{keys}, Clock: n.Clock, Now: time.Now, Logger: n.Log,
	})
	if err == nil {
		err = l.Hold(nil)
	}
	if err != nil {
		n.t.Fatal(err)
	}
	return l
}

// Auditing is what a bureau's door shows of its access log, and of the others'.
func (n *Network) Auditing(region string, l public.AccessLog) *public.Auditing {
	keys := n.Keys.Region(region)
	place := access.Place{Origin: n.Genesis.Origin, Region: region, Node: keys.Nodes[0].ID}
	sign := func(h access.Head) ([]byte, error) { return place.Sign(h, keys.Nodes[0].Log) }
	return &public.Auditing{
		Sign:   sign,
		Waited: func() time.Duration { return 0 },
		Anchor: func(ctx context.Context) (*ledger.AccessHead, error) { return n.Anchor(ctx, region, l) },
		Ask: func(ctx context.Context, node string, q accesslog.Question) (v1.AccessRows, error) {
			n.mu.Lock()
			b := n.bureaus[node[:6]]
			n.mu.Unlock()
			if b == nil {
				return v1.AccessRows{}, accesslog.ErrSilent
			}
			books, done, err := open(n.Ledger)
			if err != nil {
				return v1.AccessRows{}, err
			}
			defer done()
			return b.Access.Show(ctx, books, region, q, b.Auditing.Sign)
		},
	}
}

// Anchor brings the head of a bureau's access log onto the ledger.
func (n *Network) Anchor(ctx context.Context, region string, l public.AccessLog) (*ledger.AccessHead, error) {
	keys := n.Keys.Region(region)
	h, err := l.Head()
	if err != nil {
		return nil, err
	}
	body := statement.AccessHeadBody{Node: keys.Nodes[0].ID, Log: h.Log, Size: h.Size, Root: h.Text()}
	if h.Log > 1 && h.Size == 1 {
		body.Reason = "damaged"
	}
	raw, _, err := statement.Sign(keys.Statement, statement.Payload{
		Network: n.Genesis.Network(), Kind: statement.KindAccessHead, ID: statement.NewID(n.Clock(), rand.Reader), Region: region,
		At: statement.FormatAt(n.Clock().Unix()), Actor: statement.Actor{Role: statement.RoleNode, Org: region + "-SJ"},
		Request: statement.RequestDigest(body.Marshal()), Body: body.Marshal(),
	})
	if err != nil {
		return nil, err
	}
	if _, err := n.Ledger.Submit(ctx, raw); err != nil {
		return nil, err
	}
	books, done, err := open(n.Ledger)
	if err != nil {
		return nil, err
	}
	defer done()
	return books.AccessHead(body.Node)
}

// Rows makes keys in memory what an access log is written to.
type Rows struct{ *Local }

var _ accesslog.Store = Rows{}

// rowsPrefix keeps the log's keys apart from the desk's.
const rowsPrefix = "access log "

func rowKey(key []byte) []byte { return append([]byte(rowsPrefix), key...) }

// Get implements accesslog.Store.
func (r Rows) Get(key []byte) ([]byte, error) { return r.Local.Get(rowKey(key)) }

// Scan implements accesslog.Store.
func (r Rows) Scan(lower, upper []byte, reverse bool, fn func(key, value []byte) (bool, error)) error {
	return r.Local.Scan(rowKey(lower), rowKey(upper), reverse, func(key, value []byte) (bool, error) { return fn(key[len(rowsPrefix):], value) })
}

// Write implements accesslog.Store.
func (r Rows) Write(pairs []journal.Pair) (wait func() error, err error) {
	for _, p := range pairs {
		if err := r.Set(rowKey(p.Key), p.Value, true); err != nil {
			return nil, err
		}
	}
	return func() error { return nil }, nil
}

// Looks is an access log that only remembers, and that can fail.
type Looks struct {
	Entries []access.Entry
	Err     error
}

// Record implements the log that private data is read under.
func (l *Looks) Record(_ context.Context, e access.Entry) error {
	if l.Err == nil {
		l.Entries = append(l.Entries, e)
	}
	return l.Err
}
