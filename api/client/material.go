package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"

	"sandi.internal/gateway/api/v1"
)

// PutMaterial keeps content in the bureau's vault under key (NewKey) and returns
// the commitment by which a record names it. name is shown to the bureau's own
// people only and may be empty. The content is sent again when an answer was
// lost, and the vault tells the same commitment.
func (c *Client) PutMaterial(ctx context.Context, key, name string, content []byte) (v1.Material, error) {
	return c.PutFile(ctx, key, name, int64(len(content)), sha256.Sum256(content), func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(content)), nil
	})
}

// PutFile is PutMaterial for a content of any size: open gives it from its
// beginning, once for each attempt.
func (c *Client) PutFile(ctx context.Context, key, name string, size int64, sum [sha256.Size]byte, open func() (io.ReadCloser, error)) (v1.Material, error) {
	k := call{
		method: http.MethodPut, path: "/v1/materials", stream: open, size: size, media: "application/octet-stream",
		header: http.Header{"Idempotency-Key": {key}, "Content-Digest": {"sha-256=:" + base64.StdEncoding.EncodeToString(sum[:]) + ":"}},
	}
	if name != "" {
		k.header["Content-Disposition"] = []string{mime.FormatMediaType("attachment", map[string]string{"filename": name})}
	}
	a, err := c.do(ctx, k)
	if err != nil {
		return v1.Material{}, err
	}
	var m v1.Material
	return m, decode(a.body, &m)
}

// Material fetches a file from the bureau's vault; record, when given, is a
// record that names it. The caller closes the body. A body that breaks off ends
// with an error, never with io.EOF.
func (c *Client) Material(ctx context.Context, commitment, record string) (io.ReadCloser, error) {
	k := call{method: http.MethodGet, path: "/v1/materials/" + url.PathEscape(commitment)}
	if record != "" {
		k.query = url.Values{"record": {record}}
	}
	res, err := c.send(ctx, k)
	if err != nil {
		return nil, err
	}
	if res.StatusCode == http.StatusOK {
		return res.Body, nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &lost{fmt.Errorf("couldn't read the answer to %s %s: %w", k.method, k.path, err)}
	}
	return nil, refusal(res, body)
}
