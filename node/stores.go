package node

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/prometheus/client_golang/prometheus"

	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/raftlog"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/vault"
)

// stores are the node's three Pebble instances under one block cache. They are
// apart because their lives differ: the Raft log is synced on every append and
// soon forgotten, the ledger is never synced on the hot path, the vault holds
// what must stay at home.
type stores struct {
	cache   *engine.Cache
	engines []*engine.DB
	log     *raftlog.Store
	state   *state.Store
	vault   *engine.DB
}

func openStores(dir string, cacheMiB int, log *slog.Logger, reg prometheus.Registerer) (*stores, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("couldn't make the data folder %s: %w", dir, err)
	}
	s := &stores{cache: engine.NewCache(int64(cacheMiB) << 20)}
	open := func(kind engine.Kind) (*engine.DB, error) {
		db, err := engine.Open(engine.Options{Dir: filepath.Join(dir, string(kind)), Kind: kind, Cache: s.cache, Logger: log})
		if err != nil {
			return nil, fmt.Errorf("couldn't open the %s store in %s: %w", kind, dir, err)
		}
		s.engines = append(s.engines, db)
		return db, reg.Register(db.Collector())
	}
	raftDB, err := open(engine.Raft)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	ledgerDB, err := open(engine.Ledger)
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.vault, err = open(engine.Vault); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.log, err = raftlog.Open(raftDB); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if s.state, err = state.Open(ledgerDB); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// openVault opens the bureau's private objects under its vault key.
func openVault(db *engine.DB, secret []byte, limits Limits) (public.Vault, error) {
	key, err := vault.ParseKey(secret, vault.AES256GCM{})
	if err != nil {
		return public.Vault{}, fmt.Errorf("couldn't take up the vault key: %w", err)
	}
	v, err := vault.Open(vault.Options{DB: db, Key: key, MaxObject: limits.MaterialMiB << 20, Quota: limits.VaultMiB << 20})
	if err != nil {
		return public.Vault{}, fmt.Errorf("couldn't open the vault: %w", err)
	}
	return public.Vault{Vault: v, Max: limits.MaterialMiB << 20}, nil
}

// close closes the engines, the youngest first.
func (s *stores) close() error {
	var errs []error
	for i := len(s.engines) - 1; i >= 0; i-- {
		errs = append(errs, s.engines[i].Close())
	}
	s.cache.Close()
	return errors.Join(errs...)
}
