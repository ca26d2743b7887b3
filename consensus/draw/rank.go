package draw

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

const rankingFormat = "sandi-ranking/1"

// Ranked is a stratum's candidates in the order drawn.
type Ranked struct {
	Stratum  string
	Selected int      // the first so many
	Order    []string // ids: selected, then reserves
}

// Ranking is the outcome of a draw.
type Ranking struct {
	Draw   string
	Seed   [sha256.Size]byte
	Strata []Ranked // ascending
}

// Rank orders each stratum's eligible candidates by the seed. A stratum for which
// the pool has none is ErrRule; so is a stratum of the pool without a quota.
func Rank(id string, p *Pool, r *Rule, seed [sha256.Size]byte) (*Ranking, error) {
	out := &Ranking{Draw: id, Seed: seed}
	for _, c := range p.Candidates {
		if _, found := slices.BinarySearchFunc(r.Quotas, c.Stratum, func(q Quota, stratum string) int { return strings.Compare(q.Stratum, stratum) }); !found {
			return nil, fmt.Errorf("%w: it has no quota for stratum %s", ErrRule, c.Stratum)
		}
	}
	for _, q := range r.Quotas {
		ids := p.Eligible(q.Stratum)
		if len(ids) == 0 {
			return nil, fmt.Errorf("%w: nobody in stratum %s may be drawn", ErrRule, q.Stratum)
		}
		numbers := newStream(seed, q.Stratum)
		for last := len(ids) - 1; last > 0; last-- {
			j := numbers.below(uint64(last) + 1) //nolint:gosec // not negative
			ids[last], ids[j] = ids[j], ids[last]
		}
		out.Strata = append(out.Strata, Ranked{Stratum: q.Stratum, Selected: q.Of(len(ids)), Order: ids})
	}
	return out, nil
}

// Marshal writes the ranking: format, "draw …", "seed …" (base64url), then for
// each stratum a line "stratum selected of all" and a line for each id.
func (r *Ranking) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\ndraw %s\nseed %s\n", rankingFormat, r.Draw, base64.RawURLEncoding.EncodeToString(r.Seed[:]))
	for _, s := range r.Strata {
		fmt.Fprintf(&b, "%s %d of %d\n", s.Stratum, s.Selected, len(s.Order))
		for _, id := range s.Order {
			b.WriteString(id + "\n")
		}
	}
	return b.Bytes()
}

// Digest is SHA-256 of what Marshal writes.
func (r *Ranking) Digest() [sha256.Size]byte { return sha256.Sum256(r.Marshal()) }

// Selected are the ids drawn in a stratum.
func (r *Ranking) Selected(stratum string) []string {
	for _, s := range r.Strata {
		if s.Stratum == stratum {
			return s.Order[:s.Selected]
		}
	}
	return nil
}

// AllSelected are the ids drawn, stratum after stratum.
func (r *Ranking) AllSelected() []string {
	var ids []string
	for _, s := range r.Strata {
		ids = append(ids, s.Order[:s.Selected]...)
	}
	return ids
}

// Reserves are the next in rank, at most so many: the first of each stratum, then the
// second of each, so that no stratum is left without.
func (r *Ranking) Reserves(most int) []string {
	var ids []string
	for place := 0; ; place++ {
		found := false
		for _, s := range r.Strata {
			if rest := s.Order[s.Selected:]; place < len(rest) {
				if found = true; len(ids) == most {
					return ids
				}
				ids = append(ids, rest[place])
			}
		}
		if !found {
			return ids
		}
	}
}

// Next is who takes a place of the stratum that has fallen vacant: the highest in
// rank that neither serves nor has gone. "" says that nobody is left.
func (r *Ranking) Next(stratum string, served []string) string {
	for _, s := range r.Strata {
		if s.Stratum != stratum {
			continue
		}
		for _, id := range s.Order[s.Selected:] {
			if !slices.Contains(served, id) {
				return id
			}
		}
	}
	return ""
}
