package authority

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"strings"

	"sandi.internal/gateway/certs/strict"
)

// Role is what a certificate may be used as; it is the first part of the path
// of the identity.
type Role string

const (
	RoleNode   Role = "node"   // a server of the network: Raft, peer API
	RoleClient Role = "client" // a machine that calls the public API
)

// Identity is who a certificate names.
type Identity struct {
	Region string // division code, six digits
	Role   Role
	ID     string // of a node: begins with its region, e.g. "110000-a"
}

// TrustDomain is the host of a region's identities, and what its CA is
// constrained to.
func TrustDomain(region string) string { return region + ".sandi" }

// URI is the identity as the SAN of a certificate has it.
func (i Identity) URI() string {
	return "spiffe://" + TrustDomain(i.Region) + "/" + string(i.Role) + "/" + i.ID
}

func (i Identity) String() string { return i.URI() }

// errIdentity is what ParseURI returns; the text holds nothing of the input.
var errIdentity = errors.New("authority: not an identity of the form spiffe://<region>.sandi/<role>/<id>")

// ParseURI reads the one spelling of an identity. The id of a node begins with
// its region and a dash: so a CA can never issue the node id of another region,
// not even under its own domain.
func ParseURI(uri string) (Identity, error) {
	rest, ok := strings.CutPrefix(uri, "spiffe://")
	if !ok {
		return Identity{}, errIdentity
	}
	host, path, _ := strings.Cut(rest, "/")
	region, ok := strings.CutSuffix(host, ".sandi")
	role, id, _ := strings.Cut(path, "/")
	i := Identity{Region: region, Role: Role(role), ID: id}
	if !ok || !i.valid() {
		return Identity{}, errIdentity
	}
	return i, nil
}

// maxID bounds the id part; it also has to fit a DNS label and a metric label.
const maxID = 63

func (i Identity) valid() bool {
	if len(i.Region) != 6 || strings.Trim(i.Region, "0123456789") != "" {
		return false
	}
	if i.ID == "" || len(i.ID) > maxID || i.ID[0] == '-' {
		return false
	}
	for _, c := range []byte(i.ID) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' {
			return false
		}
	}
	switch i.Role {
	case RoleNode:
		return strings.HasPrefix(i.ID, i.Region+"-") && len(i.ID) > len(i.Region)+1
	case RoleClient:
		return true
	}
	return false
}

var oidSubjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// tagURI is uniformResourceIdentifier in GeneralName (RFC 5280 section 4.2.1.6).
const tagURI = 6

// identityOf reads the identity from the raw SAN extension: crypto/x509 shows
// only the kinds of names that it knows, and a second name of another kind must
// not pass unseen.
func identityOf(cert *x509.Certificate) (Identity, error) {
	var names []asn1.RawValue
	extensions := 0
	for _, ext := range cert.Extensions {
		if !ext.Id.Equal(oidSubjectAltName) {
			continue
		}
		extensions++
		if rest, err := asn1.Unmarshal(ext.Value, &names); err != nil || len(rest) != 0 {
			return Identity{}, errIdentity
		}
	}
	if extensions != 1 || len(names) != 1 || names[0].Class != asn1.ClassContextSpecific || names[0].Tag != tagURI {
		return Identity{}, errIdentity
	}
	return ParseURI(string(names[0].Bytes))
}

// PeerIdentity names the other end of an established connection. It is only
// meaningful for connections made with ServerTLS or ClientTLS, which verified
// the chain; for a resumed or anonymous one it fails.
func PeerIdentity(state tls.ConnectionState) (Identity, error) {
	if !state.HandshakeComplete || state.DidResume || len(state.PeerCertificates) == 0 {
		return Identity{}, errors.New("authority: the connection has no verified peer")
	}
	return identityOf(state.PeerCertificates[0])
}

// Thumbprint is the x5t#S256 of a certificate (RFC 8705 section 3.1): base64url
// of the SHA-256 of its DER.
func Thumbprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.Raw)
	return strict.B64(sum[:])
}
