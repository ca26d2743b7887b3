package accesslog

import (
	"bytes"
	"io"
	"log/slog"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/storage/engine"
	"sandi.internal/gateway/storage/journal"
	"sandi.internal/gateway/storage/vault"
)

// BenchmarkAccess reads a file of 64 KiB out of a vault on disk, as the door does, with
// and without a line in the access log, one reader and many.
func BenchmarkAccess(b *testing.B) {
	db, err := engine.Open(engine.Options{Dir: b.TempDir(), Kind: engine.Vault, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	v, err := vault.Open(vault.Options{DB: db, Key: vault.NewKey(vault.AES256GCM{})})
	if err != nil {
		b.Fatal(err)
	}
	j, err := journal.Open(db)
	if err != nil {
		b.Fatal(err)
	}
	l, err := Open(Config{Region: "110000", Node: "110000-a", Store: j, Clock: time.Now, Now: time.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil || l.Hold(nil) != nil {
		b.Fatal(err)
	}
	o, err := v.Put(ctx, vault.Meta{}, bytes.NewReader(make([]byte, 64<<10)))
	if err != nil {
		b.Fatal(err)
	}
	read := func(b *testing.B) {
		r, _, err := v.Get(ctx, o.Commitment)
		if err == nil {
			_, err = io.Copy(io.Discard, r)
			r.Close()
		}
		if err != nil {
			b.Error(err)
		}
	}
	e := look(mine)
	e.What = []string{o.Commitment.String()}
	noted := func(b *testing.B) {
		if err := l.Record(ctx, e); err != nil {
			b.Error(err)
		}
		read(b)
	}
	for name, do := range map[string]func(*testing.B){"without": read, "with": noted} {
		b.Run("one/"+name, func(b *testing.B) {
			for b.Loop() {
				do(b)
			}
		})
		b.Run("many/"+name, func(b *testing.B) {
			b.SetParallelism(32)
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					do(b)
				}
			})
		})
	}
	b.Run("entry", func(b *testing.B) { // all but the disk
		l.cfg.Store = nowhere{}
		for b.Loop() {
			if _, _, err := l.append([]access.Entry{e}); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// nowhere takes writes and forgets them.
type nowhere struct{ Store }

func (nowhere) Write([]journal.Pair) (func() error, error) { return func() error { return nil }, nil }
