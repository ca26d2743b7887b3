package recovery

import (
	"errors"
	"fmt"
	"os"

	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/state"
)

// scratch is an empty ledger store beside the real one, gone when it is closed.
type scratch struct {
	dir   string
	cache *engine.Cache
	db    *engine.DB
	store *state.Store
}

// scratchCache is what reading back takes, bytes; leaves are written once and read once.
const scratchCache = 32 << 20

// openScratch makes it in Folder.Scratch; what an earlier one left there goes.
func (f *Folder) openScratch() (*scratch, error) {
	if err := os.RemoveAll(f.Scratch); err != nil {
		return nil, fmt.Errorf("couldn't clear the folder for the ledger made anew: %w", err)
	}
	s := &scratch{dir: f.Scratch, cache: engine.NewCache(scratchCache)}
	var err error
	if s.db, err = engine.Open(engine.Options{Dir: f.Scratch, Kind: engine.Ledger, Cache: s.cache, Logger: f.Logger}); err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't make a ledger beside this one: %w", err), s.close())
	}
	if s.store, err = state.Open(s.db); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

func (s *scratch) close() error {
	var err error
	if s.db != nil {
		err = s.db.Close()
	}
	s.cache.Close()
	return errors.Join(err, os.RemoveAll(s.dir))
}
