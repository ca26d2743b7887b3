package public

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"sandi.internal/gateway/api/auth"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
)

// Backup is a moment of this node, pinned, on its way into a backup.
type Backup interface {
	Bytes() int64 // about how many Write will write
	Write(ctx context.Context, w io.Writer) error
	Close() error
}

// wholeNode is what a backup's line in the access log names: it is a look at everything.
const wholeNode = "backup"

// backupRetry is when to ask again while another backup is under way.
const backupRetry = time.Minute

// backup is GET /v1/node/backup: what the node's stores hold, as a stream, while it
// works on. The keys of the node are not in it. It is an export of all that the node
// keeps, sealed as it lies, so it stands in the access log before its first byte.
func (a *API) backup(w http.ResponseWriter, r *http.Request, c *auth.Caller) error {
	look := access.Entry{Action: access.Export, What: []string{wholeNode}, To: a.cfg.Region}
	if err := c.MayOperate(a.cfg.Region); err != nil {
		return a.barred(r.Context(), c, look, err)
	}
	look.Role = auth.RoleOperator
	if _, err := query(r); err != nil {
		return err
	}
	if a.cfg.Backup == nil {
		return problem.New(problem.NotFound)
	}
	if !a.backingUp.CompareAndSwap(false, true) {
		return problem.New(problem.TooMany).Retry(backupRetry)
	}
	defer a.backingUp.Store(false)
	if err := a.looked(r.Context(), c, look); err != nil {
		return err
	}
	b, err := a.cfg.Backup(r.Context())
	if err != nil {
		return a.failed(r.Context(), c, look, err)
	}
	defer func() {
		if err := b.Close(); err != nil {
			a.cfg.Logger.Error("couldn't let go of what a backup had pinned", "err", err)
		}
	}()
	h := w.Header()
	out := &bundleWriter{w: w, out: http.NewResponseController(w), sum: sha256.New(), begin: func() {
		h.Set("Content-Type", v1.BackupMedia)
		h.Set("Cache-Control", "no-store")
		h.Set("Trailer", v1.TrailerDigest)
		h.Set(v1.HeaderBackupBytes, strconv.FormatInt(b.Bytes(), 10))
	}}
	switch err := b.Write(r.Context(), out); {
	case err != nil && !out.begun:
		return a.failed(r.Context(), c, look, err)
	case err != nil:
		if !errors.Is(err, errReaderLeft) && r.Context().Err() == nil {
			a.cfg.Logger.Error("couldn't finish a backup", "err", err)
		}
		panic(http.ErrAbortHandler) // nobody takes the part for the whole
	}
	a.cfg.Logger.Info("a backup was given out", "region", c.Region, "subject", c.Subject, "token", c.TokenID)
	h.Set(v1.TrailerDigest, "sha-256=:"+base64.StdEncoding.EncodeToString(out.sum.Sum(nil))+":")
	return nil
}

func (a *API) backupRoutes() {
	a.plain(huma.Operation{
		OperationID: "get-backup", Method: http.MethodGet, Path: "/v1/node/backup", Tags: []string{"status"},
		Summary: "What this node's stores hold, for a backup",
		Description: "For the bureau's operator (role operator, scope node:operate). One consistent moment of the ledger and of the node's own keys, with the cosigned checkpoints over it, and the vault as it lies, sealed; the node works on. " +
			"A tar stream whose end is proved by the trailer. It holds none of the node's private keys: `sandi backup` adds them from the folder, encrypts the whole, and `sandi restore` takes it. One backup at a time; 429 while another is under way. It stands in the access log as an export of everything; 503 when that cannot be written.",
		Responses: map[string]*huma.Response{"200": {
			Description: "the stream", Content: map[string]*huma.MediaType{v1.BackupMedia: {}},
			Headers: map[string]*huma.Param{v1.HeaderBackupBytes: header("about how many bytes will come")},
		}},
	}, a.stream(a.backup))
}
