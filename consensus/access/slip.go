package access

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
)

// A slip is what of an entry anybody may see: a salted digest of its bytes, and tags
// of what it is about. The tree is one of slips. A bureau shows another bureau's auditor
// all slips and the entries about their common case; the tags show that no entry about
// it was held back, and nothing shows who looked at what else.

const (
	slipFormat = "sandi-access/1"
	tagDomain  = "sandi.internal/access/tag/v1\n"
	// tagBytes of a hash tell subjects apart: two that meet by chance, one in 2^64,
	// open an entry too many.
	tagBytes = 8
	// MaxSlip bounds the bytes of a slip: record, reason and MaxWhat things.
	MaxSlip = len(slipFormat) + 1 + 43 + (MaxWhat+2)*12
)

// Tag stands for a record, an offer, a commitment, a field or a data set in a slip.
func Tag(subject string) string {
	sum := sha256.Sum256([]byte(tagDomain + subject))
	return strict.B64(sum[:tagBytes])
}

// Subjects are what an entry is about.
func (e Entry) Subjects() []string {
	var list []string
	for _, s := range append([]string{e.Record, e.Because}, e.What...) {
		if s != "" {
			list = append(list, s)
		}
	}
	return list
}

// Slip is what stands in the tree for an entry whose bytes are raw.
func Slip(e Entry, raw []byte) string {
	tags := e.Subjects()
	for i, s := range tags {
		tags[i] = Tag(s)
	}
	slices.Sort(tags)
	sum := sha256.Sum256(raw)
	return strings.Join(append([]string{slipFormat, strict.B64(sum[:])}, slices.Compact(tags)...), " ")
}

// SlipOf is the slip of an entry's bytes. The error wraps ErrForm.
func SlipOf(raw []byte) (string, Entry, error) {
	e, err := Parse(raw)
	if err != nil {
		return "", Entry{}, err
	}
	return Slip(e, raw), e, nil
}

// About reports whether a slip has a tag.
func About(slip, tag string) bool {
	parts := strings.Split(slip, " ")
	return len(parts) > 2 && slices.Contains(parts[2:], tag)
}

// checkSlip holds a slip against its form: another spelling is another leaf.
func checkSlip(slip string) error {
	parts := strings.Split(slip, " ")
	ok := len(slip) <= MaxSlip && len(parts) >= 2 && parts[0] == slipFormat && slices.IsSorted(parts[2:])
	for i := 1; ok && i < len(parts); i++ {
		raw, err := strict.Base64URL(parts[i])
		ok = err == nil && (i == 1 && len(raw) == sha256.Size || i > 1 && len(raw) == tagBytes && parts[i] != parts[i-1])
	}
	if !ok {
		return fmt.Errorf("couldn't read a slip: %w", ErrForm)
	}
	return nil
}

// Leaf is a slip's leaf hash in the log's tree (RFC 6962 section 2.1).
func Leaf(slip string) merkle.Hash { return merkle.LeafHash([]byte(slip)) }
