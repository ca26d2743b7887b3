package draw

import (
	"crypto/sha256"
	"fmt"
)

// Text is a pool or a rule as it was read: one of the two is nil.
type Text struct {
	Digest [sha256.Size]byte
	Pool   *Pool
	Rule   *Rule
}

// ParseText reads a pool or a rule. The error is ErrText with what is wrong.
func ParseText(data []byte) (Text, error) {
	t := Text{Digest: sha256.Sum256(data)}
	var poolErr, ruleErr error
	if t.Pool, poolErr = ParsePool(data); poolErr == nil {
		return t, nil
	}
	if t.Rule, ruleErr = ParseRule(data); ruleErr == nil {
		return t, nil
	}
	return Text{}, fmt.Errorf("%w: %w; %w", ErrText, poolErr, ruleErr)
}
