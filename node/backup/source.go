package backup

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/state"
	"sandi.internal/gateway/storage/vault"
)

// coverPatience is how long a backup waits for a checkpoint that covers all of the
// ledger it has pinned: a second where every region answers. Without it the backup is
// made all the same, and says how far it is covered.
const coverPatience = 10 * time.Second

// Board is the cosigned checkpoints that the node shows; *witness.Board is one.
type Board interface {
	Published() *checkpoint.Note
	Final() *checkpoint.Note
	Wait(ctx context.Context, size uint64, final bool) (*checkpoint.Note, error)
}

// Source is a running node, as a backup sees it.
type Source struct {
	Genesis      *genesis.Signed
	Founded      []byte // the genesis file
	Region, Node string
	Version      string
	Store        *state.Store
	Ledger       *ledger.Ledger
	Board        Board
	Vault        *vault.Vault
	Clock        func() time.Time
}

// Backup is one backup under way: a moment of the node, pinned. It belongs to one
// goroutine.
type Backup struct {
	Head
	s      *Source
	snap   *state.Snapshot
	vault  *vault.Carrier
	proof  proof
	sizes  struct{ local, rows int64 }
	closed bool
}

// Begin pins the node as it is now, and waits a moment for a checkpoint over it.
func (s *Source) Begin(ctx context.Context) (*Backup, error) {
	snap, err := s.Store.Snapshot()
	if err != nil {
		return nil, fmt.Errorf("couldn't begin a backup: %w", err)
	}
	b := &Backup{s: s, snap: snap, vault: s.Vault.Carry()}
	if err := b.prepare(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("couldn't begin a backup: %w", err), b.Close())
	}
	return b, nil
}

func (b *Backup) prepare(ctx context.Context) error {
	standing, err := b.s.Ledger.Books(b.snap.View()).Standing()
	if err != nil {
		return err
	}
	usage := b.s.Vault.Usage()
	b.Head = Head{
		Format: Format, Network: b.s.Genesis.Network(), Name: b.s.Genesis.Genesis.Name, Region: b.s.Region, Node: b.s.Node,
		Created: b.s.Clock().UTC().Format(time.RFC3339), Version: b.s.Version, Leaves: standing.Size, VaultObjects: usage.Objects, VaultBytes: usage.Bytes,
	}
	if b.LedgerBytes, err = b.snap.Size(); err != nil {
		return err
	}
	if b.sizes.local, err = b.snap.LocalSize(); err != nil {
		return err
	}
	if b.sizes.rows, err = b.vault.RowsSize(); err != nil {
		return err
	}
	return b.prove(ctx, standing)
}

// prove gathers the checkpoints under which the pinned ledger lies.
func (b *Backup) prove(ctx context.Context, standing ledger.Standing) error {
	ctx, cancel := context.WithTimeout(ctx, coverPatience)
	defer cancel()
	_, _ = b.s.Board.Wait(ctx, standing.Size, true)                                                // without one the newest there is
	b.proof = proof{Size: standing.Size, Root: strict.B64(standing.Root[:]), Notes: []proofNote{}} // null is no list to who reads it
	var last *checkpoint.Note
	for _, note := range []*checkpoint.Note{b.s.Board.Final(), b.s.Board.Published()} {
		if note == nil || note == last {
			continue
		}
		last = note
		one := proofNote{Note: string(note.Marshal())}
		if note.Size > standing.Size {
			path, err := b.path(standing.Size, note.Size)
			if err != nil {
				return err
			}
			for _, hash := range path {
				one.Consistency = append(one.Consistency, strict.B64(hash[:]))
			}
		}
		b.proof.Notes = append(b.proof.Notes, one)
	}
	return nil
}

// path proves from the ledger of now that the pinned tree is the beginning of a later
// one. A note is shown only when this node's ledger has it.
func (b *Backup) path(from, to uint64) ([]merkle.Hash, error) {
	view := b.s.Store.View()
	defer view.Close()
	path, err := merkle.Consistency(b.s.Ledger.Books(view), from, to)
	if err != nil {
		return nil, fmt.Errorf("couldn't prove that %d leaves lie under a checkpoint of %d: %w", from, to, err)
	}
	return path, nil
}

// Write writes the node's part of the backup.
func (b *Backup) Write(ctx context.Context, out io.Writer) error {
	at, err := time.Parse(time.RFC3339, b.Created)
	if err != nil {
		return err
	}
	w := NewWriter(out, at)
	for _, part := range []func() error{
		func() error { return w.JSON(partHead, b.Head) },
		func() error { return w.Bytes(partGenesis, b.s.Founded) },
		func() error { return w.JSON(partProof, b.proof) },
		func() error {
			return w.Add(partLedger, b.LedgerBytes, func(out io.Writer) error {
				_, err := b.snap.WriteTo(out)
				return err
			})
		},
		func() error { return w.Add(partLocal, b.sizes.local, b.snap.WriteLocal) },
		func() error { return w.Add(partRows, b.sizes.rows, b.vault.WriteRows) },
		func() error { return b.objects(ctx, w) },
		w.Close,
	} {
		if err := errors.Join(ctx.Err(), part()); err != nil {
			return fmt.Errorf("couldn't write a backup: %w", err)
		}
	}
	return nil
}

func (b *Backup) objects(ctx context.Context, w *Writer) error {
	gone, err := b.vault.Files(ctx, func(object commitment.Commitment, size int64, r io.Reader) error {
		return w.Add(partObject+object.String(), size, func(out io.Writer) error {
			_, err := io.Copy(out, r)
			return err
		})
	})
	if err != nil {
		return err
	}
	list := missing{Objects: make([]string, 0, len(gone))}
	for _, object := range gone {
		list.Objects = append(list.Objects, object.String())
	}
	return w.JSON(partMissing, list)
}

// Close lets go of what was pinned; again it does nothing.
func (b *Backup) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	return errors.Join(b.snap.Close(), b.vault.Close())
}
