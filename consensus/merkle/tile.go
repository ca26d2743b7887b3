package merkle

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

const (
	// TileWidth is the number of hashes or entries of a full tile.
	TileWidth = 256
	// LevelEntries is Tile.Level for entry bundles.
	LevelEntries = -1
	// levelMax is the highest tile level that C2SP tlog-tiles allows in a path.
	levelMax = 63
	// indexMax bounds tile numbers: no tree of more than 2^56 leaves will be.
	indexMax = 1<<48 - 1
	// MaxEntry is the size of the largest entry: its length has two bytes.
	MaxEntry = 1<<16 - 1
)

// Tile names a tile of C2SP tlog-tiles 0.1: Width hashes (1 to 256) of tree
// level 8*Level from index 256*Index on, or as many entries.
type Tile struct {
	Level int    // 0 to 63, or LevelEntries
	Index uint64 //
	Width int    // 256 for a full tile
}

var errTilePath = errors.New("merkle: not a tile path")

// Path is the tile's path below the log's prefix: `tile/<L>/<N>[.p/<W>]`.
func (t Tile) Path() string {
	level := "entries"
	if t.Level != LevelEntries {
		level = strconv.Itoa(t.Level)
	}
	path := "tile/" + level + "/" + tileNumber(t.Index)
	if t.Width != TileWidth {
		path += ".p/" + strconv.Itoa(t.Width)
	}
	return path
}

// tileNumber writes N in groups of three digits, all but the last with an x
// before it: 1234067 is x001/x234/067.
func tileNumber(n uint64) string {
	out := fmt.Sprintf("%03d", n%1000)
	for n /= 1000; n > 0; n /= 1000 {
		out = fmt.Sprintf("x%03d/%s", n%1000, out)
	}
	return out
}

// ParseTilePath is the inverse of Path. It accepts only what Path writes, so
// that nothing else can reach a store: no leading zeros, no traversal, no
// width of 0 or 256.
func ParseTilePath(path string) (Tile, error) {
	const longest = 64
	rest, ok := strings.CutPrefix(path, "tile/")
	if !ok || len(path) > longest {
		return Tile{}, errTilePath
	}
	t := Tile{Width: TileWidth}
	level, rest, ok := strings.Cut(rest, "/")
	if !ok {
		return Tile{}, errTilePath
	}
	if level == "entries" {
		t.Level = LevelEntries
	} else if t.Level, ok = small(level, levelMax); !ok {
		return Tile{}, errTilePath
	}
	number, width, partial := strings.Cut(rest, ".p/")
	if partial {
		if t.Width, ok = small(width, TileWidth-1); !ok || t.Width == 0 {
			return Tile{}, errTilePath
		}
	}
	digits := strings.NewReplacer("x", "", "/", "").Replace(number)
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n > indexMax {
		return Tile{}, errTilePath
	}
	if t.Index = n; t.Path() != path {
		return Tile{}, errTilePath
	}
	return t, nil
}

func small(s string, most int) (int, bool) {
	n, err := strconv.Atoi(s)
	return n, err == nil && n >= 0 && n <= most
}

// WidthAt is how many hashes (or entries) of the tile are there in a tree of the
// given size: 0 for a tile beyond it.
func (t Tile) WidthAt(size uint64) int {
	if t.Level > 7 { // 256^8 leaves are more than a uint64 counts
		return 0
	}
	row := size >> (StoredStep * max(t.Level, 0))
	first := t.Index * TileWidth
	if row <= first {
		return 0
	}
	return int(min(row-first, TileWidth))
}

// Hashes slices the tile's body out of the stored hashes: Width times 32 bytes.
// It is for hash tiles whose Width is there (WidthAt).
func (t Tile) Hashes(r Reader) ([]byte, error) {
	row, err := r.StoredHashes(uint8(t.Level*StoredStep), t.Index*TileWidth, t.Width)
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", t.Path(), err)
	}
	if len(row) != t.Width {
		return nil, fmt.Errorf("couldn't read %s: got %d hashes", t.Path(), len(row))
	}
	body := make([]byte, 0, t.Width*len(Hash{}))
	for i := range row {
		body = append(body, row[i][:]...)
	}
	return body, nil
}

// AppendEntry adds an entry to the body of an entry bundle: its length as two
// bytes big-endian, then its bytes.
func AppendEntry(dst, entry []byte) ([]byte, error) {
	if len(entry) > MaxEntry {
		return dst, fmt.Errorf("couldn't add an entry of %d bytes to a bundle", len(entry))
	}
	return append(binary.BigEndian.AppendUint16(dst, uint16(len(entry))), entry...), nil
}

// SplitEntries is the inverse: the entries of a bundle, aliasing body.
func SplitEntries(body []byte) ([][]byte, error) {
	var entries [][]byte
	for len(body) > 0 {
		if len(body) < 2 || len(body) < 2+int(binary.BigEndian.Uint16(body)) || len(entries) == TileWidth {
			return nil, errors.New("merkle: not an entry bundle")
		}
		end := 2 + int(binary.BigEndian.Uint16(body))
		entries = append(entries, body[2:end:end])
		body = body[end:]
	}
	return entries, nil
}
