package merkle

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

func TestTilePaths(t *testing.T) {
	for _, c := range []struct {
		tile Tile
		path string
	}{
		{Tile{0, 0, 256}, "tile/0/000"},
		{Tile{0, 1234067, 256}, "tile/0/x001/x234/067"}, // the example of C2SP tlog-tiles
		{Tile{0, 1234067, 42}, "tile/0/x001/x234/067.p/42"},
		{Tile{15, 999, 255}, "tile/15/999.p/255"},
		{Tile{63, 1000, 1}, "tile/63/x001/000.p/1"},
		{Tile{LevelEntries, 7, 256}, "tile/entries/007"},
		{Tile{LevelEntries, 1_000_000, 3}, "tile/entries/x001/x000/000.p/3"},
	} {
		if got := c.tile.Path(); got != c.path {
			t.Errorf("got %s, want %s", got, c.path)
		}
		if got, err := ParseTilePath(c.path); err != nil || got != c.tile {
			t.Errorf("%s: got %+v, %v", c.path, got, err)
		}
	}
}

func TestTilePathsRefused(t *testing.T) {
	for _, path := range []string{
		"", "tile", "tile/", "tile/0", "tile/0/", "tile/0/0", "tile/0/00", "tile/0/0000", "tile/00/000", "tile/64/000", "tile/-1/000", "tile/+1/000",
		"tile/0/x000/000", "tile/0/001/000", "tile/0/x001/x000", "tile/0/x001000", "tile/0/001/", "tile/0//001", "/tile/0/000", "tile/0/000/",
		"tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/", "tile/0/000.p/-1", "tile/0/000.p", "tile/0/000.p/1/", "tile/0/000.p/1.p/1",
		"tile/0/../000", "tile/entries/../../000", "tile/0/%30%30%30", "tile/0/000\x00", "tile/0/０００", "tile/entry/000", "tile/0/-01", "tile/0/1e1",
		"tile/0/x999/x999/x999/x999/x999/x999/999",
	} {
		if got, err := ParseTilePath(path); err == nil {
			t.Errorf("%q: accepted as %+v", path, got)
		}
	}
}

func TestEntryBundles(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		entries := rapid.SliceOfN(rapid.SliceOfN(rapid.Byte(), 0, 400), 0, TileWidth).Draw(t, "entries")
		var body []byte
		for _, e := range entries {
			var err error
			if body, err = AppendEntry(body, e); err != nil {
				t.Fatal(err)
			}
		}
		back, err := SplitEntries(body)
		if err != nil || len(back) != len(entries) {
			t.Fatalf("got %d entries, %v", len(back), err)
		}
		for i := range back {
			if !bytes.Equal(back[i], entries[i]) {
				t.Fatalf("entry %d changed", i)
			}
		}
		if len(body) > 0 {
			if _, err := SplitEntries(body[:len(body)-1]); err == nil && len(entries[len(entries)-1]) > 0 {
				t.Fatal("a cut bundle passes")
			}
		}
	})
	if _, err := AppendEntry(nil, make([]byte, MaxEntry+1)); err == nil {
		t.Error("an entry too long for its length passes")
	}
	if _, err := SplitEntries(make([]byte, 2*(TileWidth+1))); err == nil {
		t.Error("257 entries pass")
	}
}

func FuzzParseTilePath(f *testing.F) {
	f.Add("tile/0/x001/x234/067.p/42")
	f.Add("tile/entries/000")
	f.Fuzz(func(t *testing.T, path string) {
		if tile, err := ParseTilePath(path); err == nil && tile.Path() != path {
			t.Fatalf("%q has a second spelling %q", path, tile.Path())
		}
	})
}
