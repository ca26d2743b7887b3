package bundletest

import (
	"fmt"

	"sandi.internal/gateway/consensus/access"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// AddNodeKey registers a further log or cosigner key of a region's node, active at
// once or prepared, and gives it. Notes are signed with it from Hold on.
func (w *World) AddNodeKey(region string, use keyring.Use, id string, active bool) (*keyring.PrivateKey, error) {
	fresh, err := keyring.Generate(keyring.EdDSA, use, id)
	if err != nil {
		return nil, err
	}
	node := w.Signed.Region(region).Nodes[0].ID
	proven, err := statement.Prove(fresh, w.Signed.Network(), region, node)
	if err != nil {
		return nil, err
	}
	_, err = w.Govern(region, statement.KindKeyAdd, statement.KeyAddBody{Proven: proven, Node: node, Active: active}.Marshal())
	return fresh, err
}

// Hold makes a region's node sign notes with another key, and gives the one that
// it signed with before.
func (w *World) Hold(region string, key *keyring.PrivateKey) (before *keyring.PrivateKey, err error) {
	k := w.keys[region]
	at := map[keyring.Use]**keyring.PrivateKey{keyring.UseLog: &k.log, keyring.UseCosigner: &k.cosigner}[key.Public().Use]
	if at == nil {
		return nil, fmt.Errorf("a %s key signs no notes", key.Public().Use)
	}
	before, *at = *at, key
	return before, nil
}

// Revoke ends a key of a region.
func (w *World) Revoke(region, id string) error {
	_, err := w.Govern(region, statement.KindKeyRevoke, statement.KeyBody{Key: id, Reason: "replaced"}.Marshal())
	return err
}

// SignAccess makes the head of an access log a note under the log key of a region's
// node.
func (w *World) SignAccess(region string, h access.Head) ([]byte, error) {
	place := access.Place{Origin: w.Signed.Origin, Region: region, Node: w.Signed.Region(region).Nodes[0].ID}
	return place.Sign(h, w.keys[region].log)
}
