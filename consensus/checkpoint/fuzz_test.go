package checkpoint

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

// FuzzOpen: no bytes panic, every refusal is one of the five, and a note that
// opens has at least one verified signature and one spelling.
func FuzzOpen(f *testing.F) {
	n := newNetwork(f)
	for _, h := range hostileNotes(f, n) {
		f.Add([]byte(h.raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := bytes.Clone(raw)
		got, err := n.keys.Open(raw)
		if !bytes.Equal(raw, before) {
			t.Fatal("Open wrote into its input")
		}
		if err == nil {
			checkNote(t, n.keys, got)
			return
		}
		kinds := 0
		for _, kind := range []error{ErrNote, ErrOrigin, ErrUnsigned, ErrSignature, ErrEmptyRoot} {
			if errors.Is(err, kind) {
				kinds++
			}
		}
		if kinds != 1 || got != nil {
			t.Fatalf("got %v with %+v", err, got)
		}
	})
}

// FuzzParseProof: what is accepted has one spelling.
func FuzzParseProof(f *testing.F) {
	tree := grown(9)
	n := newNetwork(f)
	f.Add(Proof{Index: 4, Path: tree.path(f, 4), Checkpoint: n.signed(f, tree.checkpoint(), n.nodes...).Marshal()}.Marshal())
	f.Add([]byte(proofHeader + "\nindex 0\n\n\n"))
	for _, path := range hostilePaths() {
		f.Add([]byte(proofHeader + "\nindex 3\n" + path))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		p, err := ParseProof(raw)
		if err != nil {
			wantErr(t, "refusal", err, ErrProof)
			return
		}
		if !bytes.Equal(p.Marshal(), raw) {
			t.Fatalf("%q is written as %q", raw, p.Marshal())
		}
		if _, err := p.Verify(tree.leaves[4], n.keys); err == nil && p.Index != 4 {
			t.Fatalf("entry 4 is proved at %d", p.Index)
		}
	})
}

// FuzzParseAddRequest: what is accepted has one spelling.
func FuzzParseAddRequest(f *testing.F) {
	f.Add(AddRequest{Old: 4, Proof: grown(9).path(f, 4), Note: []byte("note\n")}.Marshal())
	f.Add([]byte("old 0\n\n\n"))
	for _, path := range hostilePaths() {
		f.Add([]byte("old 3\n" + path))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseAddRequest(raw)
		if err != nil {
			wantErr(t, "refusal", err, ErrRequest)
			return
		}
		if !bytes.Equal(r.Marshal(), raw) || len(raw) > MaxRequest || len(r.Proof) > maxPath {
			t.Fatalf("%q is written as %q", raw, r.Marshal())
		}
	})
}

// FuzzParseReceipt: what is accepted is read alike again, and verifies only when
// it is the one receipt that was issued.
func FuzzParseReceipt(f *testing.F) {
	n, g := sealedNetwork(f)
	issuedOnce := issued(f, n, g.Network(), n.nodes...)
	text := issuedOnce.Marshal()
	f.Add(text)
	f.Add([]byte(strings.Join(strings.Fields(string(text)), "")))
	f.Add([]byte(`{"format":"sandi-receipt/1","network":"n","index":0,"size":0,"grade":"final","leaf":"AA","statement":"a.b.c","path":[],"checkpoint":"\u2014"}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := ParseReceipt(raw)
		if err != nil {
			wantErr(t, "refusal", err, ErrReceipt)
			return
		}
		out := r.Marshal()
		again, err := ParseReceipt(out)
		if err != nil || !bytes.Equal(again.Marshal(), out) {
			t.Fatalf("%q is not read again: %v", out, err)
		}
		if _, err := r.Verify(n.keys, n.policy); err == nil && !bytes.Equal(r.Leaf, issuedOnce.Leaf) {
			t.Fatalf("a receipt that nobody issued: %s", raw)
		}
	})
}

// FuzzParseKeyFile: what is accepted is a set of keys, and reads alike again.
func FuzzParseKeyFile(f *testing.F) {
	file, err := KeyFileOf(sealed(f))
	if err != nil {
		f.Fatal(err)
	}
	text := string(file.Marshal())
	f.Add([]byte(text))
	f.Add([]byte("\ufeff" + strings.ReplaceAll(text, "\n", "\r\n")))
	f.Add([]byte(strings.Replace(text, "110000/110000-a", "110000/", 1)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := ParseKeyFile(raw)
		if err != nil {
			wantErr(t, "refusal", err, ErrKeyFile)
			return
		}
		out := got.Marshal()
		again, err := ParseKeyFile(out)
		if err != nil || !bytes.Equal(again.Marshal(), out) || again.Genesis != got.Genesis || len(again.List) != len(got.List) || len(got.Keys().List()) == 0 {
			t.Fatalf("%q is read again as %+v, %v", out, again, err)
		}
	})
}
