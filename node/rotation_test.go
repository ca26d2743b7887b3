package node_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/audit"
)

// nodeKey makes a further key of node i and registers it, active at once.
func (n *network) nodeKey(i int, use keyring.Use, id string) (path string, key *keyring.PrivateKey) {
	n.t.Helper()
	key, err := keyring.Generate(keyring.EdDSA, use, id)
	if err != nil {
		n.t.Fatal(err)
	}
	path = filepath.Join(n.Regions[i].Dir, string(use)+"-"+id+".pem")
	if err := key.SaveFile(path); err != nil {
		n.t.Fatal(err)
	}
	id, region := n.nodes[i].Node, n.Regions[i].Code
	proven, err := statement.Prove(key, n.status(i).Network, region, id)
	if err != nil {
		n.t.Fatal(err)
	}
	n.govern(i, i, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Node: id, Active: true}.Marshal())
	return path, key
}

// finalBy waits until node i shows a final checkpoint of so many leaves that the
// key with these bytes has signed.
func (n *network) finalBy(i int, size uint64, public []byte) {
	n.t.Helper()
	n.await("a final checkpoint under the new key", func(ctx context.Context) error {
		status, raw, err := get(ctx, n.LogURL(i)+"final/checkpoint")
		if err != nil || status != 200 {
			return errors.Join(err, errors.New("none yet"))
		}
		region := n.Regions[2].Code
		key := checkpoint.NewKey(checkpoint.KindCosigner, n.origin(), region, n.nodes[2].Node, public)
		keys, err := checkpoint.NewKeys([]checkpoint.Key{key})
		if err != nil {
			n.t.Fatal(err)
		}
		note, err := keys.Open(raw)
		if err == nil && note.Size < size {
			err = errors.New("an older one")
		}
		return err
	})
}

// audited verifies node i's whole log with the key file of the beginning.
func (n *network) audited(i int) *audit.Report {
	n.t.Helper()
	file := n.bundle(i)
	list, err := n.Keys()
	if err != nil {
		n.t.Fatal(err)
	}
	r, err := audit.Verify(n.t.Context(), audit.Options{
		File: bytes.NewReader(file), Size: int64(len(file)), Keys: list.Marshal(), TempDir: n.t.TempDir(),
	})
	if err != nil {
		n.t.Fatal(err)
	}
	return r
}

// bundle exports node i's whole log.
func (n *network) bundle(i int) []byte {
	n.t.Helper()
	var file bytes.Buffer
	if err := n.door(i, auth.RoleAuditor).Bundle(n.t.Context(), &file, client.BundleOptions{}); err != nil {
		n.t.Fatal(err)
	}
	return file.Bytes()
}

// policyFile is what a bundle tells other people's tools.
func policyFile(t *testing.T, file []byte) string {
	t.Helper()
	b, err := bundle.Open(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	text, err := b.Read(bundle.NamePolicy)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Ensure a bureau exchanges its node's log and cosigner keys while the network
// works: checkpoints go on becoming final before, between and after, and an
// auditor with the key file of the beginning follows.
func TestNodeKeysRotated(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	const mine = 2
	self, region := n.nodes[mine].Node, n.Regions[mine]
	log, _ := n.nodeKey(mine, keyring.UseLog, "log-2")
	cosigner, fresh := n.nodeKey(mine, keyring.UseCosigner, "cosigner-2")
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2) // both count, the old one signs

	vkey := func(k keyring.PublicKey) string {
		return checkpoint.NewKey(checkpoint.KindCosigner, n.origin(), region.Code, self, k.Key).VKey()
	}
	was, is := vkey(region.Nodes[0].Cosigner.Public()), vkey(fresh.Public())
	if p := policyFile(t, n.bundle(0)); !strings.Contains(p, " "+was+" ") || !strings.Contains(p, " "+is+" ") || !strings.Contains(p, self+".2 ") {
		t.Errorf("while both keys count, policy.txt is\n%s", p)
	}

	n.stop(mine)
	n.nodes[mine].Keys.Log, n.nodes[mine].Keys.Cosigner = log, cosigner
	n.start(mine)
	n.awaitReady(mine)
	written := n.write(0)
	for i := range n.nodes {
		n.finalBy(i, *written.Index+1, fresh.Public().Key)
	}
	for _, id := range []string{region.Nodes[0].Log.Public().ID, region.Nodes[0].Cosigner.Public().ID} {
		n.govern(mine, mine, statement.KindKeyRetire, statement.KeyBody{Key: id}.Marshal())
		n.govern(mine, mine, statement.KindKeyRevoke, statement.KeyBody{Key: id, Reason: "replaced"}.Marshal())
	}
	written = n.write(1)
	for i := range n.nodes {
		n.finalBy(i, *written.Index+1, fresh.Public().Key)
	}
	n.awaitReady(0, 1, 2)
	r := n.audited(0)
	if r.Exit != audit.ExitPass || r.Size <= *written.Index {
		t.Fatalf("exit %d of size %d: %s", r.Exit, r.Size, r.Verdict.EN)
	}
	if !bytes.Contains(r.KeyFile, []byte(is)) {
		t.Errorf("the keys of today are\n%s", r.KeyFile)
	}
	if p := policyFile(t, n.bundle(0)); strings.Contains(p, was) || !strings.Contains(p, "/"+self+" "+is+" ") {
		t.Errorf("when the old key is revoked, policy.txt is\n%s", p)
	}

	// Started with the keys that were given up it replicates, and says what is wrong.
	n.stop(mine)
	n.nodes[mine].Keys.Log, n.nodes[mine].Keys.Cosigner = oldKeys(n, mine)
	n.start(mine)
	n.await("the warning", func(ctx context.Context) error {
		_, body, err := n.ready(ctx, mine)
		if err == nil && !strings.Contains(body, "counts no more") {
			err = errors.New(body)
		}
		return err
	})
	written = n.write(0)
	n.await("the entry at the node without keys", func(context.Context) error {
		if n.status(mine).Size <= *written.Index {
			return errors.New("not there")
		}
		return nil
	})
}

// origin is the log's name in notes.
func (n *network) origin() string { return n.keys.List()[0].Name } // log keys come first

// oldKeys are the key files that a node was set up with.
func oldKeys(n *network, i int) (log, cosigner string) {
	dir := filepath.Join(n.Regions[i].Dir, "keys")
	if _, err := os.Stat(filepath.Join(dir, "log.pem")); err != nil {
		n.t.Fatal(err)
	}
	return filepath.Join(dir, "log.pem"), filepath.Join(dir, "cosigner.pem")
}
