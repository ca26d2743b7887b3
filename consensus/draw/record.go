package draw

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Clear fields by which a record is known as a draw, whatever law document it
// follows: those of the digests always, the others as far as the document has them.
// Digests are hex.
const (
	FieldPool          = "pool_hash"
	FieldRule          = "rule_hash"
	FieldKind          = "kind"
	FieldCount         = "pool_count"
	FieldStrata        = "strata"
	FieldQuota         = "quota"
	FieldExclusions    = "exclusions"
	FieldExclusionRule = "exclusion_rule_version"
	FieldContributions = "contributions"
	FieldSeed          = "seed"
	FieldRanking       = "ranking_hash"
	FieldSelected      = "selected"
	FieldReserves      = "reserves"         // also the set of the marks that take one
	FieldDenied        = "own_ranking_hash" // a region has computed another ranking
)

// MaxReserves is how many reserves a record names; the ranking has all.
const MaxReserves = 60

// Record is what a ledger's record says of a draw.
type Record struct {
	ID         string
	Pool, Rule [sha256.Size]byte

	// What it says of the two in clear; zero where it says nothing.
	Kind          string
	ExclusionRule string
	Count, Quota  int
	Strata        []Quota           // in its own order
	Exclusions    map[string]string // reason by candidate

	Contributions []Contribution // as the regions gave them; the ledger has checked each

	// What came of it; nil before that.
	Outcome *Outcome
}

// Outcome is the result that regions have confirmed, or one of them states.
type Outcome struct {
	Seed, Ranking [sha256.Size]byte
	Selected      []string // stratum after stratum, in rank
	Reserves      []string // the first MaxReserves of Ranking.Reserves
}

// ReadRecord reads a record's clear fields. It is nil when the record is no draw, or
// one that has frozen nothing yet; the error is ErrTerms when the fields cannot be
// read.
func ReadRecord(id string, fields map[string]json.RawMessage) (*Record, error) {
	if fields[FieldPool] == nil || fields[FieldRule] == nil {
		return nil, nil
	}
	var f struct {
		Strata []struct {
			Key  string
			Rate string
			N    int
		}
		Exclusions    []struct{ Item, Reason string }
		Contributions []struct{ Org, Value string }
	}
	r := &Record{ID: id, Exclusions: map[string]string{}}
	for name, into := range map[string]any{
		FieldKind: &r.Kind, FieldExclusionRule: &r.ExclusionRule, FieldCount: &r.Count, FieldQuota: &r.Quota,
		FieldStrata: &f.Strata, FieldExclusions: &f.Exclusions, FieldContributions: &f.Contributions,
	} {
		if raw := fields[name]; raw != nil && json.Unmarshal(raw, into) != nil {
			return nil, fmt.Errorf("%w: field %s of %s cannot be read", ErrTerms, name, id)
		}
	}
	for _, s := range f.Strata {
		rate, err := BasisPointsOf(s.Rate)
		if err != nil {
			return nil, fmt.Errorf("%w: stratum %s of %s has the rate %q", ErrTerms, s.Key, id, s.Rate)
		}
		r.Strata = append(r.Strata, Quota{Stratum: s.Key, Number: s.N, Rate: rate})
	}
	for _, e := range f.Exclusions {
		r.Exclusions[e.Item] = e.Reason
	}
	for _, c := range f.Contributions {
		signature, err := hex.DecodeString(c.Value)
		if err != nil || len(c.Org) < 6 {
			return nil, fmt.Errorf("%w: a contribution to %s cannot be read", ErrTerms, id)
		}
		r.Contributions = append(r.Contributions, Contribution{Region: c.Org[:2] + "0000", Signature: signature})
	}
	if !readDigest(fields[FieldPool], &r.Pool) || !readDigest(fields[FieldRule], &r.Rule) {
		return nil, fmt.Errorf("%w: a digest of %s cannot be read", ErrTerms, id)
	}
	var err error
	r.Outcome, err = ReadOutcome(fields)
	return r, err
}

// ReadOutcome reads what fields state of a result, nil when they state none. The
// error is ErrTerms.
func ReadOutcome(fields map[string]json.RawMessage) (*Outcome, error) {
	if fields[FieldRanking] == nil {
		return nil, nil
	}
	o := &Outcome{}
	readable := readDigest(fields[FieldRanking], &o.Ranking) && json.Unmarshal(fields[FieldSelected], &o.Selected) == nil
	if raw := fields[FieldSeed]; raw != nil {
		readable = readable && readDigest(raw, &o.Seed)
	}
	if raw := fields[FieldReserves]; raw != nil {
		readable = readable && json.Unmarshal(raw, &o.Reserves) == nil
	}
	if !readable {
		return nil, fmt.Errorf("%w: the outcome cannot be read", ErrTerms)
	}
	return o, nil
}

func readDigest(raw json.RawMessage, into *[sha256.Size]byte) bool {
	var text string
	if json.Unmarshal(raw, &text) != nil || len(text) != 2*sha256.Size {
		return false
	}
	_, err := hex.Decode(into[:], []byte(text))
	return err == nil
}

// BasisPointsOf reads a rate as a record keeps it: percent with two places, "30.00"; ""
// is none.
func BasisPointsOf(percent string) (int, error) {
	if percent == "" {
		return 0, nil
	}
	whole, places, ok := strings.Cut(percent, ".")
	if !ok || len(places) != 2 {
		return 0, strconv.ErrSyntax
	}
	return strconv.Atoi(whole + places)
}

// Percent writes a rate with two places: what a record keeps of it.
func Percent(rate int) string { return fmt.Sprintf("%d.%02d", rate/100, rate%100) }

