package authority

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"time"
)

// Lifetimes. A leaf of 30 days survives a nine-day holiday with renewal at 20
// days; a removed node is shut out by the registry at once, not by expiry.
const (
	RootLife    = 10 * 365 * 24 * time.Hour
	IssuingLife = 3 * 365 * 24 * time.Hour
	NodeLife    = 30 * 24 * time.Hour
)

// backdate lets a certificate be used by peers whose clocks lag.
const backdate = 5 * time.Minute

// serialBits is the length of a serial number (at least 64 random bits are
// asked for by the CA/Browser Forum; RFC 5280 allows 159).
const serialBits = 127

// CA is a certificate authority of one region: a root or an issuing CA. Both
// carry critical name constraints, so that even a stolen CA key of one region
// makes no names of another.
type CA struct {
	Region string
	Clock  func() time.Time
	cert   *x509.Certificate
	chain  [][]byte // what leaves send after themselves, DER; empty for a root
	key    crypto.Signer
}

// NewRoot makes the root of a region. clock may be nil for the real one.
func NewRoot(region string, life time.Duration, clock func() time.Time) (*CA, error) {
	if clock == nil {
		clock = time.Now
	}
	ca := &CA{Region: region, Clock: clock}
	if !(Identity{Region: region, Role: RoleClient, ID: "x"}).valid() {
		return nil, fmt.Errorf("couldn't make a CA: %q is not a six-digit division code", region)
	}
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := caTemplate(region, "root", clock(), life)
	template.MaxPathLen = 1
	der, err := create(template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return ca.adopt(der, key)
}

// NewIssuing makes an issuing CA below a root: it signs leaves and nothing else.
func (ca *CA) NewIssuing(life time.Duration) (*CA, error) {
	key, err := newKey()
	if err != nil {
		return nil, err
	}
	template := caTemplate(ca.Region, "issuing", ca.Clock(), life)
	template.MaxPathLenZero = true
	der, err := create(template, ca.cert, key.Public(), ca.key)
	if err != nil {
		return nil, err
	}
	issuing, err := (&CA{Region: ca.Region, Clock: ca.Clock}).adopt(der, key)
	if err != nil {
		return nil, err
	}
	issuing.chain = append([][]byte{der}, ca.chain...)
	return issuing, nil
}

// adopt completes a CA with its certificate.
func (ca *CA) adopt(der []byte, key crypto.Signer) (*CA, error) {
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("couldn't parse the CA certificate: %w", err)
	}
	ca.cert, ca.key = cert, key
	return ca, nil
}

// Cert is the CA's own certificate.
func (ca *CA) Cert() *x509.Certificate { return ca.cert }

// PEM returns the CA's certificate and its private key (PKCS#8).
func (ca *CA) PEM() (cert, key []byte, err error) {
	key, err = keyPEM(ca.key)
	return certPEM(ca.cert.Raw), key, err
}

// LoadRoot reads a root CA of a region from PEM.
func LoadRoot(region string, cert, key []byte, clock func() time.Time) (*CA, error) {
	ca, err := LoadIssuing(region, cert, key, clock)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(ca.cert.RawIssuer, ca.cert.RawSubject) {
		return nil, fmt.Errorf("couldn't load the root of %s: the certificate is not self-issued", region)
	}
	ca.chain = nil // a root is known to everybody and never sent
	return ca, nil
}

// LoadIssuing reads an issuing CA of a region from PEM: its own certificate
// first, then any between it and the root.
func LoadIssuing(region string, chain, key []byte, clock func() time.Time) (*CA, error) {
	if clock == nil {
		clock = time.Now
	}
	ders, signer, err := parsePair(chain, key)
	if err != nil {
		return nil, fmt.Errorf("couldn't load the issuing CA of %s: %w", region, err)
	}
	ca, err := (&CA{Region: region, Clock: clock}).adopt(ders[0], signer)
	if err != nil {
		return nil, err
	}
	ca.chain = ders
	if !ca.cert.IsCA {
		return nil, fmt.Errorf("couldn't load the issuing CA of %s: the certificate is not a CA's", region)
	}
	return ca, nil
}

// IssueNode makes a key and a certificate for a node: the chain (leaf first)
// and the PKCS#8 key, both PEM.
func (ca *CA) IssueNode(nodeID string, life time.Duration) (cert, key []byte, err error) {
	return ca.issueNew(Identity{Region: ca.Region, Role: RoleNode, ID: nodeID}, life)
}

