package exchange

import (
	"bytes"
	"context"
	"fmt"

	"sandi.internal/gateway/storage/vault"
)

// maxDisputes is how many pieces of evidence are kept against one region, each a chunk or
// a tree of at most 4 MiB: the first say what it does, and a peer that offers without end
// should not fill the vault. Beyond it a dispute has the digest of what came.
const maxDisputes = 32

// keepEvidence keeps what came of an offer instead of what was offered, and gives its
// commitment; "" when only its digest is known, or when there is enough against its sender.
func (e *Exchange) keepEvidence(ctx context.Context, ref Ref, m *mismatch) (string, error) {
	if len(m.got) == 0 {
		return "", nil
	}
	key := lateLocalKey(localDispute, ref.Region+"/"+ref.ID)
	known, err := e.cfg.Local.Get(key) // of an attempt whose statement the ledger did not answer
	if err != nil || known != nil {
		return string(known), err
	}
	kept := 0
	err = e.cfg.Local.Scan(lateLocalKey(localDispute, ref.Region+"/"), lateLocalKey(localDispute, ref.Region+"0"), false, func(_, _ []byte) (bool, error) {
		kept++
		return kept < maxDisputes, nil
	})
	if err != nil {
		return "", err
	}
	if kept >= maxDisputes {
		e.cfg.Logger.Warn("there is evidence enough against a region: of what it gave now only the digest is kept",
			"region", ref.Region, "offer", ref.ID, "kept", kept)
		return "", nil
	}
	name := fmt.Sprintf("dispute-%s-%s-%d-%d.bin", ref.Region, ref.ID, m.item, m.chunk)
	o, err := e.cfg.Vault.Put(ctx, vault.Meta{Name: name, Org: e.cfg.Region + "-SJ"}, bytes.NewReader(m.got))
	if err != nil {
		return "", err
	}
	return o.Commitment.String(), e.cfg.Local.Set(key, []byte(o.Commitment.String()), true)
}
