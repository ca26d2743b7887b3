package demo

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/devca"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/setup"
)

// drawKeyFile is where a node looks for its region's draw key.
const drawKeyFile = "keys/draw.pem"

// makeDrawKey leaves a region's draw key in its folder. It counts once it is registered.
func makeDrawKey(r *devca.Region) error {
	key, err := keyring.Generate(keyring.BLS, keyring.UseDraw, "draw-1")
	if err != nil {
		return fmt.Errorf("couldn't make the draw key of %s: %w", r.Code, err)
	}
	path := filepath.Join(r.Dir, drawKeyFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("couldn't make a folder for keys: %w", err)
	}
	return key.SaveFile(path)
}

// registerDrawKeys registers the draw keys of all regions but some.
func (d *doors) registerDrawKeys(ctx context.Context, n *Network, at time.Time, but []string) error {
	for _, r := range n.Regions {
		if slices.Contains(but, r.Code) {
			continue
		}
		if _, err := d.registerDrawKey(ctx, n, r.Code, at); err != nil {
			return err
		}
	}
	return nil
}

// registerDrawKey signs a region's draw key into the registry with the region's offline
// governance key, as the bureau's own people would (sandi key add).
func (d *doors) registerDrawKey(ctx context.Context, n *Network, region string, at time.Time) (v1.Receipt, error) {
	r := n.Region(region)
	if r == nil {
		return v1.Receipt{}, fmt.Errorf("no region %q in the demo", region)
	}
	key, err := keyring.LoadFile(filepath.Join(r.Dir, drawKeyFile))
	if err != nil {
		return v1.Receipt{}, fmt.Errorf("couldn't read the draw key of %s: %w", region, err)
	}
	proven, err := statement.Prove(key, n.signed.Network(), region, "")
	if err != nil {
		return v1.Receipt{}, err
	}
	id, raw, err := setup.Govern(r.Governance, n.signed.Network(), region, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Active: true}.Marshal(), at)
	if err != nil {
		return v1.Receipt{}, err
	}
	door, err := d.operator(region)
	if err != nil {
		return v1.Receipt{}, err
	}
	receipt, err := door.SubmitStatement(ctx, id, raw)
	if err == nil {
		receipt, err = door.Await(ctx, receipt)
	}
	if err != nil {
		return receipt, fmt.Errorf("couldn't register the draw key of %s: %w", region, err)
	}
	if receipt.Status != v1.Committed {
		return receipt, fmt.Errorf("couldn't register the draw key of %s: the statement is %s", region, receipt.Status)
	}
	return receipt, nil
}

// freeze brings pool and rule of a step's draw in at the actor's node, unless the step
// keeps them back, and gives the fields that freeze them. What the step states itself
// stands.
func (p *player) freeze(ctx context.Context, door *client.Client, s *Step, fields map[string]any) error {
	if s.Pool == "" {
		return nil
	}
	frozen, texts, err := p.pool(s.Pool)
	if err != nil {
		return err
	}
	for name, v := range frozen {
		if _, stated := fields[name]; !stated {
			fields[name] = v
		}
	}
	if s.Unseen {
		return nil
	}
	for _, text := range texts {
		if _, err := door.PutDrawText(ctx, text); err != nil {
			return fmt.Errorf("couldn't bring in the pool %s: %w", s.Pool, err)
		}
	}
	return nil
}
