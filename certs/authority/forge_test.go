package authority

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"log/slog"
	"net"
	"net/url"
	"testing"
	"time"
)

// world is three regions with their CAs.
type world struct {
	roots   *Roots
	root    map[string]*CA
	issuing map[string]*CA
}

func newWorld(t testing.TB, clock func() time.Time) *world {
	t.Helper()
	w := &world{root: map[string]*CA{}, issuing: map[string]*CA{}}
	ders := map[string][][]byte{}
	for _, region := range []string{"110000", "120000", "130000"} {
		root, err := NewRoot(region, RootLife, clock)
		must(t, err)
		issuing, err := root.NewIssuing(IssuingLife)
		must(t, err)
		w.root[region], w.issuing[region] = root, issuing
		ders[region] = [][]byte{root.Cert().Raw}
	}
	roots, err := NewRoots(ders)
	must(t, err)
	if clock != nil {
		roots.Clock = clock
	}
	w.roots = roots
	return w
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func node(id string) Identity { return Identity{Region: id[:6], Role: RoleNode, ID: id} }

func (w *world) keeper(t testing.TB, id string) *Keeper {
	t.Helper()
	cert, key, err := w.issuing[id[:6]].IssueNode(id, NodeLife)
	must(t, err)
	k, err := NewKeeper(KeeperConfig{Roots: w.roots, Identity: node(id), CertPEM: cert, KeyPEM: key, Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	return k
}

// pair is a good client certificate of a node.
func (w *world) pair(t testing.TB, id string) tls.Certificate {
	t.Helper()
	return *w.keeper(t, id).now.Load()
}

func uri(t testing.TB, s string) *url.URL {
	t.Helper()
	u, err := url.Parse(s)
	must(t, err)
	return u
}

// leaf is a template that would be a good node certificate of id.
func leaf(t testing.TB, id string) *x509.Certificate {
	return &x509.Certificate{
		Subject:      pkix.Name{CommonName: id},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		URIs:         []*url.URL{uri(t, node(id).URI())},
		SerialNumber: nil,
	}
}

// forge signs any template with any CA, without the checks of CA.sign.
func forge(t testing.TB, ca *CA, template *x509.Certificate, key crypto.Signer) tls.Certificate {
	t.Helper()
	if key == nil {
		k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		must(t, err)
		key = k
	}
	der, err := create(template, ca.cert, key.Public(), ca.key)
	must(t, err)
	return tls.Certificate{Certificate: append([][]byte{der}, ca.chain...), PrivateKey: key}
}

// bad is one refused client certificate.
type bad struct {
	name string
	code string
	cert tls.Certificate
}

// badClients is every certificate of SECURITY section 5, "TLS".
func badClients(t testing.TB, w *world) []bad {
	beijing, tianjin := w.issuing["110000"], w.issuing["120000"]
	with := func(f func(*x509.Certificate)) *x509.Certificate {
		c := leaf(t, "110000-a")
		f(c)
		return c
	}
	selfKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	self := &CA{Region: "110000", cert: with(func(c *x509.Certificate) { c.SerialNumber = nil }), key: selfKey}
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)

	list := []bad{
		{"no certificate", CodeNoCertificate, tls.Certificate{}},
		{"CA of another region", CodeUntrusted, forge(t, tianjin, leaf(t, "110000-a"), nil)},
		{"CA of another region, chain of the right one", CodeUntrusted, mixed(forge(t, tianjin, leaf(t, "110000-a"), nil), beijing)},
		{"self-signed", CodeUntrusted, forge(t, self, leaf(t, "110000-a"), selfKey)},
		{"unknown region", CodeRegion, forge(t, beijing, leaf(t, "370000-a"), nil)},
		{"two URI SANs", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) {
			c.URIs = append(c.URIs, uri(t, "spiffe://120000.sandi/node/120000-a"))
		}), nil)},
		{"no SAN", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs = nil }), nil)},
		{"DNS SAN", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs, c.DNSNames = nil, []string{"110000.sandi"} }), nil)},
		{"IP SAN", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs, c.IPAddresses = nil, []net.IP{net.IPv4(127, 0, 0, 1)} }), nil)},
		{"mail SAN", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs, c.EmailAddresses = nil, []string{"a@110000.sandi"} }), nil)},
		{"URI and DNS SAN", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.DNSNames = []string{"a.110000.sandi"} }), nil)},
		{"URI and a kind of name that Go hides", CodeIdentity, forge(t, beijing, with(hiddenName), nil)},
		{"another scheme", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs = []*url.URL{uri(t, "https://110000.sandi/node/110000-a")} }), nil)},
		{"another role", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs = []*url.URL{uri(t, "spiffe://110000.sandi/admin/110000-a")} }), nil)},
		{"deeper path", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs = []*url.URL{uri(t, "spiffe://110000.sandi/node/110000-a/x")} }), nil)},
		{"query", CodeIdentity, forge(t, beijing, with(func(c *x509.Certificate) { c.URIs = []*url.URL{uri(t, "spiffe://110000.sandi/node/110000-a?x")} }), nil)},
		{"node id of another region", CodeIdentity, forge(t, tianjin, with(func(c *x509.Certificate) { c.URIs = []*url.URL{uri(t, "spiffe://120000.sandi/node/110000-a")} }), nil)},
		{"expired", CodeExpired, forge(t, beijing, with(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), nil)},
		{"not yet valid", CodeNotYetValid, forge(t, beijing, with(func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), nil)},
		{"server usage only", CodeUsage, forge(t, beijing, with(func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[1:] }), nil)},
		{"client usage only on a node", CodeUsage, forge(t, beijing, with(func(c *x509.Certificate) { c.ExtKeyUsage = c.ExtKeyUsage[:1] }), nil)},
		{"no extended usage", CodeUsage, forge(t, beijing, with(func(c *x509.Certificate) { c.ExtKeyUsage = nil }), nil)},
		{"any usage", CodeUsage, forge(t, beijing, with(func(c *x509.Certificate) { c.ExtKeyUsage = append(c.ExtKeyUsage, x509.ExtKeyUsageAny) }), nil)},
		{"no signing usage", CodeUsage, forge(t, beijing, with(func(c *x509.Certificate) { c.KeyUsage = x509.KeyUsageKeyEncipherment }), nil)},
		{"leaf is a CA", CodeLeafIsCA, forge(t, beijing, with(func(c *x509.Certificate) { c.IsCA, c.BasicConstraintsValid = true, true }), nil)},
		{"leaf may sign certificates", CodeLeafIsCA, forge(t, beijing, with(func(c *x509.Certificate) { c.KeyUsage |= x509.KeyUsageCertSign }), nil)},
		{"SHA-1", CodeWeak, forge(t, beijing, with(func(c *x509.Certificate) { c.SignatureAlgorithm = x509.ECDSAWithSHA1 }), nil)},
		{"RSA-1024", CodeWeak, forge(t, beijing, leaf(t, "110000-a"), rsa1024)},
		{"long chain", CodeChainLength, long(forge(t, beijing, leaf(t, "110000-a"), nil))},
	}
	return append(list, badCAs(t, w)...)
}

