package bundle

import (
	"archive/zip"
	"crypto/sha256"
	"fmt"
	"hash/crc32"
	"io"
)

// writtenOn stands on every file, in MS-DOS form: the first day that a zip can
// name, 1 January 1980.
const writtenOn = 1<<5 | 1

// zipWriter writes files one after the other and keeps the manifest's lines.
type zipWriter struct {
	zip   *zip.Writer
	lines []string
}

// put writes a file whole. Its sizes and checksum stand before its bytes, so that
// readers of a stream need no trailer.
func (w *zipWriter) put(name string, content []byte) error {
	h := &zip.FileHeader{
		Name: name, Method: zip.Store, CRC32: crc32.ChecksumIEEE(content),
		CompressedSize64: uint64(len(content)), UncompressedSize64: uint64(len(content)),
	}
	//lint:ignore SA1019 CreateRaw writes this field and does not look at Modified.
	h.ModifiedDate = writtenOn
	f, err := w.zip.CreateRaw(h)
	if err == nil {
		_, err = f.Write(content)
	}
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", name, err)
	}
	w.lines = append(w.lines, fileLine(name, sha256.Sum256(content)))
	return nil
}

// Bounds of the zip's own tables.
const (
	// maxDirectory bounds what is read to know the files. MaxFiles files with the
	// names of tiles take 19 MB; archive/zip keeps about five times as much.
	maxDirectory = 24 << 20
	// maxRatio is how much larger than in the zip a file may be. Write compresses
	// nothing; a bundle that was packed again reaches 3 or so, a bomb a thousand.
	maxRatio = 100
)

// openZip reads the directory of a zip within the bounds.
func openZip(r io.ReaderAt, size int64) (*zip.Reader, error) {
	bounded := &boundedReader{r: r, left: maxDirectory}
	z, err := zip.NewReader(bounded, size)
	switch {
	case bounded.left < 0:
		return nil, fmt.Errorf("couldn't read the zip's directory: %w", ErrLimit)
	case err != nil:
		return nil, fmt.Errorf("couldn't read the zip's directory: %w: %w", err, ErrFormat)
	case len(z.File) > MaxFiles:
		return nil, fmt.Errorf("%d files, at most %d are read: %w", len(z.File), MaxFiles, ErrLimit)
	}
	bounded.opened = true
	return z, nil
}

// boundedReader lets left bytes be read until it is opened.
type boundedReader struct {
	r      io.ReaderAt
	left   int64
	opened bool // set once, before other goroutines read
}

// ReadAt implements io.ReaderAt.
func (b *boundedReader) ReadAt(p []byte, off int64) (int, error) {
	if !b.opened {
		if b.left -= int64(len(p)); b.left < 0 {
			return 0, ErrLimit
		}
	}
	return b.r.ReadAt(p, off)
}
