package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"sandi.internal/gateway/api/admin"
	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/auth/books"
	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/api/paper"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/api/public"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/membership"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/demo/scenarios"
	"sandi.internal/gateway/node/exchange"
)

// openDesk opens what speaks in the bureau's name.
func (n *Node) openDesk(pool *statement.Pool) error {
	pseudonyms, err := desk.NewPseudonyms(n.secrets.pseudonym)
	if err != nil {
		return err
	}
	n.desk, err = desk.New(desk.Config{
		Region: n.cfg.Region, Network: n.genesis.Network(), Signer: n.secrets.statement, Pool: pool, Ledger: n.watched(),
		Vault: n.materials, Local: n.stores.state.Local(), Pseudonyms: pseudonyms, Promise: n.docket.Own, Held: n.returning.Load, Clock: n.now, Logger: n.log, Metrics: n.reg,
	})
	if err != nil {
		return fmt.Errorf("couldn't open the desk: %w", err)
	}
	return nil
}

// moves are the moves of leadership that wait for a second region.
func (n *Node) moves() (list []v1.Move) {
	for _, w := range n.mover.Waiting() {
		list = append(list, v1.Move{
			Leader: w.Leader, Candidate: w.Candidate, Term: w.Term, Regions: w.Regions, Needs: w.Needs, Until: statement.FormatAt(w.Until),
		})
	}
	return list
}

func (n *Node) replicated() desk.Replicated {
	return desk.Replicated{Replica: n.replica, Machine: n.ledger}
}

func (n *Node) openDoors() error {
	gate, err := auth.New(auth.Config{Region: n.cfg.Region, Registry: n.registry(), Logger: n.log, Metrics: n.reg})
	if err != nil {
		return fmt.Errorf("couldn't open the token gate: %w", err)
	}
	if n.tlog, err = n.openLog(); err != nil {
		return err
	}
	if err := n.openAnchorer(); err != nil {
		return err
	}
	cfg := public.Config{
		Region: n.cfg.Region, Node: n.cfg.Node, Network: n.genesis.Network(), Version: Version, Genesis: n.genesis.Genesis,
		Gate: gate, Desk: n.desk, Ledger: n.replicated(), Log: n.tlog, Materials: n.materials, Keeper: exchange.Kept{Vault: n.materials.Vault, E: n.exchange.Load()}, Exchange: n.exchange.Load(), Lots: n.lots, Local: n.stores.state.Local(),
		Home: n.home, Data: n.data, Replica: n.standing, Checkpoints: n.checkpoints, Nodes: n.nodes, Move: n.mover.Take, Moves: n.moves, Clock: n.now, Hosts: n.hosts(), Rate: n.cfg.Limits.RequestsPerS, Logger: n.log, Metrics: n.reg,
		Promises: n.promises, Access: n.access, Auditing: n.auditing(),
	}
	cfg.Backup, cfg.Void = n.backup, n.voided.of
	if n.cfg.Papers != "" {
		if cfg.Papers, err = paper.Load(os.DirFS(n.cfg.Papers)); err != nil {
			return fmt.Errorf("papers: %w", err)
		}
	}
	if n.clock != nil { // a nil *scenarioClock in the interface would be a clock
		cfg.Practice = n.clock
		if cfg.Exercises, err = scenarios.Exercises(); err != nil {
			return fmt.Errorf("couldn't read the exercises: %w", err)
		}
	}
	if n.public, err = public.New(cfg); err != nil {
		return fmt.Errorf("couldn't open the public door: %w", err)
	}
	return nil
}

// hosts are the names under which the public door answers: the one that genesis
// tells everybody. On loopback any name is fine.
func (n *Node) hosts() []string {
	if isLoopback(n.cfg.Listen.Public) {
		return nil
	}
	u, err := url.Parse(n.self.Public)
	if err != nil || u.Hostname() == "" {
		return nil
	}
	return []string{u.Hostname()}
}

// registry answers the token gate from this node's own ledger.
func (n *Node) registry() *books.Registry {
	return &books.Registry{
		Open:     n.books,
		Governed: n.ledger.Governed,
		Contact:  func() time.Duration { return time.Duration(n.replica.Status().AgeMs) * time.Millisecond },
	}
}

// standing is how this node stands among the others, for the status page.
func (n *Node) standing() v1.Replica {
	s := n.replica.Status()
	r := v1.Replica{Role: s.Role, Leader: s.Leader, Term: s.Term, Applied: s.AppliedRaft, Commit: s.CommitRaft, Ready: s.Ready, Voters: []string{}, Hints: []v1.Hint{}}
	for _, v := range s.Servers {
		if v.Votes {
			r.Voters = append(r.Voters, v.ID)
		}
	}
	var hints []membership.Hint
	if g := n.gossip.Load(); g != nil { // nil while it starts anew
		hints = g.Hints()
	}
	for _, h := range hints {
		hint := v1.Hint{Node: h.Node, State: string(h.State), Version: h.Version}
		if !h.Since.IsZero() {
			hint.Since = h.Since.In(calendar.Zone).Format(time.RFC3339)
		}
		r.Hints = append(r.Hints, hint)
	}
	return r
}

