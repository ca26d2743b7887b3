package checkpoint

import (
	"bytes"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"testing"

	f_proof "github.com/transparency-dev/formats/proof"
	"golang.org/x/mod/sumdb/note"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// entry is the leaf at a position with a statement of Tianjin's in it. The
// statement key has the seed 7.
func entry(t testing.TB, network string, seq uint64) []byte {
	t.Helper()
	key, err := keyring.FromSeed(keyring.UseStatement, "st-1", seed(7))
	if err != nil {
		t.Fatal(err)
	}
	raw, _, err := statement.Sign(key, statement.Payload{
		Network: network, Kind: statement.KindRecordAct, ID: "01JBXYZ0000000000000000001", Region: "120000", Record: "CT-120000-2025-000018",
		Prev: statement.RequestDigest([]byte("previous")), At: "2025-11-10T09:00:00+08:00",
		Actor:   statement.Actor{Role: "liaison", Org: "120114-SJ", Person: strings.Repeat("A", 22)},
		Request: statement.RequestDigest([]byte("request")),
		Body:    statement.ActBody{Event: "send", Fields: []byte(`{"doc_no":"津市监移〔2025〕18号"}`)}.Marshal(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return merkle.AppendLeaf(nil, merkle.Leaf{Seq: seq, TS: 1_763_000_000_000, ProposedAt: 1_763_000_000_000, Stmt: raw, State: merkle.LeafHash([]byte("state"))})
}

const (
	receiptIndex = 137
	receiptSize  = 300
)

// issued is the receipt of entry 137 of 300, under a checkpoint that the given
// nodes signed.
func issued(t testing.TB, n *network, id string, nodes ...*node) *Receipt {
	t.Helper()
	f := newForest()
	var leaf []byte
	for i := range receiptSize {
		e := []byte{byte(i), byte(i >> 8)}
		if i == receiptIndex {
			leaf = entry(t, id, receiptIndex)
			e = leaf
		}
		f.append(e)
	}
	r, err := NewReceipt(leaf, f.path(t, receiptIndex), n.signed(t, f.checkpoint(), nodes...), n.policy)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestReceipt(t *testing.T) {
	n, g := sealedNetwork(t)
	for count, want := range map[int]Grade{1: GradeCommitted, 2: GradePublished, 3: GradeFinal} {
		r := issued(t, n, g.Network(), n.nodes[:count]...)
		text := r.Marshal()
		got, err := ParseReceipt(text)
		if err != nil {
			t.Fatal(err)
		}
		grade, err := got.Verify(n.keys, n.policy)
		if err != nil || grade != want || got.Grade != want {
			t.Errorf("%d regions: grade %s, %v", count, grade, err)
		}
		if got.Network != g.Network() || got.Index != receiptIndex || got.Size != receiptSize || !bytes.Equal(got.Marshal(), text) {
			t.Errorf("%d regions: got %+v", count, got)
		}
		checkTlogProof(t, n, got)
	}
}

// checkTlogProof reads the receipt's .tlog-proof with what others wrote.
func checkTlogProof(t *testing.T, n *network, r *Receipt) {
	t.Helper()
	var theirs f_proof.TLogProof
	if err := theirs.Unmarshal(r.TlogProof()); err != nil {
		t.Fatal(err)
	}
	opened, err := note.Open(theirs.Checkpoint, note.VerifierList(verifierOf(t, n.key(t, n.nodes[0], KindLog))))
	if err != nil {
		t.Fatal(err)
	}
	c, err := ParseBody([]byte(opened.Text))
	if err != nil {
		t.Fatal(err)
	}
	if err := merkle.VerifyInclusion(merkle.LeafHash(r.Leaf), theirs.Index, c.Size, theirs.Hashes, c.Root); err != nil {
		t.Error(err)
	}
}

// TestReceiptTampered changes a receipt in every part; each change is refused,
// and the refusal says which part it was.
func TestReceiptTampered(t *testing.T) {
	n, g := sealedNetwork(t)
	other := issued(t, n, statement.RequestDigest([]byte("another network")), n.nodes...)
	fewer := issued(t, n, g.Network(), n.nodes[:2]...)
	stranger := *n.nodes[0]
	stranger.log = private(t, keyring.UseLog, 200)
	c := Checkpoint{Origin: origin, Size: receiptSize}
	forged, err := SignLog(c, Key{Kind: KindLog, Name: origin, Public: stranger.log.Public().Key}, stranger.log)
	if err != nil {
		t.Fatal(err)
	}
	foreign := n.policy
	foreign.Origin = "other.example/log"
	for name, h := range map[string]struct {
		change func(*Receipt)
		want   error
	}{
		"nothing":               {func(*Receipt) {}, nil},
		"index":                 {func(r *Receipt) { r.Index++ }, ErrReceipt},
		"size":                  {func(r *Receipt) { r.Size++ }, ErrReceipt},
		"network":               {func(r *Receipt) { r.Network = other.Network }, ErrReceipt},
		"statement":             {func(r *Receipt) { r.Statement = other.Statement }, ErrReceipt},
		"leaf":                  {func(r *Receipt) { r.Leaf = other.Leaf }, ErrReceipt},
		"leaf and statement":    {func(r *Receipt) { r.Leaf, r.Statement, r.Network = other.Leaf, other.Statement, other.Network }, ErrInclusion},
		"time in the leaf":      {func(r *Receipt) { r.Leaf = bytes.Replace(r.Leaf, []byte("1763"), []byte("1764"), 1) }, ErrInclusion},
		"no leaf":               {func(r *Receipt) { r.Leaf = nil }, ErrReceipt},
		"statement of no form":  {func(r *Receipt) { r.Leaf = merkle.AppendLeaf(nil, merkle.Leaf{Stmt: []byte("a.b.c")}) }, ErrReceipt},
		"path":                  {func(r *Receipt) { r.Path[3][5] ^= 1 }, ErrInclusion},
		"shorter path":          {func(r *Receipt) { r.Path = r.Path[1:] }, ErrInclusion},
		"longer path":           {func(r *Receipt) { r.Path = append(r.Path, merkle.Hash{}) }, ErrInclusion},
		"no path":               {func(r *Receipt) { r.Path = nil }, ErrInclusion},
		"checkpoint of another": {func(r *Receipt) { r.Checkpoint = other.Checkpoint }, ErrInclusion},
		"checkpoint's size":     {func(r *Receipt) { r.Checkpoint = bytes.Replace(r.Checkpoint, []byte("\n300\n"), []byte("\n301\n"), 1) }, ErrSignature},
		"a cosignature":         {func(r *Receipt) { r.Checkpoint[len(r.Checkpoint)-9] ^= 1 }, ErrSignature},
		"forged checkpoint":     {func(r *Receipt) { r.Checkpoint = NewNote(c, forged).Marshal() }, ErrUnsigned},
		"no checkpoint":         {func(r *Receipt) { r.Checkpoint = nil }, ErrNote},
		"fewer cosignatures":    {func(r *Receipt) { r.Checkpoint = fewer.Checkpoint }, ErrGrade},
		"a grade too low":       {func(r *Receipt) { r.Grade = GradeCommitted }, ErrGrade},
	} {
		r := issued(t, n, g.Network(), n.nodes...)
		h.change(r)
		// What takes keys to see: who signed.
		keysOnly := h.want == nil || h.want == ErrGrade || name == "a cosignature"
		if c, err := r.Agree(); (err == nil) != keysOnly || err == nil && c.Size != r.Size {
			t.Errorf("%s: the parts agree: %v", name, err)
		}
		grade, err := r.Verify(n.keys, n.policy)
		if h.want == nil {
			if err != nil || grade != GradeFinal {
				t.Errorf("%s: %s, %v", name, grade, err)
			}
			continue
		}
		wantErr(t, name, err, h.want)
		if (grade != GradeNone) != errors.Is(err, ErrGrade) {
			t.Errorf("%s: refused with grade %q", name, grade)
		}
	}
	r := issued(t, n, g.Network(), n.nodes...)
	_, err = r.Verify(n.keys, foreign)
	wantErr(t, "another policy", err, ErrOrigin)
}

// TestReceiptEveryByte: no changed byte of a receipt is accepted unless the
// receipt says the same as before.
func TestReceiptEveryByte(t *testing.T) {
	n, g := sealedNetwork(t)
	want := issued(t, n, g.Network(), n.nodes[0])
	text := want.Marshal()
	for i := range text {
		bad := slices.Clone(text)
		bad[i] ^= 1 << (i % 8)
		got, err := ParseReceipt(bad)
		if err != nil {
			wantErr(t, "byte "+itoa(uint64(i)), err, ErrReceipt)
			continue
		}
		if _, err = got.Verify(n.keys, n.policy); err != nil {
			continue
		}
		// A changed line name or key id makes a signature unknown: the note says less.
		opened, err := n.keys.Open(got.Checkpoint)
		if err != nil || len(opened.Signatures) != 1 {
			got.Checkpoint = nil
		} else {
			got.Checkpoint = want.Checkpoint
		}
		if !bytes.Equal(got.Marshal(), text) {
			t.Fatalf("byte %d changed and accepted:\n%s", i, bad)
		}
	}
}

func TestHostileReceipts(t *testing.T) {
	n, g := sealedNetwork(t)
	r := issued(t, n, g.Network(), n.nodes...)
	text := string(r.Marshal())
	hash := base64.StdEncoding.EncodeToString(r.Path[0][:])
	replace := func(old, with string) string {
		if !strings.Contains(text, old) {
			t.Fatalf("no %q in the receipt", old)
		}
		return strings.Replace(text, old, with, 1)
	}
	for name, bad := range map[string]string{
		"nothing":             "",
		"not JSON":            "receipt",
		"array":               "[" + text + "]",
		"two":                 text + text,
		"other format":        replace("sandi-receipt/1", "sandi-receipt/2"),
		"no format":           replace(`"format": "sandi-receipt/1",`, ""),
		"unknown member":      replace(`"index"`, `"extra": 1, "index"`),
		"twice":               replace(`"index"`, `"index": 1, "index"`),
		"another case":        replace(`"index"`, `"Index"`),
		"null":                replace(`"index": 137`, `"index": null`),
		"index as text":       replace(`"index": 137`, `"index": "137"`),
		"fraction":            replace(`"index": 137`, `"index": 137.0`),
		"negative":            replace(`"index": 137`, `"index": -137`),
		"index of 2^63":       replace(`"index": 137`, `"index": 9223372036854775808`),
		"size of 2^64":        replace(`"size": 300`, `"size": 18446744073709551616`),
		"unknown grade":       replace(`"grade": "final"`, `"grade": "certain"`),
		"no grade":            replace(`"grade": "final"`, `"grade": ""`),
		"padded leaf":         replace(`"leaf": "`, `"leaf": "=`),
		"path of base64url":   replace(hash, strings.Repeat("_", 42)+"8="),
		"unpadded path":       replace(hash, strings.TrimRight(hash, "=")),
		"path as text":        replace(`"path": [`, `"path": "", "p": [`),
		"path with 64 hashes": replace(`"path": [`, `"path": [`+strings.Repeat(`"`+hash+`",`, 64)),
		"no index":            replace(`"index": 137,`, ""),
		"no size":             replace(`"size": 300,`, ""),
		"no network":          replace(`"network": "`+r.Network+`",`, ""),
		"empty leaf":          replace(strict.B64(r.Leaf), ""),
		"empty statement":     replace(r.Statement, ""),
		"no path":             text[:strings.Index(text, `"path"`)] + text[strings.Index(text, `"checkpoint"`):],
		"17 KiB of note":      replace(`"checkpoint": "`, `"checkpoint": "`+strings.Repeat("n", 17<<10)),
		"too much":            replace(`"leaf": "`, `"leaf": "`+strings.Repeat("A", MaxReceipt)),
	} {
		got, err := ParseReceipt([]byte(bad))
		wantErr(t, name, err, ErrReceipt)
		if got != nil {
			t.Errorf("%s: refused, and a receipt given", name)
		}
	}
}

func TestNewReceiptRefuses(t *testing.T) {
	n, g := sealedNetwork(t)
	f := grown(4)
	whole := n.signed(t, f.checkpoint(), n.nodes...)
	_, err := NewReceipt([]byte("entry 1"), f.path(t, 1), whole, n.policy)
	wantErr(t, "an entry that is no leaf", err, ErrReceipt)
	_, err = NewReceipt(entry(t, g.Network(), 1), f.path(t, 1), whole, n.policy)
	wantErr(t, "an entry of another tree", err, ErrInclusion)
}
