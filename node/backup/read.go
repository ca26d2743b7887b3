package backup

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// reader reads parts and believes nothing about them. It sums up what it gives, for
// the manifest.
type reader struct {
	tar     *tar.Reader
	in      io.Reader
	last    string
	part    Part
	sum     hash.Hash // of the part being read
	rest    int64     // of the part being read
	list    manifest
	objects hash.Hash
}

func newReader(r io.Reader) *reader {
	return &reader{tar: tar.NewReader(r), in: r, objects: sha256.New(), list: manifest{Objects: Part{Name: partObject}}}
}

// next gives the next part; what is left of the one before is an error: parts are read
// whole. io.EOF at the end of the tar.
func (r *reader) next() (Part, io.Reader, error) {
	if err := r.finish(); err != nil {
		return Part{}, nil, err
	}
	head, err := r.tar.Next()
	if errors.Is(err, io.EOF) {
		return Part{}, nil, io.EOF
	}
	if err != nil {
		return Part{}, nil, unreadable(err)
	}
	if head.Typeflag != tar.TypeReg || head.Size < 0 || sparse(head) || !follows(r.last, head.Name) {
		return Part{}, nil, bad("the part %.80q has no place behind %.80q", head.Name, r.last)
	}
	if len(r.list.Parts) >= maxParts {
		return Part{}, nil, bad("more than %d parts", maxParts)
	}
	r.last, r.part, r.sum, r.rest = head.Name, Part{Name: head.Name, Size: head.Size}, sha256.New(), head.Size
	return r.part, partReader{r}, nil
}

// sparse reports whether a part says that it has holes: its size would cost nothing.
func sparse(head *tar.Header) bool {
	for name := range head.PAXRecords {
		if strings.HasPrefix(name, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// partReader is the part being read.
type partReader struct{ r *reader }

func (p partReader) Read(b []byte) (int, error) {
	n, err := p.r.tar.Read(b)
	p.r.sum.Write(b[:n])
	p.r.rest -= int64(n)
	if err != nil && !errors.Is(err, io.EOF) {
		err = unreadable(err)
	}
	return n, err
}

func (r *reader) finish() error {
	if r.sum == nil {
		return nil
	}
	if r.rest != 0 {
		return bad("%s goes on for %d bytes", r.part.Name, r.rest)
	}
	r.part.SHA256 = hex.EncodeToString(r.sum.Sum(nil))
	if kindOf(r.part.Name) == partObject {
		r.list.Objects.Count++
		r.list.Objects.Size += r.part.Size
		fmt.Fprintf(r.objects, "%s  %s\n", r.part.SHA256, r.part.Name)
	} else {
		r.list.Parts = append(r.list.Parts, r.part)
	}
	r.sum = nil
	return nil
}

// small reads a part that is held in memory.
func small(part Part, r io.Reader, most int64) ([]byte, error) {
	if part.Size > most {
		return nil, bad("%s has %d bytes, at most %d are taken", part.Name, part.Size, most)
	}
	return io.ReadAll(r)
}

// end holds what was read against the manifest, which is the last part, and the file
// against its end.
func (r *reader) end(part Part, in io.Reader) error {
	sums := r.list
	sums.Objects.SHA256 = hex.EncodeToString(r.objects.Sum(nil))
	data, err := small(part, in, maxParts*256)
	if err != nil {
		return err
	}
	var said manifest
	if err := decode(data, maxParts*256, &said); err != nil {
		return err
	}
	if said.Objects != sums.Objects || len(said.Parts) != len(sums.Parts) {
		return bad("the manifest names other parts than there are")
	}
	for i, p := range said.Parts {
		if p != sums.Parts[i] {
			return bad("%s is not what was backed up", sums.Parts[i].Name)
		}
	}
	if _, _, err := r.next(); err != io.EOF {
		return errors.Join(err, bad("something follows the manifest"))
	}
	// Only its end makes an encrypted file a whole one.
	if n, err := io.Copy(io.Discard, r.in); err != nil || n > 0 {
		if err != nil {
			err = unreadable(err)
		}
		return errors.Join(err, badIf(n > 0, "%d bytes behind the end", n))
	}
	return nil
}

func badIf(is bool, format string, args ...any) error {
	if !is {
		return nil
	}
	return bad(format, args...)
}

// unreadable is what a broken file comes to.
func unreadable(err error) error {
	return bad("the file is cut or damaged: %w", err)
}
