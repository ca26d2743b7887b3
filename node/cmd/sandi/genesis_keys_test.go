package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
)

// frozenGenesis is a genesis that three regions signed.
const frozenGenesis = "../../../consensus/genesis/testdata/genesis.json"

// Ensure an auditor gets every node's keys and the fingerprint, as a file that
// reads back, and none from a draft.
func TestAuditorKeys(t *testing.T) {
	code, out := call(t, "genesis", "auditor-keys", "-f", frozenGenesis)
	if code != exitOK {
		t.Fatalf("exit %d", code)
	}
	text, err := os.ReadFile(frozenGenesis)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := genesis.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := checkpoint.ParseKeyFile([]byte(out))
	if err != nil {
		t.Fatalf("couldn't read what was printed: %v", err)
	}
	if keys.Network() != signed.Network() || !strings.Contains(out, signed.Fingerprint()) {
		t.Errorf("another network in\n%s", out)
	}
	for _, r := range signed.Regions {
		for _, n := range r.Nodes {
			log, found := keys.Keys().Of(r.Code, n.ID, checkpoint.KindLog)
			cosigner, both := keys.Keys().Of(r.Code, n.ID, checkpoint.KindCosigner)
			if !found || !both || string(log.Public) != string(n.Log.Key) || string(cosigner.Public) != string(n.Cosigner.Key) {
				t.Errorf("%s: other keys than in the genesis", n.ID)
			}
		}
	}

	unsigned, err := genesis.Draft(signed.Genesis)
	if err != nil {
		t.Fatal(err)
	}
	draft := filepath.Join(t.TempDir(), "draft.json")
	if err := os.WriteFile(draft, unsigned, 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := call(t, "genesis", "auditor-keys", "-f", draft); code != exitFailed || out != "" {
		t.Errorf("keys of a draft: exit %d, printed %q", code, out)
	}
}
