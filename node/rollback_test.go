package node_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/doctor"
)

// Ensure a node whose whole data folder, Raft log included, was set back to an
// older copy does not vote, says so wherever an operator looks, and votes again
// by itself once every other node has answered; and that a restart on the folder
// as it was left is none of this.
func TestRolledBackFolder(t *testing.T) {
	n := found(t, genesis.ClockReal, time.Now().Add(-time.Hour))
	n.awaitFinal(*n.write(0).Index+1, 0, 1, 2)
	const old = 2

	n.stop(old)
	backup := filepath.Join(t.TempDir(), "backup")
	copyTree(t, n.nodes[old].Data, backup)
	n.start(old)
	var last uint64
	for range 5 {
		last = *n.write(0).Index
	}
	n.awaitFinal(last+1, 0, 1, 2)
	if why := n.status(old).Checkpoints.Quarantine; why != "" {
		t.Fatalf("a restart is taken for a rollback: %s", why)
	}

	n.stop(old)
	if err := os.RemoveAll(n.nodes[old].Data); err != nil {
		t.Fatal(err)
	}
	copyTree(t, backup, n.nodes[old].Data)
	// Without the leader not everybody can be asked, so the probation lasts; and of
	// the two that are left, none may lead with the vote of one that forgot.
	var leader int
	n.await("another leader than the node that is down", func(context.Context) error {
		if leader = n.leader(); leader == old {
			return errors.New("not yet")
		}
		return nil
	})
	third := 1 - leader
	n.stop(leader)
	n.await("no leader", func(context.Context) error { // the other one, if it was handed over to, steps down: it is alone
		if n.metric(third, "sandi_replica_leader") != "0" {
			return errors.New("not yet")
		}
		return nil
	})
	n.start(old)
	n.await("probation", func(context.Context) error {
		if n.status(old).Checkpoints.Quarantine == "" {
			return errors.New("none")
		}
		return nil
	})
	n.saysRolledBack(old)
	n.await("three seconds, which is six elections, without a leader", func(context.Context) error {
		age, err := strconv.ParseFloat(n.metric(third, "sandi_replica_leader_age_seconds"), 64)
		if err == nil && age < 3 {
			err = fmt.Errorf("a leader was heard %.1f s ago", age)
		}
		return err
	})
	for _, i := range []int{third, old} {
		if r := n.status(i).Replica; r.Role == "leader" || r.Ready {
			t.Errorf("node %d: %+v with the vote of a node that forgot", i, r)
		}
	}

	n.start(leader)
	n.await("an end of the probation", func(context.Context) error {
		if why := n.status(old).Checkpoints.Quarantine; why != "" {
			return errors.New(why)
		}
		return nil
	})
	n.awaitReady(0, 1, 2)
	if v := n.metric(old, "sandi_checkpoint_quarantined"); v != "0" {
		t.Errorf("the metric still says %s", v)
	}
	n.awaitFinal(*n.write(old).Index+1, 0, 1, 2)

	// The way back for a lost or damaged ledger, as OPERATIONS.md gives it.
	n.stop(old)
	for _, store := range []string{"raft", "ledger"} {
		if err := os.RemoveAll(filepath.Join(n.nodes[old].Data, store)); err != nil {
			t.Fatal(err)
		}
	}
	n.start(old)
	n.awaitReady(old)
	n.awaitFinal(*n.write(old).Index+1, 0, 1, 2)
	if s := n.status(old).Checkpoints; s.Quarantine != "" || s.Cosigned == 0 {
		t.Errorf("after a fresh start: %+v", s)
	}
}

// saysRolledBack holds everything that tells of a probation against it.
func (n *network) saysRolledBack(i int) {
	n.t.Helper()
	ok, body, err := n.ready(n.t.Context(), i)
	if err != nil || ok || !strings.Contains(body, "[-] vote failed: this node does not vote: ") {
		n.t.Errorf("readyz: %v, %v:\n%s", ok, err, body)
	}
	if v := n.metric(i, "sandi_checkpoint_quarantined"); v != "1" {
		n.t.Errorf("the metric says %s", v)
	}
	for _, tc := range []struct{ lang, detail string }{{"en", "does not vote: "}, {"zh", "不参与表决："}} {
		if f := n.examine(i, tc.lang); f.Verdict != doctor.Failure || !strings.Contains(f.Detail, tc.detail) || !strings.Contains(f.Detail, "remembers only") || f.Mend == "" {
			n.t.Errorf("doctor in %s: %+v", tc.lang, f)
		}
	}
}

// examine is what the doctor finds of a node's checkpoints.
func (n *network) examine(i int, lang string) (found doctor.Finding) {
	n.t.Helper()
	name := map[string]string{"en": "checkpoints", "zh": "检查点"}[lang]
	doctor.Examine(n.t.Context(), n.nodes[i].path, lang, func(f doctor.Finding) {
		if f.Name == name {
			found = f
		}
	})
	return found
}
