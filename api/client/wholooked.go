package client

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
)

// WhoLooked asks all nodes for their access logs about a record, through this node;
// without a record, this node for all of its own. The head of this node's log is brought
// onto the ledger first, and each newest head comes with its receipt. Nothing is verified here: File.Judge does.
func (c *Client) WhoLooked(ctx context.Context, record string) (*access.File, error) {
	status, err := c.Status(ctx)
	if err != nil {
		return nil, err
	}
	// Without a majority nothing can be anchored; then the answer says what is not
	// covered yet.
	var refused *problem.Problem
	if _, err := c.AnchorAccess(ctx); errors.As(err, &refused) && refused.Status < 500 {
		return nil, err
	}
	nodes, err := c.AccessHeads(ctx)
	if err != nil {
		return nil, err
	}
	f := &access.File{Format: access.FileFormat, Network: status.Network, Record: record}
	own := status.Node
	for i := range nodes { // the own node first: it says what the record names
		if nodes[i].Node == own {
			nodes[0], nodes[i] = nodes[i], nodes[0]
		}
	}
	for _, n := range nodes {
		if record == "" && n.Node != own {
			continue
		}
		if err := c.accessLogs(ctx, f, n, n.Node == own); err != nil {
			return nil, err
		}
	}
	after, err := c.AccessHeads(ctx)
	if err != nil {
		return nil, err
	}
	until := c.now().Add(coverWait)
	for i := range f.Logs {
		addHeads(&f.Logs[i], nodes, after)
		if err := c.addReceipt(ctx, &f.Logs[i], max(0, until.Sub(c.now()))); err != nil {
			return nil, err
		}
	}
	return f, nil
}

// coverWait bounds the wait, for all logs together, for a final checkpoint over a head
// that was anchored just now: it follows within seconds.
const coverWait = 10 * time.Second

// addReceipt gives a log the proof that its newest head stands on the ledger, final if
// every region cosigns in time. A head that no checkpoint covers stays without.
func (c *Client) addReceipt(ctx context.Context, s *access.Shown, wait time.Duration) error {
	head := s.Newest()
	if head == nil {
		return nil
	}
	var found v1.Entries
	if _, err := c.get(ctx, "/v1/entries", url.Values{"index": {strconv.FormatUint(head.Index, 10)}}, &found); err != nil {
		return err
	}
	if len(found.Items) != 1 {
		return nil
	}
	entry := found.Items[0]
	for _, o := range []ReceiptOptions{{Region: entry.Region, Final: true, Wait: wait}, {Region: entry.Region}} {
		receipt, _, err := c.Receipt(ctx, entry.Statement, o)
		if err != nil {
			return err
		}
		if receipt != nil {
			s.Receipt = string(receipt)
			return nil
		}
	}
	return nil
}

// addHeads gives a log the heads that stood on the ledger before it was asked for, all
// of them, and of those since then the ones that what was shown reaches.
func addHeads(s *access.Shown, before, after []v1.AccessNode) {
	known := map[uint64]bool{}
	for late, list := range [][]v1.AccessNode{before, after} {
		for _, n := range list {
			if n.Node != s.Node {
				continue
			}
			for _, h := range n.Heads {
				if h.Log == s.Log && h.Index != nil && !known[h.Size] && (late == 0 || h.Size <= uint64(len(s.Rows))) {
					known[h.Size] = true
					s.Heads = append(s.Heads, access.ShownHead{Size: h.Size, Root: h.Root, Index: *h.Index})
				}
			}
		}
	}
}

// accessLogs asks for a node's logs: that of now, and the ended ones that the ledger
// has heads of. What cannot be had becomes a gap; an error is of the own node.
func (c *Client) accessLogs(ctx context.Context, f *access.File, n v1.AccessNode, own bool) error {
	gap := func(log uint64, why string) {
		f.Gaps = append(f.Gaps, access.Gap{Region: n.Region, Node: n.Node, Log: log, Why: why})
	}
	newest := map[uint64]uint64{} // log -> its longest head
	for _, h := range n.Heads {
		newest[h.Log] = max(newest[h.Log], h.Size)
	}
	last := uint64(0)
	if !n.Removed {
		s, subjects, err := c.wholeLog(ctx, AccessRun{Node: n.Node, Record: f.Record})
		switch {
		case err != nil && own:
			return err
		case err != nil:
			gap(0, gapOf(err))
		default:
			f.Logs = append(f.Logs, s)
			last = s.Log
		}
		if own {
			f.Subjects = subjects
		}
	}
	for _, log := range slices.Sorted(maps.Keys(newest)) {
		if log == last {
			continue
		}
		if n.Removed {
			gap(log, "removed")
			continue
		}
		s, _, err := c.wholeLog(ctx, AccessRun{Node: n.Node, Record: f.Record, Log: log, Size: newest[log]})
		if err != nil {
			gap(log, gapOf(err))
			continue
		}
		f.Logs = append(f.Logs, s)
	}
	return nil
}

// gapOf says in one word why a log could not be had.
func gapOf(err error) string {
	var p *problem.Problem
	switch {
	case errors.As(err, &p) && p.Code == problem.NotFound:
		return "not_party"
	case errors.As(err, &p) && p.Code == problem.PeerSilent:
		return "silent"
	}
	return "not_shown"
}

// wholeLog fetches a whole log, run by run.
func (c *Client) wholeLog(ctx context.Context, r AccessRun) (s access.Shown, subjects []string, err error) {
	for {
		rows, err := c.AccessRows(ctx, r)
		if err != nil {
			return s, nil, err
		}
		if s.Node == "" {
			s = access.Shown{Region: rows.Region, Node: rows.Node, Log: rows.Log, Rows: []access.ShownRow{}}
			r.Log, r.Size, subjects = rows.Log, rows.Size, rows.Subjects
		}
		if rows.Node != r.Node && r.Node != "" || rows.Log != r.Log || rows.From != r.From {
			return s, nil, fmt.Errorf("node %s answered with another run than it was asked for", r.Node)
		}
		for _, row := range rows.Rows {
			s.Rows = append(s.Rows, access.ShownRow{Slip: row.Slip, Entry: row.Entry})
		}
		s.Note, r.From = rows.Note, uint64(len(s.Rows))
		if r.From >= r.Size || len(rows.Rows) == 0 {
			return s, subjects, nil // one that ends too early is found out by its heads
		}
	}
}
