package node_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/recovery"
)

// order is what regions sign about how the network goes on, a line each.
func (n *network) order(network string, body statement.RecoveryBody, regions ...int) []byte {
	n.t.Helper()
	var lines []byte
	for _, i := range regions {
		raw, _, err := statement.Sign(n.Regions[i].Governance, statement.Payload{
			Network: network, Kind: statement.KindRecovery, ID: statement.NewID(time.Now(), rand.Reader), Region: n.Regions[i].Code,
			At: statement.FormatAt(time.Now().Unix()), Actor: statement.Actor{Role: statement.RoleGovernance, Org: n.Regions[i].Code + "-SJ"},
			Request: statement.RequestDigest(body.Marshal()), Body: body.Marshal(),
		})
		if err != nil {
			n.t.Fatal(err)
		}
		lines = append(append(lines, raw...), '\n')
	}
	return lines
}

// stopped looks at a node that is down.
func (n *network) stopped(i int, given []recovery.Given, do func(*recovery.Folder, *recovery.View)) {
	n.t.Helper()
	folder, done, err := node.OpenStopped(n.nodes[i].Config)
	if err != nil {
		n.t.Fatal(err)
	}
	view, err := folder.Look(given)
	if err != nil {
		n.t.Fatal(err)
	}
	do(folder, view)
	if err := done(); err != nil {
		n.t.Fatal(err)
	}
}

// Ensure a network that has lost two of three nodes goes on with the third under an
// order of two regions, and under no other; that a node which lacks what is known to be
// cosigned does not go on; that the order is the first thing on the recovered ledger;
// and that nodes which begin anew are given their votes back.
func TestQuorumLost(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	const short, survivor, gone = 0, 1, 2
	n.awaitFinal(*n.write(survivor).Index+1, 0, 1, 2)
	network := n.status(survivor).Network
	n.stop(short)
	size := *n.write(survivor).Index + 1
	var note []byte
	n.await("a published checkpoint", func(ctx context.Context) error {
		status, raw, err := get(ctx, n.LogURL(survivor)+"checkpoint")
		if err != nil || status != http.StatusOK {
			return fmt.Errorf("%d, %w", status, err)
		}
		opened, err := n.keys.Open(raw)
		if err == nil && opened.Size < size {
			err = fmt.Errorf("of %d leaves", opened.Size)
		}
		note = raw
		return err
	})
	n.stop(survivor)
	n.stop(gone)

	n.stopped(short, []recovery.Given{{Name: "auditor.note", Note: note}}, func(f *recovery.Folder, v *recovery.View) {
		if err := v.Allows(v.Last.Size); !errors.Is(err, recovery.ErrShorter) {
			t.Errorf("a node that lacks leaves may go on: %v", err)
		}
		if last := v.Points[len(v.Points)-1]; last.Size < size || last.Missing != last.Size-v.Last.Size || last.From != "auditor.note" {
			t.Errorf("the newest checkpoint: %+v", last)
		}
		body := statement.RecoveryBody{Size: v.Last.Size, Root: v.Last.Root[:], Survivors: []string{f.Node}, Reason: "lost"}
		if _, err := f.Judge(v, n.order(network, body, short, survivor)); !errors.Is(err, recovery.ErrShorter) {
			t.Errorf("an order for a short tree holds: %v", err)
		}
	})

	var body statement.RecoveryBody
	n.stopped(survivor, []recovery.Given{{Name: "auditor.note", Note: note}}, func(f *recovery.Folder, v *recovery.View) {
		body = statement.RecoveryBody{Size: v.Last.Size, Root: v.Last.Root[:], Survivors: []string{f.Node}, Reason: "lost"}
		for name, change := range map[string]func(b *statement.RecoveryBody) []byte{
			"one region":       func(b *statement.RecoveryBody) []byte { return n.order(network, *b, survivor) },
			"one region twice": func(b *statement.RecoveryBody) []byte { return n.order(network, *b, survivor, survivor) },
			"a shorter tree":   func(b *statement.RecoveryBody) []byte { b.Size--; return n.order(network, *b, survivor, short) },
			"a longer tree": func(b *statement.RecoveryBody) []byte {
				b.Size++
				return n.order(network, *b, survivor, short)
			},
			"another root": func(b *statement.RecoveryBody) []byte {
				b.Root = make([]byte, 32)
				return n.order(network, *b, survivor, short)
			},
			"somebody else": func(b *statement.RecoveryBody) []byte {
				b.Survivors = []string{"110000-a"}
				return n.order(network, *b, survivor, short)
			},
			"another network": func(b *statement.RecoveryBody) []byte { return n.order("x"+network[1:], *b, survivor, short) },
			"no signature": func(b *statement.RecoveryBody) []byte {
				return bytes.ReplaceAll(n.order(network, *b, survivor, short), []byte("."), []byte(".A"))
			},
			"different opinions": func(b *statement.RecoveryBody) []byte {
				other := *b
				other.Survivors = []string{"110000-a", f.Node}
				return append(n.order(network, *b, survivor), n.order(network, other, short)...)
			},
		} {
			b := body
			if _, err := f.Judge(v, change(&b)); !errors.Is(err, recovery.ErrOrder) {
				t.Errorf("%s: %v", name, err)
			}
		}
		o, err := f.Judge(v, n.order(network, body, short, survivor))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // again, as after a crash
			if err := f.Execute(v, o); err != nil {
				t.Fatal(err)
			}
		}
	})

	n.start(survivor)
	if index := *n.write(survivor).Index; index != body.Size+2 {
		t.Errorf("the first write after the recovery is entry %d, wanted behind the order at %d and %d", index, body.Size, body.Size+1)
	}
	for _, i := range []int{short, gone} {
		for _, store := range []string{"raft", "ledger"} {
			if err := os.RemoveAll(filepath.Join(n.nodes[i].Data, store)); err != nil {
				t.Fatal(err)
			}
		}
		n.start(i)
	}
	n.awaitServer(survivor, n.nodes[short].Node, "voter")
	n.awaitServer(survivor, n.nodes[gone].Node, "voter")
	n.awaitReady(0, 1, 2)
	n.awaitFinal(*n.write(gone).Index+1, 0, 1, 2)
	n.accepted(gone)
}

// accepted has an auditor accept all that a node gives out.
func (n *network) accepted(i int) {
	n.t.Helper()
	if r := n.audited(i); r.Exit != audit.ExitPass {
		n.t.Errorf("an auditor's verdict: exit %d, %+v", r.Exit, r)
	}
}
