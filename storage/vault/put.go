package vault

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/commitment"
	"sandi.internal/gateway/storage/engine"
)

const (
	// inlineMax is the size up to which an object lies in Pebble with its entry:
	// one sync instead of four. Field values are far below it, files above.
	inlineMax = 16 << 10

	// writeBehind lets the disk begin early with a large file, so that the sync
	// at its end does not hold the Raft log's syncs up for seconds.
	writeBehind = 1 << 20

	// emptyReads is how many reads without a byte or an error in a row are
	// taken from a reader that is broken.
	emptyReads = 100

	objectsDir = "objects"
)

// Put stores what r gives until io.EOF and returns its commitment, under a new
// salt: the same content stored twice is two objects. When Put returns an
// error, whether r's, ctx's or its own, nothing of the object stays.
func (v *Vault) Put(ctx context.Context, meta Meta, r io.Reader) (Object, error) {
	if err := errors.Join(meta.check(), v.room(1)); err != nil {
		return Object{}, fmt.Errorf("couldn't store an object: %w", err)
	}
	src := &source{ctx: ctx, r: r, max: v.max, hash: commitment.NewHasher()}
	head := make([]byte, inlineMax+1, inlineMax+1+tagSize)
	n, err := src.fill(head)
	switch {
	case err != nil:
	case n == 0:
		err = ErrEmpty
	case n <= inlineMax:
		return v.putSmall(meta, src, head[:n])
	default:
		var o Object
		if o, err = v.putLarge(meta, src, head[:n]); err == nil {
			return o, nil
		}
	}
	return Object{}, fmt.Errorf("couldn't store an object: %w", err)
}

// putSmall stores an object inside its entry.
func (v *Vault) putSmall(meta Meta, src *source, content []byte) (Object, error) {
	e, key, err := v.newEntry(placeInline)
	if err != nil {
		return Object{}, err
	}
	out := bytes.NewBuffer(make([]byte, 0, storedSize(int64(len(content)))))
	s := sealer{aead: e.aead, header: header(e.suite, e.id), out: out}
	if err := errors.Join(s.begin(), s.chunk(content, true)); err != nil {
		return Object{}, fmt.Errorf("couldn't seal an object: %w", err)
	}
	e.inline = out.Bytes()
	return v.admit(e, key, meta, src.hash, nil)
}

// putLarge stores an object in a file of its own. A synced note says so before
// the file exists, and goes when the object is admitted: whatever a crash
// leaves, the next Open finds it by its note.
func (v *Vault) putLarge(meta Meta, src *source, head []byte) (o Object, err error) {
	if err := enter(src.ctx, v.puts); err != nil {
		return Object{}, err
	}
	defer leave(v.puts)
	e, key, err := v.newEntry(placeFile)
	if err != nil {
		return Object{}, err
	}
	if err := v.db.Set(pendingKey(e.id), nil, pebble.Sync); err != nil {
		return Object{}, fmt.Errorf("couldn't begin an upload: %w", err)
	}
	admitted := false
	defer func() { // also when r panics
		if admitted {
			return
		}
		if e := v.discard(e.id); e != nil {
			v.log.Warn("couldn't remove an aborted upload; the next start does", "err", e)
		}
	}()
	if err := v.writeFile(e, src, head); err != nil {
		return Object{}, err
	}
	o, err = v.admit(e, key, meta, src.hash, pendingKey(e.id))
	admitted = err == nil
	return o, err
}

// writeFile seals the source into the object's file and syncs it.
func (v *Vault) writeFile(e *entry, src *source, head []byte) (err error) {
	path := v.path(e.id)
	if err := engine.MakeDir(v.fs, v.fs.PathDir(path)); err != nil {
		return fmt.Errorf("couldn't make a directory for objects: %w", err)
	}
	f, err := v.fs.Create(path, vfs.WriteCategoryUnspecified)
	if err != nil {
		return fmt.Errorf("couldn't create an object's file: %w", err)
	}
	f = vfs.NewSyncingFile(f, vfs.SyncingFileOptions{BytesPerSync: writeBehind, NoSyncOnClose: true})
	s := &sealer{aead: e.aead, header: header(e.suite, e.id), out: f}
	err = v.copyChunks(s, src, head)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return engine.SyncDir(v.fs, v.fs.PathDir(path))
}

