package audit

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// entryTamperings change one entry. The tree is rebuilt, or left as it was.
var entryTamperings = []tampering{
	{"entry: a bit", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		at := f.rng.IntN(len(f.entries[i]))
		e := bytes.Clone(f.entries[i])
		e[at] ^= 1 << f.rng.IntN(8)
		f.entries[i] = e
		f.stale = f.rng.IntN(2) == 0
		// The rules believe what a leader says of its clock, so that only the tree
		// shows another value there: where, no tile says that was rebuilt.
		from, to := bytes.Index(f.truth.entries[i], []byte(`,"proposed_at"`)), bytes.Index(f.truth.entries[i], []byte(`,"stmt"`))
		f.within = !f.stale && at >= from && at < to
		f.mark("bit at byte %d of entry %d", at, i)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: bytes", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		e := bytes.Clone(f.entries[i])
		at := bytes.Index(e, []byte(`,"stmt"`)) + 9 + f.rng.IntN(200)
		for k := range 1 + f.rng.IntN(30) {
			e[at+k] ^= byte(1 + f.rng.IntN(255))
		}
		f.entries[i] = e
		f.mark("bytes from %d of entry %d", at, i)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: cut", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		n := f.rng.IntN(len(f.entries[i]))
		f.entries[i] = f.entries[i][:n]
		f.mark("entry %d cut to %d bytes", i, n)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: longer", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		f.entries[i] = append(bytes.Clone(f.entries[i]), of(f.rng, []string{" ", "\n", "}", "x"})...)
		f.mark("entry %d has something behind it", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: ledger time", inLeaf(func(f *forgery, l *merkle.Leaf) { l.TS += int64(1+f.rng.IntN(1000)) * int64(1-2*f.rng.IntN(2)) })},
	{"entry: number", inLeaf(func(f *forgery, l *merkle.Leaf) { l.Seq += uint64(1 + f.rng.IntN(9)) })},
	{"entry: state digest", inLeaf(func(f *forgery, l *merkle.Leaf) { l.State[f.rng.IntN(32)] ^= 1 << f.rng.IntN(8) })},
	{"entry: proposal time", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		l := f.leaf(t, i)
		l.ProposedAt -= int64(1 + f.rng.IntN(1000))
		f.put(i, l)
		f.within = true
		f.mark("proposal time of entry %d", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: payload", inLeaf(func(f *forgery, l *merkle.Leaf) { l.Stmt = f.payload(l.Stmt) })},
	{"entry: signature", inLeaf(func(f *forgery, l *merkle.Leaf) { l.Stmt = f.signature(l.Stmt) })},
	{"entry: signature of another", func(t testing.TB, _ *subject, f *forgery) {
		i, other := f.any(), len(f.entries)-1
		l := f.leaf(t, i)
		head, _ := cutLast(l.Stmt)
		_, signature := cutLast(f.leaf(t, other).Stmt)
		l.Stmt = slices.Concat(head, signature)
		f.put(i, l)
		f.mark("entry %d signed as entry %d", i, other)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: of another network", func(t testing.TB, s *subject, f *forgery) {
		i := f.any()
		l := s.foreign.forge(t).leaf(t, f.rng.IntN(20))
		l.Seq = uint64(i)
		f.put(i, l)
		f.mark("entry %d from elsewhere", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"entry: signed for another region", func(t testing.TB, _ *subject, f *forgery) {
		i, raw := f.forgedAct(t)
		l := f.leaf(t, i)
		l.Stmt = raw
		f.put(i, l)
		f.mark("entry %d signed by another region", i)
		f.touched = []uint64{uint64(i)}
	}},
}

// mark says what was done.
func (f *forgery) mark(format string, args ...any) { f.did = fmt.Sprintf(format, args...) }

// inLeaf changes a part of one entry.
func inLeaf(change func(*forgery, *merkle.Leaf)) func(testing.TB, *subject, *forgery) {
	return func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		l := f.leaf(t, i)
		change(f, &l)
		f.put(i, l)
		f.stale = f.rng.IntN(2) == 0
		f.mark("entry %d", i)
		f.touched = []uint64{uint64(i)}
	}
}

// cutLast cuts a statement before its signature.
func cutLast(stmt []byte) (head, signature []byte) {
	at := bytes.LastIndexByte(stmt, '.') + 1
	return stmt[:at], stmt[at:]
}

// payload changes a character in what a statement says, not how.
func (f *forgery) payload(stmt []byte) []byte {
	parts := strings.Split(string(stmt), ".")
	text, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		panic(err)
	}
	text = f.digit(text, f.rng.IntN(len(text)/2))
	return []byte(parts[0] + "." + base64.RawURLEncoding.EncodeToString(text) + "." + parts[2])
}

// signature changes a bit of a statement's signature.
func (f *forgery) signature(stmt []byte) []byte {
	head, text := cutLast(stmt)
	raw, err := base64.RawURLEncoding.DecodeString(string(text))
	if err != nil {
		panic(err)
	}
	return append(bytes.Clone(head), base64.RawURLEncoding.EncodeToString(f.flip(raw))...)
}

// forgedAct is an entry's statement, signed by another region.
func (f *forgery) forgedAct(t testing.TB) (int, []byte) {
	t.Helper()
	i := f.any()
	st, err := statement.Parse(f.leaf(t, i).Stmt)
	must(t, err)
	other := "110000"
	if st.Region == other {
		other = "130000"
	}
	raw, err := f.SignAs(other, st.Payload)
	must(t, err)
	return i, raw
}

// orderTamperings move, remove and add entries.
var orderTamperings = []tampering{
	{"order: two exchanged", func(t testing.TB, _ *subject, f *forgery) {
		i, j := f.any(), f.any()
		for i == j {
			j = f.any()
		}
		f.entries[i], f.entries[j] = f.entries[j], f.entries[i]
		f.reorder(t, min(i, j), "entries %d and %d exchanged", i, j)
		f.touched = []uint64{uint64(i), uint64(j)}
	}},
	{"order: one moved", func(t testing.TB, _ *subject, f *forgery) {
		i, j := f.any(), f.any()
		for i == j {
			j = f.any()
		}
		e := f.entries[i]
		f.entries = slices.Insert(slices.Delete(f.entries, i, i+1), j, e)
		f.reorder(t, min(i, j), "entry %d moved to %d", i, j)
		f.touched = []uint64{uint64(min(i, j))}
	}},
	{"order: some reversed", func(t testing.TB, _ *subject, f *forgery) {
		i := f.rng.IntN(len(f.entries) - 3)
		j := i + 2 + f.rng.IntN(len(f.entries)-i-2)
		slices.Reverse(f.entries[i:j])
		f.reorder(t, i, "entries %d to %d reversed", i, j)
		f.touched = []uint64{uint64(i)}
	}},
	{"removal: one, the checkpoint as it was", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		f.hide()
		f.entries = slices.Delete(f.entries, i, i+1)
		f.reorder(t, i, "entry %d removed", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"removal: one, the place filled", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		e := f.entries[len(f.entries)-1]
		f.entries = append(slices.Delete(f.entries, i, i+1), e)
		f.reorder(t, i, "entry %d removed, the last repeated", i)
		f.touched = []uint64{uint64(i)}
	}},
	{"removal: one, the size lowered", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		f.entries = slices.Delete(f.entries, i, i+1)
		f.reorder(t, i, "entry %d removed, and one of the size", i)
		f.restate(t)
		f.touched = []uint64{uint64(i)}
	}},
	{"removal: the end", func(t testing.TB, _ *subject, f *forgery) {
		n := len(f.entries) - 1 - f.rng.IntN(9)
		f.touched = []uint64{uint64(n)}
		f.hide()
		f.entries = f.entries[:n]
		if f.rng.IntN(2) == 0 { // nothing speaks of the rest but the signatures on a size
			f.restate(t)
			f.touched, f.named = nil, 0
		}
		f.mark("all from entry %d removed", n)
	}},
	{"addition: one in the middle", func(t testing.TB, _ *subject, f *forgery) {
		i := f.any()
		f.hide()
		f.entries = slices.Insert(f.entries, i, f.entries[f.any()])
		f.reorder(t, i, "an entry repeated at %d", i)
		f.touched = []uint64{uint64(i), uint64(i + 1)} // the same entry may have stood there
	}},
	{"addition: behind the checkpoint", func(t testing.TB, _ *subject, f *forgery) {
		n := len(f.entries)
		l := f.leaf(t, f.any())
		l.Seq = uint64(n)
		f.entries = append(f.entries, merkle.AppendLeaf(nil, l))
		f.mark("entry %d added behind the end", n)
		if f.rng.IntN(2) == 0 {
			f.restate(t)
			f.touched = []uint64{uint64(n)}
		} else {
			f.named = n
		}
	}},
}

// hide gives the tiles the names that they have in a log of the true size, though
// there are more or fewer entries; or does not, and then whole tiles are missing.
func (f *forgery) hide() {
	if f.rng.IntN(2) == 0 {
		f.named = len(f.entries)
	} else {
		f.within = true
	}
}

// reorder gives the entries from some place on new numbers, or leaves the old.
func (f *forgery) reorder(t testing.TB, from int, did string, args ...any) {
	t.Helper()
	if f.rng.IntN(2) == 0 {
		f.renumber(t, from)
		did += ", renumbered"
	}
	f.mark(did, args...)
}

// restate writes the size and root of the entries into the checkpoint; the
// signatures are of what it said before.
func (f *forgery) restate(t testing.TB) {
	t.Helper()
	s := shelve(f.entries)
	_, rest, _ := strings.Cut(string(f.parts[bundle.NameCheckpoint]), "\n\n")
	f.parts[bundle.NameCheckpoint] = fmt.Appendf(nil, "%s\n%d\n%s\n\n%s", f.Signed.Origin, s.tree.Size(), b64(s.tree.Root()), rest)
}

// tileTamperings change hash tiles, and what is a tile at all.
var tileTamperings = []tampering{
	{"tile: a bit", inTile(func(f *forgery, files map[string][]byte, name string) {
		f.bit(files, name, f.rng.IntN(len(files[name])))
	})},
	{"tile: the last hash", inTile(func(f *forgery, files map[string][]byte, name string) { // no seal covers it
		f.bit(files, name, len(files[name])-1-f.rng.IntN(32))
	})},
	{"tile: two hashes exchanged", inTile(func(f *forgery, files map[string][]byte, name string) {
		body := bytes.Clone(files[name])
		n := len(body) / 32
		i, j := f.rng.IntN(n), f.rng.IntN(n)
		if bytes.Equal(body[32*i:][:32], body[32*j:][:32]) {
			body[f.rng.IntN(len(body))] ^= 0x80 // a tile of one hash
		} else {
			copy(body[32*i:], bytes.Clone(body[32*j:][:32]))
		}
		files[name] = body
	})},
	{"tile: cut", inTile(func(f *forgery, files map[string][]byte, name string) {
		files[name] = files[name][:f.rng.IntN(len(files[name]))]
	})},
	{"tile: longer", inTile(func(f *forgery, files map[string][]byte, name string) {
		files[name] = append(bytes.Clone(files[name]), make([]byte, 1+f.rng.IntN(64))...)
	})},
	{"tile: missing", inTile(func(_ *forgery, files map[string][]byte, name string) { delete(files, name) })},
	{"tile: entries missing", func(t testing.TB, _ *subject, f *forgery) {
		f.after = func(files map[string][]byte) {
			names := tileNames(files, bundle.ClassBundle)
			name := of(f.rng, names)
			delete(files, name)
			f.mark("%s is gone", name)
		}
	}},
	{"tile: surplus", func(t testing.TB, _ *subject, f *forgery) {
		tile := merkle.Tile{Level: f.rng.IntN(3), Index: uint64(f.rng.IntN(2000)) + 7, Width: 1 + f.rng.IntN(256)}
		f.after = func(files map[string][]byte) { files[tile.Path()] = make([]byte, 32*tile.Width) }
		f.mark("%s does not belong", tile.Path())
	}},
}

// bit changes a bit of a hash tile at a byte. A leaf's hash is named by its entry,
// a higher one by its tile.
func (f *forgery) bit(files map[string][]byte, name string, at int) {
	body := bytes.Clone(files[name])
	body[at] ^= 1 << f.rng.IntN(8)
	files[name] = body
	if tile, err := merkle.ParseTilePath(name); err == nil && tile.Level == 0 {
		f.touched = []uint64{tile.Index*merkle.TileWidth + uint64(at/32)}
	} else {
		f.blamed = name
	}
}

func tileNames(files map[string][]byte, class bundle.Class) []string {
	var names []string
	for name := range files {
		if c, err := bundle.Classify(name); err == nil && c == class {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// inTile changes one hash tile after all were built.
func inTile(change func(f *forgery, files map[string][]byte, name string)) func(testing.TB, *subject, *forgery) {
	return func(_ testing.TB, _ *subject, f *forgery) {
		f.after = func(files map[string][]byte) {
			name := of(f.rng, tileNames(files, bundle.ClassTile))
			change(f, files, name)
			f.mark("%s", name)
		}
	}
}
