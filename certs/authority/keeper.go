package authority

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Issuer turns a PKCS#10 request (DER) into a certificate chain (DER, leaf
// first). A CA on the same machine is one; a bureau's own CA service is another.
type Issuer interface {
	Issue(ctx context.Context, csr []byte) ([][]byte, error)
}

// KeeperConfig is what a Keeper is made of.
type KeeperConfig struct {
	Roots    *Roots
	Identity Identity // whose certificate is kept

	// CertFile and KeyFile are PEM files; they are watched. When both are empty
	// the pair is kept in memory only and begins as CertPEM and KeyPEM.
	CertFile, KeyFile string
	CertPEM, KeyPEM   []byte

	Issuer  Issuer                // nil: somebody else replaces the files
	Clock   func() time.Time      // nil: the real one
	Logger  *slog.Logger          // nil: the default
	Metrics prometheus.Registerer // nil: not registered
}

const (
	// checkEvery is how often files and remaining life are looked at.
	checkEvery = 30 * time.Second
	// issueTimeout bounds one renewal.
	issueTimeout = time.Minute
)

// Keeper holds a node's certificate and replaces it while connections run.
type Keeper struct {
	cfg  KeeperConfig
	now  atomic.Pointer[tls.Certificate] // what new handshakes use
	mu   sync.Mutex                      // one replacement at a time; guards seen and onSwap
	seen [sha256.Size]byte               // mark of the files as last loaded
	hook []func()

	failures prometheus.Counter
}

// NewKeeper loads the pair and checks that it is a certificate of this
// identity. An expired one is loaded with an error in the log: reads and the
// public API must go on, and Check renews it.
func NewKeeper(cfg KeeperConfig) (*Keeper, error) {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	k := &Keeper{cfg: cfg, failures: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "sandi_certificate_renewal_failures_total", Help: "Renewals or reloads of the node certificate that failed.",
	})}
	chain, keys := cfg.CertPEM, cfg.KeyPEM
	if cfg.CertFile != "" {
		var err error
		if chain, keys, err = k.read(); err != nil {
			return nil, err
		}
		k.seen = markOf(chain, keys)
	}
	cert, err := loadPair(chain, keys)
	if err != nil {
		return nil, err
	}
	if err := k.fits(cert); err != nil {
		var refused *VerifyError
		if !errors.As(err, &refused) || refused.Code != CodeExpired {
			return nil, fmt.Errorf("couldn't use the certificate of %s: %w", cfg.Identity, err)
		}
		cfg.Logger.Error("the node certificate has expired: peers will refuse this node until it is renewed", "not_after", cert.Leaf.NotAfter)
	}
	k.now.Store(cert)
	return k, k.register()
}

func (k *Keeper) register() error {
	if k.cfg.Metrics == nil {
		return nil
	}
	left := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "sandi_certificate_seconds_left", Help: "Seconds until the node certificate expires; negative when it has.",
	}, func() float64 { return k.Left().Seconds() })
	if err := errors.Join(k.cfg.Metrics.Register(left), k.cfg.Metrics.Register(k.failures)); err != nil {
		return fmt.Errorf("couldn't register the certificate metrics: %w", err)
	}
	return nil
}

// fits checks that cert is a valid certificate of this identity.
func (k *Keeper) fits(cert *tls.Certificate) error {
	certs := make([]*x509.Certificate, 0, len(cert.Certificate))
	for _, der := range cert.Certificate {
		c, err := x509.ParseCertificate(der)
		if err != nil {
			return fmt.Errorf("couldn't parse the chain: %w", err)
		}
		certs = append(certs, c)
	}
	id, err := k.cfg.Roots.Verify(certs, k.cfg.Identity.Role)
	if err != nil {
		return err
	}
	if id != k.cfg.Identity {
		return fmt.Errorf("the certificate is of %s, not of %s", id, k.cfg.Identity)
	}
	return nil
}

// Identity is whose certificate is kept.
func (k *Keeper) Identity() Identity { return k.cfg.Identity }

// Left is the remaining life of the certificate; negative after its end.
func (k *Keeper) Left() time.Duration {
	return k.now.Load().Leaf.NotAfter.Sub(k.cfg.Clock())
}

// RenewAt is when the certificate has lived 2/3 of its life.
func (k *Keeper) RenewAt() time.Time {
	leaf := k.now.Load().Leaf
	return leaf.NotBefore.Add(leaf.NotAfter.Sub(leaf.NotBefore) / 3 * 2)
}

