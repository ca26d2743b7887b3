package checkpoint

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	f_log "github.com/transparency-dev/formats/log"
	f_note "github.com/transparency-dev/formats/note"
	"golang.org/x/mod/sumdb/note"
	"pgregory.net/rapid"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/merkle"
)

// TestOthersOpenOurs: each line of our note stands under the vkey of its key
// alone, with golang.org/x/mod/sumdb/note and formats, and all of them together.
func TestOthersOpenOurs(t *testing.T) {
	n := newNetwork(t)
	c := sample()
	ours := n.signed(t, c, n.nodes...)
	raw := ours.Marshal()
	var all []note.Verifier
	for _, k := range n.keys.List() {
		v := verifierOf(t, k)
		all = append(all, v)
		opened, err := note.Open(raw, note.VerifierList(v))
		if err != nil || len(opened.Sigs) != 1 || opened.Text != string(c.Body()) {
			t.Errorf("%s: %v", k.VKey(), err)
		}
	}
	opened, err := note.Open(raw, note.VerifierList(all...))
	if err != nil || len(opened.Sigs) != len(all) || len(opened.UnverifiedSigs) != 0 {
		t.Fatalf("all keys: %v", err)
	}
	for i, sig := range opened.Sigs {
		s := ours.Signatures[i]
		if sig.Name != s.Key.Name || sig.Hash != s.Key.ID() {
			t.Errorf("line %d is of %s", i, sig.Name)
		}
		if s.Key.Kind != KindCosigner {
			continue
		}
		stamp, err := f_note.CoSigV1Timestamp(sig)
		if err != nil || stamp.Unix() != s.At {
			t.Errorf("%s: others read the time %v, %v", sig.Name, stamp, err)
		}
	}
	theirs, rest, _, err := f_log.ParseCheckpoint(raw, origin, all[0], all[1:]...)
	if err != nil || len(rest) != 0 || theirs.Size != c.Size || !bytes.Equal(theirs.Hash, c.Root[:]) {
		t.Errorf("formats/log: %+v, %v", theirs, err)
	}
}

// TestWeOpenOthers: notes and cosignatures that other implementations make.
func TestWeOpenOthers(t *testing.T) {
	n := newNetwork(t)
	c := sample()
	m := n.nodes[1]
	logSigner, err := note.NewSigner(skey(n.key(t, m, KindLog), seed(m.seed)))
	if err != nil {
		t.Fatal(err)
	}
	cosigner, err := f_note.NewSignerForCosignatureV1(skey(n.key(t, m, KindCosigner), seed(m.seed+1)))
	if err != nil {
		t.Fatal(err)
	}
	before := time.Now().Unix()
	raw, err := note.Sign(&note.Note{Text: string(c.Body())}, logSigner, cosigner)
	if err != nil {
		t.Fatal(err)
	}
	got, err := n.keys.Open(raw)
	if err != nil {
		t.Fatal(err)
	}
	if got.Checkpoint != c || len(got.Signatures) != 2 || !got.SignedBy(n.key(t, m, KindLog)) || !got.SignedBy(n.key(t, m, KindCosigner)) {
		t.Errorf("got %+v", got)
	}
	if s := got.Signatures[1]; s.At < before || s.At > time.Now().Unix() {
		t.Errorf("read the time %d", s.At)
	}
	if !bytes.Equal(got.Marshal(), raw) {
		t.Errorf("got\n%s\nfrom\n%s", got.Marshal(), raw)
	}
	// Ed25519 has no randomness: both make the same bytes.
	if want := n.logs(t, c, m); !bytes.Equal(want.Raw, got.Signatures[0].Raw) {
		t.Error("our log signature differs from theirs")
	}
	if want := n.cosigns(t, c, m, got.Signatures[1].At); !bytes.Equal(want.Raw, got.Signatures[1].Raw) {
		t.Error("our cosignature differs from theirs")
	}
	// A post-quantum cosignature beside them is an unknown key's.
	pqKey, _, err := f_note.GenerateMLDSAKey("w.example")
	if err != nil {
		t.Fatal(err)
	}
	pq, err := f_note.NewSignerForCosignatureV1(pqKey)
	if err != nil {
		t.Fatal(err)
	}
	both, err := note.Sign(&note.Note{Text: string(c.Body())}, pq, logSigner)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := n.keys.Open(both); err != nil || len(got.Signatures) != 1 {
		t.Errorf("with an ML-DSA line: %v, %v", got, err)
	}
}

