package checkpoint

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/merkle"
)

// mended is a code with something changed and its sum made right again.
func mended(code []byte, change func([]byte)) []byte {
	body := slices.Clone(code[:len(code)-codeSum])
	change(body)
	return seal(body)
}

func TestCode(t *testing.T) {
	n, g := sealedNetwork(t)
	r := issued(t, n, g.Network(), n.nodes[:3]...)
	whole, held, err := r.Code(MaxCode)
	if err != nil || !held {
		t.Fatal(err)
	}
	t.Logf("a receipt of %d bytes, an entry of %d: a code of %d", len(r.Marshal()), len(r.Leaf), len(whole))
	got, err := ParseCode(whole, n.keys)
	if err != nil {
		t.Fatal(err)
	}
	if got.Receipt == nil || !bytes.Equal(got.Receipt.Leaf, r.Leaf) || got.Record != "CT-120000-2025-000018" || got.Index != r.Index || got.Receipt.Network != g.Network() {
		t.Errorf("read back: %+v", got)
	}
	if grade := n.policy.Grade(got.Note); grade != GradeFinal {
		t.Errorf("grade %s", grade)
	}

	small, held, err := r.Code(len(whole) - 1)
	if err != nil || held {
		t.Fatal(err)
	}
	byHash, err := ParseCode(small, n.keys)
	if err != nil || byHash.Receipt != nil || byHash.Leaf != got.Leaf || byHash.Record != got.Record || byHash.Note == nil {
		t.Errorf("by hash: %+v, %v", byHash, err)
	}
	page, err := ParseCode(r.PageCode("CT-120000-2025-000018"), n.keys)
	if err != nil || !page.Page || page.Note != nil || page.Leaf != got.Leaf || page.Record != got.Record {
		t.Errorf("of a page: %+v, %v", page, err)
	}

	for name, text := range map[string]string{"digits": CodeText(whole), "a URL": "https://127.0.0.1:8012/console/verify.html#" + CodeText(whole), "broken lines": CodeText(whole)[:40] + " \n" + CodeText(whole)[40:]} {
		if back, err := ParseCodeText(text); err != nil || !bytes.Equal(back, whole) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCodeVectors holds what pages in other languages read, and what they refuse.
func TestCodeVectors(t *testing.T) {
	n, g := sealedNetwork(t)
	r := issued(t, n, g.Network(), n.nodes[:3]...)
	whole, _, _ := r.Code(MaxCode)
	small, _, _ := r.Code(1)
	type vector struct {
		Name      string `json:"name"`
		Text      string `json:"text"`
		Want      string `json:"want"` // ok, or the refusal
		Record    string `json:"record"`
		Index     uint64 `json:"index"`
		Size      uint64 `json:"size"`
		Leaf      string `json:"leaf"`      // hex
		Statement string `json:"statement"` // of whole codes
	}
	var list []vector
	for _, c := range []struct {
		name string
		code []byte
		cut  int // digits left out at the end
		want error
	}{
		{"whole", whole, 0, nil},
		{"hash", small, 0, nil},
		{"page", r.PageCode("CT-120000-2025-000018"), 0, nil},
		{"truncated", whole, 170, ErrReceipt},
		{"a digit short", whole, 1, ErrReceipt},
		{"another state in the entry", mended(whole, func(b []byte) { b[20] ^= 1 }), 0, ErrSignature},
		{"another cosignature", mended(small, func(b []byte) { b[len(b)-1] ^= 1 }), 0, ErrSignature},
		{"another record by its hash", mended(small, func(b []byte) { b[5] ^= 1 }), 0, ErrSignature},
		{"another index", mended(small, func(b []byte) { b[3] ^= 1 }), 0, ErrSignature},
		{"beyond the tree", mended(small, func(b []byte) { b[1], b[2] = 0x81, 0 }), 0, ErrInclusion},
		{"an unknown kind", mended(whole, func(b []byte) { b[0] = 9 }), 0, ErrReceipt},
		{"something behind it", seal(append(slices.Clone(small[:len(small)-codeSum]), 0)), 0, ErrReceipt},
	} {
		text := CodeText(c.code)
		text = text[:len(text)-c.cut]
		v := vector{Name: c.name, Text: text, Want: "ok"}
		raw, err := ParseCodeText(text)
		var got *Coded
		if err == nil {
			got, err = ParseCode(raw, n.keys)
		}
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
		if err == nil {
			v.Record, v.Index, v.Size, v.Leaf = got.Record, got.Index, got.Size, hexOf(got.Leaf)
			if got.Receipt != nil {
				v.Statement = got.Receipt.Statement
			}
		} else {
			v.Want = refusal(t, err)
		}
		list = append(list, v)
	}
	foreign, err := NewKeys(nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseCode(whole, foreign); !errors.Is(err, ErrUnsigned) {
		t.Errorf("without keys: %v", err)
	}
	golden(t, "codes.json", list)
}

func TestCodeText(t *testing.T) {
	for n := range 16 {
		code := bytes.Repeat([]byte{0xff}, n)
		text := CodeText(code)
		back, err := ParseCodeText(text)
		if n > 0 && (err != nil || !bytes.Equal(back, code)) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, text := range []string{"", "#", "12", "1x3", "999", "99999999999999999", strings.Repeat("1", 60_000)} {
		if _, err := ParseCodeText(text); !errors.Is(err, ErrReceipt) {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func FuzzParseCode(f *testing.F) {
	n, g := sealedNetwork(f)
	r := issued(f, n, g.Network(), n.nodes[:3]...)
	whole, _, _ := r.Code(MaxCode)
	small, _, _ := r.Code(1)
	f.Add(whole)
	f.Add(small)
	f.Add(r.PageCode("CT-120000-2025-000018"))
	f.Fuzz(func(t *testing.T, code []byte) {
		c, err := ParseCode(code, n.keys)
		if err == nil && !c.Page && c.Leaf != merkle.LeafHash(r.Leaf) {
			t.Error("a code of another entry was accepted")
		}
	})
}
