package statement

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"io/fs"
	"reflect"
	"sync"
	"testing"

	"github.com/c2sp/wycheproof"
	"github.com/go-json-experiment/json"
	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
	"pgregory.net/rapid"

	"sandi.internal/gateway/certs/keyring"
)

// check is a message, key and signature with the one right verdict.
type check struct {
	name  string
	st    *Statement
	key   keyring.PublicKey
	valid bool
}

// checkOf dresses a bare signature as a parsed statement, so that vectors of
// others run through the same door.
func checkOf(name string, alg keyring.Alg, key, message, signature []byte, valid bool) check {
	st := &Statement{Raw: message, Hash: sha256.Sum256(append(append([]byte(name), message...), signature...)), Alg: string(alg), input: len(message)}
	copy(st.signature[:], signature)
	return check{name, st, keyring.PublicKey{ID: "k", Alg: alg, Use: keyring.UseStatement, Key: key}, valid}
}

// agree runs the checks in a drawn order, partly prefetched in batches, partly
// single, with repeats, and demands the right verdict each time.
func agree(t *testing.T, checks []check) {
	t.Helper()
	byStatement := make(map[*Statement]check)
	for _, c := range checks {
		byStatement[c.st] = c
	}
	find := func(st *Statement) (keyring.PublicKey, bool) { return byStatement[st].key, true }
	rapid.Check(t, func(t *rapid.T) {
		picked := rapid.SliceOfN(rapid.SampledFrom(checks), 1, 80).Draw(t, "picked")
		pool := NewPool(rapid.IntRange(1, 3).Draw(t, "workers"), rapid.IntRange(0, 100).Draw(t, "entries"))
		ahead := rapid.IntRange(0, len(picked)).Draw(t, "ahead")
		var sts []*Statement
		for _, c := range picked[:ahead] {
			sts = append(sts, c.st)
		}
		pool.Prefetch(sts, find)
		for _, c := range picked {
			if got := pool.Verify(c.st, c.key); got != c.valid {
				t.Fatalf("%s: got %v, want %v (prefetched %d of %d)", c.name, got, c.valid, ahead, len(picked))
			}
		}
	})
	// All in one batch, and each alone.
	whole, sts := NewPool(2, len(checks)), []*Statement(nil)
	for _, c := range checks {
		sts = append(sts, c.st)
	}
	whole.Prefetch(sts, find)
	batch := NewBatch(len(checks))
	_ = batch.Verify(sts[:len(sts)/2], find) // nothing of it may stay
	verdicts := batch.Verify(append(sts, nil), find)
	if _, known := verdicts[len(sts)].Under(checks[0].key); known {
		t.Error("a verdict on nothing")
	}
	for i, c := range checks {
		if got := whole.Verify(c.st, c.key); got != c.valid {
			t.Errorf("%s: batch gives %v, want %v", c.name, got, c.valid)
		}
		if got, known := verdicts[i].Under(c.key); got != c.valid || known != fits(c.st, c.key) {
			t.Errorf("%s: the bare batch gives %v, %v, want %v", c.name, got, known, c.valid)
		}
		other := c.key
		if other.Key = bytes.Clone(c.key.Key); len(other.Key) > 0 {
			other.Key[0] ^= 1
			if got, known := verdicts[i].Under(other); got || known {
				t.Errorf("%s: the verdict speaks of another key", c.name)
			}
		}
		if got := NewPool(1, 16).Verify(c.st, c.key); got != c.valid {
			t.Errorf("%s: single gives %v, want %v", c.name, got, c.valid)
		}
	}
}