// copyChunks seals chunk after chunk. It holds two: whether one is the last is
// known only when the next one is asked for.
func (v *Vault) copyChunks(s *sealer, src *source, head []byte) error {
	a, b := v.buffers.Get().(*[]byte), v.buffers.Get().(*[]byte)
	defer v.buffers.Put(a)
	defer v.buffers.Put(b)
	cur, next := *a, *b
	n := copy(cur, head)
	more, err := src.fill(cur[n:])
	if err != nil {
		return err
	}
	n += more
	if err := s.begin(); err != nil {
		return fmt.Errorf("couldn't write an object: %w", err)
	}
	for {
		if err := v.room(int64(src.hash.Size())); err != nil {
			return err
		}
		ahead := 0
		if n == chunkSize {
			if ahead, err = src.fill(next); err != nil {
				return err
			}
		}
		if err := s.chunk(cur[:n], ahead == 0); err != nil {
			return fmt.Errorf("couldn't write an object: %w", err)
		}
		if ahead == 0 {
			return nil
		}
		cur, next, n = next, cur, ahead
	}
}

// admit makes the object part of the vault, durably, in one step with removing
// the note that it is pending, if there is one.
func (v *Vault) admit(e *entry, key []byte, meta Meta, h *commitment.Hasher, pending []byte) (Object, error) {
	salt, sum := commitment.NewSalt(), h.Sum()
	c := h.Commit(salt)
	e.details = details{Salt: salt[:], Size: int64(h.Size()), SHA256: sum[:], StoredAt: v.now().UnixMilli(), Meta: meta}
	value, err := e.encode(c, key, v.key)
	if err != nil {
		return Object{}, err
	}
	batch := v.db.NewBatch()
	defer batch.Close()
	if err := batch.Set(objectKey(c), value, nil); err != nil {
		return Object{}, fmt.Errorf("couldn't admit an object: %w", err)
	}
	if pending != nil {
		if err := batch.Delete(pending, nil); err != nil {
			return Object{}, fmt.Errorf("couldn't admit an object: %w", err)
		}
	}
	if err := v.commit(batch, 1, e.details.Size); err != nil {
		return Object{}, fmt.Errorf("couldn't admit an object: %w", err)
	}
	return e.details.object(c), nil
}

// room refuses an upload of so many bytes that exceeds the quota or eats into the
// reserve. A disk that cannot say how full it is (one in memory) has room.
func (v *Vault) room(bytes int64) error { return v.roomAbove(bytes, ReserveBytes, v.quota) }

// roomForOthers is room for what another bureau sends: it stops earlier, so that the
// bureau's own people can still put something in, whatever others offer.
func (v *Vault) roomForOthers(bytes int64) error {
	return v.roomAbove(bytes, 2*ReserveBytes, v.quota/4*3)
}

func (v *Vault) roomAbove(bytes, reserve, quota int64) error {
	v.account.Lock()
	err := v.within(v.usage.Bytes+bytes, quota)
	v.account.Unlock()
	if err != nil {
		return err
	}
	usage, err := v.fs.GetDiskUsage(v.db.Dir())
	if err != nil {
		if errors.Is(err, vfs.ErrUnsupported) {
			return nil
		}
		return fmt.Errorf("couldn't ask how much room the disk has: %w", err)
	}
	if usage.AvailBytes < uint64(reserve) {
		return fmt.Errorf("%w: %d MiB are left, %d are reserved", ErrNoRoom, usage.AvailBytes>>20, reserve>>20)
	}
	return nil
}

// path spreads files over 256 directories.
func (v *Vault) path(id objectID) string {
	name := hex.EncodeToString(id[:])
	return v.fs.PathJoin(v.db.Dir(), objectsDir, name[:2], name)
}

// source is the content on its way in: counted, hashed, and ended by its
// context or by an object's greatest size.
type source struct {
	ctx  context.Context
	r    io.Reader
	max  int64
	hash *commitment.Hasher
	eof  bool
}

// fill reads until buf is full or the content ends; fewer bytes than buf has
// mean the end. Only io.EOF is an end: io.ErrUnexpectedEOF is what a broken
// connection gives.
func (s *source) fill(buf []byte) (n int, err error) {
	for empty := 0; n < len(buf) && !s.eof; {
		if err := s.ctx.Err(); err != nil {
			return 0, err
		}
		read, err := s.r.Read(buf[n:])
		if read < 0 || read > len(buf)-n {
			return 0, errors.New("the reader claims bytes it did not give")
		}
		n += read
		if empty++; read > 0 {
			empty = 0
		}
		switch {
		case err == io.EOF:
			s.eof = true
		case err != nil:
			return 0, fmt.Errorf("couldn't read the content: %w", err)
		case empty == emptyReads:
			return 0, fmt.Errorf("couldn't read the content: %w", io.ErrNoProgress)
		}
	}
	if int64(s.hash.Size())+int64(n) > s.max {
		return 0, fmt.Errorf("%w: at most %d bytes are taken", ErrTooLarge, s.max)
	}
	s.hash.Write(buf[:n])
	return n, nil
}
