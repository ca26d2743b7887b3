package backup

import (
	"fmt"

	"sandi.internal/gateway/api/account"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

// Trust is what an operator trusts, from outside the backup: the keys that an auditor
// has, or the network's genesis, or both. With neither the backup vouches for itself,
// which the report says.
type Trust struct {
	Keys    *checkpoint.KeyFile
	Genesis *genesis.Signed
}

// genesis holds a backup's genesis against what is trusted.
func (t Trust) genesis(g *genesis.Signed) (trusted bool, err error) {
	if t.Keys != nil && t.Keys.Network() != g.Network() || t.Genesis != nil && t.Genesis.Network() != g.Network() {
		return false, bad("its genesis (fingerprint %s) is not the one that you trust: it is of another network, or forged", g.Fingerprint())
	}
	return t.Keys != nil || t.Genesis != nil, nil
}

// Note is a cosigned checkpoint that the backup was held against.
type Note struct {
	Size       uint64           `json:"size"`
	Grade      checkpoint.Grade `json:"grade"`
	CosignedBy []string         `json:"cosigned_by"` // regions
}

// Report is what was found in a backup that holds.
type Report struct {
	Head        Head     `json:"head"`
	Fingerprint string   `json:"fingerprint"` // of its genesis
	Trusted     bool     `json:"trusted"`     // the genesis is the one that the operator gave
	Leaves      uint64   `json:"leaves"`
	Root        string   `json:"root"`         // base64url
	StateDigest string   `json:"state_digest"` // base64url
	Notes       []Note   `json:"notes"`
	Covered     uint64   `json:"covered"` // leaves under a checkpoint that as many regions as genesis demands cosigned
	Published   uint64   `json:"published"`
	Objects     int64    `json:"objects"` // private ones
	Opened      bool     `json:"opened"`  // they were opened with the vault's key and held against their commitments
	OpenedBytes int64    `json:"opened_bytes"`
	Missing     []string `json:"missing"` // objects that were purged while the backup was made, or were lost before
	Files       []string `json:"files"`   // of the folder
	// DataSets and DataRows were opened with the vault's key, each row.
	DataSets int    `json:"data_sets"`
	DataRows uint64 `json:"data_rows"`
	// Accounts are the local accounts; nil when it brings none.
	Accounts *account.Held `json:"accounts,omitempty"`
	// AccountsFault says why the store of accounts is not whole, as it was when the backup
	// was made: it is restored as it is.
	AccountsFault string `json:"accounts_fault,omitempty"`
	// Old: made before backups had rows of shared data sets and local accounts.
	Old bool `json:"old"`
}

// Complete reports whether everything could be decided, and is well.
func (r *Report) Complete() bool {
	return r.Trusted && r.Opened && r.Covered == r.Leaves && len(r.Missing) == 0 && r.AccountsFault == "" && !r.Old
}

// judge holds a verified ledger against the checkpoints. Its keys are those that the
// operator gave, or all that the ledger itself ever registered: their registration is
// signed under keys of genesis, which was verified just now.
func (t *taker) judge(r ledger.Reader) error {
	books := t.ledger.Books(r)
	standing, err := books.Standing()
	if err != nil {
		return err
	}
	rep := t.report
	rep.Leaves, rep.Root, rep.StateDigest = standing.Size, strict.B64(standing.Root[:]), strict.B64(standing.StateDigest[:])
	if t.proof.Size != standing.Size || t.proof.Root != rep.Root {
		return bad("its ledger has %d leaves and root %s, its proof speaks of %d and %s", standing.Size, rep.Root, t.proof.Size, t.proof.Root)
	}
	roster, err := t.ledger.RosterIn(r)
	if err != nil {
		return err
	}
	keys, policy := roster.Ever, checkpoint.PolicyOf(roster.Genesis)
	if t.Trust.Keys != nil {
		keys = t.Trust.Keys.Keys()
	}
	if len(t.proof.Notes) > maxNotes {
		return bad("it brings %d checkpoints", len(t.proof.Notes))
	}
	for i := range t.proof.Notes {
		if err := t.note(books, standing, keys, policy, &t.proof.Notes[i]); err != nil {
			return err
		}
	}
	if rep.Published == 0 && standing.Size > 0 { // before the first entry nobody has signed anything: genesis proves that much
		return bad("no checkpoint in it is cosigned by enough regions under these keys: nothing proves that this is the regions' ledger")
	}
	return nil
}

// note holds the tree against one checkpoint.
func (t *taker) note(books *ledger.Books, standing ledger.Standing, keys *checkpoint.Keys, policy checkpoint.Policy, p *proofNote) error {
	n, err := keys.Open([]byte(p.Note))
	if err != nil {
		return bad("a checkpoint in it: %w", err)
	}
	covered := min(n.Size, standing.Size)
	if n.Size > standing.Size {
		path, err := p.path()
		if err != nil {
			return err
		}
		if err := merkle.VerifyConsistency(standing.Size, n.Size, path, standing.Root, n.Root); err != nil {
			return bad("its ledger is not the beginning of the checkpoint of %d leaves: %w", n.Size, err)
		}
	} else {
		root, err := merkle.RootAt(books, n.Size)
		if err != nil {
			return fmt.Errorf("couldn't read the tree at %d leaves: %w", n.Size, err)
		}
		if root != n.Root {
			return bad("at %d leaves its ledger has another root than was cosigned", n.Size)
		}
	}
	grade := policy.Grade(n)
	t.report.Notes = append(t.report.Notes, Note{n.Size, grade, n.CosignedBy()})
	switch grade {
	case checkpoint.GradeFinal:
		t.report.Covered = max(t.report.Covered, covered)
		t.report.Published = max(t.report.Published, covered)
	case checkpoint.GradePublished:
		t.report.Published = max(t.report.Published, covered)
	}
	return nil
}