// Agrees reports whether pool and rule are those that the record has frozen and say
// what it says in clear. The error is ErrTerms and names the difference.
func (r *Record) Agrees(p *Pool, rule *Rule) error {
	var what string
	switch excluded := p.Excluded(); {
	case p.Digest() != r.Pool:
		what = "the pool is not the one that was frozen"
	case rule.Digest() != r.Rule:
		what = "the rule is not the one that was frozen"
	case r.Kind != "" && r.Kind != rule.Kind:
		what = fmt.Sprintf("the rule draws %s, the record says %s", rule.Kind, r.Kind)
	case r.ExclusionRule != "" && r.ExclusionRule != rule.Exclusions:
		what = fmt.Sprintf("the rule follows exclusions %s, the record says %s", rule.Exclusions, r.ExclusionRule)
	case r.Count != 0 && r.Count != len(p.Candidates):
		what = fmt.Sprintf("the pool has %d candidates, the record says %d", len(p.Candidates), r.Count)
	case r.Strata != nil && !sameQuotas(r.Strata, rule.Quotas):
		what = "strata and quotas of the rule differ from the record's"
	case r.Quota != 0 && r.Quota != rule.Total(p):
		what = fmt.Sprintf("the rule selects %d, the record says %d", rule.Total(p), r.Quota)
	case !maps.Equal(excluded, r.Exclusions):
		what = fmt.Sprintf("the pool excludes %d candidates, and the record names %d, or others, or other reasons", len(excluded), len(r.Exclusions))
	default:
		return nil
	}
	return fmt.Errorf("%w: %s", ErrTerms, what)
}

func sameQuotas(a, b []Quota) bool {
	a = slices.SortedFunc(slices.Values(a), func(x, y Quota) int { return strings.Compare(x.Stratum, y.Stratum) })
	return slices.Equal(a, b)
}

// Frozen are the fields that freeze a pool and a rule, as a record takes them. A rule
// for which the pool has nobody is ErrRule.
func Frozen(p *Pool, rule *Rule) (map[string]any, error) {
	if _, err := Rank("trial", p, rule, [sha256.Size]byte{}); err != nil {
		return nil, err
	}
	pool, law := p.Digest(), rule.Digest()
	strata := make([]map[string]any, 0, len(rule.Quotas))
	for _, q := range rule.Quotas {
		s := map[string]any{"key": q.Stratum}
		if q.Rate > 0 {
			s["rate"] = Percent(q.Rate)
		} else {
			s["n"] = q.Number
		}
		strata = append(strata, s)
	}
	fields := map[string]any{
		FieldPool: hex.EncodeToString(pool[:]), FieldRule: hex.EncodeToString(law[:]), FieldCount: len(p.Candidates),
		FieldStrata: strata, FieldQuota: rule.Total(p), FieldExclusionRule: rule.Exclusions,
	}
	var exclusions []map[string]any
	for _, c := range p.Candidates {
		if c.Excluded != "" {
			exclusions = append(exclusions, map[string]any{"item": c.ID, "reason": c.Excluded})
		}
	}
	if exclusions != nil {
		fields[FieldExclusions] = exclusions
	}
	return fields, nil
}

// Rank draws again from what the record holds. The error is ErrTerms, ErrRule or
// ErrContribution.
func (r *Record) Rank(p *Pool, rule *Rule) (*Ranking, error) {
	if err := r.Agrees(p, rule); err != nil {
		return nil, err
	}
	seed, err := Seed(r.Contributions)
	if err != nil {
		return nil, err
	}
	return Rank(r.ID, p, rule, seed)
}

// OutcomeOf is what a ranking gives a record to state.
func (r *Ranking) OutcomeOf() Outcome {
	return Outcome{Seed: r.Seed, Ranking: r.Digest(), Selected: r.AllSelected(), Reserves: r.Reserves(MaxReserves)}
}

// Fields are an outcome as a record takes it.
func (o *Outcome) Fields() map[string]any {
	reserves := o.Reserves
	if reserves == nil {
		reserves = []string{}
	}
	return map[string]any{
		FieldSeed: hex.EncodeToString(o.Seed[:]), FieldRanking: hex.EncodeToString(o.Ranking[:]),
		FieldSelected: o.Selected, FieldReserves: reserves,
	}
}

// Equal reports whether two outcomes are the same, seed and number of reserves included.
func (o *Outcome) Equal(x *Outcome) bool {
	return o.Seed == x.Seed && o.Ranking == x.Ranking && slices.Equal(o.Selected, x.Selected) && slices.Equal(o.Reserves, x.Reserves)
}

// Holds reports whether an outcome is what a ranking gives: its digest, who was
// selected in which order, and as reserves the next in rank of each stratum, as far
// as they are named. The error is ErrOutcome.
func (o *Outcome) Holds(ranking *Ranking) error {
	if o.Ranking != ranking.Digest() {
		return fmt.Errorf("%w: another ranking", ErrOutcome)
	}
	if !slices.Equal(o.Selected, ranking.AllSelected()) {
		return fmt.Errorf("%w: others were selected", ErrOutcome)
	}
	named := 0
	for i := range ranking.Strata {
		s := &ranking.Strata[i]
		rest := s.Order[s.Selected:]
		of := slices.DeleteFunc(slices.Clone(o.Reserves), func(id string) bool { return !slices.Contains(rest, id) })
		if len(of) > len(rest) || !slices.Equal(of, rest[:len(of)]) {
			return fmt.Errorf("%w: the reserves of %s are not the next in rank", ErrOutcome, s.Stratum)
		}
		named += len(of)
	}
	if named != len(o.Reserves) {
		return fmt.Errorf("%w: a reserve that is not in the ranking", ErrOutcome)
	}
	return nil
}
