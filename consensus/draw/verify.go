package draw

import (
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/keyring"
)

// Recompute draws again from what was frozen and contributed: it checks that
// pool and rule are those of the terms, that every region of keys has contributed
// under its key and nobody else, and ranks. The error is ErrTerms,
// ErrContribution, ErrRule or ErrPool.
func Recompute(t Terms, p *Pool, r *Rule, keys map[string]keyring.PublicKey, list []Contribution) (*Ranking, error) {
	if p.Digest() != t.Pool || r.Digest() != t.Rule {
		return nil, fmt.Errorf("%w: pool or rule isn't the one that was frozen", ErrTerms)
	}
	for _, c := range list {
		key, known := keys[c.Region]
		if !known {
			return nil, fmt.Errorf("%w: region %s has no part in this draw", ErrContribution, c.Region)
		}
		if err := c.Check(t, key); err != nil {
			return nil, err
		}
	}
	if missing := Missing(keys, list); len(missing) > 0 {
		return nil, fmt.Errorf("%w: none of %v", ErrContribution, missing)
	}
	seed, err := Seed(list)
	if err != nil {
		return nil, err
	}
	return Rank(t.Draw, p, r, seed)
}

// Missing are the regions that haven't contributed, ascending.
func Missing(keys map[string]keyring.PublicKey, list []Contribution) []string {
	var missing []string
	for region := range keys {
		if !slices.ContainsFunc(list, func(c Contribution) bool { return c.Region == region }) {
			missing = append(missing, region)
		}
	}
	slices.Sort(missing)
	return missing
}