// strange is a line that nobody knows.
func strange(name string, size int) string {
	return linePrefix + name + " " + base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{7}, size)) + "\n"
}

// hostileNote is bytes from outside and what has to become of them.
type hostileNote struct {
	name string
	raw  string
	want error // nil: opened, with the good lines only
}

func hostileNotes(t testing.TB, n *network) []hostileNote {
	c := sample()
	a, b := n.nodes[0], n.nodes[1]
	good := n.signed(t, c, a, b)
	body := string(c.Body()) + "\n"
	log, cosigner := string(good.Signatures[0].Line()), string(good.Signatures[2].Line())
	lines := string(good.Marshal()[len(body):])
	// spoil changes a line's signature, not its key id.
	spoil := func(s Signature, change func([]byte) []byte) string {
		s.Raw = change(slices.Clone(s.Raw))
		return string(s.Line())
	}
	flip := func(i int) func([]byte) []byte { return func(b []byte) []byte { b[i] ^= 1; return b } }
	stamped := func(at uint64) string {
		s := good.Signatures[2]
		message := slices.Concat([]byte("cosignature/v1\ntime "), []byte(itoa(at)), []byte("\n"), c.Body())
		sig, err := a.cosigner.Sign(message)
		if err != nil {
			t.Fatal(err)
		}
		s.Raw = append(binary.BigEndian.AppendUint64(nil, at), sig...)
		return string(s.Line())
	}
	later := n.cosigns(t, c, a, at+60)
	foreign := c
	foreign.Origin = "foreign.example/log"
	empty := Checkpoint{Origin: origin, Root: c.Root}
	emptySig := Signature{Key: n.key(t, a, KindLog)}
	emptySig.Raw, _ = a.log.Sign(empty.Body())
	logAsCosigner := good.Signatures[0]
	logAsCosigner.Key = good.Signatures[2].Key
	out := []hostileNote{
		{"good", body + lines, nil},
		{"lines in another order", body + cosigner + log, nil},
		{"unknown keys beside known", body + strange("w.example", 68) + log + strange("三地", 5) + strange(origin, 68), nil},
		{"two equal unknown lines", body + strange("w.example", 68) + strange("w.example", 68) + log, nil},
		{"64 lines", body + log + strings.Repeat(strange("w", 5), MaxLines-1), nil},

		{"nothing", "", ErrNote},
		{"body only", string(c.Body()), ErrNote},
		{"no line", body, ErrNote},
		{"no empty line", string(c.Body()) + lines, ErrNote},
		{"two empty lines", string(c.Body()) + "\n\n" + lines, ErrNote},
		{"empty line between the lines", body + log + "\n" + cosigner, ErrNote},
		{"text behind the lines", body + lines + "text\n", ErrNote},
		{"no last newline", strings.TrimSuffix(body+lines, "\n"), ErrNote},
		{"CRLF", strings.ReplaceAll(body+lines, "\n", "\r\n"), ErrNote},
		{"CR in a line", body + strings.Replace(log, "\n", "\r\n", 1), ErrNote},
		{"two equal lines", body + log + log, ErrNote},
		{"two times of one cosigner", body + cosigner + string(later.Line()), ErrNote},
		{"a second, false line of one key", body + log + spoil(good.Signatures[0], flip(3)), ErrNote},
		{"65 lines", body + log + strings.Repeat(strange("w", 5), MaxLines), ErrNote},
		{"17 KiB", body + log + strange("w.example", 17<<10*3/4), ErrNote},
		{"hyphen for the dash", body + strings.Replace(log, "—", "-", 1), ErrNote},
		{"two spaces", body + strings.Replace(log, linePrefix, linePrefix+" ", 1), ErrNote},
		{"no name", body + linePrefix + " AAAAAAAA\n", ErrNote},
		{"no signature", body + linePrefix + origin + "\n", ErrNote},
		{"four bytes", body + strange(origin, 4), ErrNote},
		{"unpadded", body + strings.Replace(log, "=", "", 1), ErrNote},
		{"padding twice", body + strings.Replace(log, "=\n", "==\n", 1), ErrNote},
		{"unused bits, unknown key", body + log + linePrefix + "w AAAAAAB=\n", ErrNote},
		{"plus in a name", body + log + strange("a+b", 68), ErrNote},
		{"no-break space in a name", body + log + strange("a\u00a0b", 68), ErrNote},
		{"not UTF-8", body + log + strange("a\xffb", 68), ErrNote},
		{"control character", body + log + strange("a\x01b", 68), ErrNote},
		{"NUL at the end", body + lines + "\x00", ErrNote},

		{"another origin", string(foreign.Body()) + "\n" + log, ErrOrigin},
		{"origin in another case", strings.ToUpper(origin) + strings.TrimPrefix(body, origin) + log, ErrOrigin},

		{"only unknown keys", body + strange("w.example", 68) + strange(origin, 68), ErrUnsigned},
		{"known name, other key id", body + strange(n.key(t, a, KindCosigner).Name, 76), ErrUnsigned},

		{"one bit of a log signature", body + spoil(good.Signatures[0], flip(0)) + cosigner, ErrSignature},
		{"one bit of a cosignature", body + log + spoil(good.Signatures[2], flip(40)), ErrSignature},
		{"one bit of the time", body + log + spoil(good.Signatures[2], flip(7)), ErrSignature},
		{"short log signature", body + spoil(good.Signatures[0], func(b []byte) []byte { return b[:63] }) + cosigner, ErrSignature},
		{"long cosignature", body + log + spoil(good.Signatures[2], func(b []byte) []byte { return append(b, 0) }), ErrSignature},
		{"cosignature without time", body + log + spoil(good.Signatures[2], func(b []byte) []byte { return b[8:] }), ErrSignature},
		{"one byte under a known key", body + log + spoil(good.Signatures[2], func(b []byte) []byte { return b[:1] }), ErrSignature},
		{"log signature as cosignature", body + string(logAsCosigner.Line()), ErrSignature},
		{"time 0", body + log + stamped(0), ErrSignature},
		{"time beyond the year 9999", body + log + stamped(maxAt+1), ErrSignature},
		{"time of 2^63", body + log + stamped(1<<63), ErrSignature},
		{"signatures of another size", strings.Replace(body, "\n7\n", "\n8\n", 1) + lines, ErrSignature},

		{"another root of nothing", string(empty.Body()) + "\n" + string(emptySig.Line()), ErrEmptyRoot},
		{"another root of nothing, not signed by it", string(empty.Body()) + "\n" + log, ErrSignature},
	}
	for name, h := range hostileBodies() {
		if h.want == ErrNote {
			out = append(out, hostileNote{"body: " + name, h.body + "\n" + lines, ErrNote})
		}
	}
	return out
}

