package audit

import (
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/merkle"
)

// tree grows the log's tree from its entries and holds the bundle's hash tiles
// against it.
type tree struct {
	a      *audit
	tree   *merkle.Tree
	points *points
	broken bool // an entry is missing and its hash is unknown: no root from there on

	rows [maxLevels]row // the tile in use of each level
}

// maxLevels are the tile levels of any tree: 256^8 leaves are more than a uint64
// counts.
const maxLevels = 8

// row is one hash tile of the bundle.
type row struct {
	tile merkle.Tile
	body []byte // nil: not there, or of the wrong length
	read bool
}

// hash is hash i of a level as the bundle's tiles have it.
func (t *tree) hash(level int, i uint64) (merkle.Hash, bool) {
	r := &t.rows[level]
	if index := i / merkle.TileWidth; !r.read || r.tile.Index != index {
		*r = row{tile: merkle.Tile{Level: level, Index: index}, read: true}
		r.tile.Width = r.tile.WidthAt(t.a.claim.Size)
		r.body = t.a.tileBody(r.tile)
	}
	at := int(i%merkle.TileWidth) * len(merkle.Hash{})
	if at+len(merkle.Hash{}) > len(r.body) {
		return merkle.Hash{}, false
	}
	return merkle.Hash(r.body[at:]), true
}

// tileBody reads a hash tile, nil when it is not there in full.
func (a *audit) tileBody(t merkle.Tile) []byte {
	name := t.Path()
	if !a.bundle.Has(name) {
		a.failFile(CheckTree, CodeMissing, name, say("缺少哈希块 %s。", "the hash tile %s is missing.", name))
		return nil
	}
	body := a.read(name)
	if len(body) != t.Width*len(merkle.Hash{}) {
		a.failFile(CheckTree, CodeTile, name, say("哈希块 %s 的长度不对。", "the hash tile %s has the wrong length.", name))
		return nil
	}
	return body
}

// append takes the leaf hash of the next entry. known is false when the entry is
// missing: the tile then speaks for it, so that the rest can still be compared.
func (t *tree) append(hash merkle.Hash, known bool) {
	index := t.tree.Size()
	tiled, there := t.hash(0, index)
	switch {
	case t.broken || !known && !there:
		t.broken = true
		return
	case !known:
		hash = tiled
	case there && tiled != hash:
		t.a.failAt(CheckTree, CodeEntryHash, index, say("第 %d 条与其哈希块不符: 条目或者哈希被改动。", "entry %d differs from its hash in the tile: the entry or the hash was changed.", index))
	}
	for _, s := range t.tree.Append(hash) {
		if s.Level == 0 {
			continue
		}
		level := int(s.Level / merkle.StoredStep)
		if tiled, there := t.hash(level, s.Index); there && tiled != s.Hash {
			first := s.Index << s.Level
			t.a.failFile(CheckTree, CodeTile, t.rows[level].tile.Path(), say("第 %[2]d 至 %[3]d 条的哈希与 %[1]s 不符。", "%s differs from the hash of the entries %d to %d.", t.rows[level].tile.Path(), first, first+1<<s.Level-1))
		}
	}
}

// conclude compares the root.
func (t *tree) conclude() {
	a := t.a
	a.surplusTiles()
	claim := a.claim
	switch {
	case t.broken:
		a.fail(CheckTree, CodeRoot, say("条目缺失，无法得出检查点的根。", "entries are missing: the checkpoint's root cannot be reached."))
	case t.tree.Root() != claim.Root:
		good, bad := t.points.bracket(claim.Size)
		last := max(bad, 1) - 1
		a.add(Finding{
			Check: CheckTree, Result: Fail, Code: CodeRoot, Entry: &good, Last: &last,
			Text: say("全部 %d 条得不出检查点的根: 第 %d 条至第 %d 条中有改动。",
				"the %d entries do not give the checkpoint's root: something from entry %d to entry %d was changed.", claim.Size, good, last),
		})
	case !a.failed(CheckTree):
		a.pass(CheckTree, CodeRoot, say("全部 %d 条按序得出检查点的根，无缺失、增添或者移动。", "all %d entries, in order, give the checkpoint's root: none is missing, added or moved.", claim.Size))
	}
}

// bracket is where the tree went wrong: the greatest size at which it agreed with
// a checkpoint, and the smallest above at which it did not.
func (p *points) bracket(size uint64) (good, bad uint64) {
	bad = size
	for _, x := range p.list {
		if x.reached && x.agrees && x.note != nil {
			good = max(good, x.Size)
		}
	}
	for _, x := range p.list {
		if x.reached && !x.agrees && x.note != nil && x.Size > good {
			bad = min(bad, x.Size)
		}
	}
	return good, bad
}

// surplusTiles finds tiles that a tree of this size does not have.
func (a *audit) surplusTiles() {
	for _, name := range a.bundle.Names(bundle.ClassTile, bundle.ClassBundle) {
		t, err := merkle.ParseTilePath(name)
		if err != nil || t.WidthAt(a.claim.Size) != t.Width {
			a.failFile(CheckTree, CodeSurplus, name, say("%[1]s 不属于大小为 %[2]d 的账本。", "%s does not belong to a log of size %d.", name, a.claim.Size))
		}
	}
}

// splitEntries cuts an entry bundle like merkle.SplitEntries, but gives what is
// whole before the first fault.
func splitEntries(body []byte) (entries [][]byte, rest []byte) {
	for len(body) >= 2 {
		end := 2 + int(body[0])<<8 + int(body[1])
		if len(body) < end || len(entries) == merkle.TileWidth {
			break
		}
		entries = append(entries, body[2:end:end])
		body = body[end:]
	}
	return entries, body
}