func (n *Node) peerHandler() http.Handler {
	return peer.New(peer.Config{
		Node: n.cfg.Node, Version: Version, Replica: n.replica, Witness: n.witness, Moves: n.mover, Promises: n.docket, Lots: n.lots, Home: releases{n}, Data: n.data, Clock: time.Now, Objects: n.given, Bulk: n.bulk, Looks: looks{n},
	})
}

func (n *Node) steward() *steward {
	s := &steward{region: n.cfg.Region, ledger: n.replicated(), desk: n.desk, agenda: n.agenda, clock: n.now, log: n.log, network: n.genesis.Network(), lots: n.lots}
	if n.secrets.draw != nil { // a nil *PrivateKey in the interface would be a key
		s.drawKey = n.secrets.draw
	}
	if n.clock != nil {
		s.changed = n.clock.changed
	}
	return s
}

func (n *Node) openAnchorer() error {
	n.anchorer = &anchorer{
		region: n.cfg.Region, node: n.cfg.Node, network: n.genesis.Network(), access: n.access, signer: n.secrets.statement,
		ledger: n.replicated(), clock: n.now, now: time.Now, log: n.log,
	}
	return n.anchorer.measure(n.reg)
}

func (n *Node) sealer() *sealer {
	s := &sealer{
		region: n.cfg.Region, network: n.genesis.Network(), founded: calendar.DayOf(n.genesis.CreatedUnix()), signer: n.secrets.statement,
		ledger: n.replicated(), final: n.witness.Board().Final, leads: ownRaft{n}.Leads, clock: n.now, now: time.Now, log: n.log,
	}
	if n.clock != nil {
		s.changed = n.clock.changed
	}
	return s
}

// checks are what /readyz asks.
func (n *Node) checks() []admin.Check {
	return []admin.Check{
		{Name: "replica", Probe: func(context.Context) error { return n.replica.Err() }},
		{Name: "leader", Probe: func(context.Context) error {
			if s := n.replica.Status(); !s.Ready {
				return errors.New("no leader is known, or its term is not open yet")
			}
			return nil
		}},
		{Name: "quorum", Probe: n.probeQuorum},
		{Name: "configuration", Probe: func(context.Context) error {
			for _, f := range n.replica.Status().Findings {
				if f.Grave() {
					return fmt.Errorf("the committed Raft configuration is not one that the network's nodes allow: %v", f)
				}
			}
			return nil
		}},
		{Name: "membership", Warn: true, Probe: n.probeMembership},
		{Name: "vote", Probe: n.probeVote},
		{Name: "checkpoints", Warn: true, Probe: n.probeCheckpoints},
		{Name: "certificate", Warn: true, Probe: func(context.Context) error {
			if w := n.keeper.Warning(); w != "" {
				return errors.New(w)
			}
			return nil
		}},
		{Name: "return", Warn: true, Probe: func(context.Context) error {
			if n.returning.Load() {
				return errors.New("void entries are being submitted again, and nothing new is taken until then; http://ADMIN/voided lists them")
			}
			return nil
		}},
		{Name: "promises", Warn: true, Probe: n.probePromises},
		{Name: "access_log", Warn: true, Probe: n.probeAccess},
		{Name: "disk", Warn: true, Probe: n.probeDisk},
	}
}

// probeQuorum reads linearizably: only a leader with a majority can answer.
func (n *Node) probeQuorum(ctx context.Context) error {
	view, err := n.replica.View(ctx, replica.Consistency{Mode: replica.Linearizable})
	if err != nil {
		return err
	}
	return view.Close()
}

func (n *Node) probeDisk(context.Context) error {
	free, err := FreeMiB(n.cfg.Data)
	if err == nil && free < n.cfg.Limits.WarnBelowMiB {
		err = fmt.Errorf("%d MiB are free, less than limits.warn_below_mib", free)
	}
	return err
}

// FreeMiB is the free space of the file system that holds dir.
func FreeMiB(dir string) (int64, error) {
	var fs syscall.Statfs_t
	if err := syscall.Statfs(dir, &fs); err != nil {
		return 0, fmt.Errorf("couldn't ask for free space: %w", err)
	}
	return int64(fs.Bavail) * fs.Bsize >> 20, nil //nolint:gosec // a file system's own numbers
}
