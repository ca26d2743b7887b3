package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/demo/tamper"
)

const (
	// BundleName and KeysName are what a demo leaves for an auditor in its folder.
	BundleName = "audit.zip"
	KeysName   = "auditor-keys"

	genesisName = "genesis.json"

	// finalPatience bounds how long all regions may take to cosign the last entry.
	finalPatience = 60 * time.Second
)

// auditor exports from the first region's node; a demo's bureaus all hold the
// same ledger.
func (d *doors) auditor() (*client.Client, error) {
	region := d.network.Regions[0].Code
	return d.of(Actor{Region: region, Org: region + "-SJ", Role: auth.RoleAuditor, Person: "demo-auditor"})
}

// writeKeys leaves the key file: from the genesis that was made here, as an
// auditor gets it by another way than from the nodes.
func (n *Network) writeKeys(signed *genesis.Signed) error {
	keys, err := checkpoint.KeyFileOf(signed)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(n.Dir, KeysName), keys.Marshal(), 0o600)
}

// Keys reads the key file that Found wrote.
func (n *Network) Keys() (*checkpoint.KeyFile, error) {
	text, err := os.ReadFile(filepath.Join(n.Dir, KeysName))
	if err != nil {
		return nil, fmt.Errorf("couldn't read the auditor's keys: %w", err)
	}
	return checkpoint.ParseKeyFile(text)
}

// export waits until all of size leaves are final and fetches the audit bundle.
func (d *doors) export(ctx context.Context, n *Network, size uint64) error {
	keys, err := n.Keys()
	if err != nil {
		return err
	}
	door, err := d.auditor()
	if err != nil {
		return err
	}
	wait, cancel := context.WithTimeout(ctx, finalPatience)
	defer cancel()
	err = poll(wait, func() error {
		raw, err := door.Log(true).Checkpoint(wait)
		if err != nil {
			return err
		}
		if raw == nil {
			return errors.New("no checkpoint is final yet")
		}
		note, err := keys.Keys().Open(raw)
		if err == nil && note.Size < size {
			err = fmt.Errorf("%d of %d entries are final", note.Size, size)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("not everything became final within %s: %w", finalPatience, err)
	}
	err = cli.WriteWhole(filepath.Join(n.Dir, BundleName), true, func(w io.Writer) error {
		return door.Bundle(ctx, w, client.BundleOptions{})
	})
	if err != nil {
		return fmt.Errorf("couldn't export the audit bundle: %w", err)
	}
	return nil
}

// Sign makes a checkpoint of any tree under the keys of some regions' first
// nodes, for the forgers of `sandi demo tamper`.
func (n *Network) Sign(c checkpoint.Checkpoint, at int64, regions ...string) ([]byte, error) {
	sealed, err := os.ReadFile(filepath.Join(n.Dir, genesisName))
	if err != nil {
		return nil, fmt.Errorf("couldn't read the demo's genesis: %w", err)
	}
	signed, err := genesis.Parse(sealed)
	if err != nil {
		return nil, err
	}
	keys := func(region string) (log, cosigner keyring.Signer, err error) {
		r := n.Region(region)
		if r == nil {
			return nil, nil, fmt.Errorf("no region %q in the demo", region)
		}
		return r.Nodes[0].Log, r.Nodes[0].Cosigner, nil
	}
	return tamper.SignWith(signed.Genesis, keys)(c, at, regions...)
}
