package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/cli"
)

// ledgerHeads are the heads of access logs in a bundle of the whole ledger.
type ledgerHeads struct {
	network string
	heads   map[accessLog][]access.Head
	order   []accessLog
}

// accessLog is one log of a node.
type accessLog struct {
	region, node string
	log          uint64
}

// ledgerHeads verifies the bundle under the keys, all of it, and reads the heads.
func (w *whoLooked) ledgerHeads(ctx context.Context) (*ledgerHeads, error) {
	if w.keys == "" {
		return nil, usagef("--bundle needs --keys, the auditor's key file; it never comes with the bundle")
	}
	keys, err := readBounded(w.keys, 1<<20)
	if err != nil {
		return nil, fmt.Errorf("couldn't read --keys: %w", err)
	}
	file, err := os.Open(w.bundle)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the bundle: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("couldn't open the bundle: %w", err)
	}
	report, err := audit.Verify(ctx, audit.Options{File: file, Size: info.Size(), Keys: keys})
	switch {
	case err != nil:
		return nil, err
	case report.Exit != audit.ExitPass || report.Kind != string(bundle.KindLog):
		return nil, &cli.Error{Code: max(report.Exit, exitDegraded), Err: fmt.Errorf("the bundle does not prove the whole ledger: %s; see sandi-audit verify %s", report.Verdict.EN, w.bundle)}
	}
	b, err := bundle.Open(file, info.Size())
	if err != nil {
		return nil, err
	}
	return headsIn(b, report.Network, report.Size)
}

// headsIn reads the heads of a verified bundle, in the order of the ledger.
func headsIn(b *bundle.Bundle, network string, size uint64) (*ledgerHeads, error) {
	l := &ledgerHeads{network: network, heads: map[accessLog][]access.Head{}}
	for from := uint64(0); from < size; from += merkle.TileWidth {
		t := merkle.Tile{Level: merkle.LevelEntries, Index: from / merkle.TileWidth}
		t.Width = t.WidthAt(size)
		body, err := b.Read(t.Path())
		if err != nil {
			return nil, err
		}
		entries, err := merkle.SplitEntries(body)
		if err != nil {
			return nil, err
		}
		for _, entry := range entries {
			if err := l.take(entry); err != nil {
				return nil, err
			}
		}
	}
	return l, nil
}

func (l *ledgerHeads) take(entry []byte) error {
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

// upTo are the heads of a node's log that a file reaches.
func (l *ledgerHeads) upTo(f *access.File, node string, log uint64) (list []access.Head) {
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

// without are the logs that the ledger knows more of than a file. One of a single
// bureau's node says nothing of the others.
func (l *ledgerHeads) without(f *access.File) (gaps []access.Gap) {
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
