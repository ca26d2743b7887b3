package authority

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

const (
	maxRoots = 8 // per region: the CA in use, its successor, and room for a mistake
	maxChain = 4 // leaf and three CAs; an honest chain has two certificates
	minRSA   = 2048
)

// Codes of refused certificates: metric labels and audit log, never sent to the
// peer.
const (
	CodeNoCertificate = "no_certificate"
	CodeChainLength   = "chain_length"
	CodeWeak          = "weak" // key or signature algorithm below what we take
	CodeLeafIsCA      = "leaf_is_ca"
	CodeIdentity      = "identity" // not exactly one URI SAN of our form
	CodeRegion        = "region"   // a region we have no CA for
	CodeExpired       = "expired"
	CodeNotYetValid   = "not_yet_valid"
	CodeUsage         = "usage"
	CodeConstraint    = "constraint" // name constraints or path length
	CodeUntrusted     = "untrusted"  // not issued by this region's CA
	CodeRole          = "role"
	CodeProtocol      = "protocol" // TLS version, resumption or ALPN
	CodeOtherNode     = "other_node"
	CodeNotAccepted   = "not_accepted" // the registry says no
)

// VerifyError is a refused peer.
type VerifyError struct {
	Code string
	Err  error // may be nil
}

func (e *VerifyError) Error() string {
	if e.Err == nil {
		return "authority: peer refused: " + e.Code
	}
	return "authority: peer refused: " + e.Code + ": " + e.Err.Error()
}

func (e *VerifyError) Unwrap() error { return e.Err }

// Roots holds the CA certificates of every region, apart. It is immutable.
type Roots struct {
	pools map[string]*x509.CertPool
	Clock func() time.Time // set before use; TLS always keeps real time, practice networks too
}

// NewRoots reads the CA certificates (DER) that genesis names for each region.
// A certificate or key that stands under two regions is refused: it would merge
// them.
func NewRoots(byRegion map[string][][]byte) (*Roots, error) {
	r := &Roots{pools: make(map[string]*x509.CertPool, len(byRegion)), Clock: time.Now}
	owner := make(map[string]string) // public key -> region
	for region, ders := range byRegion {
		if len(ders) == 0 || len(ders) > maxRoots {
			return nil, fmt.Errorf("couldn't use the CAs of %s: %d certificates, 1 to %d allowed", region, len(ders), maxRoots)
		}
		pool := x509.NewCertPool()
		for _, der := range ders {
			cert, err := x509.ParseCertificate(der)
			if err != nil {
				return nil, fmt.Errorf("couldn't parse a CA certificate of %s: %w", region, err)
			}
			if !cert.IsCA || !cert.BasicConstraintsValid || weak(cert) {
				return nil, fmt.Errorf("couldn't use %q of %s: not a CA certificate of sufficient strength", cert.Subject, region)
			}
			key := string(cert.RawSubjectPublicKeyInfo)
			if other, taken := owner[key]; taken && other != region {
				return nil, errors.New("couldn't use the CAs: the same CA key stands under two regions")
			}
			owner[key] = region
			pool.AddCert(cert)
		}
		r.pools[region] = pool
	}
	return r, nil
}

// Verify checks the chain a peer presented (leaf first) against the CAs of the
// one region its leaf names, and returns who it is. want may be empty for any
// role. The error is a *VerifyError.
func (r *Roots) Verify(certs []*x509.Certificate, want Role) (Identity, error) {
	switch {
	case len(certs) == 0:
		return Identity{}, &VerifyError{Code: CodeNoCertificate}
	case len(certs) > maxChain:
		return Identity{}, &VerifyError{Code: CodeChainLength}
	case slices.ContainsFunc(certs, weak):
		return Identity{}, &VerifyError{Code: CodeWeak}
	case certs[0].IsCA || certs[0].KeyUsage&x509.KeyUsageCertSign != 0:
		return Identity{}, &VerifyError{Code: CodeLeafIsCA}
	}
	leaf := certs[0]
	id, err := identityOf(leaf)
	if err != nil {
		return Identity{}, &VerifyError{Code: CodeIdentity, Err: err}
	}
	pool, known := r.pools[id.Region]
	if !known {
		return Identity{}, &VerifyError{Code: CodeRegion}
	}
	if want != "" && id.Role != want {
		return Identity{}, &VerifyError{Code: CodeRole}
	}
	if !usageFits(leaf, id.Role) {
		return Identity{}, &VerifyError{Code: CodeUsage}
	}
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	_, err = leaf.Verify(x509.VerifyOptions{
		Roots: pool, Intermediates: between, CurrentTime: r.Clock(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	})
	if err != nil {
		return Identity{}, &VerifyError{Code: codeOf(err, leaf, r.Clock()), Err: err}
	}
	return id, nil
}

// usageFits: every leaf says clientAuth, a node's serverAuth too, and nobody
// anyExtendedKeyUsage.
func usageFits(leaf *x509.Certificate, role Role) bool {
	has := func(u x509.ExtKeyUsage) bool { return slices.Contains(leaf.ExtKeyUsage, u) }
	return leaf.KeyUsage&x509.KeyUsageDigitalSignature != 0 &&
		has(x509.ExtKeyUsageClientAuth) && !has(x509.ExtKeyUsageAny) &&
		(role != RoleNode || has(x509.ExtKeyUsageServerAuth))
}

func codeOf(err error, leaf *x509.Certificate, now time.Time) string {
	var invalid x509.CertificateInvalidError
	if !errors.As(err, &invalid) {
		return CodeUntrusted
	}
	switch invalid.Reason {
	case x509.Expired:
		if now.Before(leaf.NotBefore) {
			return CodeNotYetValid
		}
		return CodeExpired
	case x509.CANotAuthorizedForThisName, x509.TooManyIntermediates, x509.UnconstrainedName, x509.TooManyConstraints:
		return CodeConstraint
	case x509.IncompatibleUsage, x509.CANotAuthorizedForExtKeyUsage:
		return CodeUsage
	}
	return CodeUntrusted
}

// weak reports keys and signatures that we do not take, whatever the Go release
// or its GODEBUG settings allow: SHA-1 and MD5, RSA below 2048 bits, DSA, P-224.
func weak(cert *x509.Certificate) bool {
	switch cert.SignatureAlgorithm {
	case x509.SHA256WithRSA, x509.SHA384WithRSA, x509.SHA512WithRSA,
		x509.SHA256WithRSAPSS, x509.SHA384WithRSAPSS, x509.SHA512WithRSAPSS,
		x509.ECDSAWithSHA256, x509.ECDSAWithSHA384, x509.ECDSAWithSHA512, x509.PureEd25519:
	default:
		return true
	}
	switch key := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return key.N.BitLen() < minRSA
	case *ecdsa.PublicKey:
		return key.Curve != elliptic.P256() && key.Curve != elliptic.P384() && key.Curve != elliptic.P521()
	case ed25519.PublicKey:
		return false
	}
	return true
}
