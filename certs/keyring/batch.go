package keyring

import (
	voi "github.com/oasisprotocol/curve25519-voi/primitives/ed25519"
)

// Batch verifies many signatures at once: about a third of the single cost per
// Ed25519 signature at 64. It belongs to one goroutine; use one per worker.
//
// The verdict for each member is the same as Verifier.Verify gives, whatever
// else stands in the batch.
type Batch struct {
	ed       *voi.BatchVerifier
	edAt     []int // positions in verdicts of the members in ed
	verdicts []bool
}

// NewBatch returns an empty batch with room for n members.
func NewBatch(n int) *Batch {
	return &Batch{
		ed:       voi.NewBatchVerifierWithCapacity(n),
		edAt:     make([]int, 0, n),
		verdicts: make([]bool, 0, n),
	}
}

// Add appends a member. A Verifier of this package's Ed25519 joins the batch;
// any other (ES256, SM2, a nil Verifier for a key that could not be used) is
// decided at once. The message is not kept.
func (b *Batch) Add(v Verifier, message, signature []byte) {
	at := len(b.verdicts)
	ed, ok := v.(*edVerifier)
	if !ok {
		b.verdicts = append(b.verdicts, v != nil && v.Verify(message, signature))
		return
	}
	b.ed.AddExpandedWithOptions(ed.key, message, signature, zip215)
	b.edAt = append(b.edAt, at)
	b.verdicts = append(b.verdicts, false)
}

// AddKey is Add for a public key; one without a verifier counts as a refusal.
func (b *Batch) AddKey(key PublicKey, message, signature []byte) {
	v, err := key.Verifier()
	if err != nil {
		v = nil
	}
	b.Add(v, message, signature)
}

// Len is the number of members added since the last Reset.
func (b *Batch) Len() int { return len(b.verdicts) }

// Verify returns one verdict per member, in order of Add. The slice is valid
// until the next Reset.
func (b *Batch) Verify() []bool {
	if len(b.edAt) > 0 {
		_, valid := b.ed.Verify(nil)
		for i, ok := range valid {
			b.verdicts[b.edAt[i]] = ok
		}
	}
	return b.verdicts
}

// Reset empties the batch and keeps its memory.
func (b *Batch) Reset() {
	b.ed.Reset()
	b.edAt = b.edAt[:0]
	b.verdicts = b.verdicts[:0]
}
