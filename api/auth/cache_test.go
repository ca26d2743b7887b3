package auth

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestCache: the second check reads neither ledger nor signature; a moved
// ledger is read once; an expired token is refused from the cache too.
func TestCache(t *testing.T) {
	b := newBureau(t)
	r := request(token(t, b.ed, plain()))
	first := b.accepted(t, "first", r)
	if again := b.accepted(t, "again", r); again != first || b.book.looks.Load() != 1 {
		t.Fatalf("%d looks, same caller %v", b.book.looks.Load(), again == first)
	}
	if cached, _ := b.count(t, resultCached); cached != 1 {
		t.Fatalf("%v cached", cached)
	}
	b.book.index++
	b.accepted(t, "ledger moved", r)
	b.accepted(t, "and stands", r)
	if b.book.looks.Load() != 2 {
		t.Fatalf("%d looks", b.book.looks.Load())
	}
	granted := b.book.issuers[beijing]
	granted.Roles = []string{"clerk"}
	b.book.issuers[beijing] = granted
	b.book.index++
	if c := b.accepted(t, "role taken away", r); strings.Join(c.Roles, " ") != "clerk" || strings.Join(first.Roles, " ") != "clerk officer" {
		t.Fatalf("roles %v, before %v", c.Roles, first.Roles)
	}
	b.now = noon.Add(290*time.Second + leeway - time.Second)
	b.accepted(t, "last second", r)
	b.now = b.now.Add(time.Second)
	b.refused(t, "expired in the cache", r, Expired)
	b.refused(t, "and after", r, Expired)
	b.now = noon.Add(-41 * time.Second)
	b.refused(t, "clock stepped back", r, ClaimIssued)
}

// TestCacheIsBounded: masses of good tokens push each other out and stay good.
func TestCacheIsBounded(t *testing.T) {
	c := newCache()
	at := noon
	for i := range 3 * shards * maxPerShard {
		var d digest
		d[0], d[1], d[2], d[3] = byte(i), byte(i>>8), byte(i>>16), 1
		expires := noon.Unix() + 300
		if i%5 == 0 {
			expires = noon.Unix() - 300
		}
		c.put(d, &verified{claims: &claims{issued: noon.Unix() - 600, expires: expires}}, at)
		c.put(d, &verified{claims: &claims{issued: noon.Unix() - 600, expires: expires}}, at)
		if c.get(d) == nil {
			t.Fatal("the newest entry is gone")
		}
	}
	if got := c.size(); got != shards*maxPerShard {
		t.Fatalf("%d entries", got)
	}
}

// TestAuditBudget: garbage cannot fill the disk, the metric counts all of it,
// and lines about genuine tokens are never dropped.
func TestAuditBudget(t *testing.T) {
	b := newBureau(t)
	for range 3 * auditPerSecond {
		if _, err := b.Check(request("garbage"), ""); err == nil {
			t.Fatal("accepted")
		}
	}
	if n := strings.Count(b.log.String(), "\n"); n != auditPerSecond {
		t.Fatalf("%d lines", n)
	}
	if n, _ := b.count(t, string(BadSegments)); n != 3*auditPerSecond {
		t.Fatalf("%v counted", n)
	}
	b.book.revoked = func(Query) bool { return true }
	b.log.Reset()
	for i := range 3 * auditPerSecond {
		b.Check(request(token(t, b.ed, with(map[string]any{"jti": fmt.Sprint(i)}))), "")
	}
	if n := strings.Count(b.log.String(), `"reason":"revoked"`); n != 3*auditPerSecond {
		t.Fatalf("%d lines about genuine tokens", n)
	}
	b.now = b.now.Add(time.Second)
	b.log.Reset()
	b.Check(request("garbage"), "")
	if !strings.Contains(b.log.String(), fmt.Sprintf(`"unlogged_before":%d`, 2*auditPerSecond)) {
		t.Fatalf("log %q", b.log.String())
	}
}

// TestLogHoldsNoSecrets: neither tokens nor names of persons reach the log, and
// nothing that an unverified token says.
func TestLogHoldsNoSecrets(t *testing.T) {
	b := newBureau(t)
	b.book.revoked = func(Query) bool { return true }
	good := token(t, b.ed, plain())
	forged := token(t, b.other, with(map[string]any{"sub": "forged-subject", "jti": "forged-id"}))
	b.Check(request(good), "")
	b.Check(request(forged), "")
	r := request(good[:100] + "\n\"level\":\"ERROR\"")
	b.Check(r, "")
	log := b.log.String()
	for _, secret := range []string{good[:60], good[len(good)-40:], "张三", "forged-subject", "forged-id"} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	if strings.Count(log, "\n") != 3 || !strings.Contains(log, "p-0017") {
		t.Errorf("log %q", log)
	}
}

func TestConcurrentUse(t *testing.T) {
	b := newBureau(t)
	tokens := make([]string, 64)
	for i := range tokens {
		tokens[i] = token(t, b.ed, with(map[string]any{"jti": fmt.Sprint(i)}))
	}
	var callers sync.WaitGroup
	for worker := range 8 {
		callers.Go(func() {
			for i := range 400 {
				n := (i*7 + worker) % len(tokens)
				c, err := b.Check(request(tokens[n]), "")
				if err != nil || c.TokenID != fmt.Sprint(n) {
					t.Errorf("token %d: %+v, %v", n, c, err)
					return
				}
			}
		})
	}
	callers.Wait()
	ok, all := b.count(t, resultOK)
	if all != 8*400 || ok < 64 {
		t.Fatalf("%v first checks of %v", ok, all)
	}
}

func BenchmarkCheck(b *testing.B) {
	for _, name := range []string{"cached", "EdDSA", "ES256", "garbage"} {
		b.Run(name, func(b *testing.B) {
			w := newBureau(b)
			key, fresh := w.ed, name != "cached"
			if name == "ES256" {
				key = w.es
			}
			var r *http.Request = request(token(b, key, plain()))
			if name == "garbage" {
				r = request(strings.Repeat("A", maxToken-2) + "..")
			}
			b.ReportAllocs()
			for b.Loop() {
				if fresh {
					w.cache = newCache()
				}
				if _, err := w.Check(r, ""); (err == nil) == (name == "garbage") {
					b.Fatal(err)
				}
			}
		})
	}
}
