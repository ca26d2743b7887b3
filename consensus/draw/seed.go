package draw

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/keyring"
)

// messageFormat begins what is signed: no other use of any key signs bytes that
// begin like this.
const messageFormat = "sandi-draw/1"

// Terms are what a draw has frozen.
type Terms struct {
	Network string // id of the network
	Draw    string // id of the draw's record
	Pool    [sha256.Size]byte
	Rule    [sha256.Size]byte
}

// Message is what every region signs: format, network, draw, and the digests of
// pool and rule in base64url without padding, a line each.
func (t Terms) Message() ([]byte, error) {
	if !isName(t.Network) || !isName(t.Draw) {
		return nil, fmt.Errorf("%w: network %q, draw %q", ErrTerms, t.Network, t.Draw)
	}
	b64 := base64.RawURLEncoding
	return fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s\n", messageFormat, t.Network, t.Draw, b64.EncodeToString(t.Pool[:]), b64.EncodeToString(t.Rule[:])), nil
}

// Contribution is a region's part of the seed: its unique signature.
type Contribution struct {
	Region    string // six digits
	Signature []byte // keyring.BLSSignatureSize bytes
}

// Contribute signs the message with the region's draw key.
func Contribute(t Terms, region string, s keyring.Signer) (Contribution, error) {
	if use := s.Public().Use; use != keyring.UseDraw {
		return Contribution{}, fmt.Errorf("%w: a %s key can't contribute", ErrContribution, use)
	}
	message, err := t.Message()
	if err != nil {
		return Contribution{}, err
	}
	signature, err := s.Sign(message)
	if err != nil {
		return Contribution{}, fmt.Errorf("couldn't contribute to draw %s: %w", t.Draw, err)
	}
	return Contribution{Region: region, Signature: signature}, nil
}

// Check verifies a contribution under the region's draw key. The error is
// ErrContribution.
func (c Contribution) Check(t Terms, key keyring.PublicKey) error {
	message, err := t.Message()
	if err != nil {
		return err
	}
	if key.Use != keyring.UseDraw {
		return fmt.Errorf("%w: a %s key can't contribute", ErrContribution, key.Use)
	}
	verifier, err := key.Verifier()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrContribution, err)
	}
	if !verifier.Verify(message, c.Signature) {
		return fmt.Errorf("%w: region %s's signature doesn't verify", ErrContribution, c.Region)
	}
	return nil
}

// Seed is SHA-256 over the contributions in the order of region codes. They have
// been checked; a region that occurs twice or a signature of another size is
// ErrContribution.
func Seed(list []Contribution) ([sha256.Size]byte, error) {
	list = slices.SortedFunc(slices.Values(list), func(a, b Contribution) int { return cmp.Compare(a.Region, b.Region) })
	h := sha256.New()
	for i, c := range list {
		if i > 0 && list[i-1].Region == c.Region || len(c.Signature) != keyring.BLSSignatureSize {
			return [sha256.Size]byte{}, fmt.Errorf("%w: region %s twice, or a signature of %d bytes", ErrContribution, c.Region, len(c.Signature))
		}
		h.Write(c.Signature)
	}
	if len(list) == 0 {
		return [sha256.Size]byte{}, fmt.Errorf("%w: none", ErrContribution)
	}
	return [sha256.Size]byte(h.Sum(nil)), nil
}
