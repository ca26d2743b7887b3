package node

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
)

// secrets are the private keys of a node.
type secrets struct {
	statement *keyring.PrivateKey
	log       *keyring.PrivateKey
	cosigner  *keyring.PrivateKey
	draw      *keyring.PrivateKey // nil: this node contributes to no draw
	token     *keyring.PrivateKey // nil: this node has no console
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
	if k.Token != "" {
		key, err := keyring.LoadFile(k.Token)
		if err != nil {
			return nil, fmt.Errorf("couldn't load the token key (keys.token in sandi.yaml): %w", err)
		}
		s.token = key
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

// ErrOtherKey is a log or cosigner key that the network does not know of the node.
var ErrOtherKey = errors.New("is not a key that the network knows of this node; is this another node's folder?")

// holds looks for the node's own two keys among some. A node may have several of
// each: it signs with the ones that it holds.
func (s *secrets) holds(among *checkpoint.Keys, node string) error {
	for _, own := range []struct {
		name string
		kind checkpoint.Kind
		key  *keyring.PrivateKey
	}{{"keys.log", checkpoint.KindLog, s.log}, {"keys.cosigner", checkpoint.KindCosigner, s.cosigner}} {
		if !slices.ContainsFunc(among.List(), func(k checkpoint.Key) bool {
			return k.Kind == own.kind && k.Node == node && bytes.Equal(k.Public, own.key.Public().Key)
		}) {
			return fmt.Errorf("%s %w", own.name, ErrOtherKey)
		}
	}
	return nil
}

// named is the node with the keys that it holds.
func (s *secrets) named(self *genesis.Node) *genesis.Node {
	own := *self
	own.Log, own.Cosigner = s.log.Public(), s.cosigner.Public()
	return &own
}

// errKeysEnded is when nothing that this node signs makes a checkpoint final.
var errKeysEnded = errors.New("a key of this node counts no more, so no checkpoint becomes final by this region; " +
	"name the new one in sandi.yaml and start the node again (OPERATIONS.md, \"Keys: rotation and theft\")")

// keysCount says that a key which this node signs checkpoints with was revoked.
func (n *Node) keysCount() error {
	if err := n.secrets.holds(n.roster().Keys, n.cfg.Node); err != nil {
		return errKeysEnded
	}
	return nil
}

// CheckKeys reports whether all of a node's keys can be loaded and are its own by
// genesis. The error wraps ErrOtherKey when they are not: they may have been
// registered since.
func CheckKeys(k Keys, g *genesis.Genesis, node string) error {
	s, err := loadSecrets(k)
	if err != nil {
		return err
	}
	keys, err := checkpoint.FromGenesis(g)
	if err != nil {
		return fmt.Errorf("couldn't read the keys of genesis: %w", err)
	}
	return s.holds(keys, node)
}
