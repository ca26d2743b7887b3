package genesis

import (
	"crypto/x509"
	"strconv"
	"strings"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// identities are what may stand in a genesis only once, over all regions.
type identities struct {
	names map[string]bool
}

// claim reports whether the name of a kind was still free, and takes it.
func (ids *identities) claim(kind, name string) bool {
	if ids.names == nil {
		ids.names = make(map[string]bool)
	}
	key := kind + "\x00" + name
	free := !ids.names[key]
	ids.names[key] = true
	return free
}

func (r *Region) check(seen *identities, where string) error {
	if !isName(r.NameZH) || !isName(r.NameEN) {
		return refuse(CodeForm, where, "name_zh, name_en")
	}
	keys := regionKeys{seen: seen, ids: make(map[string]bool), where: where}
	if err := keys.add(r.Governance, keyring.UseGovernance); err != nil {
		return err
	}
	if len(r.Statement) < 1 || len(r.Statement) > maxStatementKeys {
		return refuse(CodeLimit, where, "statement keys: from 1 to "+strconv.Itoa(maxStatementKeys))
	}
	for _, k := range r.Statement {
		if err := keys.add(k, keyring.UseStatement); err != nil {
			return err
		}
	}
	if err := r.checkIssuers(&keys); err != nil {
		return err
	}
	if err := r.checkNodes(&keys); err != nil {
		return err
	}
	if err := r.checkRoots(seen, where); err != nil {
		return err
	}
	return r.checkOrgs(seen, where)
}

// regionKeys collects a region's keys: ids are unique in the region, key bytes
// in the network.
type regionKeys struct {
	seen  *identities
	ids   map[string]bool
	where string
}

func (k *regionKeys) add(key keyring.PublicKey, use keyring.Use) error {
	where := k.where + " key " + key.ID
	if err := key.Check(); err != nil {
		return refuse(CodeKey, where, err.Error())
	}
	if key.Use != use {
		return refuse(CodeKey, where, "use is not "+string(use))
	}
	if k.ids[key.ID] {
		return refuse(CodeDuplicate, where, "id")
	}
	k.ids[key.ID] = true
	if !k.seen.claim("key", string(key.Key)) {
		return refuse(CodeDuplicate, where, "a key never serves two purposes or regions")
	}
	return nil
}

func (r *Region) checkIssuers(keys *regionKeys) error {
	if len(r.Issuers) > maxIssuers {
		return refuse(CodeLimit, keys.where, "issuers")
	}
	for i := range r.Issuers {
		issuer := &r.Issuers[i]
		where := keys.where + " issuer " + strconv.Itoa(i+1)
		switch {
		case !statement.IsIssuer(issuer.ID):
			return refuse(CodeForm, where, "id")
		case !keys.seen.claim("issuer", issuer.ID):
			return refuse(CodeDuplicate, where, "id")
		case len(issuer.Keys) < 1 || len(issuer.Keys) > maxIssuerKeys:
			return refuse(CodeLimit, where, "keys: from 1 to "+strconv.Itoa(maxIssuerKeys))
		}
		for _, k := range issuer.Keys {
			if err := keys.add(k, keyring.UseToken); err != nil {
				return err
			}
		}
		granted := make(map[string]bool)
		for _, role := range issuer.Roles {
			if !statement.IsTokenRole(role) {
				return refuse(CodeForm, where, "unknown role")
			}
			if granted[role] {
				return refuse(CodeDuplicate, where, "role "+role)
			}
			granted[role] = true
		}
	}
	return nil
}

func (r *Region) checkNodes(keys *regionKeys) error {
	if len(r.Nodes) < 1 || len(r.Nodes) > maxNodes {
		return refuse(CodeLimit, keys.where, "nodes: from 1 to "+strconv.Itoa(maxNodes))
	}
	for i := range r.Nodes {
		n := &r.Nodes[i]
		where := keys.where + " node " + strconv.Itoa(i+1)
		switch {
		case !statement.IsNodeID(n.ID):
			return refuse(CodeForm, where, "id")
		case !keys.seen.claim("node", n.ID):
			return refuse(CodeDuplicate, where, "id")
		case !statement.IsHostPort(n.Peer) || !statement.IsHostPort(n.Gossip):
			return refuse(CodeForm, where, "peer and gossip are host:port")
		case !keys.seen.claim("address", n.Peer) || !keys.seen.claim("gossip", n.Gossip):
			return refuse(CodeDuplicate, where, "address")
		case !statement.IsBaseURL(n.Public):
			return refuse(CodeForm, where, "public is an http or https URL without a closing slash")
		}
		if err := keys.add(n.Log, keyring.UseLog); err != nil {
			return err
		}
		if err := keys.add(n.Cosigner, keyring.UseCosigner); err != nil {
			return err
		}
	}
	return nil
}

// checkRoots: each is a CA certificate, and no two regions share one or its key.
// A shared CA would let one bureau issue nodes of the other.
func (r *Region) checkRoots(seen *identities, where string) error {
	if len(r.Roots) < 1 || len(r.Roots) > maxRoots {
		return refuse(CodeLimit, where, "CA certificates: from 1 to "+strconv.Itoa(maxRoots))
	}
	own := make(map[string]bool)
	for _, der := range r.Roots {
		cert, err := x509.ParseCertificate(der)
		if err != nil || !cert.BasicConstraintsValid || !cert.IsCA {
			return refuse(CodeForm, where, "a root is not a CA certificate")
		}
		// A region may list one CA key under two certificates (renewal).
		key := string(cert.RawSubjectPublicKeyInfo)
		if !own[key] && !seen.claim("ca", key) {
			return refuse(CodeDuplicate, where, "a CA key of another region")
		}
		own[key] = true
	}
	return nil
}

// levels of organisations (DOMAIN section 3).
var levels = map[string]bool{"state": true, "province": true, "city": true, "county": true}

// checkOrgs: the bureau itself comes first; every other organisation hangs
// below it, over parents of the same region.
func (r *Region) checkOrgs(seen *identities, where string) error {
	if len(r.Orgs) < 1 || len(r.Orgs) > maxOrgs {
		return refuse(CodeLimit, where, "organisations: from 1 to "+strconv.Itoa(maxOrgs))
	}
	parents := make(map[string]string, len(r.Orgs))
	for i := range r.Orgs {
		o := &r.Orgs[i]
		here := where + " organisation " + strconv.Itoa(i+1)
		switch {
		case !statement.IsOrg(o.Code) || o.Code[:2] != r.Code[:2]:
			return refuse(CodeForm, here, "code")
		case !seen.claim("org", o.Code):
			return refuse(CodeDuplicate, here, "code")
		case !isName(o.NameZH) || !isName(o.NameEN) || !levels[o.Level]:
			return refuse(CodeForm, here, "name_zh, name_en, level")
		}
		parents[o.Code] = o.Parent
	}
	first := r.Orgs[0]
	if !strings.HasPrefix(first.Code, r.Code+"-") || first.Parent != "" && first.Parent != stateBureau {
		return refuse(CodeForm, where, "the first organisation is not the bureau itself")
	}
	for i := range r.Orgs[1:] {
		o := &r.Orgs[i+1]
		up := o.Code
		for steps := 0; up != first.Code; steps++ {
			parent, known := parents[up]
			if !known || steps > len(levels) {
				return refuse(CodeForm, where+" organisation "+o.Code, "no line of parents to the bureau")
			}
			up = parent
		}
	}
	return nil
}

// stateBureau is the national administration (SAMR), in no region.
const stateBureau = "100000-SJ"
