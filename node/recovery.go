package node

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/recovery"
	"sandi.internal/gateway/storage/engine"
)

// orders are the statements of a recovery that the ledger does not have yet: the first
// command of a term carries them.
func (n *Node) orders() [][]byte {
	books, done, err := n.books()
	if err != nil {
		return nil
	}
	defer done()
	waiting, err := recovery.Waiting(n.stores.state.Local(), func(region, id string) (bool, error) {
		o, err := books.Statement(region, id)
		return o.Committed != nil || o.Refused != nil, err
	})
	if err != nil {
		n.log.Error("couldn't bring the recovery order onto the ledger; the next leader tries again", "error", err)
	}
	return waiting
}

// OpenStopped opens the stores of a node that does not run, for `sandi recover`. done
// closes them.
func OpenStopped(cfg Config) (_ *recovery.Folder, done func() error, err error) {
	n := &Node{cfg: cfg}
	if err := n.openGenesis(); err != nil {
		return nil, nil, err
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, string(engine.Ledger))); err != nil {
		return nil, nil, fmt.Errorf("couldn't find this node's stores: %w", err) // and makes no new ones
	}
	log := slog.New(slog.DiscardHandler)
	s, err := openStores(cfg.Data, cfg.Limits.CacheMiB, log, prometheus.NewRegistry())
	if err != nil {
		return nil, nil, err
	}
	f := &recovery.Folder{
		Genesis: n.genesis, Node: cfg.Node, Keys: []keyring.PublicKey{n.secrets.log.Public(), n.secrets.cosigner.Public()}, Store: s.state, Log: s.log, Logger: log, Scratch: filepath.Join(cfg.Data, "returning"),
		Pool: statement.NewPool(cfg.Limits.VerifyWorkers, verdictCache),
	}
	return f, s.close, nil
}
