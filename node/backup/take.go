package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/rows"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/tables"
	"sandi.internal/gateway/storage/vault"
)

// Options are what Verify and Restore work with.
type Options struct {
	In    io.Reader // the decrypted backup
	Trust Trust
	// VaultKey finds the vault's key among the files of the folder; nil when there is
	// none. Without a key private objects are held against the manifest only.
	VaultKey func(files map[string][]byte) ([]byte, error)
	Progress func(done, total int64) // may be nil
	Logger   *slog.Logger
	Workers  int // that verify signatures
}

// storeCache is the block cache while a backup is read, bytes; verdicts is how many
// verified statements are remembered meanwhile.
const (
	storeCache = 32 << 20
	verdicts   = 1024
)

// taker takes a backup in, part by part, into stores of its own.
type taker struct {
	Options
	ctx   context.Context
	in    *reader
	dir   string // where the stores are made
	keep  bool   // the files of the vault
	files map[string][]byte
	// accounts: files of the local accounts came
	accounts bool

	report  *Report
	founded []byte // the genesis file
	genesis *genesis.Signed
	proof   proof
	ledger  *ledger.Ledger
	stores  stores
	refill  *vault.Refill
	done    int64
}

// stores are those that a backup fills.
type stores struct {
	cache   *engine.Cache
	engines []*engine.DB
	state   *state.Store
	raft    *engine.DB // of a restore only
	vault   *engine.DB
}

// open opens new stores below dir.
func (s *stores) open(dir string, log *slog.Logger, kinds ...engine.Kind) error {
	s.cache = engine.NewCache(storeCache)
	for _, kind := range kinds {
		db, err := engine.Open(engine.Options{Dir: filepath.Join(dir, string(kind)), Kind: kind, Cache: s.cache, Logger: log})
		if err != nil {
			return err
		}
		s.engines = append(s.engines, db)
		switch kind {
		case engine.Ledger:
			if s.state, err = state.Open(db); err != nil {
				return err
			}
		case engine.Raft:
			s.raft = db
		case engine.Vault:
			s.vault = db
		}
	}
	return nil
}

func (s *stores) close() error {
	var errs []error
	for _, db := range slices.Backward(s.engines) {
		errs = append(errs, db.Close())
	}
	if s.engines = nil; s.cache != nil {
		s.cache.Close()
		s.cache = nil
	}
	return errors.Join(errs...)
}

// run takes every part in. When it returns nil, the backup holds.
func (t *taker) run() error {
	t.in, t.files, t.report = newReader(t.Options.In), make(map[string][]byte), &Report{}
	for {
		part, r, err := t.in.next()
		if errors.Is(err, io.EOF) {
			return bad("it ends behind %q: the file is cut", t.in.last)
		}
		if err == nil && kindOf(part.Name) == partManifest {
			if err = t.whole(); err == nil {
				err = t.in.end(part, r)
			}
			return err
		}
		if err == nil {
			err = t.take(part, &counted{t: t, r: r})
		}
		if err != nil {
			return err
		}
	}
}

// whole reports whether the manifest comes behind all that must be there.
func (t *taker) whole() error {
	for _, name := range []string{partHead, partGenesis, partProof, partLedger, partLocal, partRows, partMissing} {
		if !slices.ContainsFunc(t.in.list.Parts, func(p Part) bool { return p.Name == name }) {
			return bad("%s is missing", name)
		}
	}
	return nil
}

// counted tells how far reading has come, and ends it with its context.
type counted struct {
	t *taker
	r io.Reader
}

func (c *counted) Read(p []byte) (int, error) {
	if err := c.t.ctx.Err(); err != nil {
		return 0, err
	}
	n, err := c.r.Read(p)
	if c.t.done += int64(n); c.t.Progress != nil {
		c.t.Progress(c.t.done, c.t.report.Head.Bytes())
	}
	return n, err
}

func (t *taker) take(part Part, r io.Reader) error {
	switch kindOf(part.Name) {
	case partFile:
		return t.takeFile(part, r)
	case partAccount:
		return t.takeAccount(part, r)
	case partHead:
		return t.takeHead(part, r)
	case partGenesis:
		return t.takeGenesis(part, r)
	case partProof:
		data, err := small(part, r, maxProof)
		if err == nil {
			err = decode(data, maxProof, &t.proof)
		}
		return err
	case partLedger:
		return t.takeLedger(r)
	case partLocal:
		err := t.stores.state.Local().Carry(r, func([]byte) bool { return true })
		return content(err)
	case partRows:
		return t.takeRows(r)
	case partObject:
		object, err := commitment.Parse(part.Name[len(partObject):])
		if err != nil || t.refill == nil {
			return bad("a file %.80q", part.Name)
		}
		return content(t.refill.Take(object, part.Size, r))
	}
	return t.takeMissing(part, r)
}

