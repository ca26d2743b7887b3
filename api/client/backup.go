package client

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"sandi.internal/gateway/api/v1"
)

// Backup fetches what a node's stores hold, for a backup, and gives it to take as it
// comes; total is about how many bytes there are. It has come whole only if there is
// no error: take must not believe that before.
func (c *Client) Backup(ctx context.Context, take func(r io.Reader, total int64) error) error {
	res, err := c.begin(ctx, call{method: http.MethodGet, path: "/v1/node/backup"})
	if err != nil {
		return err
	}
	defer res.Body.Close()
	total, err := strconv.ParseInt(res.Header.Get(v1.HeaderBackupBytes), 10, 64)
	if err != nil || res.Header.Get("Content-Type") != v1.BackupMedia {
		return fmt.Errorf("couldn't fetch the backup: %s answered with something else", c.base)
	}
	sum := sha256.New()
	body := io.TeeReader(res.Body, sum)
	if err := take(body, total); err != nil {
		return fmt.Errorf("couldn't fetch the backup: %w", err)
	}
	if _, err := io.Copy(io.Discard, body); err != nil { // the padding behind the tar
		return fmt.Errorf("couldn't fetch the backup: %w: %w", err, ErrPartial)
	}
	if res.Trailer.Get(v1.TrailerDigest) != "sha-256=:"+base64.StdEncoding.EncodeToString(sum.Sum(nil))+":" {
		return ErrPartial
	}
	return nil
}
