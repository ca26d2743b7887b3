package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/vectors"
)

// The vectors under testdata are for programs in other languages as well: plain
// JSON, hex for bytes, the network of ../genesis/testdata/genesis.json. A changed
// vector is a changed format, which no network survives; -rewrite is for adding
// some.
var rewrite = flag.Bool("rewrite", false, "write testdata instead of comparing with it")

func frozen(t *testing.T, name string, got []byte) {
	t.Helper()
	vectors.Frozen(t, name, got, *rewrite)
}

func golden(t *testing.T, name string, got any) {
	t.Helper()
	vectors.JSON(t, name, got, *rewrite)
}

func hexOf(h merkle.Hash) string { return hex.EncodeToString(h[:]) }

func hexes(list []merkle.Hash) []string {
	out := []string{}
	for _, h := range list {
		out = append(out, hexOf(h))
	}
	return out
}

// refusals are the words that stand for errors in the vectors.
var refusals = map[error]string{
	ErrNote: "note", ErrOrigin: "origin", ErrUnsigned: "unsigned", ErrSignature: "signature", ErrEmptyRoot: "empty_root",
	ErrReceipt: "receipt", ErrInclusion: "inclusion", ErrGrade: "grade",
}

// refusal is the word for an error, "" for none.
func refusal(t *testing.T, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	for kind, word := range refusals {
		if errors.Is(err, kind) {
			return word
		}
	}
	t.Fatalf("no word for %v", err)
	return ""
}

func TestGoldenKeys(t *testing.T) {
	type vector struct {
		Kind   string `json:"kind"` // log or cosigner
		Type   string `json:"type"` // hex, C2SP signature type
		Name   string `json:"name"`
		Region string `json:"region"`
		Node   string `json:"node"`
		Seed   string `json:"seed"`   // hex, Ed25519 private key seed
		Public string `json:"public"` // hex
		ID     string `json:"key_id"` // hex
		VKey   string `json:"vkey"`
	}
	n, g := sealedNetwork(t)
	var out []vector
	for _, m := range n.nodes {
		for i, kind := range []Kind{KindLog, KindCosigner} {
			k := n.key(t, m, kind)
			out = append(out, vector{
				kind.String(), hex.EncodeToString([]byte{byte(kind)}), k.Name, k.Region, k.Node,
				hex.EncodeToString(seed(m.seed + byte(i))), hex.EncodeToString(k.Public), fmt.Sprintf("%08x", k.ID()), k.VKey(),
			})
		}
	}
	golden(t, "keys.json", out)

	file, err := KeyFileOf(g)
	if err != nil {
		t.Fatal(err)
	}
	frozen(t, "auditor-keys", file.Marshal())
	policy, err := MarshalPolicy(n.genesis)
	if err != nil {
		t.Fatal(err)
	}
	frozen(t, "policy.txt", policy)
}

// TestGoldenNotes: notes with every message that was signed.
func TestGoldenNotes(t *testing.T) {
	type signature struct {
		VKey      string `json:"vkey"`
		At        int64  `json:"at"`        // unix seconds; 0 for a log's
		Message   string `json:"message"`   // what the key signed
		Signature string `json:"signature"` // hex, Ed25519
		Line      string `json:"line"`
	}
	type vector struct {
		Origin     string      `json:"origin"`
		Size       uint64      `json:"size"`
		Root       string      `json:"root"` // hex
		Body       string      `json:"body"`
		Signatures []signature `json:"signatures"`
		Note       string      `json:"note"`
		CosignedBy []string    `json:"cosigned_by"`
		Grade      string      `json:"grade"`
	}
	n, _ := sealedNetwork(t)
	var out []vector
	for _, c := range []Checkpoint{{Origin: origin, Root: merkle.EmptyRoot}, sample(), {Origin: origin, Size: maxSize, Root: merkle.LeafHash(nil)}} {
		for count := 1; count <= len(n.nodes); count++ {
			note := n.signed(t, c, n.nodes[:count]...)
			v := vector{
				Origin: c.Origin, Size: c.Size, Root: hexOf(c.Root), Body: string(c.Body()), Note: string(note.Marshal()),
				CosignedBy: note.CosignedBy(), Grade: string(n.policy.Grade(note)),
			}
			for _, s := range note.Signatures {
				message, sig := c.Body(), s.Raw
				if s.Key.Kind == KindCosigner {
					message, sig = cosignedMessage(message, s.At), sig[timeSize:]
				}
				v.Signatures = append(v.Signatures, signature{s.Key.VKey(), s.At, string(message), hex.EncodeToString(sig), string(s.Line())})
			}
			out = append(out, v)
		}
	}
	golden(t, "notes.json", out)
}

// TestGoldenHostileNotes: what a reader has to refuse, and as what.
func TestGoldenHostileNotes(t *testing.T) {
	type vector struct {
		Name    string   `json:"name"`
		Note    string   `json:"note"`    // standard base64: not all of it is text
		Refusal string   `json:"refusal"` // note, origin, unsigned, signature, empty_root; empty: opens
		Signers []string `json:"signers"` // vkeys of the signatures in a note that opens
	}
	n, _ := sealedNetwork(t)
	list := hostileNotes(t, n)
	slices.SortFunc(list, func(a, b hostileNote) int { return strings.Compare(a.name, b.name) })
	var out []vector
	for _, h := range list {
		v := vector{Name: h.name, Note: base64.StdEncoding.EncodeToString([]byte(h.raw)), Signers: []string{}}
		note, err := n.keys.Open([]byte(h.raw))
		v.Refusal = refusal(t, err)
		if err == nil {
			for _, s := range note.Signatures {
				v.Signers = append(v.Signers, s.Key.VKey())
			}
		}
		out = append(out, v)
	}
	golden(t, "hostile_notes.json", out)
}

