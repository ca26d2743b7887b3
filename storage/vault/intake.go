package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
)

// ChunkSize is how an object is cut, in bytes; the last chunk is 1 to ChunkSize.
const ChunkSize = chunkSize

// Chunks is how many chunks an object of size bytes has.
func Chunks(size int64) int64 { return chunks(size) }

var (
	// ErrExists: the vault has the object already.
	ErrExists = errors.New("the object is in the vault already")
	// ErrTaken: somebody else is taking the object in.
	ErrTaken = errors.New("the object is being taken in already")
	// ErrIncomplete: an object of which chunks are missing.
	ErrIncomplete = errors.New("the object is not complete")
)

// Expected is an object that another bureau is to deliver.
type Expected struct {
	Meta
	Commitment commitment.Commitment
	Salt       commitment.Salt
	Size       int64
	SHA256     [32]byte
}

// Intake is an object on its way in, chunk by chunk in their order. It survives a
// restart at any point: what it holds is found again by opening it. Nobody can read
// the object before Admit. It belongs to one goroutine.
//
// Each chunk is sealed with the object's own key before it is written, so whatever
// of the file opens after a crash is what was given, in its place; the rest is
// asked for again. No progress is kept anywhere else.
type Intake struct {
	v    *Vault
	c    commitment.Commitment
	e    *entry
	file vfs.File
	hash *commitment.Hasher
	have int64 // chunks
	buf  []byte
}

// Receive begins or resumes to take an object in. Its bytes count against the
// quota from here on. The error is ErrExists, ErrTaken, commitment.ErrMismatch when
// the expectation contradicts itself, ErrTooLarge, ErrQuota or ErrNoRoom.
func (v *Vault) Receive(ctx context.Context, x Expected) (*Intake, error) {
	in, err := v.receive(ctx, x)
	if err != nil {
		return nil, fmt.Errorf("couldn't take %s in: %w", x.Commitment, err)
	}
	return in, nil
}

func (v *Vault) receive(ctx context.Context, x Expected) (in *Intake, err error) {
	switch {
	case x.Size < 1:
		return nil, ErrEmpty
	case x.Size > v.max:
		return nil, fmt.Errorf("%w: at most %d bytes are taken", ErrTooLarge, v.max)
	case commitment.Compute(x.Salt, uint64(x.Size), x.SHA256) != x.Commitment:
		return nil, commitment.ErrMismatch
	}
	if err := x.Meta.check(); err != nil {
		return nil, err
	}
	if err := v.reserve(x.Commitment); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			v.release(x.Commitment)
		}
	}()
	if stored, err := v.get(objectKey(x.Commitment)); err != nil || stored != nil {
		return nil, errors.Join(err, ErrExists)
	}
	e, err := v.expected(x)
	if err != nil {
		return nil, err
	}
	in = &Intake{v: v, c: x.Commitment, e: e, hash: commitment.NewHasher(), buf: newBuffer()}
	if err := in.open(ctx); err != nil {
		return nil, errors.Join(err, in.closeFile())
	}
	return in, nil
}

// reserve takes an object for one intake.
func (v *Vault) reserve(c commitment.Commitment) error {
	v.account.Lock()
	defer v.account.Unlock()
	if v.intakes[c] {
		return ErrTaken
	}
	if v.intakes == nil {
		v.intakes = make(map[commitment.Commitment]bool)
	}
	v.intakes[c] = true
	return nil
}

func (v *Vault) release(c commitment.Commitment) {
	v.account.Lock()
	defer v.account.Unlock()
	delete(v.intakes, c)
}

// expected finds the entry of an intake that began before, or makes it.
func (v *Vault) expected(x Expected) (*entry, error) {
	stored, err := v.get(intakeKey(x.Commitment))
	if err != nil {
		return nil, err
	}
	if stored != nil {
		return v.decodeEntry(stored, x.Commitment)
	}
	if err := v.roomForOthers(x.Size); err != nil {
		return nil, err
	}
	e, key, err := v.newEntry(placeFile)
	if err != nil {
		return nil, err
	}
	e.details = details{Salt: x.Salt[:], Size: x.Size, SHA256: x.SHA256[:], StoredAt: v.now().UnixMilli(), Meta: x.Meta}
	row, err := e.encode(x.Commitment, key, v.key)
	if err != nil {
		return nil, err
	}
	batch := v.db.NewBatch()
	defer batch.Close()
	if err := batch.Set(intakeKey(x.Commitment), row, nil); err != nil {
		return nil, err
	}
	return e, v.commit(batch, 0, x.Size)
}

