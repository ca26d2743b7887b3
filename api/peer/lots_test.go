package peer

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"
)

// texts are what a node keeps of draws; one of them its disk does not give.
type texts map[[sha256.Size]byte][]byte

var sick = sha256.Sum256([]byte("sick"))

func (t texts) Text(digest [sha256.Size]byte) ([]byte, error) {
	if digest == sick {
		return nil, errors.New("the disk is sick")
	}
	return t[digest], nil
}

// Ensure a node gives pools and rules to other nodes, says what it lacks, and tells
// nobody else anything.
func TestDrawText(t *testing.T) {
	pool := []byte("sandi-pool/1\ns x\n")
	digest := sha256.Sum256(pool)
	for _, known := range []bool{true, false} {
		c := served(t, Config{Node: "110000-a", Replica: &stub{}, Lots: texts{digest: pool}, Clock: time.Now}, known)
		got, err := c.DrawText(t.Context(), "110000-a", digest)
		if !known {
			if err == nil || got != nil {
				t.Errorf("a stranger gets %q, %v", got, err)
			}
			continue
		}
		if err != nil || !bytes.Equal(got, pool) {
			t.Errorf("%q, %v", got, err)
		}
		if got, err := c.DrawText(t.Context(), "110000-a", sha256.Sum256(nil)); got != nil || err != nil {
			t.Errorf("what it lacks: %q, %v", got, err)
		}
		if got, err := c.DrawText(t.Context(), "110000-a", sick); got != nil || err == nil {
			t.Errorf("from a sick disk: %q, %v", got, err)
		}
		for _, path := range []string{"x", strings.Repeat("0", 63), strings.Repeat("g", 64)} {
			if status, _, err := c.send(t.Context(), "GET", "110000-a", pathDrawTexts+path, nil); err != nil || status != 404 {
				t.Errorf("%s: %d %v", path, status, err)
			}
		}
	}
}
