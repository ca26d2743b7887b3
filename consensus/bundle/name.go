package bundle

import (
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/storage/commitment"
)

// Class is what a file of a bundle is, by its name.
type Class uint8

// The classes. There is no other file in a bundle.
const (
	ClassReadme Class = iota + 1
	ClassManifest
	ClassPolicy
	ClassCheckpoint
	ClassGenesis
	ClassEarlier // checkpoints/<size>
	ClassTile    // tile/<L>/…
	ClassBundle  // tile/entries/…
	ClassEntry   // entries/<n>, extracts only
	ClassProof   // proofs/<n>.tlog-proof, extracts only
	ClassOpening // openings/<commitment>
	ClassDraw    // draws/<name>.json
	ClassEvidence
)

// Names of the single files.
const (
	NameReadme     = "README.txt"
	NameManifest   = "manifest.json"
	NamePolicy     = "policy.txt"
	NameCheckpoint = "checkpoint"
	NameGenesis    = "genesis.json"
)

// Bounds of a bundle. A log of 25 million entries has 200,000 files.
const (
	MaxFiles    = 200_000
	MaxEntries  = 10_000   // of an extract; more is asked for as a whole log
	MaxOpening  = 64 << 20 // bytes of a disclosed content with its salt
	maxManifest = 64 << 20
	maxText     = 64 << 10 // README.txt and policy.txt
	maxSmall    = 128 << 10
	maxName     = 100
)

// bound is what a class may have: bytes of one file, and files.
var bounds = map[Class]struct {
	bytes int64
	files int
}{
	ClassReadme:     {maxText, 1},
	ClassManifest:   {maxManifest, 1},
	ClassPolicy:     {maxText, 1},
	ClassCheckpoint: {checkpoint.MaxNote, 1},
	ClassGenesis:    {2 * genesis.MaxBytes, 1},
	ClassEarlier:    {checkpoint.MaxNote, 10_000},
	ClassTile:       {merkle.TileWidth * int64(len(merkle.Hash{})), MaxFiles},
	ClassBundle:     {merkle.TileWidth * (2 + merkle.MaxEntry), MaxFiles},
	ClassEntry:      {merkle.MaxEntry, MaxEntries},
	ClassProof:      {maxSmall, MaxEntries},
	ClassOpening:    {MaxOpening, 10_000},
	ClassDraw:       {20 << 20, 10_000}, // a pool of draw.MaxFile
	ClassEvidence:   {maxSmall, 1_000},
}

var single = map[string]Class{
	NameReadme: ClassReadme, NameManifest: ClassManifest, NamePolicy: ClassPolicy,
	NameCheckpoint: ClassCheckpoint, NameGenesis: ClassGenesis,
}

// Classify says what a file is. Names outside the grammar, and every spelling but
// the one that Write uses, are ErrName.
func Classify(name string) (Class, error) {
	if c, ok := single[name]; ok {
		return c, nil
	}
	folder, rest, _ := strings.Cut(name, "/")
	ok := false
	class := Class(0)
	switch folder {
	case "tile":
		t, err := merkle.ParseTilePath(name)
		if ok, class = err == nil, ClassTile; t.Level == merkle.LevelEntries {
			class = ClassBundle
		}
	case "checkpoints":
		_, ok = number(rest)
		class = ClassEarlier
	case "entries":
		_, ok = number(rest)
		class = ClassEntry
	case "proofs":
		var digits string
		if digits, ok = strings.CutSuffix(rest, proofSuffix); ok {
			_, ok = number(digits)
		}
		class = ClassProof
	case "openings":
		_, err := commitment.Parse(rest)
		ok, class = err == nil, ClassOpening
	case "draws":
		ok, class = isFileName(rest), ClassDraw
	case "evidence":
		ok, class = isFileName(rest), ClassEvidence
	}
	if !ok {
		return 0, fmt.Errorf("%.100q: %w", name, ErrName)
	}
	return class, nil
}

const proofSuffix = ".tlog-proof"

// EntryName and ProofName are where an extract has entry n and its proof.
func EntryName(n uint64) string { return "entries/" + strconv.FormatUint(n, 10) }

// ProofName: see EntryName.
func ProofName(n uint64) string { return "proofs/" + strconv.FormatUint(n, 10) + proofSuffix }

// EarlierName is where the note of an older size lies.
func EarlierName(size uint64) string { return "checkpoints/" + strconv.FormatUint(size, 10) }

// OpeningName is where a commitment (`sc1.…`) is opened.
func OpeningName(commitment string) string { return "openings/" + commitment }

// DrawName is where pool and rule of a draw lie: JSON of FormatDraw.
func DrawName(record string) string { return "draws/" + record + ".json" }

// FormatDraw is the format of a file in draws/: an object with the members format,
// draw (the record), pool and rule.
const FormatDraw = "sandi-draw-files/1"

// FormatDelay is the format of a late submission promise in evidence/, whose names
// begin with DelayPrefix; the other files there are forks.
const (
	FormatDelay = "sandi-delay/1"
	DelayPrefix = "delay-"
)

// EvidenceName is where evidence of a name lies.
func EvidenceName(name string) string { return "evidence/" + name + ".json" }

// number reads a decimal in its shortest form.
func number(s string) (uint64, bool) {
	n, err := strconv.ParseUint(s, 10, 63)
	return n, err == nil && strconv.FormatUint(n, 10) == s
}

// isFileName: `<letters, digits, - and _>.json`. No dots but the last: such names
// are harmless on every system that unpacks them.
func isFileName(s string) bool {
	base, ok := strings.CutSuffix(s, ".json")
	if !ok || base == "" || len(base) > maxName {
		return false
	}
	for i := 0; i < len(base); i++ {
		c := base[i]
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
			return false
		}
	}
	return true
}
