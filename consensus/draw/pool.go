package draw

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Refusals of this package; each is wrapped with what is wrong.
var (
	ErrPool         = errors.New("draw: not a pool")
	ErrRule         = errors.New("draw: not a rule")
	ErrTerms        = errors.New("draw: not the terms of a draw")
	ErrContribution = errors.New("draw: not a valid contribution")
	ErrText         = errors.New("draw: neither a pool nor a rule")
	ErrOutcome      = errors.New("draw: not the outcome")
)

// Cause is what is wrong, without the name of the refusal: for a sentence that says it
// already.
func Cause(err error) string {
	text := err.Error()
	for _, refusal := range []error{ErrPool, ErrRule, ErrTerms, ErrContribution, ErrText, ErrOutcome} {
		text = strings.TrimPrefix(text, refusal.Error()+": ")
	}
	return text
}

// Limits of what is parsed.
const (
	MaxCandidates = 100_000
	MaxStrata     = 1_000
	MaxFile       = 16 << 20 // bytes of a pool or ranking
	maxName       = 64       // bytes of an id or reason
	maxStratum    = 120      // bytes of a stratum: 40 Han characters
)

const poolFormat = "sandi-pool/1"

// Candidate is one that may be drawn: an expert, an enterprise, a batch.
type Candidate struct {
	ID       string // e.g. EX-110000-17 or a credit code
	Stratum  string
	Excluded string // reason code why it isn't drawn, e.g. same_employer; "" for none
}

// Pool is who may be drawn, frozen before anybody can know the seed. Candidates
// ascend by stratum, then id; an id occurs once.
type Pool struct {
	Candidates []Candidate
}

// NewPool orders the candidates and checks them. The error is ErrPool.
func NewPool(list []Candidate) (*Pool, error) {
	p := &Pool{Candidates: slices.Clone(list)}
	slices.SortFunc(p.Candidates, Candidate.compare)
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

func (c Candidate) compare(o Candidate) int {
	return cmp.Or(strings.Compare(c.Stratum, o.Stratum), strings.Compare(c.ID, o.ID))
}

func (p *Pool) check() error {
	if len(p.Candidates) == 0 || len(p.Candidates) > MaxCandidates {
		return fmt.Errorf("%w: %d candidates, of 1 to %d", ErrPool, len(p.Candidates), MaxCandidates)
	}
	seen := make(map[string]struct{}, len(p.Candidates))
	for i, c := range p.Candidates {
		if !isName(c.ID) || !isStratum(c.Stratum) || c.Excluded != "" && !isName(c.Excluded) {
			return fmt.Errorf("%w: candidate %q of stratum %q isn't named in [0-9A-Za-z._-], 1 to %d characters", ErrPool, c.ID, c.Stratum, maxName)
		}
		if i > 0 && p.Candidates[i-1].compare(c) >= 0 {
			return fmt.Errorf("%w: candidate %q stands out of order", ErrPool, c.ID)
		}
		if _, twice := seen[c.ID]; twice {
			return fmt.Errorf("%w: candidate %q occurs twice", ErrPool, c.ID)
		}
		seen[c.ID] = struct{}{}
	}
	return nil
}

// Marshal writes the pool: the format's name, then a line for each candidate,
// "stratum id" or "stratum id excluded-for".
func (p *Pool) Marshal() []byte {
	var b bytes.Buffer
	b.WriteString(poolFormat + "\n")
	for _, c := range p.Candidates {
		b.WriteString(c.Stratum + " " + c.ID)
		if c.Excluded != "" {
			b.WriteString(" " + c.Excluded)
		}
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// ParsePool reads exactly what Marshal writes. The error is ErrPool.
func ParsePool(data []byte) (*Pool, error) {
	lines, err := linesOf(data, poolFormat, MaxCandidates)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPool, err)
	}
	p := &Pool{Candidates: make([]Candidate, 0, len(lines))}
	for i, line := range lines {
		words := strings.Split(line, " ")
		if len(words) != 2 && len(words) != 3 || len(words) == 3 && words[2] == "" {
			return nil, fmt.Errorf("%w: line %d isn't \"stratum id [excluded-for]\"", ErrPool, i+2)
		}
		c := Candidate{Stratum: words[0], ID: words[1]}
		if len(words) == 3 {
			c.Excluded = words[2]
		}
		p.Candidates = append(p.Candidates, c)
	}
	if err := p.check(); err != nil {
		return nil, err
	}
	return p, nil
}

// Digest is SHA-256 of what Marshal writes.
func (p *Pool) Digest() [sha256.Size]byte { return sha256.Sum256(p.Marshal()) }

// Eligible are the ids of a stratum that may be drawn, ascending.
func (p *Pool) Eligible(stratum string) []string {
	var ids []string
	for _, c := range p.Candidates {
		if c.Stratum == stratum && c.Excluded == "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Excluded are the reasons of those who may not be drawn, by id.
func (p *Pool) Excluded() map[string]string {
	reasons := map[string]string{}
	for _, c := range p.Candidates {
		if c.Excluded != "" {
			reasons[c.ID] = c.Excluded
		}
	}
	return reasons
}
