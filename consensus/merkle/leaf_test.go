package merkle

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"sandi.internal/gateway/certs/strict"
)

func sampleLeaf() Leaf {
	return Leaf{Seq: 7, TS: 1762736400000, ProposedAt: 1762736399990, Stmt: []byte("eyJh.eyJi.c2ln"), State: LeafHash([]byte("state"))}
}

func TestLeafBytes(t *testing.T) {
	l := sampleLeaf()
	want := `{"v":1,"seq":7,"ts":1762736400000,"proposed_at":1762736399990,"stmt":"eyJh.eyJi.c2ln","state":"` + strict.B64(l.State[:]) + `"}`
	got := AppendLeaf([]byte("before"), l)
	if string(got) != "before"+want {
		t.Errorf("got %s", got)
	}
	if err := strict.Object([]byte(want), MaxEntry, 2); err != nil {
		t.Errorf("a leaf is not strict JSON: %v", err)
	}
	back, err := ParseLeaf([]byte(want))
	if err != nil || back.Seq != l.Seq || back.TS != l.TS || back.ProposedAt != l.ProposedAt || !bytes.Equal(back.Stmt, l.Stmt) || back.State != l.State {
		t.Errorf("got %+v, %v", back, err)
	}
}

// TestLargestLeaf: the largest statement in an envelope with the longest numbers
// is still a tile entry.
func TestLargestLeaf(t *testing.T) {
	const statementMax = 60 << 10
	l := Leaf{Seq: math.MaxUint64, TS: math.MaxInt64, ProposedAt: math.MaxInt64, Stmt: bytes.Repeat([]byte("A"), statementMax)}
	entry := AppendLeaf(nil, l)
	if len(entry) > MaxEntry || len(entry) > statementMax+leafOverhead {
		t.Errorf("%d bytes", len(entry))
	}
	if back, err := ParseLeaf(entry); err != nil || back.Seq != l.Seq || back.TS != l.TS {
		t.Errorf("got %v", err)
	}
}

func TestLeafRefused(t *testing.T) {
	good := string(AppendLeaf(nil, sampleLeaf()))
	for name, bad := range map[string]string{
		"empty":           "",
		"version":         strings.Replace(good, `"v":1`, `"v":2`, 1),
		"space":           strings.Replace(good, `,"ts"`, `, "ts"`, 1),
		"leading zero":    strings.Replace(good, `"seq":7`, `"seq":07`, 1),
		"minus":           strings.Replace(good, `"ts":1`, `"ts":-1`, 1),
		"no number":       strings.Replace(good, `"seq":7`, `"seq":`, 1),
		"fraction":        strings.Replace(good, `"seq":7`, `"seq":7.0`, 1),
		"exponent":        strings.Replace(good, `"seq":7`, `"seq":7e0`, 1),
		"seq overflow":    strings.Replace(good, `"seq":7`, `"seq":18446744073709551616`, 1),
		"time overflow":   strings.Replace(good, `"ts":1762736400000`, `"ts":9223372036854775808`, 1),
		"order":           strings.Replace(good, `"ts"`, `"proposed_at"`, 1),
		"no statement":    strings.Replace(good, "eyJh.eyJi.c2ln", "", 1),
		"escape":          strings.Replace(good, "eyJh", `\u0065yJh`, 1),
		"state short":     strings.Replace(good, `"state":"`, `"state":"A`, 1),
		"state bits":      good[:len(good)-3] + "_" + good[len(good)-2:],
		"state line feed": good[:len(good)-3] + "\n" + good[len(good)-2:],
		"trailing":        good + " ",
		"cut":             good[:len(good)-1],
		"too long":        strings.Replace(good, "eyJh", strings.Repeat("A", MaxEntry), 1),
	} {
		if bad == good {
			t.Fatalf("%s: nothing was changed", name)
		}
		if l, err := ParseLeaf([]byte(bad)); err == nil {
			t.Errorf("%s: accepted as %+v", name, l)
		}
	}
}

// FuzzParseLeaf: what is accepted comes back byte for byte.
func FuzzParseLeaf(f *testing.F) {
	f.Add(AppendLeaf(nil, sampleLeaf()))
	f.Add([]byte(leafSeq))
	f.Fuzz(func(t *testing.T, entry []byte) {
		if l, err := ParseLeaf(entry); err == nil && !bytes.Equal(AppendLeaf(nil, l), entry) {
			t.Fatalf("a second spelling of a leaf: %q", entry)
		}
	})
}

func BenchmarkLeaf(b *testing.B) {
	l := sampleLeaf()
	l.Stmt = bytes.Repeat([]byte("A"), 900)
	var entry []byte
	b.ReportAllocs()
	for b.Loop() {
		entry = AppendLeaf(entry[:0], l)
	}
	b.SetBytes(int64(len(entry)))
}