// TestWycheproofEd25519: every vector with a message and a signature of the
// right length, which the gate demands before.
func TestWycheproofEd25519(t *testing.T) {
	var file struct {
		Groups []struct {
			Key struct {
				PK string `json:"pk"`
			} `json:"publicKey"`
			Tests []struct {
				ID     int    `json:"tcId"`
				Msg    string `json:"msg"`
				Sig    string `json:"sig"`
				Result string `json:"result"`
			} `json:"tests"`
		} `json:"testGroups"`
	}
	readVectors(t, "ed25519_test.json", &file)
	// ZIP-215 decodes R with y = 1 and the sign of a zero x set; RFC 8032 does not.
	const zip215Only = 151
	var checks []check
	wrongLength := 0
	for _, g := range file.Groups {
		for _, v := range g.Tests {
			sig := unhex(t, v.Sig)
			if len(sig) != signatureSize {
				wrongLength++
				if v.Result != "invalid" {
					t.Errorf("tcId %d: valid at %d bytes", v.ID, len(sig))
				}
				continue
			}
			if msg := unhex(t, v.Msg); len(msg) > 0 { // an empty signing input is no statement
				checks = append(checks, checkOf(fmt.Sprintf("tcId %d", v.ID), keyring.EdDSA, unhex(t, g.Key.PK), msg, sig, v.Result == "valid" || v.ID == zip215Only))
			}
		}
	}
	if len(checks) < 100 || wrongLength < 10 {
		t.Fatalf("only %d vectors, %d of a wrong length", len(checks), wrongLength)
	}
	agree(t, checks)
}

// TestWycheproofP256: ECDSA vectors with raw signatures; the high-S half of the
// valid ones is invalid here.
func TestWycheproofP256(t *testing.T) {
	var file struct {
		Groups []struct {
			Key struct {
				Point string `json:"uncompressed"`
			} `json:"publicKey"`
			Tests []struct {
				ID     int    `json:"tcId"`
				Msg    string `json:"msg"`
				Sig    string `json:"sig"`
				Result string `json:"result"`
			} `json:"tests"`
		} `json:"testGroups"`
	}
	readVectors(t, "ecdsa_secp256r1_sha256_p1363_test.json", &file)
	half := unhex(t, "7fffffff800000007fffffffffffffffde737d56d38bcf4279dce5617e3192a8") // floor(n/2)
	var checks []check
	twins := 0
	for _, g := range file.Groups {
		for _, v := range g.Tests {
			sig, msg := unhex(t, v.Sig), unhex(t, v.Msg)
			if len(sig) != signatureSize || len(msg) == 0 {
				continue
			}
			high := bytes.Compare(sig[32:], half) > 0
			if high && v.Result == "valid" {
				twins++
			}
			checks = append(checks, checkOf(fmt.Sprintf("tcId %d", v.ID), keyring.ES256, unhex(t, g.Key.Point), msg, sig, v.Result == "valid" && !high))
		}
	}
	if len(checks) < 100 || twins < 10 {
		t.Fatalf("only %d vectors, %d high-S", len(checks), twins)
	}
	agree(t, checks)
}

// TestWycheproofJWS: the gate refuses all 401 documents, the valid ones too,
// because none is a statement. Those it refuses before reading the header are
// invalid, or have an empty payload, which no statement has; 372 and 373 are
// marked valid but hold a question mark between the characters.
func TestWycheproofJWS(t *testing.T) {
	var file struct {
		Count  int `json:"numberOfTests"`
		Groups []struct {
			Tests []struct {
				ID      int    `json:"tcId"`
				Comment string `json:"comment"`
				JWS     any    `json:"jws"` // a string, or an object for the JSON serialisation
				Result  string `json:"result"`
			} `json:"tests"`
		} `json:"testGroups"`
	}
	readVectors(t, "json_web_signature_test.json", &file)
	seen := 0
	for _, g := range file.Groups {
		for _, v := range g.Tests {
			seen++
			text, isText := v.JWS.(string)
			if !isText {
				raw, err := json.Marshal(v.JWS)
				if err != nil {
					t.Fatal(err)
				}
				text = string(raw)
			}
			_, err := Parse([]byte(text))
			switch got := code(err); got {
			case CodeType, CodeAlg, CodeMissing, CodeUnknown, CodeForm, CodeWrongType, CodeSignature:
				// Well-formed in its own way, but no statement: an HS256 or RS256 one has
				// another signature size.
			case CodeSegments, CodeBase64, CodeSyntax, CodeName, CodeTooLarge, CodeDuplicate:
				if v.Result == "valid" && v.Comment != "emptyPayload" && v.ID != 372 && v.ID != 373 {
					t.Errorf("tcId %d: a valid JWS refused with %s", v.ID, got)
				}
			default:
				t.Errorf("tcId %d: got %v", v.ID, err)
			}
		}
	}
	if seen != file.Count || seen < 400 {
		t.Errorf("saw %d of %d", seen, file.Count)
	}
}

