package console

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"strings"
	"testing"
)

// Ensure the page that verifies codes is served to anybody, asks nothing of any host, and
// that its policy lets its own script and style run and nothing else.
func TestVerifyPage(t *testing.T) {
	b := newBench(t)
	w := b.ask(http.MethodGet, "/console/verify.html", "")
	policy := w.Header().Get("Content-Security-Policy")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" || !strings.HasPrefix(policy, "default-src 'none'; script-src 'sha256-") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Fatalf("%d %v", w.Code, w.Header())
	}
	for name, source := range map[string]string{"script": `(?s)<script>(.*?)</script>`, "style": `(?s)<style>(.*?)</style>`} {
		found := regexp.MustCompile(source).FindAllSubmatch(w.Body.Bytes(), -1)
		if len(found) != 1 {
			t.Fatalf("%d of %s", len(found), name)
		}
		sum := sha256.Sum256(found[0][1])
		if want := name + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy does not name the %s: %s lacks %s", name, policy, want)
		}
	}
	if strings.Contains(policy, "connect-src") || strings.Contains(policy, "unsafe") || bytes.Contains(w.Body.Bytes(), []byte(`src="`)) {
		t.Errorf("the page asks for something: %s", policy)
	}
	page, err := VerifyPage()
	if err != nil || !bytes.Equal(page, w.Body.Bytes()) {
		t.Errorf("as a file it is another page: %v", err)
	}
}
