package public

import (
	"context"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/genesis"
)

type statusOut struct {
	Stamp
	Body v1.NodeStatus
}

// status is GET /v1/status: where this node and its ledger stand.
func (a *API) status(ctx context.Context, c *auth.Caller, _ *noInput) (*statusOut, error) {
	view, books, err := a.lookLocal(ctx, c)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	s, err := books.Standing()
	if err != nil {
		return nil, err
	}
	g := a.cfg.Genesis
	out := &statusOut{Stamp: stampOf(view), Body: v1.NodeStatus{
		Network: s.Network, Name: g.Name, Origin: g.Origin, Synthetic: g.Synthetic, Practice: g.Clock == genesis.ClockPractice,
		Region: a.cfg.Region, Node: a.cfg.Node, Version: a.cfg.Version, Protocol: s.Protocol,
		Size: s.Size, Root: strict.B64(s.Root[:]), StateDigest: strict.B64(s.StateDigest[:]),
		LedgerTime: civil(s.LedgerTime / 1000), Now: civil(a.cfg.Clock().Unix()),
		Regions: []v1.RegionInfo{},
	}}
	if last, err := books.LastSeal(); err != nil {
		return nil, err
	} else if last.Day != "" {
		out.Body.Seal = &v1.Seal{Day: last.Day, Index: last.Index, Size: last.Size}
	}
	if a.cfg.Replica != nil {
		out.Body.Replica = a.cfg.Replica()
	}
	if a.cfg.Moves != nil {
		out.Body.Moves = a.cfg.Moves()
	}
	if a.cfg.Checkpoints != nil {
		out.Body.Checkpoints = a.cfg.Checkpoints()
	}
	if out.Body.AccessLog, err = a.accessStatus(books); err != nil {
		return nil, err
	}
	network, err := a.network()
	if err != nil {
		return nil, err
	}
	for _, r := range g.Regions {
		info := v1.RegionInfo{Code: r.Code, Name: v1.Label{ZH: r.NameZH, EN: r.NameEN}}
		for _, n := range network.Nodes {
			if n.Region == r.Code && n.Removed == nil {
				info.Nodes = append(info.Nodes, v1.NodeInfo{ID: n.ID, Voter: n.Server == "voter"})
			}
		}
		out.Body.Regions = append(out.Body.Regions, info)
	}
	return out, nil
}
