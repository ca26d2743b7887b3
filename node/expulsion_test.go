package node_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// removedWithin is how soon the others have closed a removed node's connections.
const removedWithin = 5 * time.Second

// Ensure a node whose region revokes its log key is cut off within seconds and
// stays cut off when it comes again, while the two others go on.
func TestRemovedNode(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	n.awaitReady(0, 1, 2)

	region := n.Regions[2]
	body := statement.KeyBody{Key: region.Nodes[0].Log.Public().ID, Reason: "compromised"}.Marshal()
	raw, st, err := statement.Sign(region.Governance, statement.Payload{
		Network: n.status(2).Network, Kind: statement.KindKeyRevoke, ID: statement.NewID(time.Now(), rand.Reader), Region: region.Code,
		At: statement.FormatAt(time.Now().Unix()), Actor: statement.Actor{Role: statement.RoleGovernance, Org: region.Code + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		t.Fatal(err)
	}
	if receipt, err := n.door(2, auth.RoleOperator).SubmitStatement(t.Context(), st.ID, raw); err != nil || receipt.Refusal != nil {
		t.Fatalf("the revocation: %+v, %v", receipt, err)
	}
	began := time.Now()
	var took time.Duration
	cutOff := func() {
		t.Helper()
		for _, i := range []int{0, 1} {
			n.await("a barred node", func(context.Context) error { // set once its connections are closed, or about to be
				if barred := n.metric(i, "sandi_transport_barred_nodes"); barred != "1" {
					return errors.New(barred + " are barred")
				}
				return nil
			})
		}
		took = time.Since(began)
		n.await("the removed node on its own", func(ctx context.Context) error {
			if ok, _, err := n.ready(ctx, 2); err != nil || ok {
				return errors.Join(err, errors.New("it is ready"))
			}
			return nil
		})
	}
	cutOff()
	if took > removedWithin {
		t.Errorf("cut off after %s", took)
	}
	written := n.write(0)
	n.stop(2)
	n.start(2)
	cutOff()
	n.write(1)
	if size := n.status(2).Size; size > *written.Index {
		t.Errorf("the removed node has %d leaves, entry %d among them", size, *written.Index)
	}
}
