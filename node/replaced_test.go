package node_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/doctor"
)

// govern submits a governance statement of region i at node at, and waits until
// it is on the ledger.
func (n *network) govern(i, at int, kind string, body []byte) {
	n.t.Helper()
	region := n.Regions[i]
	raw, st, err := statement.Sign(region.Governance, statement.Payload{
		Network: n.status(at).Network, Kind: kind, ID: statement.NewID(time.Now(), rand.Reader), Region: region.Code,
		At: statement.FormatAt(time.Now().Unix()), Actor: statement.Actor{Role: statement.RoleGovernance, Org: region.Code + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.await(kind, func(ctx context.Context) error {
		receipt, err := n.door(at, auth.RoleOperator).SubmitStatement(ctx, st.ID, raw)
		if err == nil && receipt.Status != v1.Committed {
			n.t.Fatalf("%s is %s: %+v", kind, receipt.Status, receipt.Refusal)
		}
		return err
	})
}

func (n *network) nodesAt(ctx context.Context, i int) (v1.Nodes, error) {
	return n.door(i, auth.RoleOperator).Nodes(ctx)
}

// awaitServer waits until node i knows that a node is this in Raft's configuration.
func (n *network) awaitServer(i int, id, want string) {
	n.t.Helper()
	n.await(id+" as "+want, func(ctx context.Context) error {
		list, err := n.nodesAt(ctx, i)
		if err != nil {
			return err
		}
		for _, m := range list.Nodes {
			if m.ID == id {
				if m.Server == want {
					return nil
				}
				return fmt.Errorf("%s is %s; plan %v, waits %v", id, m.Server, list.Plan, list.Waits)
			}
		}
		return errors.New("nobody knows " + id)
	})
}

// further makes the keys and the configuration of a region's further node, which
// begins with what node from knows of the network.
func (n *network) further(i int, suffix string, from int) (*running, statement.NodeAddBody) {
	n.t.Helper()
	region := n.Regions[i]
	keys, err := n.AddNode(region.Code, suffix)
	if err != nil {
		n.t.Fatal(err)
	}
	at := func(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(n.base+port+3)) }
	body := statement.NodeAddBody{Node: keys.ID, Peer: at(9011), Gossip: at(7011), Public: "http://" + at(8011)}
	network := n.status(from).Network
	if body.Log, err = statement.Prove(keys.Log, network, region.Code, keys.ID); err != nil {
		n.t.Fatal(err)
	}
	if body.Cosigner, err = statement.Prove(keys.Cosigner, network, region.Code, keys.ID); err != nil {
		n.t.Fatal(err)
	}
	one := &running{Config: n.nodes[i].Config}
	dir := keys.Dir
	one.Node, one.Data, one.Nodes = keys.ID, filepath.Join(dir, "data"), filepath.Join(dir, "nodes.json")
	one.Listen = node.Listen{Public: at(8011), Peer: at(9011), Gossip: at(7011), Admin: at(6011)}
	one.Keys.Log, one.Keys.Cosigner, one.Keys.Vault = filepath.Join(dir, "keys/log.pem"), filepath.Join(dir, "keys/cosigner.pem"), filepath.Join(dir, "keys/vault.key")
	one.Keys.NodeCert, one.Keys.NodeKey = filepath.Join(dir, "tls/node.pem"), filepath.Join(dir, "tls/node-key.pem")
	return one, body
}

// hand writes what node from knows of the network's nodes for a new one.
func (n *network) hand(to *running, from int) {
	n.t.Helper()
	list, err := n.nodesAt(n.t.Context(), from)
	if err != nil {
		n.t.Fatal(err)
	}
	text, err := json.Marshal(list)
	if err != nil {
		n.t.Fatal(err)
	}
	if err := os.WriteFile(to.Nodes, text, 0o600); err != nil {
		n.t.Fatal(err)
	}
}

// Ensure a bureau replaces its machine while the network works: the new node is
// added by statement and follows without a vote; the old one dies and is removed;
// the new one votes and cosigns, checkpoints become final by it; and the old one
// is not let in again.
func TestMachineReplaced(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	const old, fresh = "130000-a", "130000-b"
	one, body := n.further(2, "b", 0)
	n.govern(2, 2, statement.KindNodeAdd, body.Marshal())
	n.hand(one, 2)
	n.nodes = append(n.nodes, one)
	n.start(3)
	n.awaitServer(0, fresh, "standby")
	n.await("the new node with the whole ledger", func(ctx context.Context) error {
		if ok, body, err := n.ready(ctx, 3); err != nil || !ok {
			return errors.Join(err, errors.New(body))
		}
		return nil
	})
	n.stop(2)
	n.write(0) // two of three votes are left
	n.govern(2, 0, statement.KindNodeRemove, statement.NodeRemoveBody{Node: old, Reason: "replaced"}.Marshal())
	n.awaitServer(0, fresh, "voter")
	n.awaitServer(0, old, "none")
	written := n.write(0)
	n.await("a checkpoint that the new node makes final", func(ctx context.Context) error {
		s, err := n.door(0, auth.RoleOperator).Status(ctx)
		if err != nil {
			return err
		}
		if s.Checkpoints == nil || s.Checkpoints.Final == nil || s.Checkpoints.Final.Size <= *written.Index {
			return fmt.Errorf("final is %+v", s.Checkpoints)
		}
		return nil
	})

	// The old machine comes back: with what it knows it would be a voter.
	n.start(2)
	n.await("the old node on its own", func(ctx context.Context) error {
		if ok, _, err := n.ready(ctx, 2); err != nil || ok {
			return errors.Join(err, errors.New("it is ready"))
		}
		return nil
	})
	for _, i := range []int{0, 1} {
		if barred := n.metric(i, "sandi_transport_barred_nodes"); barred != "1" {
			t.Errorf("node %d bars %s nodes", i, barred)
		}
	}
	after := n.write(1)
	if size := n.status(2).Size; size > *after.Index {
		t.Errorf("the removed node has %d leaves, entry %d among them", size, *after.Index)
	}

	// The new node comes back too, without the file: its own ledger names it.
	n.stop(3)
	n.nodes[3].Nodes = ""
	n.start(3)
	n.awaitReady(3)
	n.write(0)
}

// Ensure the others remove a node that its own region does not: within seconds it
// is cut off, and checkpoints become final without its region.
func TestNodeExpelled(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	body := statement.NodeRemoveBody{Node: "130000-a", Reason: "compromised"}.Marshal()
	n.govern(0, 0, statement.KindNodeRemove, body)
	n.awaitReady(2)
	report := doctor.Examine(t.Context(), n.nodes[0].path, "en", func(doctor.Finding) {})
	if !slices.ContainsFunc(report.Findings, func(f doctor.Finding) bool {
		return f.Name == "voters and nodes" && f.Verdict == doctor.Warning && strings.Contains(f.Detail, "130000-a: 110000 (1/2)")
	}) {
		t.Errorf("the doctor does not say that a removal waits: %+v", report.Findings)
	}
	n.govern(1, 1, statement.KindNodeRemove, body)
	began := time.Now()
	for _, i := range []int{0, 1} {
		n.await("a barred node", func(context.Context) error {
			if barred := n.metric(i, "sandi_transport_barred_nodes"); barred != "1" {
				return errors.New(barred + " are barred")
			}
			return nil
		})
	}
	if took := time.Since(began); took > removedWithin {
		t.Errorf("cut off after %s", took)
	}
	n.awaitServer(0, "130000-a", "none")
	written := n.write(0)
	for _, i := range []int{0, 1} {
		n.await("a checkpoint that is final without it", func(ctx context.Context) error {
			s, err := n.door(i, auth.RoleOperator).Status(ctx)
			if err != nil {
				return err
			}
			if s.Checkpoints == nil || s.Checkpoints.Final == nil || s.Checkpoints.Final.Size <= *written.Index {
				return fmt.Errorf("final is %+v", s.Checkpoints)
			}
			return nil
		})
	}
	n.awaitReady(0, 1)

	// It comes back to show what it had, and is in nobody's way.
	n.stop(2)
	n.start(2)
	if s := n.status(2); s.Size == 0 {
		t.Error("the removed node has lost its ledger")
	}
	n.write(1)
}