// badCAs break name constraints and path length below the right root.
func badCAs(t testing.TB, w *world) []bad {
	root, issuing := w.root["110000"], w.issuing["110000"]
	sub := func(parent *CA, template *x509.Certificate, key crypto.Signer) *CA {
		if key == nil {
			k, err := newKey()
			must(t, err)
			key = k
		}
		der, err := create(template, parent.cert, key.Public(), parent.key)
		must(t, err)
		ca, err := (&CA{Region: "110000", Clock: time.Now}).adopt(der, key)
		must(t, err)
		ca.chain = append([][]byte{der}, parent.chain...)
		return ca
	}
	template := func(region string) *x509.Certificate { return caTemplate(region, "sub", time.Now(), time.Hour) }
	plainLeafAsCA := leaf(t, "110000-x")
	expired := template("110000")
	expired.NotAfter = time.Now().Add(-time.Minute)
	rsa1024, err := rsa.GenerateKey(rand.Reader, 1024)
	must(t, err)
	return []bad{
		{"CA constrained to another region", CodeConstraint, forge(t, sub(root, template("120000"), nil), leaf(t, "110000-a"), nil)},
		{"CA below an issuing CA (path length)", CodeConstraint, forge(t, sub(issuing, template("110000"), nil), leaf(t, "110000-a"), nil)},
		{"issued by a leaf", CodeUntrusted, forge(t, sub(root, plainLeafAsCA, nil), leaf(t, "110000-a"), nil)},
		{"expired CA", CodeExpired, forge(t, sub(root, expired, nil), leaf(t, "110000-a"), nil)},
		{"RSA-1024 CA", CodeWeak, forge(t, sub(root, template("110000"), rsa1024), leaf(t, "110000-a"), nil)},
	}
}

func mixed(c tls.Certificate, ca *CA) tls.Certificate {
	c.Certificate = append(c.Certificate[:1:1], ca.chain...)
	return c
}

func long(c tls.Certificate) tls.Certificate {
	for len(c.Certificate) <= maxChain {
		c.Certificate = append(c.Certificate, c.Certificate[len(c.Certificate)-1])
	}
	return c
}

// hiddenName adds a registeredID next to the URI: crypto/x509 does not show it.
func hiddenName(c *x509.Certificate) {
	u := c.URIs[0].String()
	name := append([]byte{0x80 | tagURI, byte(len(u))}, u...)
	name = append(name, 0x88, 1, 0x2a) // [8] registeredID 1.2
	c.URIs = nil
	c.ExtraExtensions = []pkix.Extension{{Id: oidSubjectAltName, Value: append([]byte{0x30, byte(len(name))}, name...)}}
}
