package peer

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// Ensure questions that are none are refused by their form, whatever this node has to
// answer with, and that a node without an answerer says that it is not there.
func TestBadQuestions(t *testing.T) {
	server := httptest.NewUnstartedServer(New(Config{Node: "110000-a", Replica: &stub{}, Clock: time.Now}))
	server.Config.ConnContext = withPeer(t)
	server.Start()
	t.Cleanup(server.Close)
	for _, path := range []string{pathHome, pathData, pathAccess} {
		for name, c := range map[string]struct {
			body string
			want int
		}{
			"nothing":       {"", http.StatusUnprocessableEntity},
			"a list":        {"[]", http.StatusUnprocessableEntity},
			"a wrong type":  {`{"record":7,"log":"x","set":{},"agreement":[]}`, http.StatusUnprocessableEntity},
			"cut off":       {`{"record":"CT-`, http.StatusUnprocessableEntity},
			"two documents": {`{}{}`, http.StatusUnprocessableEntity},
			"too long":      {`{"record":"` + strings.Repeat("x", 1<<20) + `"}`, http.StatusRequestEntityTooLarge},
			"very deep":     {strings.Repeat(`{"record":`, 300), http.StatusUnprocessableEntity},
			"a question":    {`{}`, http.StatusServiceUnavailable},
		} {
			res, err := http.Post(server.URL+path, mediaBytes, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			answer, _ := io.ReadAll(res.Body)
			_ = res.Body.Close()
			if res.StatusCode != c.want || len(answer) != 0 {
				t.Errorf("%s, %s: status %d and %q, want %d and nothing", path, name, res.StatusCode, answer, c.want)
			}
		}
	}
}
