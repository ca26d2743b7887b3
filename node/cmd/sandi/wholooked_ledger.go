package main

import (
	"context"
	"fmt"
	"os"

	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/cli"
)

// ledgerHeads verifies the bundle under the keys, all of it, and reads the heads; the
// network is the one of the keys.
func (w *whoLooked) ledgerHeads(ctx context.Context, record string) (heads *audit.AccessHeads, network string, err error) {
	if w.keys == "" {
		return nil, "", usagef("--bundle needs --keys, the auditor's key file; it never comes with the bundle")
	}
	keys, err := readBounded(w.keys, 1<<20)
	if err != nil {
		return nil, "", fmt.Errorf("couldn't read --keys: %w", err)
	}
	file, err := os.Open(w.bundle)
	if err != nil {
		return nil, "", fmt.Errorf("couldn't open the bundle: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, "", fmt.Errorf("couldn't open the bundle: %w", err)
	}
	heads, report, err := audit.ReadAccessHeads(ctx, audit.Options{File: file, Size: info.Size(), Keys: keys}, record)
	switch {
	case err != nil:
		return nil, "", err
	case heads == nil:
		return nil, "", &cli.Error{Code: max(report.Exit, exitDegraded), Err: fmt.Errorf("the bundle does not prove the whole ledger: %s; see sandi-audit verify %s", report.Verdict.EN, w.bundle)}
	}
	return heads, report.Network, nil
}