// Warning is empty while the certificate has more than 1/3 of its life left;
// then it is a sentence for readiness and `sandi doctor`.
func (k *Keeper) Warning() string {
	if k.cfg.Clock().Before(k.RenewAt()) {
		return ""
	}
	return fmt.Sprintf("the node certificate ends %s (%.1f days left) and was not renewed", k.now.Load().Leaf.NotAfter.Format(time.RFC3339), k.Left().Hours()/24)
}

// OnSwap registers what to do after a replacement, such as closing pooled
// streams so that they handshake anew. Nothing has to: old connections go on.
func (k *Keeper) OnSwap(f func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.hook = append(k.hook, f)
}

// Swap replaces the certificate for all new handshakes, after checking that it
// is valid and of the same identity.
func (k *Keeper) Swap(chain, key []byte) error {
	cert, err := loadPair(chain, key)
	if err != nil {
		return err
	}
	if err := k.fits(cert); err != nil {
		return fmt.Errorf("couldn't swap the certificate of %s: %w", k.cfg.Identity, err)
	}
	k.mu.Lock()
	k.now.Store(cert)
	hooks := k.hook
	k.mu.Unlock()
	for _, f := range hooks {
		f()
	}
	k.cfg.Logger.Info("node certificate replaced", "identity", k.cfg.Identity.URI(), "not_after", cert.Leaf.NotAfter)
	return nil
}

// Run does what is due until ctx ends.
func (k *Keeper) Run(ctx context.Context) {
	tick := time.NewTicker(checkEvery)
	defer tick.Stop()
	for {
		if err := k.Check(ctx); err != nil && ctx.Err() == nil {
			k.cfg.Logger.Error("the node certificate was not replaced", "error", err, "days_left", k.Left().Hours()/24)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Check takes up changed files and renews a certificate that has lived 2/3 of
// its life. Nothing due is no error.
func (k *Keeper) Check(ctx context.Context) error {
	err := k.reload()
	if k.cfg.Issuer != nil && !k.cfg.Clock().Before(k.RenewAt()) {
		err = errors.Join(err, k.renew(ctx))
	}
	if err != nil {
		k.failures.Inc()
	}
	return err
}

// reload takes up files that somebody else replaced. A pair that does not fit
// (yet: two files cannot change at one instant) leaves the old one in use and
// is tried again at the next Check.
func (k *Keeper) reload() error {
	if k.cfg.CertFile == "" {
		return nil
	}
	chain, keys, err := k.read()
	if err != nil {
		return err
	}
	mark := markOf(chain, keys)
	k.mu.Lock()
	same := mark == k.seen
	k.mu.Unlock()
	if same {
		return nil
	}
	if err := k.Swap(chain, keys); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = mark
	return nil
}

// renew makes a new key and asks the issuer for its certificate.
func (k *Keeper) renew(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, issueTimeout)
	defer cancel()
	key, err := newKey()
	if err != nil {
		return err
	}
	uri, err := url.Parse(k.cfg.Identity.URI())
	if err != nil {
		return fmt.Errorf("couldn't ask for a certificate: %w", err)
	}
	csr, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: []*url.URL{uri}}, key)
	if err != nil {
		return fmt.Errorf("couldn't ask for a certificate: %w", err)
	}
	ders, err := k.cfg.Issuer.Issue(ctx, csr)
	if err != nil {
		return fmt.Errorf("couldn't get a certificate: %w", err)
	}
	secret, err := keyPEM(key)
	if err != nil {
		return err
	}
	chain := certPEM(ders...)
	if err := k.Swap(chain, secret); err != nil {
		return err
	}
	if k.cfg.CertFile == "" {
		return nil
	}
	if err := writePair(k.cfg.CertFile, k.cfg.KeyFile, chain, secret); err != nil {
		return err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.seen = markOf(chain, secret)
	return nil
}

func (k *Keeper) read() (chain, keys []byte, err error) {
	if chain, err = readBounded(k.cfg.CertFile); err != nil {
		return nil, nil, err
	}
	keys, err = readBounded(k.cfg.KeyFile)
	return chain, keys, err
}

// markOf changes when either file does. Contents are compared, not times: two
// replacements within one tick of the file system's clock look alike by time.
func markOf(chain, keys []byte) [sha256.Size]byte {
	return sha256.Sum256(append(append([]byte(nil), chain...), keys...))
}
