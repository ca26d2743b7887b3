package merkle

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/vectors"
)

// The vectors under testdata are for programs in other languages as well: plain
// JSON, hex for bytes. A changed vector is a changed format, which no network
// survives; -update is for adding some.
var update = flag.Bool("update", false, "write testdata instead of comparing with it")

func golden(t *testing.T, name string, got any) {
	t.Helper()
	vectors.JSON(t, name, got, *update)
}

func hexOf(h Hash) string { return hex.EncodeToString(h[:]) }

func hexes(list []Hash) []string {
	out := []string{}
	for _, h := range list {
		out = append(out, hexOf(h))
	}
	return out
}

// TestGoldenTree: leaves are the entries "leaf 0", "leaf 1", …
func TestGoldenTree(t *testing.T) {
	type inclusion struct {
		Index uint64   `json:"index"`
		Path  []string `json:"path"`
	}
	type consistency struct {
		Old  uint64   `json:"old"`
		Path []string `json:"path"`
	}
	type vector struct {
		Size        uint64        `json:"size"`
		Root        string        `json:"root"`
		Marshalled  string        `json:"marshalled"`
		Inclusion   []inclusion   `json:"inclusion"`
		Consistency []consistency `json:"consistency"`
	}
	entry := func(i uint64) []byte { return []byte("leaf " + strconv.FormatUint(i, 10)) }
	store, tree := shelf{}, NewTree()
	var out []vector
	for size := uint64(0); size <= 600; size++ {
		if slices.Contains([]uint64{0, 1, 2, 3, 7, 8, 255, 256, 257, 600}, size) {
			v := vector{Size: size, Root: hexOf(tree.Root()), Marshalled: hex.EncodeToString(tree.Marshal()), Inclusion: []inclusion{}, Consistency: []consistency{}}
			for _, at := range []uint64{0, size / 3, size - 1} {
				if size > 0 {
					path, err := Inclusion(store, at, size)
					if err != nil {
						t.Fatal(err)
					}
					v.Inclusion = append(v.Inclusion, inclusion{at, hexes(path)})
				}
			}
			for _, old := range []uint64{1, size / 2, size} {
				if old > 0 && old <= size {
					path, err := Consistency(store, old, size)
					if err != nil {
						t.Fatal(err)
					}
					v.Consistency = append(v.Consistency, consistency{old, hexes(path)})
				}
			}
			out = append(out, v)
		}
		store.put(t, tree.Append(LeafHash(entry(size))))
	}
	golden(t, "tree.json", out)
}

// TestGoldenDigest: the digest after each step of a history.
func TestGoldenDigest(t *testing.T) {
	type step struct {
		Op    string `json:"op"` // add or remove
		Key   string `json:"key"`
		Value string `json:"value"`
		Sum   string `json:"sum"`             // Digest.Sum after this step
		Lanes string `json:"lanes_sha256"`    // SHA-256 of Digest.Marshal after this step
		First string `json:"vector_first_32"` // the first 32 bytes of the pair's vector
		Inner string `json:"pair_sha256"`     // SHA-256(uvarint(len(key)) || key || value)
	}
	type vectors struct {
		Empty string `json:"empty_sum"`
		Steps []step `json:"steps"`
	}
	var d Digest
	sum := d.Sum()
	out := vectors{Empty: hexOf(sum)}
	run := func(op string, key, value []byte) {
		if op == "add" {
			d.Add(key, value)
		} else {
			d.Remove(key, value)
		}
		var alone Digest
		alone.Add(key, value)
		inner := sha256.Sum256(append(append(uvarint(len(key)), key...), value...))
		lanes := sha256.Sum256(d.Marshal())
		out.Steps = append(out.Steps, step{
			op, hex.EncodeToString(key), hex.EncodeToString(value), hexOf(d.Sum()), hexOf(lanes),
			hex.EncodeToString(alone.Marshal()[:32]), hexOf(inner),
		})
	}
	long := bytes.Repeat([]byte("long key "), 20) // its length takes two bytes
	run("add", []byte("k"), []byte("v"))
	run("add", nil, nil)
	run("add", long, []byte("三地"))
	run("remove", []byte("k"), []byte("v"))
	run("add", []byte("k"), bytes.Repeat([]byte{0xff}, 3000))
	run("remove", nil, nil)
	run("remove", long, []byte("三地"))
	run("remove", []byte("k"), bytes.Repeat([]byte{0xff}, 3000))
	golden(t, "digest.json", out)
	if d.Sum() != sum {
		t.Error("the history does not end empty")
	}
}

func uvarint(n int) []byte {
	if n < 0x80 {
		return []byte{byte(n)}
	}
	return append([]byte{byte(n) | 0x80}, uvarint(n>>7)...)
}

func TestGoldenLeaf(t *testing.T) {
	type vector struct {
		Seq        uint64 `json:"seq"`
		TS         int64  `json:"ts"`
		ProposedAt int64  `json:"proposed_at"`
		Stmt       string `json:"stmt"`
		State      string `json:"state"` // hex
		Entry      string `json:"entry"`
		LeafHash   string `json:"leaf_hash"`
	}
	var out []vector
	for i, l := range []Leaf{
		{}, sampleLeaf(), {Seq: 1234067, TS: 1<<53 + 1, ProposedAt: 1, Stmt: []byte(strings.Repeat("a.", 100) + "_-"), State: LeafHash(nil)},
	} {
		if i == 0 {
			l.Stmt = []byte("x")
		}
		entry := AppendLeaf(nil, l)
		out = append(out, vector{l.Seq, l.TS, l.ProposedAt, string(l.Stmt), hexOf(l.State), string(entry), hexOf(LeafHash(entry))})
	}
	golden(t, "leaf.json", out)
}