func itoa(n uint64) string { return strconv.FormatUint(n, 10) }

func TestHostileNotes(t *testing.T) {
	n := newNetwork(t)
	for _, h := range hostileNotes(t, n) {
		got, err := n.keys.Open([]byte(h.raw))
		if h.want != nil {
			wantErr(t, h.name, err, h.want)
			for _, other := range []error{ErrNote, ErrOrigin, ErrUnsigned, ErrSignature, ErrEmptyRoot} {
				if other != h.want && errors.Is(err, other) {
					t.Errorf("%s: %v is %v as well", h.name, err, other)
				}
			}
			if got != nil {
				t.Errorf("%s: refused, and a note given", h.name)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", h.name, err)
			continue
		}
		checkNote(t, n.keys, got)
	}
}

// TestEveryTruncation: what is cut off at any place is no note, or one with
// fewer lines that are all there.
func TestEveryTruncation(t *testing.T) {
	n := newNetwork(t)
	whole := n.signed(t, sample(), n.nodes...)
	raw := whole.Marshal()
	for i := range raw {
		got, err := n.keys.Open(raw[:i])
		if err == nil && (raw[i-1] != '\n' || len(got.Signatures) >= len(whole.Signatures)) {
			t.Fatalf("%d of %d bytes are a note:\n%s", i, len(raw), raw[:i])
		}
	}
}

// TestEveryBit: no flipped bit leaves the checkpoint or a signature changed and
// accepted. In a line's name or key id it makes the key unknown.
func TestEveryBit(t *testing.T) {
	n := newNetwork(t)
	whole := n.signed(t, sample(), n.nodes[0])
	raw := whole.Marshal()
	opened := 0
	for i := range raw {
		for bit := range 8 {
			bad := slices.Clone(raw)
			bad[i] ^= 1 << bit
			got, err := n.keys.Open(bad)
			if err != nil {
				continue
			}
			opened++
			if got.Checkpoint != whole.Checkpoint || len(got.Signatures) != len(whole.Signatures)-1 {
				t.Fatalf("bit %d of byte %d was accepted:\n%s", bit, i, bad)
			}
			checkNote(t, n.keys, got)
		}
	}
	if opened == 0 {
		t.Error("no flip made a key unknown; the test looks at nothing")
	}
}

// checkNote re-verifies everything that Open promises of a note.
func checkNote(t testing.TB, keys *Keys, n *Note) {
	t.Helper()
	if len(n.Signatures) == 0 {
		t.Error("a note without signatures")
	}
	if !slices.IsSortedFunc(n.Signatures, func(a, b Signature) int { return compareKeys(a.Key, b.Key) }) {
		t.Error("signatures are out of order")
	}
	for i, s := range n.Signatures {
		if i > 0 && compareKeys(n.Signatures[i-1].Key, s.Key) == 0 {
			t.Errorf("two signatures of %s", s.Key.Name)
		}
		if !verifierOf(t, s.Key).Verify(n.Body(), s.Raw) {
			t.Errorf("a signature of %s that does not verify", s.Key.Name)
		}
		if (s.Key.Kind == KindCosigner) != (s.At > 0) {
			t.Errorf("%s: time %d", s.Key.Name, s.At)
		}
	}
	again, err := keys.Open(n.Marshal())
	if err != nil {
		t.Errorf("couldn't open what Marshal wrote: %v", err)
		return
	}
	if !bytes.Equal(again.Marshal(), n.Marshal()) {
		t.Error("Marshal and Open do not agree")
	}
}

func TestForeignKeys(t *testing.T) {
	n := newNetwork(t)
	foreign := private(t, keyring.UseLog, 77)
	key := Key{Kind: KindLog, Name: "foreign.example/log", Public: foreign.Public().Key}
	keys, err := NewKeys(append(slices.Clone(n.keys.List()), key))
	if err != nil {
		t.Fatal(err)
	}
	c := sample()
	c.Origin = key.Name
	log, err := SignLog(c, key, foreign)
	if err != nil {
		t.Fatal(err)
	}
	// A cosigner of ours signs a foreign log; it counts for no region there.
	both := NewNote(c, log, n.cosigns(t, c, n.nodes[0], at))
	got, err := keys.Open(both.Marshal())
	if err != nil || len(got.Signatures) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	if by := got.CosignedBy(); len(by) != 0 {
		t.Errorf("cosigned by %v", by)
	}
	if g := n.policy.Grade(got); g != GradeNone {
		t.Errorf("grade %q", g)
	}
	// An outside witness's line is kept, and counts for no region either.
	outside := private(t, keyring.UseCosigner, 79)
	witness, err := ParseVKey(Key{Kind: KindCosigner, Name: "witness.example/w1", Public: outside.Public().Key}.VKey())
	if err != nil {
		t.Fatal(err)
	}
	national, err := NewKeys(append(slices.Clone(n.keys.List()), witness))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := Cosign(sample(), witness, outside, at)
	if err != nil {
		t.Fatal(err)
	}
	got, err = national.Open(NewNote(sample(), seen, n.cosigns(t, sample(), n.nodes[0], at)).Marshal())
	if err != nil || !got.SignedBy(witness) || !slices.Equal(got.CosignedBy(), []string{"110000"}) {
		t.Errorf("with an outside witness: %+v, %v", got, err)
	}
	c.Origin = "witness.example"
	_, err = national.Open(NewNote(c, seen).Marshal())
	wantErr(t, "an origin that only an outside witness's name begins with", err, ErrOrigin)
	// A foreign log's line under our checkpoint is no known signature.
	ours := sample()
	stray := Signature{Key: key}
	if stray.Raw, err = foreign.Sign(ours.Body()); err != nil {
		t.Fatal(err)
	}
	_, err = keys.Open(NewNote(ours, stray).Marshal())
	wantErr(t, "a foreign log signs our checkpoint", err, ErrUnsigned)
	// A cosigner that calls itself a region of ours below another origin.
	public := private(t, keyring.UseCosigner, 78)
	posing, err := ParseVKey(Key{Kind: KindCosigner, Name: "evil.example/110000/110000-a", Public: public.Public().Key}.VKey())
	if err != nil {
		t.Fatal(err)
	}
	fake, err := NewKeys([]Key{posing, {Kind: KindLog, Name: origin, Public: n.nodes[0].log.Public().Key}})
	if err != nil {
		t.Fatal(err)
	}
	s, err := Cosign(ours, posing, public, at)
	if err != nil {
		t.Fatal(err)
	}
	got, err = fake.Open(NewNote(ours, s).Marshal())
	if err != nil || len(got.CosignedBy()) != 0 || n.policy.Grade(got) != GradeCommitted {
		t.Errorf("a posing cosigner: %v, %v", got, err)
	}
}

func TestMerge(t *testing.T) {
	n := newNetwork(t)
	c := sample()
	early, late := NewNote(c, n.cosigns(t, c, n.nodes[0], at)), NewNote(c, n.cosigns(t, c, n.nodes[0], at+9), n.logs(t, c, n.nodes[0]))
	for _, pair := range [][2]*Note{{early, late}, {late, early}} {
		got := pair[0].Clone()
		if err := got.Merge(pair[1]); err != nil {
			t.Fatal(err)
		}
		if len(got.Signatures) != 2 || got.Signatures[1].At != at+9 {
			t.Errorf("got %+v", got.Signatures)
		}
		checkNote(t, n.keys, got)
	}
	if len(early.Signatures) != 1 || early.Signatures[0].At != at {
		t.Error("a clone's merge reached the original")
	}
	for _, change := range []func(*Checkpoint){
		func(c *Checkpoint) { c.Size++ }, func(c *Checkpoint) { c.Root = merkle.EmptyRoot }, func(c *Checkpoint) { c.Origin = "other" },
	} {
		other := c
		change(&other)
		wantErr(t, "another checkpoint", early.Clone().Merge(NewNote(other)), ErrDiffers)
	}
}

// TestMergeOrder: any order of any parts gives the same note.
func TestMergeOrder(t *testing.T) {
	n := newNetwork(t)
	c := sample()
	var parts []Signature
	for _, m := range n.nodes {
		parts = append(parts, n.logs(t, c, m), n.cosigns(t, c, m, at), n.cosigns(t, c, m, at+1))
	}
	want := NewNote(c, parts...).Marshal()
	rapid.Check(t, func(t *rapid.T) {
		got := NewNote(c)
		for _, s := range rapid.Permutation(parts).Draw(t, "order") {
			if err := got.Merge(NewNote(c, s)); err != nil {
				t.Fatal(err)
			}
		}
		if !bytes.Equal(got.Marshal(), want) {
			t.Fatalf("got\n%s\nwant\n%s", got.Marshal(), want)
		}
	})
}

func TestOpenLines(t *testing.T) {
	n := newNetwork(t)
	c := sample()
	s := n.cosigns(t, c, n.nodes[2], at)
	got, err := n.keys.OpenLines(c, s.Line())
	if err != nil || !got.SignedBy(s.Key) || len(got.Signatures) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	other := c
	other.Size++
	_, err = n.keys.OpenLines(other, s.Line())
	wantErr(t, "lines of another checkpoint", err, ErrSignature)
	_, err = n.keys.OpenLines(c, nil)
	wantErr(t, "no lines", err, ErrNote)
}
