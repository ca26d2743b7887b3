package audit

import (
	"context"
	"errors"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// AccessHeads are the heads of access logs on a ledger that was verified, and what a
// record names there.
type AccessHeads struct {
	Named []string // commitments of the record that was asked about
	heads map[accessLog][]access.Head
	order []accessLog
}

// accessLog is one log of a node.
type accessLog struct {
	region, node string
	log          uint64
}

// ReadAccessHeads verifies a bundle of the whole ledger and reads the heads of access
// logs in it, and the commitments that a record names, if one is asked about. They are
// nil when the bundle does not prove all of the ledger; then the report says why.
func ReadAccessHeads(ctx context.Context, o Options, record string) (*AccessHeads, *Report, error) {
	o.about = record
	a, err := verify(ctx, o)
	if err != nil {
		return nil, nil, err
	}
	if a.report.Exit != ExitPass || a.report.Kind != string(bundle.KindLog) {
		return nil, a.report, nil
	}
	l := &AccessHeads{Named: a.belongs, heads: make(map[accessLog][]access.Head)}
	for from := uint64(0); from < a.report.Size; from += merkle.TileWidth {
		t := merkle.Tile{Level: merkle.LevelEntries, Index: from / merkle.TileWidth}
		t.Width = t.WidthAt(a.report.Size)
		body, err := a.bundle.Read(t.Path())
		if err != nil {
			return nil, nil, err
		}
		entries, err := merkle.SplitEntries(body)
		if err != nil {
			return nil, nil, err
		}
		for _, entry := range entries {
			if err := l.take(entry); err != nil {
				return nil, nil, err
			}
		}
	}
	return l, a.report, nil
}

func (l *AccessHeads) take(entry []byte) error {
	leaf, err := merkle.ParseLeaf(entry)
	if err != nil {
		return err
	}
	st, err := statement.Parse(leaf.Stmt)
	if err != nil || st.Kind != statement.KindAccessHead {
		return err
	}
	body, err := statement.ParseAccessHead(st.Body)
	root, err2 := access.ParseRoot(body.Root)
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	k := accessLog{st.Region, body.Node, body.Log}
	if l.heads[k] == nil {
		l.order = append(l.order, k)
	}
	l.heads[k] = append(l.heads[k], access.Head{Log: body.Log, Size: body.Size, Root: root})
	return nil
}

// UpTo are the heads of a node's log that a file reaches.
func (l *AccessHeads) UpTo(f *access.File, node string, log uint64) (list []access.Head) {
	for k, heads := range l.heads {
		for _, h := range heads {
			if k.node == node && k.log == log && h.Size <= rowsOf(f, k) {
				list = append(list, h)
			}
		}
	}
	return list
}

// rowsOf is how many rows of a log a file has.
func rowsOf(f *access.File, k accessLog) (rows uint64) {
	for i := range f.Logs {
		if s := &f.Logs[i]; s.Node == k.node && s.Log == k.log {
			rows = max(rows, uint64(len(s.Rows)))
		}
	}
	return rows
}

// Without are the logs that the ledger knows more of than a file. One of a single
// bureau's node says nothing of the others.
func (l *AccessHeads) Without(f *access.File) (gaps []access.Gap) {
	for _, k := range l.order {
		if f.Record == "" && (len(f.Logs) == 0 || f.Logs[0].Node != k.node) {
			continue
		}
		heads := l.heads[k]
		switch rows := rowsOf(f, k); {
		case rows == 0:
			gaps = append(gaps, access.Gap{Region: k.region, Node: k.node, Log: k.log, Why: "no_file"})
		case heads[len(heads)-1].Size > rows:
			gaps = append(gaps, access.Gap{Region: k.region, Node: k.node, Log: k.log, Why: "older"})
		}
	}
	return gaps
}