func readVectors(t *testing.T, name string, into any) {
	t.Helper()
	text, err := fs.ReadFile(wycheproof.TestVectors, name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatal(err)
	}
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEd25519Edges: torsion and non-canonical encodings, where libraries differ.
// The right verdict is ZIP-215's; the vectors say what the standard library
// answers, and that the two differ for some is why it must never decide.
func TestEd25519Edges(t *testing.T) {
	type edge struct {
		Name    string `json:"name"`
		Message string `json:"message"` // hex
		Public  string `json:"public"`
		Sig     string `json:"signature"`
		Valid   bool   `json:"valid"`
		GoStd   bool   `json:"go_crypto_ed25519"`
	}
	var out []edge
	var checks []check
	add := func(name string, message, key, sig []byte, valid bool) {
		out = append(out, edge{name, hex.EncodeToString(message), hex.EncodeToString(key), hex.EncodeToString(sig), valid, ed25519.Verify(key, message, sig)})
		checks = append(checks, checkOf(name, keyring.EdDSA, key, message, sig, valid))
	}
	points := smallOrder(t)
	for i, a := range points { // the 196 vectors of ZIP-215: S = 0, A and R of small order
		for j, r := range points {
			add(fmt.Sprintf("small order A %d R %d", i, j), []byte("Zcash"), a, append(bytes.Clone(r), make([]byte, 32)...), true)
		}
	}
	for i, torsion := range append([][]byte{nil}, points[:4]...) {
		for j, torsionA := range append([][]byte{nil}, points[:4]...) {
			message := fmt.Appendf(nil, "mixed order %d %d", i, j)
			key, sig := forge(t, message, torsion, torsionA)
			add(fmt.Sprintf("R + T%d, A + T%d", i, j), message, key, sig, true)
			add(fmt.Sprintf("R + T%d, A + T%d, S + L", i, j), message, key, plusOrder(t, sig), false)
			add(fmt.Sprintf("R + T%d, A + T%d, other message", i, j), append(message, '!'), key, sig, false)
		}
	}
	differ := 0
	for _, e := range out {
		if e.GoStd != e.Valid {
			differ++
		}
	}
	if differ < 100 {
		t.Errorf("only %d vectors on which the standard library differs", differ)
	}
	golden(t, "ed25519_edges.json", out)
	agree(t, checks)
}

// smallOrder are the 14 encodings that decode to points of order 1, 2, 4 and 8,
// canonical or not. The first four are canonical and of order 8, 8, 4 and 2.
func smallOrder(t *testing.T) (out [][]byte) {
	for _, s := range []string{
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
		"0000000000000000000000000000000000000000000000000000000000000080",
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
		"0100000000000000000000000000000000000000000000000000000000000000",
		"0000000000000000000000000000000000000000000000000000000000000000",
		"c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
		"26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
		"0100000000000000000000000000000000000000000000000000000000000080", // -0
		"ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p + 1
		"eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // y = p
		"edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
	} {
		out = append(out, unhex(t, s))
	}
	return out
}

// forge signs as RFC 8032 does, but adds small-order points to R and A.
func forge(t *testing.T, message, addR, addA []byte) (key, sig []byte) {
	wide := func(parts ...[]byte) *scalar.Scalar {
		s, err := scalar.NewFromBytesModOrderWide(func() []byte { sum := sha512.Sum512(bytes.Join(parts, nil)); return sum[:] }())
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shifted := func(s *scalar.Scalar, add []byte) []byte {
		p := curve.NewEdwardsPoint().MulBasepoint(curve.ED25519_BASEPOINT_TABLE, s)
		if add != nil {
			y, err := curve.NewCompressedEdwardsYFromBytes(add)
			if err != nil {
				t.Fatal(err)
			}
			torsion, err := curve.NewEdwardsPoint().SetCompressedY(y)
			if err != nil {
				t.Fatal(err)
			}
			p.Add(p, torsion)
		}
		return bytes.Clone(curve.NewCompressedEdwardsY().SetEdwardsPoint(p)[:])
	}
	a, r := wide([]byte("key")), wide([]byte("nonce"), message)
	key, sig = shifted(a, addA), shifted(r, addR)
	s := scalar.New().Mul(wide(sig, key, message), a)
	s.Add(s, r)
	out := make([]byte, 32)
	if err := s.ToBytes(out); err != nil {
		t.Fatal(err)
	}
	return key, append(sig, out...)
}

// plusOrder adds the group order to S: the malleable twin.
func plusOrder(t *testing.T, sig []byte) []byte {
	order := unhex(t, "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
	out := bytes.Clone(sig)
	carry := 0
	for i := range 32 {
		sum := int(sig[32+i]) + int(order[i]) + carry
		out[32+i], carry = byte(sum), sum>>8
	}
	return out
}

// TestPoolKeys: the key decides, not who asked first; and what Trust says about
// one key says nothing about another.
func TestPoolKeys(t *testing.T) {
	mine, other := testKey(t, keyring.UseStatement, "st-1", 7), testKey(t, keyring.UseStatement, "st-1", 8)
	_, st, err := Sign(mine, testPayload())
	if err != nil {
		t.Fatal(err)
	}
	pool := NewPool(2, 100)
	for range 2 {
		if pool.Verify(st, other.Public()) || !pool.Verify(st, mine.Public()) {
			t.Fatal("wrong verdict")
		}
	}
	pool = NewPool(2, 100)
	pool.Trust(st, mine.Public())
	if !pool.Verify(st, mine.Public()) || pool.Verify(st, other.Public()) {
		t.Error("trust spread to another key")
	}
	if again, err := pool.Parse(st.Raw); err != nil || again != st {
		t.Error("a trusted statement is parsed again")
	}
	ec, err := keyring.Generate(keyring.ES256, keyring.UseStatement, "st-1")
	if err != nil {
		t.Fatal(err)
	}
	for name, key := range map[string]keyring.PublicKey{
		"other algorithm": ec.Public(), "no key": {}, "short": {Alg: keyring.EdDSA, Key: make([]byte, 5)},
		"long": {Alg: keyring.EdDSA, Key: make([]byte, 500)}, "no algorithm": {Key: mine.Public().Key},
	} {
		pool.Prefetch([]*Statement{st, nil}, func(*Statement) (keyring.PublicKey, bool) { return key, true })
		if pool.Verify(st, key) {
			t.Errorf("%s: verifies", name)
		}
	}
	if pool.Verify(&Statement{Alg: "EdDSA"}, mine.Public()) {
		t.Error("a statement that was never parsed verifies")
	}
}

// TestPoolParse: same answers as Parse, and a memory that stays bounded.
func TestPoolParse(t *testing.T) {
	pool := NewPool(1, 20)
	k := testKey(t, keyring.UseStatement, "st-1", 7)
	for i := range 200 {
		p := testPayload()
		p.ID = fmt.Sprintf("01JBXYZ%019d", i)
		raw, _, err := Sign(k, p)
		if err != nil {
			t.Fatal(err)
		}
		first, err := pool.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		raw[0] ^= 1 // the pool keeps its own copy
		if _, err := Parse(first.Raw); err != nil {
			t.Fatal("the pool's copy changed with the caller's bytes")
		}
		raw[0] ^= 1
		if again, err := pool.Parse(raw); err != nil || again != first {
			t.Fatal("a repeated statement is not the same")
		}
		pool.Verify(first, k.Public())
	}
	for name, n := range map[string]int{
		"parsed": len(pool.parsed.young) + len(pool.parsed.old), "verdicts": len(pool.verdicts.young) + len(pool.verdicts.old),
	} {
		if n > 40 {
			t.Errorf("%s: %d entries kept", name, n)
		}
	}
	if _, err := pool.Parse(bytes.Repeat([]byte("A"), MaxBytes+1)); code(err) != CodeTooLarge {
		t.Error("size is not checked first")
	}
	large := newCache[int, []byte](100, 1000)
	for i := range 100 {
		large.put(i, nil, 300)
	}
	if n := len(large.young) + len(large.old); n > 6 {
		t.Errorf("%d large entries kept", n)
	}
}

// TestPoolForgets: what was applied leaves nothing but its verdict, and is read
// again when it is asked for again.
func TestPoolForgets(t *testing.T) {
	pool := NewPool(1, 100)
	k := testKey(t, keyring.UseStatement, "st-1", 7)
	_, st, err := Sign(k, testPayload())
	if err != nil {
		t.Fatal(err)
	}
	pool.Trust(st, k.Public())
	pool.Forget(st)
	pool.Forget(st)
	if pool.parsed.weight != 0 || len(pool.parsed.young) != 0 {
		t.Errorf("%d bytes in %d statements are left", pool.parsed.weight, len(pool.parsed.young))
	}
	again, err := pool.Parse(st.Raw)
	if err != nil || again == st || !reflect.DeepEqual(again, st) {
		t.Fatalf("read again: %+v, %v; want %+v", again, err, st)
	}
	if !pool.Verify(again, k.Public()) || len(pool.verdicts.young) != 1 {
		t.Error("the verdict was forgotten")
	}
}

// TestPoolTellsApart: two statements in one place of the cache stay two.
func TestPoolTellsApart(t *testing.T) {
	pool := NewPool(1, 100)
	k := testKey(t, keyring.UseStatement, "st-1", 7)
	first, one, err := Sign(k, testPayload())
	if err != nil {
		t.Fatal(err)
	}
	p := testPayload()
	p.Actor.Role = "clerk"
	second, two, err := Sign(k, p)
	if err != nil {
		t.Fatal(err)
	}
	pool.parsed.put(pool.print(second), one, one.memory()) // as if both had one print
	if st, err := pool.Parse(second); err != nil || !reflect.DeepEqual(st, two) {
		t.Errorf("got %+v, %v; want %+v", st, err, two)
	}
	if st, err := pool.Parse(first); err != nil || !reflect.DeepEqual(st, one) {
		t.Errorf("got %+v, %v; want %+v", st, err, one)
	}
}

// TestPoolConcurrent: many goroutines, one answer.
func TestPoolConcurrent(t *testing.T) {
	k := testKey(t, keyring.UseStatement, "st-1", 7)
	var sts []*Statement
	for i := range 60 {
		p := testPayload()
		p.ID = fmt.Sprintf("01JBXYZ%019d", i)
		_, st, err := Sign(k, p)
		if err != nil {
			t.Fatal(err)
		}
		if i%7 == 3 {
			raw := bytes.Clone(st.Raw)
			copy(raw[len(raw)-20:], "AAAA")
			if st, err = Parse(raw); err != nil {
				t.Fatal(err)
			}
		}
		sts = append(sts, st)
	}
	pool := NewPool(4, 30)
	find := func(*Statement) (keyring.PublicKey, bool) { return k.Public(), true }
	var wait sync.WaitGroup
	for g := range 6 {
		wait.Go(func() {
			for round := range 3 {
				pool.Prefetch(sts[(g+round)*5:], find)
				for i, st := range sts {
					if got := pool.Verify(st, k.Public()); got != (i%7 != 3) {
						t.Errorf("statement %d: got %v", i, got)
					}
				}
			}
		})
	}
	wait.Wait()
}
