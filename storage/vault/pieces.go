package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/cockroachdb/pebble/v2/vfs"

	"sandi.internal/gateway/storage/commitment"
)

// Pieces reads an object's chunks in any order. Each is authenticated before it is
// given; the whole is not held against the commitment, as Get does. It is safe for
// concurrent use with buffers of their own.
type Pieces struct {
	Object
	opener opener
	file   vfs.File // nil: the object lies in its entry
}

// Open opens an object for reading in pieces. The caller closes it.
func (v *Vault) Open(ctx context.Context, c commitment.Commitment) (*Pieces, error) {
	e, err := v.find(ctx, c)
	if err != nil {
		return nil, err
	}
	p := &Pieces{Object: e.details.object(c), opener: opener{aead: e.aead, header: header(e.suite, e.id), size: e.details.Size}}
	stored := int64(len(e.inline))
	p.opener.in = bytes.NewReader(e.inline)
	if e.place == placeFile {
		if p.file, err = v.fs.Open(v.path(e.id)); err != nil {
			if errors.Is(err, os.ErrNotExist) {
				err = fmt.Errorf("%w: its file is missing", ErrCorrupt)
			}
			return nil, fmt.Errorf("couldn't open %s: %w", c, err)
		}
		p.opener.in = p.file
		info, err := p.file.Stat()
		if err != nil {
			return nil, errors.Join(err, p.Close())
		}
		stored = info.Size()
	}
	if err := p.opener.begin(stored); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Buffer is what Chunk needs at least.
func Buffer() []byte { return make([]byte, chunkSize+tagSize) }

// Chunk reads chunk number into buf, which is Buffer's, and returns its content.
func (p *Pieces) Chunk(number int64, buf []byte) ([]byte, error) {
	if number < 0 || number >= chunks(p.opener.size) {
		return nil, fmt.Errorf("couldn't read chunk %d of %s: %w", number, p.Commitment, ErrNotFound)
	}
	return p.opener.chunk(number, buf)
}

// Close implements io.Closer.
func (p *Pieces) Close() error {
	if p.file == nil {
		return nil
	}
	return p.file.Close()
}
