package backup

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"sandi.internal/gateway/api/account"
)

// Format is the version in head.json; formatBefore had neither the rows of shared data
// sets nor the local accounts, and is still taken.
const (
	Format       = "sandi-backup/2"
	formatBefore = "sandi-backup/1"
)

// Parts. Their order in the file is that of ranks.
const (
	partFile     = "file/"     // + path in the node's folder
	partAccount  = "accounts/" // + name of a file of the store
	partHead     = "head.json"
	partGenesis  = "genesis.json"
	partProof    = "proof.json"
	partLedger   = "ledger.state"
	partLocal    = "local.rows"
	partRows     = "vault.rows"
	partObject   = "vault/" // + commitment
	partMissing  = "vault.missing"
	partManifest = "manifest.json"
)

var ranks = map[string]int{
	partFile: 1, partAccount: 2, partHead: 3, partGenesis: 4, partProof: 5, partLedger: 6, partLocal: 7, partRows: 8, partObject: 9, partMissing: 10, partManifest: 11,
}

// Bounds of what is read into memory. What is streamed is bounded by the disk.
const (
	maxFile    = 1 << 20  // one file of the folder
	maxFiles   = 300      // keys, certificates, and up to 200 document templates
	maxHead    = 64 << 10 //
	maxGenesis = 64 << 20 // as the node takes it
	maxProof   = 1 << 20
	maxMissing = 16 << 20 // some 300,000 objects
	maxParts   = 1 << 10  // in the manifest: objects are summed up there
)

// ErrBad is wrapped by every error about what a backup holds, in contrast to those of
// reading and writing.
var ErrBad = errors.New("the backup does not hold")

func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrBad, fmt.Errorf(format, args...))
}

// kindOf is the entry of ranks that a part's name belongs to; "" for a strange one.
func kindOf(name string) string {
	if path, ok := strings.CutPrefix(name, partFile); ok && IsFolderName(path) {
		return partFile
	}
	if file, ok := strings.CutPrefix(name, partAccount); ok && account.FileMax(file) > 0 {
		return partAccount
	}
	if object, ok := strings.CutPrefix(name, partObject); ok && object != "" {
		return partObject
	}
	if _, ok := ranks[name]; ok && !strings.HasSuffix(name, "/") {
		return name
	}
	return ""
}

// follows reports whether a part may come after another. Objects come by commitment,
// whose order the vault judges; of the others each comes once.
func follows(last, next string) bool {
	a, b := kindOf(last), kindOf(next)
	switch order := cmp.Compare(ranks[b], ranks[a]); {
	case b == "" || order < 0:
		return false
	case order == 0:
		return b == partObject || (b == partFile || b == partAccount) && next > last
	}
	return true
}

// folderName is a path that a file of the backup may have in the node's folder: no way
// out of it, and not into its data.
var folderName = regexp.MustCompile(`^(?:[a-z0-9][a-z0-9_-]{0,63}/)?[a-z0-9][a-z0-9._-]{0,127}$`)

// IsFolderName reports whether a path may stand in a backup.
func IsFolderName(path string) bool {
	return folderName.MatchString(path) && !strings.HasPrefix(path, DataFolder+"/") && path != DataFolder
}

// DataFolder is where a restored node has its stores, AccountsFolder where in it the local
// accounts are.
const (
	DataFolder     = "data"
	AccountsFolder = "accounts"
)
