package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"sandi.internal/gateway/api/account"
)

// Writer writes parts and sums them up. It belongs to one goroutine.
type Writer struct {
	tar     *tar.Writer
	at      time.Time
	last    string
	list    manifest
	objects hash.Hash
	files   int
}

// NewWriter writes to w; at is the time that the parts carry.
func NewWriter(w io.Writer, at time.Time) *Writer {
	return &Writer{tar: tar.NewWriter(w), at: at, objects: sha256.New(), list: manifest{Objects: Part{Name: partObject}}}
}

// Add writes a part of a known size, which write gives.
func (w *Writer) Add(name string, size int64, write func(io.Writer) error) error {
	if !follows(w.last, name) {
		return fmt.Errorf("couldn't write %s behind %s", name, w.last)
	}
	w.last = name
	if err := w.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: size, Mode: 0o600, ModTime: w.at}); err != nil {
		return fmt.Errorf("couldn't write %s: %w", name, err)
	}
	sum := sha256.New()
	if err := write(io.MultiWriter(w.tar, sum)); err != nil {
		return fmt.Errorf("couldn't write %s: %w", name, err)
	}
	if err := w.tar.Flush(); err != nil { // also when the size was another
		return fmt.Errorf("couldn't write %s: %w", name, err)
	}
	w.note(name, size, sum)
	return nil
}

func (w *Writer) note(name string, size int64, sum hash.Hash) {
	text := hex.EncodeToString(sum.Sum(nil))
	if kindOf(name) != partObject {
		w.list.Parts = append(w.list.Parts, Part{Name: name, Size: size, SHA256: text})
		return
	}
	w.list.Objects.Count++
	w.list.Objects.Size += size
	fmt.Fprintf(w.objects, "%s  %s\n", text, name)
}

// Bytes adds a part that is in memory.
func (w *Writer) Bytes(name string, data []byte) error {
	return w.Add(name, int64(len(data)), func(out io.Writer) error {
		_, err := io.Copy(out, bytes.NewReader(data))
		return err
	})
}

// JSON adds a part as JSON.
func (w *Writer) JSON(name string, v any) error {
	data, err := encode(v)
	if err != nil {
		return err
	}
	return w.Bytes(name, data)
}

// File adds a file of the node's folder.
func (w *Writer) File(path string, data []byte) error {
	if w.files++; !IsFolderName(path) || len(data) > maxFile || w.files > maxFiles {
		return fmt.Errorf("couldn't take %q (%d bytes) into a backup", path, len(data))
	}
	return w.Bytes(partFile+path, data)
}

// Accounts adds the store of local accounts in a folder, as it is; nothing where there is
// none.
func (w *Writer) Accounts(dir string) error {
	return account.Carry(dir, func(name string, size int64, r io.Reader) error {
		return w.Add(partAccount+name, size, func(out io.Writer) error {
			_, err := io.Copy(out, r)
			return err
		})
	})
}

// Copy adds every part that a node gave, as it comes.
func (w *Writer) Copy(node io.Reader) error {
	in := newReader(node)
	for {
		part, r, err := in.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		err = w.Add(part.Name, part.Size, func(out io.Writer) error {
			_, err := io.Copy(out, r)
			return err
		})
		if err != nil {
			return err
		}
	}
	if w.last != partMissing {
		return bad("the node's part ends behind %q", w.last)
	}
	return nil
}

// Finish writes the manifest and the end.
func (w *Writer) Finish() error {
	w.list.Objects.SHA256 = hex.EncodeToString(w.objects.Sum(nil))
	if err := w.JSON(partManifest, w.list); err != nil {
		return err
	}
	return w.Close()
}

// Close ends the tar without a manifest: a node's part.
func (w *Writer) Close() error {
	if err := w.tar.Close(); err != nil {
		return fmt.Errorf("couldn't end the backup: %w", err)
	}
	return nil
}
