package desk

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
)

// Ensure a pseudonym is what its definition says, for short names and for those
// longer than the room kept for them, and that no two persons run together.
func TestPseudonym(t *testing.T) {
	key := []byte(strings.Repeat("k", pseudonymKeyMin))
	p, err := NewPseudonyms(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, person := range [][2]string{{"https://issuer", "zhang"}, {"", ""}, {"a\n1 b", "c"}, {"a", "1 b\nc"}, {"长", strings.Repeat("名", 200)}} {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s\n%d %s\n%d %s\n", pseudonymDomain, len(person[0]), person[0], len(person[1]), person[1])
		want := base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:pseudonymSize])
		for range 2 { // the second time with a mac that was used before
			if got := p.Of(person[0], person[1]); got != want {
				t.Errorf("%q: got %s, want %s", person, got, want)
			}
		}
	}
	if p.Of("a\n1 b", "c") == p.Of("a", "1 b\nc") {
		t.Error("two persons have one pseudonym")
	}
	if _, err := NewPseudonyms(key[1:]); err == nil {
		t.Error("a short key was accepted")
	}
}