// content makes an error about what a part holds one about the backup.
func content(err error) error {
	for _, known := range []error{rows.ErrForm, state.ErrCorrupt, state.ErrKey, vault.ErrCorrupt, tables.ErrCorrupt, ledger.ErrForged} {
		if errors.Is(err, known) && !errors.Is(err, ErrBad) {
			return fmt.Errorf("%w: %w", ErrBad, err)
		}
	}
	return err
}

func (t *taker) takeFile(part Part, r io.Reader) error {
	path := part.Name[len(partFile):] // IsFolderName, or the reader had refused it
	if len(t.files) >= maxFiles {
		return bad("more than %d files of the folder", maxFiles)
	}
	data, err := small(part, r, maxFile)
	t.files[path] = data
	t.report.Files = append(t.report.Files, path)
	return err
}

func (t *taker) takeHead(part Part, r io.Reader) error {
	data, err := small(part, r, maxHead)
	if err != nil {
		return err
	}
	if err := decode(data, maxHead, &t.report.Head); err != nil {
		return err
	}
	h := &t.report.Head
	if t.report.Old = h.Format == formatBefore; !t.report.Old && h.Format != Format || h.LedgerBytes < 0 || h.VaultBytes < 0 {
		return bad("it is of the form %.40q, known are %s and %s: use a newer sandi", h.Format, Format, formatBefore)
	}
	return t.lookAtAccounts()
}

// takeAccount takes a file of the local accounts.
func (t *taker) takeAccount(part Part, r io.Reader) error {
	name := part.Name[len(partAccount):] // account.FileMax, or the reader had refused it
	if most := account.FileMax(name); part.Size > most {
		return bad("%s has %d bytes, at most %d are taken", part.Name, part.Size, most)
	}
	t.accounts = true
	return writeSynced(filepath.Join(t.dir, AccountsFolder, name), r)
}

// lookAtAccounts reads the accounts that came. A store that was damaged when the backup
// was made is no fault of the backup.
func (t *taker) lookAtAccounts() error {
	if !t.accounts {
		return nil
	}
	held, err := account.Look(filepath.Join(t.dir, AccountsFolder))
	switch {
	case errors.Is(err, account.ErrDamaged), errors.Is(err, account.ErrUnlogged):
		t.report.AccountsFault = err.Error()
	case err != nil:
		return err
	default:
		t.report.Accounts = &held
	}
	return nil
}

func (t *taker) takeGenesis(part Part, r io.Reader) error {
	var err error
	if t.founded, err = small(part, r, maxGenesis); err != nil {
		return err
	}
	if t.genesis, err = genesis.Parse(t.founded); err != nil {
		return bad("its genesis: %w", err)
	}
	if t.genesis.Network() != t.report.Head.Network {
		return bad("its genesis is of another network than it says")
	}
	t.report.Fingerprint = t.genesis.Fingerprint()
	if t.report.Trusted, err = t.Trust.genesis(t.genesis); err != nil {
		return err
	}
	if t.ledger, err = ledger.New(t.genesis, statement.NewPool(max(t.Workers, 1), verdicts)); err != nil {
		return bad("its genesis: %w", err)
	}
	return nil
}

// takeLedger verifies the ledger in the form in which a follower would get it, and
// lets it into the store only then.
func (t *taker) takeLedger(r io.Reader) error {
	if t.ledger == nil {
		return bad("the ledger comes before its genesis")
	}
	return content(t.stores.state.Restore(r, func(c *state.Candidate) error {
		if err := t.ledger.VerifyAgainst(c, ledger.Check{}); err != nil {
			return err
		}
		return t.judge(c)
	}))
}

func (t *taker) takeRows(r io.Reader) error {
	o := vault.Options{DB: t.stores.vault}
	if t.VaultKey != nil {
		secret, err := t.VaultKey(t.files)
		if err != nil {
			return err
		}
		if secret != nil {
			key, err := vault.ParseKey(secret, vault.AES256GCM{})
			if err != nil {
				return fmt.Errorf("couldn't use the vault's key: %w", err)
			}
			o.Key, t.report.Opened = key, true
		}
	}
	t.refill = vault.NewRefill(o, t.keep)
	if err := t.refill.Rows(r); err != nil || o.Key == nil {
		return content(err)
	}
	sets, err := tables.Open(t.stores.vault, o.Key, vault.AES256GCM{})
	if err == nil {
		t.report.DataSets, t.report.DataRows, err = sets.Verify(t.ctx)
	}
	return content(err)
}

func (t *taker) takeMissing(part Part, r io.Reader) error {
	if t.refill == nil {
		return bad("%s comes before the vault's rows", part.Name)
	}
	data, err := small(part, r, maxMissing)
	if err != nil {
		return err
	}
	var list missing
	if err := decode(data, maxMissing, &list); err != nil {
		return err
	}
	for _, name := range list.Objects {
		object, err := commitment.Parse(name)
		if err != nil {
			return bad("%s names %.60q", part.Name, name)
		}
		if err := content(t.refill.Drop(object)); err != nil {
			return err
		}
	}
	t.report.Missing, t.report.Objects, t.report.OpenedBytes = list.Objects, t.refill.Objects, t.refill.Bytes
	return content(t.refill.Done())
}
