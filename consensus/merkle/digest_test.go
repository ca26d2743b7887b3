package merkle

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/zeebo/blake3"
	"pgregory.net/rapid"
)

// slowVector is the definition, with another BLAKE3 library and one lane at a
// time.
func slowVector(key, value []byte) (v [lanes]uint16) {
	inner := sha256.New()
	inner.Write(binary.AppendUvarint(nil, uint64(len(key))))
	inner.Write(key)
	inner.Write(value)
	h := blake3.New()
	h.Write([]byte(elementDomain))
	h.Write(inner.Sum(nil))
	var out [DigestSize]byte
	h.Digest().Read(out[:])
	for i := range v {
		v[i] = binary.LittleEndian.Uint16(out[2*i:])
	}
	return v
}

type pair struct{ key, value []byte }

func slowDigest(pairs []pair) []byte {
	var sum [lanes]uint16
	for _, p := range pairs {
		for i, x := range slowVector(p.key, p.value) {
			sum[i] += x
		}
	}
	var out []byte
	for _, x := range sum {
		out = binary.LittleEndian.AppendUint16(out, x)
	}
	return out
}

func pairOf(t *rapid.T) pair {
	return pair{
		rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "key"),
		rapid.SliceOfN(rapid.Byte(), 0, 3000).Draw(t, "value"),
	}
}

// TestTwoLibraries: values of many sizes give what another BLAKE3 library gives,
// and one too long to keep its buffer leaves the next right.
func TestTwoLibraries(t *testing.T) {
	sizes := []int{0, 1, 31, 63, 64, 65, 1024, 4097, maxScratch, maxScratch + 1, 5}
	for i := range 150 {
		sizes = append(sizes, 7*i)
	}
	random := rand.New(rand.NewPCG(1, 2))
	var d Digest
	for _, size := range sizes {
		value := make([]byte, size)
		for i := range value {
			value[i] = byte(random.Uint32())
		}
		d.Add([]byte("key"), value)
		if got, want := d.Marshal(), slowDigest([]pair{{[]byte("key"), value}}); string(got) != string(want) {
			t.Fatalf("value of %d bytes: the two libraries differ", size)
		}
		d.Remove([]byte("key"), value)
	}
}

// TestDigestIsASet: any order of adding and removing gives the digest of what is
// left, and the packed arithmetic is the plain one.
func TestDigestIsASet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		stay := rapid.SliceOfN(rapid.Custom(pairOf), 0, 6).Draw(t, "stay")
		gone := rapid.SliceOfN(rapid.Custom(pairOf), 0, 6).Draw(t, "gone")
		type op struct {
			remove bool
			pair
		}
		var ops []op
		for _, p := range stay {
			ops = append(ops, op{false, p})
		}
		for _, p := range gone {
			ops = append(ops, op{false, p}, op{true, p})
		}
		shuffled := rapid.Permutation(ops).Draw(t, "order") // a pair may even leave before it comes
		var a, left, right Digest
		for i, o := range shuffled {
			part := &left
			if i%2 == 0 {
				part = &right
			}
			if o.remove {
				a.Remove(o.key, o.value)
				part.Remove(o.key, o.value)
			} else {
				a.Add(o.key, o.value)
				part.Add(o.key, o.value)
			}
		}
		if string(a.Marshal()) != string(slowDigest(stay)) {
			t.Fatal("not the digest of what is left")
		}
		left.Merge(&right)
		if left.Sum() != a.Sum() {
			t.Fatal("parts merged differ from the whole")
		}
		back, err := UnmarshalDigest(a.Marshal())
		if err != nil || back.Sum() != a.Sum() || a.Clone().Sum() != a.Sum() {
			t.Fatal("Marshal, Unmarshal or Clone changed it")
		}
	})
}

// TestDigestReplace: replacing is removing and adding, whatever is remembered of
// earlier pairs: values that come back, more keys than there is room for, and
// pairs that were removed or added in between.
func TestDigestReplace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfNDistinct(rapid.StringN(1, 20, 40), 1, 3*recentVectors, rapid.ID[string]).Draw(t, "keys")
		held := map[string][]byte{}
		var d, plain Digest
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			key := rapid.SampledFrom(keys).Draw(t, "key")
			before, has := held[key]
			value := []byte{byte(rapid.IntRange(0, 3).Draw(t, "value"))}
			switch k := []byte(key); {
			case !has:
				d.Add(k, value)
			case rapid.IntRange(0, 9).Draw(t, "kind") == 0:
				d.Remove(k, before)
				d.Add(k, value)
			default:
				d.Replace(k, before, value)
			}
			held[key] = value
			if has {
				plain.Remove([]byte(key), before)
			}
			plain.Add([]byte(key), value)
			if d.Sum() != plain.Sum() {
				t.Fatal("Replace is not Remove and Add")
			}
		}
		if d.Clone().Sum() != d.Sum() {
			t.Fatal("the clone differs")
		}
		var left []pair
		for k, v := range held {
			left = append(left, pair{[]byte(k), v})
		}
		if string(d.Marshal()) != string(slowDigest(left)) {
			t.Fatal("not the digest of what is left")
		}
	})
}

