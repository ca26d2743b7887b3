package bundle

import (
	"archive/zip"
	"fmt"
	"io"
	"math"

	"sandi.internal/gateway/consensus/merkle"
)

// Bundle is an opened bundle. Its directory was judged, its contents were not:
// every byte it gives may be a forger's. Any number of goroutines may read.
type Bundle struct {
	manifest *Manifest
	sums     map[string]merkle.Hash
	names    []string // in the order of the zip
	files    map[string]*zip.File
	classes  map[string]Class
}

// Open reads the directory and the manifest of a bundle. The limits come first:
// what breaks them, or has a name outside the grammar, is refused before any
// content is read. The error wraps ErrLimit, ErrName or ErrFormat.
func Open(r io.ReaderAt, size int64) (*Bundle, error) {
	z, err := openZip(r, size)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the bundle: %w", err)
	}
	b := &Bundle{files: make(map[string]*zip.File, len(z.File)), classes: make(map[string]Class, len(z.File))}
	if err := b.take(z.File, size); err != nil {
		return nil, fmt.Errorf("couldn't open the bundle: %w", err)
	}
	data, err := b.Read(NameManifest)
	if err == nil {
		b.manifest, b.sums, err = parseManifest(data)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't open the bundle: %w", err)
	}
	return b, nil
}

// take judges every line of the directory.
func (b *Bundle) take(files []*zip.File, size int64) error {
	count := make(map[Class]int)
	packed := uint64(0)
	for _, f := range files {
		class, err := Classify(f.Name)
		if err != nil {
			return err
		}
		if _, twice := b.files[f.Name]; twice {
			return fmt.Errorf("%s is there twice: %w", f.Name, ErrName)
		}
		limit := bounds[class]
		if count[class]++; count[class] > limit.files {
			return fmt.Errorf("%s is one file too many of its kind: %w", f.Name, ErrLimit)
		}
		if err := judge(f, uint64(limit.bytes)); err != nil {
			return err
		}
		if f.CompressedSize64 > uint64(math.MaxInt64)-packed {
			return fmt.Errorf("%s has an impossible size: %w", f.Name, ErrFormat)
		}
		packed += f.CompressedSize64
		b.files[f.Name], b.classes[f.Name] = f, class
		b.names = append(b.names, f.Name)
	}
	// Files that share bytes add up to more than the zip has.
	if packed > uint64(size) {
		return fmt.Errorf("the files overlap: %w", ErrFormat)
	}
	return nil
}

// judge holds one file's claims against the bounds.
func judge(f *zip.File, most uint64) error {
	switch {
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fmt.Errorf("%s is packed by method %d: %w", f.Name, f.Method, ErrFormat)
	case f.Flags&1 != 0:
		return fmt.Errorf("%s is encrypted: %w", f.Name, ErrFormat)
	case f.UncompressedSize64 > most:
		return fmt.Errorf("%s has %d bytes, at most %d are read: %w", f.Name, f.UncompressedSize64, most, ErrLimit)
	case f.Method == zip.Store && f.CompressedSize64 != f.UncompressedSize64:
		return fmt.Errorf("%s has two sizes: %w", f.Name, ErrFormat)
	case f.UncompressedSize64 > maxRatio*f.CompressedSize64:
		return fmt.Errorf("%s is packed %d times over: %w", f.Name, f.UncompressedSize64/max(f.CompressedSize64, 1), ErrLimit)
	}
	return nil
}

// Manifest is what the bundle says of itself. The caller must not write to it.
func (b *Bundle) Manifest() *Manifest { return b.manifest }

// Digest is the SHA-256 that the manifest gives for a file.
func (b *Bundle) Digest(name string) (merkle.Hash, bool) {
	sum, ok := b.sums[name]
	return sum, ok
}

// Listed are the names in the manifest, in its order.
func (b *Bundle) Listed() []string {
	names := make([]string, len(b.manifest.Files))
	for i, line := range b.manifest.Files {
		names[i] = line[2*len(merkle.Hash{})+2:]
	}
	return names
}

// Names are the files of some classes, in the order of the zip; all files when no
// class is given.
func (b *Bundle) Names(classes ...Class) []string {
	var list []string
	for _, name := range b.names {
		for _, c := range classes {
			if b.classes[name] == c {
				list = append(list, name)
			}
		}
		if len(classes) == 0 {
			list = append(list, name)
		}
	}
	return list
}

// Has reports whether the bundle holds a file.
func (b *Bundle) Has(name string) bool {
	_, ok := b.files[name]
	return ok
}

// Size is how many bytes Read will give for a file, at most the bound of its
// class; 0 for one that is not there.
func (b *Bundle) Size(name string) int {
	f, ok := b.files[name]
	if !ok {
		return 0
	}
	return int(f.UncompressedSize64)
}

// Read reads a file whole: at most the bound of its class, as Open has seen. The
// zip's own checksum is not asked, the digest of the manifest says more. The
// error wraps ErrFormat for a file that is not there or cannot be unpacked.
func (b *Bundle) Read(name string) ([]byte, error) { return b.ReadInto(nil, name) }

// ReadInto is Read into the room of a buffer, when that is large enough.
func (b *Bundle) ReadInto(buf []byte, name string) ([]byte, error) {
	f, ok := b.files[name]
	if !ok {
		return nil, fmt.Errorf("couldn't read %s: it is not in the bundle: %w", name, ErrFormat)
	}
	size := int(f.UncompressedSize64)
	if cap(buf) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if err := b.fill(f, buf); err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w: %w", name, err, ErrFormat)
	}
	return buf, nil
}

func (b *Bundle) fill(f *zip.File, buf []byte) error {
	if f.Method == zip.Store {
		raw, err := f.OpenRaw()
		if err == nil {
			_, err = io.ReadFull(raw, buf)
		}
		return err
	}
	r, err := f.Open()
	if err != nil {
		return err
	}
	if _, err = io.ReadFull(r, buf); err != nil {
		_ = r.Close()
		return err
	}
	return r.Close()
}
