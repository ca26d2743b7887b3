package setup

import (
	"crypto/rand"
	"fmt"
	"time"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/statement"
)

// Govern signs a governance statement of a region with its offline key. No
// person is named: who may open the safe is the bureau's own matter.
func Govern(key keyring.Signer, network, region, kind string, body []byte, at time.Time) (string, []byte, error) {
	id := statement.NewID(at, rand.Reader)
	raw, _, err := statement.Sign(key, statement.Payload{
		Network: network, Kind: kind, ID: id, Region: region, At: statement.FormatAt(at.Unix()),
		Actor:   statement.Actor{Role: statement.RoleGovernance, Org: region + "-SJ"},
		Request: statement.RequestDigest(append([]byte(kind+"\x00"), body...)), Body: body,
	})
	if err != nil {
		return "", nil, fmt.Errorf("couldn't sign %s: %w", kind, err)
	}
	return id, raw, nil
}