// TestDigestTellsApart: what looks alike when glued together is not.
func TestDigestTellsApart(t *testing.T) {
	seen := map[Hash]string{}
	for _, p := range []pair{{nil, nil}, {[]byte("a"), nil}, {nil, []byte("a")}, {[]byte("ab"), []byte("c")}, {[]byte("a"), []byte("bc")}, {nil, []byte("\x01a")}} {
		var d Digest
		d.Add(p.key, p.value)
		name := fmt.Sprintf("%q=%q", p.key, p.value)
		if other, taken := seen[d.Sum()]; taken {
			t.Errorf("%s and %s have one digest", name, other)
		}
		seen[d.Sum()] = name
	}
	var empty, back Digest
	back.Add([]byte("k"), []byte("v"))
	back.Remove([]byte("k"), []byte("v"))
	if back.Sum() != empty.Sum() {
		t.Error("add and remove do not cancel")
	}
	twice := new(Digest)
	twice.Add([]byte("k"), []byte("v"))
	twice.Add([]byte("k"), []byte("v"))
	if sum := twice.Sum(); sum == empty.Sum() {
		t.Error("a pair added twice vanishes: " + hex.EncodeToString(sum[:]))
	}
}

func TestUnmarshalDigestRefuses(t *testing.T) {
	for _, size := range []int{0, 1, DigestSize - 1, DigestSize + 1} {
		if _, err := UnmarshalDigest(make([]byte, size)); err == nil {
			t.Errorf("%d bytes accepted", size)
		}
	}
}

func BenchmarkDigestAdd(b *testing.B) {
	for _, size := range []int{64, 300, 1000, 4000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var d Digest
			key, value := make([]byte, 40), make([]byte, size)
			b.ReportAllocs()
			for b.Loop() {
				d.Add(key, value)
			}
		})
	}
}

// BenchmarkDigestReplace counts a key up, as Apply does with a series of records:
// what comes was not there before, what goes came last.
func BenchmarkDigestReplace(b *testing.B) {
	for _, size := range []int{16, 1000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			var d Digest
			key, before, after := make([]byte, 20), make([]byte, size), make([]byte, size)
			b.ReportAllocs()
			for n := uint64(1); b.Loop(); n++ {
				binary.BigEndian.PutUint64(after, n)
				d.Replace(key, before, after)
				before, after = after, before
			}
		})
	}
}

func BenchmarkDigestSum(b *testing.B) {
	var d Digest
	for b.Loop() {
		d.Sum()
	}
}

// TestWideRegisters: changing a digest does not slow down what the thread does
// next. Left dirty, the processor's wide registers make SHA-256 some forty times
// slower; the test asks for less than eight, the best of many tries.
func TestWideRegisters(t *testing.T) {
	var d Digest
	block := make([]byte, 100)
	alone, after := time.Hour, time.Hour
	for range 200 {
		start := time.Now()
		for range 20 {
			sha256.Sum256(block)
		}
		alone = min(alone, time.Since(start))
	}
	for range 200 {
		d.Add(block[:4], block[:4])
		start := time.Now()
		for range 20 {
			sha256.Sum256(block)
		}
		after = min(after, time.Since(start))
	}
	if after > 8*alone {
		t.Errorf("20 hashes take %v, and %v after a digest was changed", alone, after)
	}
}

// TestLanes: the sums are the same with and without the processor's own
// instructions, lane by lane, at every carry.
func TestLanes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	edges := []uint16{0, 1, 0x7fff, 0x8000, 0x8001, 0xffff}
	lane := func() uint16 {
		if n := r.IntN(2 * len(edges)); n < len(edges) {
			return edges[n]
		}
		return uint16(r.Uint32())
	}
	for range 200 {
		var sum, plain, back sums
		var v vector
		var want [lanes]uint16
		for i := range lanes {
			a, b := lane(), lane()
			sum[i/perWord] |= uint64(a) << (16 * (i % perWord))
			binary.LittleEndian.PutUint16(v[2*i:], b)
			want[i] = a + b
		}
		plain, back = sum, sum
		addVector(&sum, &v)
		addPlain(&plain, &v)
		for i := range lanes {
			if got := uint16(sum[i/perWord] >> (16 * (i % perWord))); got != want[i] {
				t.Fatalf("lane %d: got %#x, want %#x", i, got, want[i])
			}
		}
		if sum != plain {
			t.Fatal("addVector and addPlain differ")
		}
		subVector(&sum, &v)
		subPlain(&plain, &v)
		if sum != back || plain != back {
			t.Fatal("what was added is not what was taken out")
		}
	}
}

func BenchmarkLanes(b *testing.B) {
	for _, add := range []struct {
		name string
		call func(*sums, *vector)
	}{{"processor", addVector}, {"plain", addPlain}} {
		b.Run(add.name, func(b *testing.B) {
			var s sums
			var v vector
			for b.Loop() {
				add.call(&s, &v)
			}
		})
	}
}
