package checkpoint

import (
	"errors"
	"testing"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/merkle"
)

// faulty is a signer that fails or signs something else.
type faulty struct {
	keyring.Signer
	give []byte
	err  error
}

func (f faulty) Sign([]byte) ([]byte, error) { return f.give, f.err }

func TestSignRefuses(t *testing.T) {
	n := newNetwork(t)
	a, b := n.nodes[0], n.nodes[1]
	c := sample()
	log, cosigner := n.key(t, a, KindLog), n.key(t, a, KindCosigner)
	wrongUse, err := keyring.FromSeed(keyring.UseStatement, "st-1", seed(a.seed))
	if err != nil {
		t.Fatal(err)
	}
	other, broken := c, c
	other.Origin = "other.example/log"
	broken.Size = 0
	huge := c
	huge.Size = maxSize + 1
	good, err := a.log.Sign(c.Body())
	if err != nil {
		t.Fatal(err)
	}
	broke := errors.New("the module is gone")
	for name, f := range map[string]struct {
		make func() (Signature, error)
		want error
	}{
		"a cosigner signs as log":       {func() (Signature, error) { return SignLog(c, cosigner, a.cosigner) }, ErrKey},
		"a log cosigns":                 {func() (Signature, error) { return Cosign(c, log, a.log, at) }, ErrKey},
		"a log signs another's":         {func() (Signature, error) { return SignLog(other, log, a.log) }, ErrKey},
		"another node's signer":         {func() (Signature, error) { return SignLog(c, log, b.log) }, ErrKey},
		"the node's other signer":       {func() (Signature, error) { return SignLog(c, log, a.cosigner) }, ErrKey},
		"a statement key":               {func() (Signature, error) { return SignLog(c, log, wrongUse) }, ErrKey},
		"another root of nothing":       {func() (Signature, error) { return SignLog(broken, log, a.log) }, ErrEmptyRoot},
		"a size that others can't read": {func() (Signature, error) { return SignLog(huge, log, a.log) }, ErrNote},
		"no origin":                     {func() (Signature, error) { return Cosign(Checkpoint{Size: 1}, cosigner, a.cosigner, at) }, ErrNote},
		"a signer that fails":           {func() (Signature, error) { return SignLog(c, log, faulty{a.log, nil, broke}) }, broke},
		"a signer that signs nothing":   {func() (Signature, error) { return SignLog(c, log, faulty{a.log, nil, nil}) }, ErrSignature},
		"a signer that signs the body":  {func() (Signature, error) { return Cosign(c, cosigner, faulty{a.cosigner, good, nil}, at) }, ErrSignature},
	} {
		s, err := f.make()
		wantErr(t, name, err, f.want)
		if s.Raw != nil {
			t.Errorf("%s: refused, and a signature given", name)
		}
	}
	for _, when := range []int64{-1, 0, maxAt + 1} {
		if _, err := Cosign(c, cosigner, a.cosigner, when); err == nil {
			t.Errorf("cosigned at %d", when)
		}
	}
	empty := Checkpoint{Origin: origin, Root: merkle.EmptyRoot}
	checkNote(t, n.keys, NewNote(empty, n.logs(t, empty, a), n.cosigns(t, empty, a, maxAt)))
}
