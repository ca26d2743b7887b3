package keyring

import (
	"crypto/ed25519"
	"crypto/sha512"
	"testing"

	"github.com/oasisprotocol/curve25519-voi/curve"
	"github.com/oasisprotocol/curve25519-voi/curve/scalar"
)

// torsion8 is a point of order 8 (y in little-endian), from the ZIP-215 vectors.
var torsion8 = []byte{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a}

func point(t testing.TB, enc []byte) *curve.EdwardsPoint {
	t.Helper()
	y, err := curve.NewCompressedEdwardsYFromBytes(enc)
	if err != nil {
		t.Fatal(err)
	}
	p, err := curve.NewEdwardsPoint().SetCompressedY(y)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func encode(p *curve.EdwardsPoint) []byte {
	y := curve.NewCompressedEdwardsY().SetEdwardsPoint(p)
	return append([]byte(nil), y[:]...)
}

// torsionKey returns a key with a small-order component: a*B + T8.
func torsionKey(t testing.TB) []byte {
	a := point(t, newKey(t, EdDSA, UseStatement).Public().Key)
	return encode(curve.NewEdwardsPoint().Add(a, point(t, torsion8)))
}

// forge signs like RFC 8032 but lets the caller choose the torsion in R and A.
func forge(t testing.TB, seed [32]byte, message []byte, addR, addA []byte) (key, signature []byte) {
	t.Helper()
	wide := func(parts ...[]byte) *scalar.Scalar {
		h := sha512.New()
		for _, p := range parts {
			h.Write(p)
		}
		s, err := scalar.NewFromBytesModOrderWide(h.Sum(nil))
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	shifted := func(s *scalar.Scalar, add []byte) []byte {
		p := curve.NewEdwardsPoint().MulBasepoint(curve.ED25519_BASEPOINT_TABLE, s)
		if add != nil {
			p.Add(p, point(t, add))
		}
		return encode(p)
	}
	a, r := wide([]byte("a"), seed[:]), wide([]byte("r"), seed[:], message)
	key, signature = shifted(a, addA), shifted(r, addR)
	k := wide(signature, key, message)
	s := scalar.New().Mul(k, a)
	s.Add(s, r)
	out := make([]byte, 32)
	if err := s.ToBytes(out); err != nil {
		t.Fatal(err)
	}
	return key, append(signature, out...)
}

// smallOrder are the encodings of the eight torsion points that ZIP-215
// decodes, canonical and not (y >= p, or -0), 14 in all.
func smallOrder() [][]byte {
	le := func(first, fill, last byte) []byte {
		out := make([]byte, 32)
		out[0] = first
		for i := 1; i < 31; i++ {
			out[i] = fill
		}
		out[31] = last
		return out
	}
	neg8 := append([]byte(nil), torsion8...)
	neg8[31] |= 0x80
	other := []byte{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05}
	negOther := append([]byte(nil), other...)
	negOther[31] |= 0x80
	return [][]byte{
		le(0x01, 0, 0), le(0x01, 0, 0x80), // identity; with sign bit: non-canonical
		le(0xec, 0xff, 0x7f), le(0xec, 0xff, 0xff), // order 2; with sign bit: non-canonical
		le(0x00, 0, 0), le(0x00, 0, 0x80), // order 4
		le(0xed, 0xff, 0x7f), le(0xed, 0xff, 0xff), // order 4 as y = p: non-canonical
		le(0xee, 0xff, 0x7f), le(0xee, 0xff, 0xff), // identity as y = p+1: non-canonical
		torsion8, neg8, other, negOther, // order 8
	}
}

// agree checks that one signature gets the expected verdict singly, alone in a
// batch, in a batch with good ones, and in a batch with bad ones.
func agree(t *testing.T, name string, key, message, signature []byte, want bool) {
	t.Helper()
	pub := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: key}
	v := verifier(t, pub)
	if got := v.Verify(message, signature); got != want {
		t.Errorf("%s: single says %v, want %v", name, got, want)
	}
	good := newKey(t, EdDSA, UseStatement)
	goodSig, _ := good.Sign(message)
	for _, c := range []struct {
		company string
		sig     []byte
		n       int
	}{{"alone", nil, 0}, {"good", goodSig, 3}, {"bad", make([]byte, 64), 3}, {"many", goodSig, 200}} {
		b := NewBatch(4)
		for range c.n {
			b.AddKey(good.Public(), message, c.sig)
		}
		b.Add(v, message, signature)
		verdicts := b.Verify()
		if got := verdicts[c.n]; got != want {
			t.Errorf("%s: batch (%s company) says %v, want %v", name, c.company, got, want)
		}
		for i := range c.n {
			if verdicts[i] != (c.company != "bad") {
				t.Errorf("%s: batch misjudges its company (%s)", name, c.company)
			}
		}
	}
}

// TestSingleAndBatchAgree: torsion in R or A and non-canonical encodings, where
// cofactored and cofactorless checks differ, get one verdict everywhere.
func TestSingleAndBatchAgree(t *testing.T) {
	message := []byte("三地")
	key, sig := forge(t, [32]byte{1}, message, nil, nil)
	agree(t, "plain", key, message, sig, true)

	key, sig = forge(t, [32]byte{2}, message, torsion8, nil)
	agree(t, "torsion in R", key, message, sig, true)
	if ed25519.Verify(key, message, sig) {
		t.Error("the vector does not separate the two predicates")
	}
	key, sig = forge(t, [32]byte{3}, message, nil, torsion8)
	agree(t, "torsion in A", key, message, sig, true)
	key, sig = forge(t, [32]byte{4}, message, torsion8, torsion8)
	agree(t, "torsion in both", key, message, sig, true)

	key, sig = forge(t, [32]byte{5}, message, torsion8, nil)
	sig[40] ^= 1
	agree(t, "torsion in R, wrong S", key, message, sig, false)
	key, sig = forge(t, [32]byte{6}, message, nil, nil)
	agree(t, "S + L", key, message, addOrder(sig), false)
}

// TestZIP215SmallOrder: every pair of small-order A and R with S = 0 is valid
// under ZIP-215, and PublicKey.Check keeps every such A out of a registry.
func TestZIP215SmallOrder(t *testing.T) {
	message := []byte("Zcash")
	encodings := smallOrder()
	for _, a := range encodings {
		pub := PublicKey{ID: "k", Alg: EdDSA, Use: UseStatement, Key: a}
		if pub.Check() == nil {
			t.Errorf("small-order key %x registers", a)
		}
		b := NewBatch(len(encodings))
		v := verifier(t, pub)
		for _, r := range encodings {
			sig := append(append([]byte(nil), r...), make([]byte, 32)...)
			if !v.Verify(message, sig) {
				t.Errorf("A %x R %x: single refuses", a, r)
			}
			b.Add(v, message, sig)
		}
		for i, ok := range b.Verify() {
			if !ok {
				t.Errorf("A %x R %x: batch refuses", a, encodings[i])
			}
		}
	}
}

// addOrder turns S into S + L, which a lax verifier reduces to the same.
func addOrder(sig []byte) []byte {
	order := []byte{0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10}
	out := append([]byte(nil), sig...)
	carry := 0
	for i, b := range order {
		sum := int(out[32+i]) + int(b) + carry
		out[32+i], carry = byte(sum), sum>>8
	}
	return out
}

func BenchmarkVerify(b *testing.B) {
	for _, alg := range []Alg{EdDSA, ES256} {
		b.Run(string(alg), func(b *testing.B) {
			k := newKey(b, alg, UseStatement)
			message := make([]byte, 600)
			sig, _ := k.Sign(message)
			v := verifier(b, k.Public())
			b.ReportAllocs()
			for b.Loop() {
				if !v.Verify(message, sig) {
					b.Fatal("refused")
				}
			}
		})
	}
}

// BenchmarkBatch reports the cost per signature with three keys, as in a
// network of three regions.
func BenchmarkBatch(b *testing.B) {
	for _, n := range []int{4, 16, 64, 128, 256} {
		b.Run(itoa(n), func(b *testing.B) {
			vs, sigs := make([]Verifier, n), make([][]byte, n)
			keys := []*PrivateKey{newKey(b, EdDSA, UseStatement), newKey(b, EdDSA, UseStatement), newKey(b, EdDSA, UseStatement)}
			messages := make([][]byte, n)
			for i := range n {
				k := keys[i%len(keys)]
				messages[i] = make([]byte, 600)
				messages[i][0] = byte(i)
				sigs[i], _ = k.Sign(messages[i])
				vs[i] = verifier(b, k.Public())
			}
			batch := NewBatch(n)
			b.ReportAllocs()
			for b.Loop() {
				batch.Reset()
				for i := range n {
					batch.Add(vs[i], messages[i], sigs[i])
				}
				for _, ok := range batch.Verify() {
					if !ok {
						b.Fatal("refused")
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/sig")
		})
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}