// open opens the file and reads what it holds.
func (in *Intake) open(ctx context.Context) error {
	fs, path := in.v.fs, in.v.path(in.e.id)
	head := header(in.e.suite, in.e.id)
	f, err := fs.OpenReadWrite(path, vfs.WriteCategoryUnspecified)
	if errors.Is(err, os.ErrNotExist) {
		if err := engine.MakeDir(fs, fs.PathDir(path)); err != nil {
			return err
		}
		f, err = fs.Create(path, vfs.WriteCategoryUnspecified)
	}
	if err != nil {
		return fmt.Errorf("couldn't open the file of an object on its way in: %w", err)
	}
	in.file = vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: writeBehind, NoSyncOnClose: true})
	info, err := in.file.Stat()
	if err != nil {
		return err
	}
	got := make([]byte, headerSize)
	if _, err := in.file.ReadAt(got, 0); err != nil || !bytes.Equal(got, head) {
		_, err := in.file.WriteAt(bytes.Clone(head), 0)
		return err
	}
	o := opener{aead: in.e.aead, header: head, in: in.file, size: in.e.details.Size}
	for in.have < in.Count() {
		if err := ctx.Err(); err != nil {
			return err
		}
		if info.Size() < headerSize+(in.have+1)*tagSize+min((in.have+1)*chunkSize, o.size) {
			break
		}
		plain, err := o.chunk(in.have, in.buf[:cap(in.buf)])
		if errors.Is(err, ErrCorrupt) {
			break // torn by a crash
		}
		if err != nil {
			return err
		}
		in.hash.Write(plain)
		in.have++
	}
	return nil
}

// Count is how many chunks the object has.
func (in *Intake) Count() int64 { return chunks(in.e.details.Size) }

// Have is how many chunks are here; the next to append has this number.
func (in *Intake) Have() int64 { return in.have }

// ChunkBytes is the size of a chunk.
func (in *Intake) ChunkBytes(number int64) int64 {
	return min(in.e.details.Size-number*chunkSize, chunkSize)
}

// Append adds the next chunk, which must have its size. The caller has verified it.
func (in *Intake) Append(chunk []byte) error {
	if in.have == in.Count() || int64(len(chunk)) != in.ChunkBytes(in.have) {
		return fmt.Errorf("couldn't add a chunk of %d bytes: %w", len(chunk), ErrCorrupt)
	}
	if err := in.v.roomForOthers(0); err != nil {
		return err
	}
	in.hash.Write(chunk)
	mark := byte(markMiddle)
	if in.have == in.Count()-1 {
		mark = markLast
	}
	sealed := in.e.aead.Seal(in.buf[:0], nonce(uint64(in.have), mark), chunk, header(in.e.suite, in.e.id))
	if _, err := in.file.WriteAt(sealed, headerSize+in.have*(chunkSize+tagSize)); err != nil {
		return fmt.Errorf("couldn't write an object: %w", err)
	}
	in.have++
	return nil
}

// Complete makes sure that the whole is there, durably, and is what was committed
// to: else ErrIncomplete or commitment.ErrMismatch. It closes the intake, which
// then waits for Admit or Discard.
func (in *Intake) Complete() error {
	if in.have != in.Count() {
		return fmt.Errorf("couldn't complete %s: %w", in.c, ErrIncomplete)
	}
	if in.hash.Commit(commitment.Salt(in.e.details.Salt)) != in.c {
		return fmt.Errorf("couldn't complete %s: %w", in.c, commitment.ErrMismatch)
	}
	if err := in.file.Sync(); err != nil {
		return fmt.Errorf("couldn't sync an object: %w", err)
	}
	if err := engine.SyncDir(in.v.fs, in.v.fs.PathDir(in.v.path(in.e.id))); err != nil {
		return err
	}
	return in.Close()
}

// Close leaves the intake; Receive resumes it. Again it does nothing.
func (in *Intake) Close() error {
	if in.file == nil {
		return nil
	}
	err := in.closeFile()
	in.v.release(in.c)
	return err
}

func (in *Intake) closeFile() error {
	if in.file == nil {
		return nil
	}
	err := in.file.Close()
	in.file = nil
	return err
}

// Admit makes an object that was completed part of the vault. One that is part of
// it already stays as it is; ErrNotFound when there is nothing to admit.
func (v *Vault) Admit(ctx context.Context, c commitment.Commitment) error {
	if stored, err := v.get(objectKey(c)); err != nil || stored != nil {
		return err
	}
	row, err := v.get(intakeKey(c))
	if err != nil {
		return err
	}
	if row == nil {
		return fmt.Errorf("couldn't admit %s: %w", c, ErrNotFound)
	}
	batch := v.db.NewBatch()
	defer batch.Close()
	if err := errors.Join(batch.Set(objectKey(c), row, nil), batch.Delete(intakeKey(c), nil)); err != nil {
		return fmt.Errorf("couldn't admit %s: %w", c, err)
	}
	return v.commit(batch, 1, 0)
}

// Discard gives up an object on its way in and leaves nothing of it. One that is
// none is no error.
func (v *Vault) Discard(c commitment.Commitment) error {
	row, err := v.get(intakeKey(c))
	if err != nil || row == nil {
		return err
	}
	e, err := v.decodeEntry(row, c)
	if err != nil {
		return err
	}
	batch := v.db.NewBatch()
	defer batch.Close()
	if err := errors.Join(batch.Delete(intakeKey(c), nil), batch.Set(pendingKey(e.id), nil, nil)); err != nil {
		return err
	}
	if err := v.commit(batch, 0, -e.details.Size); err != nil {
		return err
	}
	return v.discard(e.id)
}

func intakeKey(c commitment.Commitment) []byte { return append([]byte{tagIntake}, c[:]...) }

// Sum is the SHA-256 of what is here.
func (in *Intake) Sum() [32]byte { return in.hash.Sum() }
