package keyring

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxKeyFile bounds a key file; a PKCS#8 P-256 key with its heading is below
// 500 bytes.
const maxKeyFile = 8 << 10

const (
	pemType    = "PRIVATE KEY"           // PKCS#8
	pemTypeBLS = "BLS12-381 PRIVATE KEY" // a scalar, for which PKCS#8 has no form
)

// heading is the line before the PEM block that carries what PKCS#8 cannot: the
// key's id and use. OpenSSL skips text outside the block.
const heading = "sandi-key:"

// ErrKeyFile says that a key file is not what SaveFile writes.
var ErrKeyFile = errors.New("keyring: not a sandi key file")

// MarshalPEM returns the key as one heading line and a PKCS#8 PEM block
// (RFC 5958, RFC 7468); a BLS12-381 key as its scalar.
func (p *PrivateKey) MarshalPEM() ([]byte, error) {
	block, err := p.block()
	if err != nil {
		return nil, fmt.Errorf("couldn't encode %s: %w", p, err)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s id=%s use=%s alg=%s\n", heading, p.pub.ID, p.pub.Use, p.pub.Alg)
	out.Write(pem.EncodeToMemory(block))
	return out.Bytes(), nil
}

func (p *PrivateKey) block() (*pem.Block, error) {
	block := &pem.Block{Type: pemType}
	var err error
	switch {
	case p.ed != nil:
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(p.ed)
	case p.bls != nil:
		block.Type = pemTypeBLS
		block.Bytes, err = p.bls.MarshalBinary()
	default:
		block.Bytes, err = x509.MarshalPKCS8PrivateKey(p.ec)
	}
	return block, err
}

// ParsePEM reads what MarshalPEM wrote.
func ParsePEM(data []byte) (*PrivateKey, error) {
	if len(data) > maxKeyFile {
		return nil, ErrKeyFile
	}
	line, rest, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	if len(fields) != 4 || fields[0] != heading {
		return nil, ErrKeyFile
	}
	var id, use, alg string
	for i, into := range []*string{&id, &use, &alg} {
		name, value, ok := strings.Cut(fields[i+1], "=")
		if !ok || name != [...]string{"id", "use", "alg"}[i] {
			return nil, ErrKeyFile
		}
		*into = value
	}
	block, after := pem.Decode([]byte(rest))
	if block == nil || len(bytes.TrimSpace(after)) != 0 {
		return nil, ErrKeyFile
	}
	key, err := parseBlock(block)
	if err != nil {
		return nil, fmt.Errorf("couldn't parse the key %q: %w", id, err)
	}
	p, err := newPrivate(Use(use), id, key)
	if err != nil {
		return nil, fmt.Errorf("couldn't use the key %q: %w", id, err)
	}
	if p.pub.Alg != Alg(alg) {
		return nil, ErrKeyAlg
	}
	return p, nil
}

func parseBlock(block *pem.Block) (crypto.PrivateKey, error) {
	switch block.Type {
	case pemType:
		return x509.ParsePKCS8PrivateKey(block.Bytes)
	case pemTypeBLS:
		return parseBLSPrivate(block.Bytes)
	}
	return nil, ErrKeyFile
}

// LoadFile reads a key file. A file that others may read is refused: whoever
// can read it can act as the bureau.
func LoadFile(path string) (*PrivateKey, error) {
	data, err := readPrivate(path)
	if err != nil {
		return nil, err
	}
	p, err := ParsePEM(data)
	if err != nil {
		return nil, fmt.Errorf("couldn't load %s: %w", path, err)
	}
	return p, nil
}

// SaveFile writes the key with mode 0600. It never overwrites: when path exists
// it fails with fs.ErrExist and the old file stays.
func (p *PrivateKey) SaveFile(path string) error {
	data, err := p.MarshalPEM()
	if err != nil {
		return err
	}
	return WriteSecret(path, data)
}

// WriteSecret writes a new file of mode 0600, synced, all or nothing: the bytes
// go to a temporary file first, which is then linked to path. It fails with
// fs.ErrExist when path exists.
func WriteSecret(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // mode 0600
	if err != nil {
		return fmt.Errorf("couldn't create the key file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("couldn't write the key file: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("couldn't save %s: %w", path, fs.ErrExist)
		}
		return fmt.Errorf("couldn't save the key file: %w", err)
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("couldn't sync %s: %w", dir, err)
	}
	if err := errors.Join(d.Sync(), d.Close()); err != nil {
		return fmt.Errorf("couldn't sync %s: %w", dir, err)
	}
	return nil
}
