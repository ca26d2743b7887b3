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

// loadSecrets reads all keys.
func loadSecrets(k Keys) (*secrets, error) {
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
	return s, nil
}

// holds compares the node's own keys with those that the network knows: a node
// with another's keys must not start.
func (s *secrets) holds(self *genesis.Node) error {
	if !s.log.Public().Equal(self.Log) {
		return fmt.Errorf("keys.log is not the key that the network knows of %s; is this another node's folder?", self.ID)
	}
	if !s.cosigner.Public().Equal(self.Cosigner) {
		return fmt.Errorf("keys.cosigner is not the key that the network knows of %s; is this another node's folder?", self.ID)
	}
	return nil
}

// CheckKeys reports whether all of a node's keys can be loaded and are its own.
func CheckKeys(k Keys, self *genesis.Node) error {
	s, err := loadSecrets(k)
	if err != nil {
		return err
	}
	return s.holds(self)
}
