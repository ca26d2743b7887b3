package node

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// shownKeys is what the console's administrators see of keys and certificates.
func (n *Node) shownKeys() (console.Keys, error) {
	out := console.Keys{
		Region: n.cfg.Region, Node: n.cfg.Node, Genesis: n.genesis.Fingerprint(), Practice: n.genesis.Clock == genesis.ClockPractice,
		Clock: statement.FormatAt(n.now().Unix()), Keys: []console.Key{}, Issuers: []console.Issuer{}, Roles: statement.TokenRoles[:],
	}
	books, done, err := n.books()
	if err != nil {
		return out, err
	}
	defer done()
	standing, err := books.Standing()
	if err != nil {
		return out, err
	}
	out.Size = standing.Size
	keys, err := books.Keys(n.cfg.Region)
	if err != nil {
		return out, err
	}
	for _, k := range keys {
		out.Keys = append(out.Keys, n.shownKey(k, standing.Size))
	}
	issuers, err := books.Issuers()
	if err != nil {
		return out, err
	}
	for _, i := range issuers {
		if i.Region == n.cfg.Region {
			out.Issuers = append(out.Issuers, console.Issuer{ID: i.ID, Roles: i.Roles, Dropped: i.Dropped != 0})
		}
	}
	out.Certificates, err = n.certificates(time.Now())
	return out, err
}

func (n *Node) shownKey(k *ledger.Key, size uint64) console.Key {
	founding := k.Use != keyring.UseDraw // genesis has no draw keys: theirs may be leaf 0
	step := func(at uint64) *uint64 {
		if at == 0 || founding && at == keyring.Genesis().Prepared {
			return nil
		}
		at--
		return &at
	}
	return console.Key{
		ID: k.ID, Use: string(k.Use), Alg: string(k.Alg), Owner: k.Owner, State: string(k.Life.StateAt(size)), Fingerprint: k.Fingerprint(),
		Held: n.secrets.signsWith(k.PublicKey), Genesis: founding && k.Life.Prepared == keyring.Genesis().Prepared,
		Prepared: step(k.Life.Prepared), Active: step(k.Life.Active), Retiring: step(k.Life.Retiring), Revoked: step(k.Life.Revoked),
	}
}

// signsWith reports whether the node holds a public key's private half.
func (s *secrets) signsWith(key keyring.PublicKey) bool {
	return slices.ContainsFunc([]*keyring.PrivateKey{s.statement, s.log, s.cosigner, s.draw, s.token}, func(own *keyring.PrivateKey) bool {
		return own != nil && own.Public().Equal(key)
	})
}

// certificates are those of this machine, and the region's roots in genesis.
func (n *Node) certificates(now time.Time) ([]console.Certificate, error) {
	list := []console.Certificate{}
	for _, file := range []struct{ leaf, above, path string }{{"node", "issuing", n.cfg.Keys.NodeCert}, {"public", "issuing", n.cfg.TLS.Cert}} {
		if file.path == "" {
			continue
		}
		chain, err := readChain(file.path)
		if err != nil {
			return nil, err
		}
		for i, cert := range chain {
			what := file.leaf
			if i > 0 {
				what = file.above
			}
			one := console.CertificateOf(what, cert.Subject.String(), cert.NotBefore, cert.NotAfter, now)
			if one.Self = what == "node" && n.cfg.Keys.CACert != ""; one.Name == "" && len(cert.URIs) > 0 {
				one.Name = cert.URIs[0].String()
			}
			if !slices.Contains(list, one) {
				list = append(list, one)
			}
		}
	}
	for _, der := range n.genesis.Region(n.cfg.Region).Roots {
		root, err := x509.ParseCertificate(der)
		if err != nil {
			return nil, fmt.Errorf("couldn't read this region's roots in the genesis: %w", err)
		}
		list = append(list, console.CertificateOf("root", root.Subject.String(), root.NotBefore, root.NotAfter, now))
	}
	return list, nil
}

// maxChain bounds a file with a certificate and those above it.
const maxChain = 1 << 20

func readChain(path string) ([]*x509.Certificate, error) {
	info, err := os.Stat(path)
	if err == nil && info.Size() > maxChain {
		err = errors.New("it is larger than 1 MiB")
	}
	var text []byte
	if err == nil {
		text, err = os.ReadFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the certificate %s: %w", path, err)
	}
	var chain []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("couldn't read the certificate %s: %w", path, err)
		}
		chain = append(chain, cert)
	}
	return chain, nil
}
