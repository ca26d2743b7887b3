package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"sandi.internal/gateway/storage/commitment"
)

// Get opens an object for reading. The caller closes it. Every byte has been
// authenticated before it is given; the last chunk only if the whole is what
// was committed to. Closing ctx ends the reading.
func (v *Vault) Get(ctx context.Context, c commitment.Commitment) (io.ReadCloser, Object, error) {
	e, err := v.find(ctx, c)
	if err != nil {
		return nil, Object{}, err
	}
	r := &reader{ctx: ctx, commitment: c, salt: commitment.Salt(e.details.Salt), hash: commitment.NewHasher()}
	r.object = opener{aead: e.aead, header: header(e.suite, e.id), size: e.details.Size}
	if e.place == placeInline {
		err = r.openInline(e.inline)
	} else {
		err = r.openFile(v, e)
	}
	if err != nil {
		return nil, Object{}, fmt.Errorf("couldn't open %s: %w", c, errors.Join(err, r.Close()))
	}
	return r, e.details.object(c), nil
}

// reader gives an object's content. It belongs to one goroutine.
type reader struct {
	ctx        context.Context
	commitment commitment.Commitment
	salt       commitment.Salt
	hash       *commitment.Hasher
	object     opener
	number     int64  // of the next chunk
	buf        []byte // room for one chunk and its tag
	plain      []byte // of buf, not yet given out
	err        error  // sticky
	release    []func() error
}

func (r *reader) openInline(stored []byte) error {
	r.object.in = bytes.NewReader(stored)
	r.buf = make([]byte, r.object.size+tagSize)
	return r.object.begin(int64(len(stored)))
}

func (r *reader) openFile(v *Vault, e *entry) error {
	if err := enter(r.ctx, v.gets); err != nil {
		return err
	}
	buf := v.buffers.Get().(*[]byte)
	r.buf = (*buf)[:cap(*buf)]
	r.release = append(r.release, func() error {
		v.buffers.Put(buf)
		leave(v.gets)
		return nil
	})
	f, err := v.fs.Open(v.path(e.id))
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%w: its file is missing", ErrCorrupt)
	}
	if err != nil {
		return fmt.Errorf("couldn't open an object's file: %w", err)
	}
	r.release = append(r.release, f.Close)
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("couldn't open an object's file: %w", err)
	}
	r.object.in = f
	return r.object.begin(info.Size())
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if len(r.plain) == 0 && r.err == nil {
		r.plain, r.err = r.next()
	}
	if len(r.plain) == 0 {
		return 0, r.err
	}
	n := copy(p, r.plain)
	r.plain = r.plain[n:]
	return n, nil
}

// next opens the next chunk; io.EOF after the last.
func (r *reader) next() ([]byte, error) {
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if r.number == chunks(r.object.size) {
		return nil, io.EOF
	}
	plain, err := r.object.chunk(r.number, r.buf)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", r.commitment, err)
	}
	r.number++
	r.hash.Write(plain)
	if r.number == chunks(r.object.size) && r.hash.Commit(r.salt) != r.commitment {
		return nil, fmt.Errorf("couldn't read %s: %w: it is not what was committed to", r.commitment, ErrCorrupt)
	}
	return plain, nil
}

// errClosed: a read after Close.
var errClosed = errors.New("couldn't read an object: it is closed")

// Close implements io.Closer; again it does nothing.
func (r *reader) Close() error {
	var errs []error
	for i := len(r.release) - 1; i >= 0; i-- {
		errs = append(errs, r.release[i]())
	}
	r.release, r.plain, r.err = nil, nil, errClosed
	return errors.Join(errs...)
}
