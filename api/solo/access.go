package solo

import (
	"time"

	"sandi.internal/gateway/api/accesslog"
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
