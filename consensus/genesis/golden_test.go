package genesis

import (
	"flag"
	"os"
	"testing"
)

var update = flag.Bool("update", false, "write testdata instead of comparing with it")

// TestOlderGenesis: a file sealed by an older program is read for ever, with the
// same network id. The type may get members; it can lose none.
func TestOlderGenesis(t *testing.T) {
	const path, network = "testdata/genesis.json", "uODtUK4WjRfEs-Js8J5E6VglKBcb7ekJnl6BbDQqm2c"
	if *update {
		n := newNetwork(t)
		data, err := Seal(n.genesis, n.signers)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if s.Network() != network {
		t.Errorf("network id: got %s, want %s", s.Network(), network)
	}
}