// TestGoldenProofs: the entries are "entry 0", "entry 1", … in trees of some
// sizes, each under a checkpoint of all three regions.
func TestGoldenProofs(t *testing.T) {
	type inclusion struct {
		Index     uint64   `json:"index"`
		Entry     string   `json:"entry"`
		LeafHash  string   `json:"leaf_hash"`  // hex
		Path      []string `json:"path"`       // hex, lowest node first
		TlogProof string   `json:"tlog_proof"` // the .tlog-proof file
	}
	type consistency struct {
		Old     uint64   `json:"old"`
		OldRoot string   `json:"old_root"`       // hex
		Path    []string `json:"path"`           // hex
		Request string   `json:"add_checkpoint"` // the body of the witness request
	}
	type vector struct {
		Size        uint64        `json:"size"`
		Root        string        `json:"root"` // hex
		Inclusion   []inclusion   `json:"inclusion"`
		Consistency []consistency `json:"consistency"`
	}
	n, _ := sealedNetwork(t)
	var out []vector
	for _, size := range []uint64{1, 2, 7, 256, 600} {
		f := grown(int(size))
		c := f.checkpoint()
		text := n.signed(t, c, n.nodes...).Marshal()
		v := vector{Size: size, Root: hexOf(c.Root)}
		for _, index := range slices.Compact([]uint64{0, size / 3, size - 1}) {
			path := f.path(t, index)
			v.Inclusion = append(v.Inclusion, inclusion{
				index, "entry " + strconv.FormatUint(index, 10), hexOf(f.leaves[index]), hexes(path),
				string(Proof{Index: index, Path: path, Checkpoint: text}.Marshal()),
			})
		}
		for _, old := range slices.Compact([]uint64{0, size / 2, size}) {
			path, err := merkle.Consistency(f, old, size)
			if err != nil {
				t.Fatal(err)
			}
			root, err := merkle.RootAt(f, old)
			if err != nil {
				t.Fatal(err)
			}
			v.Consistency = append(v.Consistency, consistency{old, hexOf(root), hexes(path), string(AddRequest{Old: old, Proof: path, Note: text}.Marshal())})
		}
		out = append(out, v)
	}
	golden(t, "proofs.json", out)
}

// TestGoldenReceipts: a receipt of each grade, and some to refuse. receipt.json
// is the final one as a file of its own.
func TestGoldenReceipts(t *testing.T) {
	type vector struct {
		Name    string `json:"name"`
		Receipt string `json:"receipt"` // the receipt's text
		Grade   string `json:"grade"`   // that a reader with the key file finds
		Refusal string `json:"refusal"` // receipt, inclusion, signature, grade, …; empty: holds
		Proof   string `json:"tlog_proof"`
	}
	n, g := sealedNetwork(t)
	var out []vector
	add := func(name string, r *Receipt) {
		grade, err := r.Verify(n.keys, n.policy)
		out = append(out, vector{name, string(r.Marshal()), string(grade), refusal(t, err), string(r.TlogProof())})
	}
	for count := 1; count <= len(n.nodes); count++ {
		r := issued(t, n, g.Network(), n.nodes[:count]...)
		add(string(r.Grade), r)
		if r.Grade == GradeFinal {
			frozen(t, "receipt.json", r.Marshal())
		}
	}
	for _, bad := range []struct {
		name   string
		change func(*Receipt)
	}{
		{"another index", func(r *Receipt) { r.Index++ }},
		{"another time in the leaf", func(r *Receipt) { r.Leaf = bytes.Replace(r.Leaf, []byte("1763"), []byte("1764"), 1) }},
		{"a shorter path", func(r *Receipt) { r.Path = r.Path[1:] }},
		{"another size in the checkpoint", func(r *Receipt) {
			r.Checkpoint = bytes.Replace(r.Checkpoint, []byte("\n300\n"), []byte("\n301\n"), 1)
		}},
		{"a higher grade than signed", func(r *Receipt) {
			r.Checkpoint = issued(t, n, g.Network(), n.nodes[0], n.nodes[1]).Checkpoint
		}},
	} {
		r := issued(t, n, g.Network(), n.nodes...)
		bad.change(r)
		add(bad.name, r)
	}
	golden(t, "receipts.json", out)
}

// TestFrozenReceipt reads what was frozen with what was frozen, as an auditor
// would: key file, receipt, nothing else.
func TestFrozenReceipt(t *testing.T) {
	read := func(name string) []byte {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	file, err := ParseKeyFile(read("auditor-keys"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := ParseReceipt(read("receipt.json"))
	if err != nil {
		t.Fatal(err)
	}
	policy := Policy{Origin: origin, Regions: []string{"110000", "120000", "130000"}, Published: 2, Final: 3}
	grade, err := r.Verify(file.Keys(), policy)
	if err != nil || grade != GradeFinal || r.Network != file.Network() {
		t.Errorf("grade %q of network %s: %v", grade, r.Network, err)
	}
}
