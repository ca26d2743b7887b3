package authority

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// maxPairFile bounds a certificate or key file: a chain of four RSA-4096
// certificates is below 10 KiB.
const maxPairFile = 64 << 10

// parsePair reads a chain (leaf first) and the private key of its leaf. keys
// may hold several private keys; the one that fits the leaf is taken. That is
// what makes replacing two files safe: see writePair.
func parsePair(chain, keys []byte) (ders [][]byte, key crypto.Signer, err error) {
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			ders = append(ders, block.Bytes)
		}
	}
	if len(ders) == 0 || len(ders) > maxChain {
		return nil, nil, fmt.Errorf("couldn't use the chain: %d certificates, 1 to %d allowed", len(ders), maxChain)
	}
	leaf, err := x509.ParseCertificate(ders[0])
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't parse the certificate: %w", err)
	}
	for block, rest := pem.Decode(keys); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "PRIVATE KEY" {
			continue
		}
		parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, nil, fmt.Errorf("couldn't parse the private key: %w", err)
		}
		signer, ok := parsed.(crypto.Signer)
		if !ok {
			continue
		}
		pub, ok := signer.Public().(interface{ Equal(crypto.PublicKey) bool })
		if ok && pub.Equal(leaf.PublicKey) {
			return ders, signer, nil
		}
	}
	return nil, nil, errors.New("couldn't use the pair: no private key fits the certificate")
}

// loadPair parses PEM into what crypto/tls serves, the parsed leaf included.
func loadPair(chain, keys []byte) (*tls.Certificate, error) {
	ders, key, err := parsePair(chain, keys)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(ders[0])
	if err != nil {
		return nil, fmt.Errorf("couldn't parse the certificate: %w", err)
	}
	return &tls.Certificate{Certificate: ders, PrivateKey: key, Leaf: leaf}, nil
}

func readBounded(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the TLS file: %w", err)
	}
	if !info.Mode().IsRegular() || info.Size() > maxPairFile {
		return nil, fmt.Errorf("couldn't read %s: not a PEM file of at most %d KiB", path, maxPairFile>>10)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the TLS file: %w", err)
	}
	return data, nil
}

// writePair replaces a certificate and its key on disk so that a crash at any
// point leaves a pair that parsePair accepts: first a key file with the new and
// the old keys, then the certificate, then the key file with the new key alone.
func writePair(certFile, keyFile string, chain, key []byte) error {
	old, err := readBounded(keyFile)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := replaceFile(keyFile, bytes.Join([][]byte{key, old}, nil)); err != nil {
		return err
	}
	if err := replaceFile(certFile, chain); err != nil {
		return err
	}
	return replaceFile(keyFile, key)
}

// replaceFile writes data to path, mode 0600, synced, all or nothing.
func replaceFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".tls-*") // mode 0600
	if err != nil {
		return fmt.Errorf("couldn't create the TLS file: %w", err)
	}
	defer os.Remove(f.Name())
	_, err = f.Write(data)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("couldn't write the TLS file: %w", err)
	}
	dir, err := os.Open(filepath.Dir(path))
	if err == nil {
		err = errors.Join(dir.Sync(), dir.Close())
	}
	if err != nil {
		return fmt.Errorf("couldn't sync the TLS folder: %w", err)
	}
	return nil
}
