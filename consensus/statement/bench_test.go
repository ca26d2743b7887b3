package statement

import (
	"fmt"
	"testing"

	"sandi.internal/gateway/certs/keyring"
)

// benchStatements are n different statements of about 600 bytes of payload
// under three regions' keys.
func benchStatements(b *testing.B, n int) ([]*Statement, map[string]keyring.PublicKey) {
	b.Helper()
	keys := map[string]keyring.PublicKey{}
	var signers []*keyring.PrivateKey
	for i := range 3 {
		k := testKey(b, keyring.UseStatement, fmt.Sprintf("st-%d", i), byte(i+1))
		signers = append(signers, k)
		keys[k.Public().ID] = k.Public()
	}
	out := make([]*Statement, n)
	for i := range out {
		p := testPayload()
		p.ID = fmt.Sprintf("01JBXYZ%019d", i)
		_, st, err := Sign(signers[i%3], p)
		if err != nil {
			b.Fatal(err)
		}
		out[i] = st
	}
	return out, keys
}

func BenchmarkParse(b *testing.B) {
	sts, _ := benchStatements(b, 1)
	raw := sts[0].Raw
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPoolParseAgain(b *testing.B) {
	sts, _ := benchStatements(b, 1)
	pool := NewPool(2, 1000)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := pool.Parse(sts[0].Raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAct(b *testing.B) {
	body := testPayload().Body
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseAct(body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	k := testKey(b, keyring.UseStatement, "st-1", 1)
	p := testPayload()
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Sign(k, p); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifySingle(b *testing.B) {
	sts, keys := benchStatements(b, 1)
	v, err := keys[sts[0].Key].Verifier()
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if !v.Verify(sts[0].SigningInput(), sts[0].Signature()) {
			b.Fatal("refused")
		}
	}
}

// BenchmarkPrefetch gives the time for a whole set, and per statement.
func BenchmarkPrefetch(b *testing.B) {
	for _, workers := range []int{1, 2} {
		for _, n := range []int{1, 16, 64, 256} {
			b.Run(fmt.Sprintf("workers=%d/n=%d", workers, n), func(b *testing.B) {
				sts, keys := benchStatements(b, n)
				find := func(st *Statement) (keyring.PublicKey, bool) { k, ok := keys[st.Key]; return k, ok }
				pool := NewPool(workers, 4096)
				for b.Loop() {
					pool.verdicts = newCache[verdictKey, bool](4096, 1<<20)
					pool.Prefetch(sts, find)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n)/1000, "us/statement")
			})
		}
	}
}

func BenchmarkVerifyCached(b *testing.B) {
	sts, keys := benchStatements(b, 1)
	pool := NewPool(1, 100)
	key := keys[sts[0].Key]
	for b.Loop() {
		if !pool.Verify(sts[0], key) {
			b.Fatal("refused")
		}
	}
}
