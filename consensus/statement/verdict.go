package statement

import (
	"bytes"

	"sandi.internal/gateway/certs/keyring"
)

// Verdict is what verifying one statement under one key gave. The zero value is
// no verdict.
type Verdict struct {
	key   keyring.PublicKey // under which; without bytes: no verdict
	valid bool
}

// Under is the verdict for a key; known is false when it is about another one.
func (v *Verdict) Under(key keyring.PublicKey) (valid, known bool) {
	known = len(v.key.Key) > 0 && v.key.Alg == key.Alg && bytes.Equal(v.key.Key, key.Key)
	return known && v.valid, known
}

// Batch verifies many statements at once, each of them once: what a Pool does for
// statements that come again, without its memory. It belongs to one goroutine.
type Batch struct {
	batch *keyring.Batch
	at    []int // of each member in the verdicts
}

// NewBatch makes a batch for n statements; more only take more memory.
func NewBatch(n int) *Batch { return &Batch{batch: keyring.NewBatch(n)} }

// Verify gives one verdict for each statement, the one that Pool.Verify would
// give. key gives the key to check each one with; where it answers false, or st is
// nil, there is no verdict.
func (b *Batch) Verify(sts []*Statement, key func(*Statement) (keyring.PublicKey, bool)) []Verdict {
	out := make([]Verdict, len(sts))
	b.batch.Reset()
	b.at = b.at[:0]
	for i, st := range sts {
		if st == nil {
			continue
		}
		public, ok := key(st)
		if !ok || !fits(st, public) {
			continue
		}
		b.batch.AddKey(public, st.SigningInput(), st.Signature())
		b.at = append(b.at, i)
		out[i].key = public
	}
	for i, valid := range b.batch.Verify() {
		out[b.at[i]].valid = valid
	}
	return out
}
