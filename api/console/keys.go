package console

import (
	"net/http"
	"time"
)

// Keys is GET /console/admin/keys: the region's keys and issuers as the ledger has them, and
// the certificates on this machine. Nothing of it is secret; private halves are named by
// nobody but the configuration.
type Keys struct {
	Region       string        `json:"region"`
	Node         string        `json:"node"`
	Genesis      string        `json:"genesis"` // fingerprint
	Size         uint64        `json:"size"`    // of the ledger by which states are judged
	Practice     bool          `json:"practice"`
	Clock        string        `json:"clock"` // what a statement signed now says, for --at on practice networks
	Keys         []Key         `json:"keys"`
	Issuers      []Issuer      `json:"issuers"`
	Roles        []string      `json:"roles"` // that issuers may be granted at all
	Certificates []Certificate `json:"certificates"`
}

// Key is a registered key. Positions are leaves; absent: never, or by genesis.
type Key struct {
	ID          string  `json:"id"`
	Use         string  `json:"use"`
	Alg         string  `json:"alg"`
	Owner       string  `json:"owner,omitempty"` // issuer of a token key, node of a log or cosigner key
	State       string  `json:"state"`
	Fingerprint string  `json:"fingerprint"`
	Held        bool    `json:"held"` // this node signs with it
	Genesis     bool    `json:"genesis"`
	Prepared    *uint64 `json:"prepared,omitempty"`
	Active      *uint64 `json:"active,omitempty"`
	Retiring    *uint64 `json:"retiring,omitempty"`
	Revoked     *uint64 `json:"revoked,omitempty"`
}

// Issuer is a token issuer and the roles that its tokens may grant at most.
type Issuer struct {
	ID      string   `json:"id"`
	Roles   []string `json:"roles"`
	Dropped bool     `json:"dropped"`
}

// Certificate is one of the certificates that this node shows.
type Certificate struct {
	What  string    `json:"what"` // node, issuing, root or public
	Name  string    `json:"name"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	Left  int       `json:"left"`           // whole days
	Near  bool      `json:"near"`           // less than a third of its life is left
	Self  bool      `json:"self,omitempty"` // the node renews it by itself
}

// CertificateOf is how a certificate's life stands.
func CertificateOf(what, name string, from, until, now time.Time) Certificate {
	left := until.Sub(now)
	return Certificate{What: what, Name: name, From: from.UTC(), Until: until.UTC(), Left: int(left.Hours() / 24), Near: left < until.Sub(from)/3}
}

func (d *Door) listKeys(w http.ResponseWriter, _ *http.Request, _ Identity) error {
	keys, err := d.cfg.Keys()
	if err != nil {
		return err
	}
	return answerJSON(w, keys)
}
