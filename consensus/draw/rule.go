package draw

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

const ruleFormat = "sandi-draw-rule/1"

// BasisPoints is a rate of one: rates are whole ten-thousandths.
const BasisPoints = 10_000

// Quota is how many of a stratum are selected: a number, or a rate of those that
// may be drawn, rounded up. One of the two is zero.
type Quota struct {
	Stratum string
	Number  int // 1..MaxCandidates
	Rate    int // ten-thousandths, 1..10,000
}

// Rule says what is drawn from a pool. Quotas ascend by stratum, each once.
type Rule struct {
	Kind       string // target, expert or order_of_batches
	Exclusions string // version of the rules by which candidates were excluded
	Quotas     []Quota
}

// NewRule orders the quotas and checks the rule. The error is ErrRule.
func NewRule(kind, exclusions string, quotas []Quota) (*Rule, error) {
	r := &Rule{Kind: kind, Exclusions: exclusions, Quotas: slices.Clone(quotas)}
	slices.SortFunc(r.Quotas, func(a, b Quota) int { return strings.Compare(a.Stratum, b.Stratum) })
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *Rule) check() error {
	if !isName(r.Kind) || !isName(r.Exclusions) {
		return fmt.Errorf("%w: kind %q or exclusion rules %q", ErrRule, r.Kind, r.Exclusions)
	}
	if len(r.Quotas) == 0 || len(r.Quotas) > MaxStrata {
		return fmt.Errorf("%w: %d strata, of 1 to %d", ErrRule, len(r.Quotas), MaxStrata)
	}
	for i, q := range r.Quotas {
		if !isStratum(q.Stratum) || i > 0 && r.Quotas[i-1].Stratum >= q.Stratum {
			return fmt.Errorf("%w: stratum %q is ill-named, doubled or out of order", ErrRule, q.Stratum)
		}
		byNumber := q.Rate == 0 && q.Number >= 1 && q.Number <= MaxCandidates
		byRate := q.Number == 0 && q.Rate >= 1 && q.Rate <= BasisPoints
		if !byNumber && !byRate {
			return fmt.Errorf("%w: stratum %q has neither a number nor a rate in range", ErrRule, q.Stratum)
		}
	}
	return nil
}

// Of is how many of n eligible candidates the quota selects: never more than n.
func (q Quota) Of(n int) int {
	if q.Rate > 0 {
		return (n*q.Rate + BasisPoints - 1) / BasisPoints
	}
	return min(q.Number, n)
}

// Total is how many the rule selects from a pool.
func (r *Rule) Total(p *Pool) int {
	n := 0
	for _, q := range r.Quotas {
		n += q.Of(len(p.Eligible(q.Stratum)))
	}
	return n
}

// Marshal writes the rule: format, "kind …", "exclusions …", then a line for each
// stratum: "stratum number 3" or "stratum rate 3000".
func (r *Rule) Marshal() []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\nkind %s\nexclusions %s\n", ruleFormat, r.Kind, r.Exclusions)
	for _, q := range r.Quotas {
		if q.Rate > 0 {
			fmt.Fprintf(&b, "%s rate %d\n", q.Stratum, q.Rate)
		} else {
			fmt.Fprintf(&b, "%s number %d\n", q.Stratum, q.Number)
		}
	}
	return b.Bytes()
}

// ParseRule reads exactly what Marshal writes. The error is ErrRule.
func ParseRule(data []byte) (*Rule, error) {
	lines, err := linesOf(data, ruleFormat, MaxStrata+2)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRule, err)
	}
	if len(lines) < 3 {
		return nil, fmt.Errorf("%w: it has no stratum", ErrRule)
	}
	r := new(Rule)
	var kind, exclusions bool
	r.Kind, kind = strings.CutPrefix(lines[0], "kind ")
	r.Exclusions, exclusions = strings.CutPrefix(lines[1], "exclusions ")
	if !kind || !exclusions {
		return nil, fmt.Errorf("%w: lines 2 and 3 aren't \"kind …\" and \"exclusions …\"", ErrRule)
	}
	for i, line := range lines[2:] {
		words := strings.Split(line, " ")
		if len(words) != 3 {
			return nil, fmt.Errorf("%w: line %d isn't \"stratum number|rate n\"", ErrRule, i+4)
		}
		n, err := strconv.Atoi(words[2])
		if err != nil || strconv.Itoa(n) != words[2] {
			return nil, fmt.Errorf("%w: line %d has no whole number", ErrRule, i+4)
		}
		q := Quota{Stratum: words[0]}
		switch words[1] {
		case "number":
			q.Number = n
		case "rate":
			q.Rate = n
		default:
			return nil, fmt.Errorf("%w: line %d is neither number nor rate", ErrRule, i+4)
		}
		r.Quotas = append(r.Quotas, q)
	}
	if err := r.check(); err != nil {
		return nil, err
	}
	return r, nil
}

// Digest is SHA-256 of what Marshal writes.
func (r *Rule) Digest() [sha256.Size]byte { return sha256.Sum256(r.Marshal()) }
