package node

import (
	"errors"
	"fmt"
	"io/fs"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/genesis"
)

// secrets are the private keys of a node.
type secrets struct {
	statement *keyring.PrivateKey
	log       *keyring.PrivateKey
	cosigner  *keyring.PrivateKey
	draw      *keyring.PrivateKey // nil: this node contributes to no draw
	vault     []byte
	pseudonym []byte
	gossip    []byte
}

// loadSecrets reads all keys, and holds the node's own against genesis: a node
// with another's keys must not start.
func loadSecrets(k Keys, self *genesis.Node) (*secrets, error) {
	s := &secrets{}
	for _, f := range []struct {
		name, path string
		into       **keyring.PrivateKey
	}{{"statement", k.Statement, &s.statement}, {"log", k.Log, &s.log}, {"cosigner", k.Cosigner, &s.cosigner}} {
		key, err := keyring.LoadFile(f.path)
		if err != nil {
			return nil, fmt.Errorf("couldn't load the %s key (keys.%s in sandi.yaml): %w", f.name, f.name, err)
		}
		*f.into = key
	}
	switch key, err := keyring.LoadFile(k.Draw); {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("couldn't load the draw key (keys.draw in sandi.yaml): %w", err)
	case key.Public().Use != keyring.UseDraw:
		return nil, fmt.Errorf("keys.draw is a %s key; make one with sandi key make --use draw", key.Public().Use)
	default:
		s.draw = key
	}
	for _, f := range []struct {
		name, path string
		into       *[]byte
	}{{"vault", k.Vault, &s.vault}, {"pseudonym", k.Pseudonym, &s.pseudonym}, {"gossip", k.Gossip, &s.gossip}} {
		secret, err := keyring.LoadSecret(f.path)
		if err != nil {
			return nil, fmt.Errorf("couldn't load the %s key (keys.%s in sandi.yaml): %w", f.name, f.name, err)
		}
		*f.into = secret
	}
	if !s.log.Public().Equal(self.Log) {
		return nil, fmt.Errorf("keys.log is not the key that genesis names for %s; is this another node's folder?", self.ID)
	}
	if !s.cosigner.Public().Equal(self.Cosigner) {
		return nil, fmt.Errorf("keys.cosigner is not the key that genesis names for %s; is this another node's folder?", self.ID)
	}
	return s, nil
}

// CheckKeys reports whether all of a node's keys can be loaded and are its own.
func CheckKeys(k Keys, self *genesis.Node) error {
	_, err := loadSecrets(k, self)
	return err
}
