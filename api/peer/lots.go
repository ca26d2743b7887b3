package peer

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"

	"sandi.internal/gateway/consensus/draw"
)

// Lots is what the door asks about draws: pools and rules by digest, nil for what
// isn't here.
type Lots interface {
	Text(digest [sha256.Size]byte) ([]byte, error)
}

// drawText is GET /peer/v1/draw-texts/{digest}.
func (d *door) drawText(w http.ResponseWriter, r *http.Request) {
	sum, err := hex.DecodeString(r.PathValue("digest"))
	if err != nil || len(sum) != sha256.Size {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	text, err := d.Lots.Text([sha256.Size]byte(sum))
	switch {
	case err != nil:
		w.WriteHeader(http.StatusInternalServerError)
	case text == nil:
		w.WriteHeader(http.StatusNotFound)
	default:
		w.Header().Set("Content-Type", mediaBytes)
		_, _ = w.Write(text) // an asker that is gone asks again
	}
}

// DrawText asks a node for a pool or a rule; nil: it has none.
func (c *Client) DrawText(ctx context.Context, node string, digest [sha256.Size]byte) ([]byte, error) {
	path := pathDrawTexts + hex.EncodeToString(digest[:])
	status, answer, err := c.sendUpTo(ctx, draw.MaxFile, http.MethodGet, node, path, nil)
	switch {
	case err != nil:
		return nil, err
	case status == http.StatusNotFound:
		return nil, nil
	case status != http.StatusOK:
		return nil, fmt.Errorf("node %s answered %s with status %d", node, path, status)
	}
	return answer, nil
}
