package ledger_test

import (
	"bytes"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// Ensure a draw key is registered with its own proof of possession, lives like
// other keys, and signs no statement; a proof by another draw key, or one lifted
// from another region, registers nothing.
func TestDrawKey(t *testing.T) {
	w := newWorld(t)
	r := w.replica()
	draw := func(seed byte) *keyring.PrivateKey {
		k, err := keyring.DrawKeyFromSeed("draw-1", bytes.Repeat([]byte{seed}, 32))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	key := draw(1)
	add := func(p statement.Proven) []byte {
		return w.govern(beijing, statement.KindKeyAdd, statement.KeyAddBody{Proven: p}.Marshal())
	}
	own := w.prove(beijing, "", key)
	other := own
	other.Proof = w.prove(beijing, "", draw(2)).Proof
	for name, raw := range map[string][]byte{
		"another key's proof": add(other), "another region's proof": add(w.prove(tianjin, "", key)),
	} {
		if got := r.refused(raw); got != "proof_of_possession" {
			t.Errorf("%s: %s", name, got)
		}
	}
	r.commit(add(own))
	r.commit(w.turnKey(beijing, statement.KindKeyActivate, "draw-1"))
	if got, err := r.books().KeyState(beijing, "draw-1"); err != nil || got != keyring.StateActive {
		t.Fatalf("state %q, %v", got, err)
	}
	if got := r.refused(w.sign(renamed{w.keys[beijing], "draw-1"}, w.payload(beijing, statement.KindRecordOpen, "clerk", statement.OpenBody{Procedure: "handover"}.Marshal()))); got != ledger.CodeSignature {
		t.Errorf("a statement under the draw key's id: %s", got)
	}
	r.commit(w.turnKey(beijing, statement.KindKeyRevoke, "draw-1"))
	r.check()
}

// renamed signs with one key under another's id.
type renamed struct {
	keyring.Signer
	id string
}

func (s renamed) Public() keyring.PublicKey {
	k := s.Signer.Public()
	k.ID = s.id
	return k
}
