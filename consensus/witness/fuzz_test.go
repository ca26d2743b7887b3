package witness_test

import (
	"testing"

	"sandi.internal/gateway/consensus/witness"
)

// FuzzPulled: whatever a node answers to a pull is refused or comes out as it was
// read.
func FuzzPulled(f *testing.F) {
	f.Add(witness.EncodePulled(witness.Pulled{Head: "a", Published: "b", Final: "c\n", Yours: "—"}))
	f.Add([]byte(`{"head":"\ud800"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := witness.DecodePulled(raw)
		if err != nil {
			return
		}
		if again, err := witness.DecodePulled(witness.EncodePulled(p)); err != nil || again != p {
			t.Fatalf("%q reads as %+v, and again as %+v, %v", raw, p, again, err)
		}
	})
}