// IssueClient makes a key and a certificate for a machine that calls the API.
func (ca *CA) IssueClient(id string, life time.Duration) (cert, key []byte, err error) {
	return ca.issueNew(Identity{Region: ca.Region, Role: RoleClient, ID: id}, life)
}

func (ca *CA) issueNew(id Identity, life time.Duration) (cert, key []byte, err error) {
	signer, err := newKey()
	if err != nil {
		return nil, nil, err
	}
	chain, err := ca.sign(signer.Public(), id, life)
	if err != nil {
		return nil, nil, err
	}
	key, err = keyPEM(signer)
	return certPEM(chain...), key, err
}

// Issue signs a PKCS#10 request of a node of this region for NodeLife, so that
// a CA whose key lies on the same machine is an Issuer. It returns the chain as
// DER, leaf first.
func (ca *CA) Issue(_ context.Context, csr []byte) ([][]byte, error) {
	req, err := x509.ParseCertificateRequest(csr)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the certificate request: %w", err)
	}
	if err := req.CheckSignature(); err != nil {
		return nil, fmt.Errorf("couldn't verify the certificate request: %w", err)
	}
	if len(req.URIs) != 1 {
		return nil, errIdentity
	}
	id, err := ParseURI(req.URIs[0].String())
	if err != nil {
		return nil, err
	}
	if id.Role != RoleNode {
		return nil, errors.New("authority: only nodes renew by request")
	}
	return ca.sign(req.PublicKey, id, NodeLife)
}

func (ca *CA) sign(pub crypto.PublicKey, id Identity, life time.Duration) ([][]byte, error) {
	if id.Region != ca.Region || !id.valid() {
		return nil, fmt.Errorf("couldn't issue a certificate: %s is no identity of region %s (a node id begins with %s-)", id, ca.Region, ca.Region)
	}
	uri, err := url.Parse(id.URI())
	if err != nil {
		return nil, fmt.Errorf("couldn't issue a certificate: %w", err)
	}
	usage := []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if id.Role == RoleNode {
		usage = append(usage, x509.ExtKeyUsageServerAuth)
	}
	now := ca.Clock()
	template := &x509.Certificate{
		Subject:               pkix.Name{Country: []string{"CN"}, Organization: []string{TrustDomain(id.Region)}, CommonName: id.ID},
		NotBefore:             now.Add(-backdate),
		NotAfter:              now.Add(life),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           usage,
		BasicConstraintsValid: true,
		URIs:                  []*url.URL{uri},
	}
	if end := ca.cert.NotAfter; template.NotAfter.After(end) {
		template.NotAfter = end // a leaf never outlives its CA
	}
	der, err := create(template, ca.cert, pub, ca.key)
	if err != nil {
		return nil, err
	}
	return append([][]byte{der}, ca.chain...), nil
}

// caTemplate constrains a CA to its region (RFC 5280 section 4.2.1.10): URIs and
// DNS names of its trust domain, no IP addresses at all, mail names of its
// domain.
func caTemplate(region, kind string, now time.Time, life time.Duration) *x509.Certificate {
	domain := TrustDomain(region)
	return &x509.Certificate{
		Subject:                     pkix.Name{Country: []string{"CN"}, Organization: []string{domain}, CommonName: domain + " " + kind},
		NotBefore:                   now.Add(-backdate),
		NotAfter:                    now.Add(life),
		KeyUsage:                    x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		IsCA:                        true,
		BasicConstraintsValid:       true,
		PermittedDNSDomainsCritical: true,
		PermittedDNSDomains:         []string{domain},
		PermittedURIDomains:         []string{domain},
		PermittedEmailAddresses:     []string{domain},
		ExcludedIPRanges:            []*net.IPNet{{IP: make(net.IP, 4), Mask: make(net.IPMask, 4)}, {IP: make(net.IP, 16), Mask: make(net.IPMask, 16)}},
	}
}

func create(template, parent *x509.Certificate, pub crypto.PublicKey, signer crypto.Signer) ([]byte, error) {
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), serialBits))
	if err != nil {
		return nil, fmt.Errorf("couldn't choose a serial number: %w", err)
	}
	template.SerialNumber = serial
	der, err := x509.CreateCertificate(rand.Reader, template, parent, pub, signer)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the certificate: %w", err)
	}
	return der, nil
}

// newKey makes a TLS key: P-256, which every TLS stack has.
func newKey() (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("couldn't generate a TLS key: %w", err)
	}
	return key, nil
}

func certPEM(ders ...[]byte) []byte {
	var out []byte
	for _, der := range ders {
		out = append(out, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
	}
	return out
}

func keyPEM(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode the TLS key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}
