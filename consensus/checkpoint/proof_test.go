package checkpoint

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"testing"

	f_proof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/tlog"

	"sandi.internal/gateway/consensus/merkle"
)

// forest is a tree with its stored hashes.
type forest struct {
	tree   *merkle.Tree
	stored map[merkle.Stored]merkle.Hash
	leaves []merkle.Hash
}

func newForest() *forest {
	return &forest{tree: merkle.NewTree(), stored: map[merkle.Stored]merkle.Hash{}}
}

func (f *forest) append(entry []byte) {
	leaf := merkle.LeafHash(entry)
	f.leaves = append(f.leaves, leaf)
	for _, s := range f.tree.Append(leaf) {
		f.stored[merkle.Stored{Level: s.Level, Index: s.Index}] = s.Hash
	}
}

func (f *forest) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	out := make([]merkle.Hash, count)
	for i := range out {
		out[i] = f.stored[merkle.Stored{Level: level, Index: first + uint64(i)}]
	}
	return out, nil
}

func (f *forest) checkpoint() Checkpoint {
	return Checkpoint{Origin: origin, Size: f.tree.Size(), Root: f.tree.Root()}
}

func (f *forest) path(t testing.TB, index uint64) []merkle.Hash {
	t.Helper()
	path, err := merkle.Inclusion(f, index, f.tree.Size())
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func grown(size int) *forest {
	f := newForest()
	for i := range size {
		f.append([]byte("entry " + strconv.Itoa(i)))
	}
	return f
}

// TestProofsOfOthers: formats/proof reads our files and we read theirs, and the
// path and root in ours hold with golang.org/x/mod/sumdb/tlog.
func TestProofsOfOthers(t *testing.T) {
	n := newNetwork(t)
	for _, size := range []int{1, 2, 3, 256, 300, 601} {
		f := grown(size)
		text := n.signed(t, f.checkpoint(), n.nodes...).Marshal()
		for _, index := range []int{0, size / 2, size - 1} {
			ours := Proof{Index: uint64(index), Path: f.path(t, uint64(index)), Checkpoint: text}
			raw := ours.Marshal()
			var theirs f_proof.TLogProof
			if err := theirs.Unmarshal(raw); err != nil {
				t.Fatalf("entry %d of %d: formats/proof: %v", index, size, err)
			}
			if theirs.Index != ours.Index || !slices.Equal(theirs.Hashes, ours.Path) || !bytes.Equal(theirs.Checkpoint, text) || theirs.ExtraData != nil {
				t.Errorf("entry %d of %d: formats/proof reads %+v", index, size, theirs)
			}
			if !bytes.Equal(theirs.Marshal(), raw) {
				t.Errorf("entry %d of %d: formats/proof writes\n%s", index, size, theirs.Marshal())
			}
			got, err := ParseProof(theirs.Marshal())
			if err != nil || got.Index != ours.Index || !slices.Equal(got.Path, ours.Path) || !bytes.Equal(got.Checkpoint, text) {
				t.Fatalf("entry %d of %d: got %+v, %v", index, size, got, err)
			}
			note, err := got.Verify(f.leaves[index], n.keys)
			if err != nil || note.Size != uint64(size) {
				t.Errorf("entry %d of %d: %v", index, size, err)
			}
			record := make(tlog.RecordProof, len(theirs.Hashes))
			for i, h := range theirs.Hashes {
				record[i] = tlog.Hash(h)
			}
			if err := tlog.CheckRecord(record, int64(size), tlog.Hash(note.Root), int64(index), tlog.Hash(f.leaves[index])); err != nil {
				t.Errorf("entry %d of %d: tlog: %v", index, size, err)
			}
			_, err = got.Verify(merkle.LeafHash([]byte("another")), n.keys)
			wantErr(t, "another entry", err, ErrInclusion)
		}
	}
}

func TestProofOfStrangers(t *testing.T) {
	n := newNetwork(t)
	f := grown(5)
	c := f.checkpoint()
	p := Proof{Index: 2, Path: f.path(t, 2), Checkpoint: NewNote(c, n.logs(t, c, n.nodes[0])).Marshal()}
	keys, err := NewKeys([]Key{n.key(t, n.nodes[1], KindLog)})
	if err != nil {
		t.Fatal(err)
	}
	_, err = p.Verify(f.leaves[2], keys)
	wantErr(t, "a checkpoint of unknown keys", err, ErrUnsigned)
}

// hostilePaths are proof lines, the empty line and what follows, none of them
// as appendPath writes them.
func hostilePaths() map[string]string {
	hash := strings.Repeat("A", 43) + "=\n"
	return map[string]string{
		"no empty line":            hash + hash,
		"nothing behind":           hash + "\n",
		"64 hashes":                strings.Repeat(hash, 64) + "\nnote\n",
		"short hash":               "AAAA\n\nnote\n",
		"unpadded hash":            strings.Repeat("A", 43) + "\n\nnote\n",
		"unused bits":              strings.Repeat("A", 42) + "B=\n\nnote\n",
		"base64url":                strings.Repeat("_", 42) + "8=\n\nnote\n",
		"space before a hash":      " " + hash + "\nnote\n",
		"CRLF":                     strings.ReplaceAll(hash+"\nnote\n", "\n", "\r\n"),
		"hexadecimal":              strings.Repeat("0", 64) + "\n\nnote\n",
		"17 KiB of note":           "\n" + strings.Repeat("n", 17<<10),
		"empty line with a space":  hash + " \nnote\n",
		"newline within a hash":    hash[:20] + "\n" + hash[20:] + "\nnote\n",
		"two hashes on one line":   strings.TrimSuffix(hash, "\n") + " " + hash + "\nnote\n",
		"a hash without a newline": strings.TrimSuffix(hash, "\n"),
	}
}

func TestHostileProofs(t *testing.T) {
	good := string(Proof{Index: 3, Path: make([]merkle.Hash, 2), Checkpoint: []byte("note\n")}.Marshal())
	if _, err := ParseProof([]byte(good)); err != nil {
		t.Fatal(err)
	}
	head := proofHeader + "\nindex 3\n"
	bad := map[string]string{
		"nothing":         "",
		"header only":     proofHeader + "\n",
		"other version":   strings.Replace(good, "@v1", "@v2", 1),
		"upper case":      strings.Replace(good, "c2sp", "C2SP", 1),
		"no index":        strings.Replace(good, "index 3\n", "", 1),
		"leading zero":    strings.Replace(good, "index 3", "index 03", 1),
		"negative":        strings.Replace(good, "index 3", "index -3", 1),
		"index of 2^63":   strings.Replace(good, "index 3", "index 9223372036854775808", 1),
		"two spaces":      strings.Replace(good, "index 3", "index  3", 1),
		"extra line":      strings.Replace(good, "index 3", "extra AAAA\nindex 3", 1),
		"byte order mark": "\ufeff" + good,
	}
	for name, path := range hostilePaths() {
		bad["path: "+name] = head + path
	}
	for name, text := range bad {
		got, err := ParseProof([]byte(text))
		wantErr(t, name, err, ErrProof)
		if got != nil {
			t.Errorf("%s: refused, and a proof given", name)
		}
	}
	long := Proof{Index: maxSize, Path: make([]merkle.Hash, maxPath), Checkpoint: bytes.Repeat([]byte("n"), MaxNote)}
	if got, err := ParseProof(long.Marshal()); err != nil || len(got.Path) != maxPath {
		t.Errorf("the largest proof: %v", err)
	}
}

func TestAddRequest(t *testing.T) {
	n := newNetwork(t)
	f := grown(12)
	path, err := merkle.Consistency(f, 5, 12)
	if err != nil {
		t.Fatal(err)
	}
	text := n.signed(t, f.checkpoint(), n.nodes[0]).Marshal()
	for _, want := range []AddRequest{{5, path, text}, {0, nil, text}, {maxSize, make([]merkle.Hash, maxPath), bytes.Repeat([]byte("n"), MaxNote)}} {
		body := want.Marshal()
		got, err := ParseAddRequest(body)
		if err != nil || got.Old != want.Old || !slices.Equal(got.Proof, want.Proof) || !bytes.Equal(got.Note, want.Note) {
			t.Errorf("got %+v, %v", got, err)
		}
		if len(body) > MaxRequest {
			t.Errorf("a request of %d bytes is above the bound of %d", len(body), MaxRequest)
		}
	}
	bad := map[string]string{
		"nothing":       "",
		"no old":        "\nnote\n",
		"old alone":     "old 5\n",
		"upper case":    "OLD 5\n\nnote\n",
		"leading zero":  "old 05\n\nnote\n",
		"no number":     "old \n\nnote\n",
		"negative":      "old -1\n\nnote\n",
		"old of 2^63":   "old 9223372036854775808\n\nnote\n",
		"old of 2^64":   "old 18446744073709551616\n\nnote\n",
		"two spaces":    "old  5\n\nnote\n",
		"CRLF":          "old 5\r\n\r\nnote\r\n",
		"too much":      "old 5\n\n" + strings.Repeat("n", MaxRequest),
		"only newlines": "\n\n\n",
	}
	for name, path := range hostilePaths() {
		bad["path: "+name] = "old 5\n" + path
	}
	for name, body := range bad {
		got, err := ParseAddRequest([]byte(body))
		wantErr(t, name, err, ErrRequest)
		if got != nil {
			t.Errorf("%s: refused, and a request given", name)
		}
	}
}
