package node

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/api/lots"
	"sandi.internal/gateway/api/peer"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// openLots opens what keeps the pools of draws. What it lacks it asks of the nodes of
// other regions.
func (n *Node) openLots(peers *peer.Client) error {
	others := func(region string) (nodes []string) {
		for _, r := range n.today().Regions {
			for _, m := range r.Nodes {
				if m.ID == n.cfg.Node {
					continue
				}
				if nodes = append(nodes, m.ID); r.Code == region {
					nodes = append([]string{m.ID}, nodes[:len(nodes)-1]...)
				}
			}
		}
		return nodes
	}
	var err error
	n.lots, err = lots.Open(n.stores.state.Local(), peers, others, lots.NamedIn(n.books), n.log)
	return err
}

// drawing is what this region states in a draw now: its contribution, or the outcome.
// Nil when it has stated it, has no part in it, or may not state anything yet.
func (s *steward) drawing(o procedure.Option, rec *procedure.Record) []byte {
	stated := slices.ContainsFunc(rec.Acts, func(a procedure.ActNote) bool { return a.Event == o.Event && a.Region == s.region })
	if stated || !slices.Contains(ledger.Involved(rec), s.region) {
		return nil
	}
	if o.Auto == procedure.AutoDraw && s.drawKey == nil {
		return nil
	}
	r, err := draw.ReadRecord(rec.ID, rec.Fields)
	if err != nil || r == nil {
		return s.abstain(o, rec, err)
	}
	pool, rule, err := s.lots.Terms(r)
	if errors.Is(err, lots.ErrMissing) {
		s.lots.Want(r, rec.Owner) // brings the record back
		return nil
	}
	if err != nil {
		return s.abstain(o, rec, err)
	}
	if o.Auto == procedure.AutoDraw {
		return s.contribution(o, rec)
	}
	return s.outcome(o, rec, r, pool, rule)
}

// abstain says once why this node states nothing about a draw.
func (s *steward) abstain(o procedure.Option, rec *procedure.Record, err error) []byte {
	if err != nil {
		s.log.Warn("this node takes no part in a draw: what was frozen is not as the record says; tell the organiser", "record", rec.ID, "error", err)
		_ = s.passOver(task{record: rec.ID, head: rec.Head, event: o.Event}, "")
	}
	return nil
}

// contribution is what this region gives to a draw: its draw key's one signature over
// what was frozen.
func (s *steward) contribution(o procedure.Option, rec *procedure.Record) []byte {
	terms := draw.Terms{Network: s.network, Draw: rec.ID}
	for i, into := range [][]byte{terms.Pool[:], terms.Rule[:]} {
		var digest string
		if json.Unmarshal(rec.Fields[o.Over[i]], &digest) != nil {
			return nil
		}
		if n, err := hex.Decode(into, []byte(digest)); err != nil || n != len(into) {
			return nil
		}
	}
	c, err := draw.Contribute(terms, s.region, s.drawKey)
	if err != nil {
		s.log.Warn("couldn't contribute to a draw; check keys.draw", "record", rec.ID, "error", err)
		return nil
	}
	return fmt.Appendf(nil, `{%q:"%x"}`, o.Require[0], c.Signature)
}

// outcome is what a draw gives, drawn again here. When another region has stated
// something else, this node says so and states nothing: its bureau decides.
func (s *steward) outcome(o procedure.Option, rec *procedure.Record, r *draw.Record, pool *draw.Pool, rule *draw.Rule) []byte {
	ranking, err := r.Rank(pool, rule)
	if err != nil {
		return s.abstain(o, rec, err)
	}
	own := ranking.OutcomeOf()
	for i := range rec.Joint {
		part := &rec.Joint[i]
		other, err := draw.ReadOutcome(part.Fields)
		if part.Event == o.Event && (err != nil || other == nil || !other.Equal(&own)) {
			s.log.Error("another region has stated an outcome that this draw doesn't give; look at it with sandi draw verify, and let the bureau void the draw",
				"record", rec.ID, "region", part.Region, "own_ranking", hex.EncodeToString(own.Ranking[:]))
			_ = s.passOver(task{record: rec.ID, head: rec.Head, event: o.Event}, "")
			return nil
		}
	}
	text, _ := json.Marshal(own.Fields()) // hex and ids
	return text
}
