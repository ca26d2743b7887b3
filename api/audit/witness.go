package audit

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/consensus/checkpoint"
)

// Witness cosigns checkpoints for whoever shows it one (C2SP tlog-witness).
type Witness interface {
	// AddCheckpoint judges a request body. What it cosigns is on disk before it
	// returns.
	AddCheckpoint(body []byte) (status int, media string, answer []byte)
}

// addCheckpoint is POST /log/add-checkpoint. The answers are those of
// C2SP tlog-witness, in plain text; a body that is no request at all is refused
// like any other body. The content type is not looked at: clients name none.
func (l *Log) addCheckpoint(turn turns) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.ContentLength > checkpoint.MaxRequest {
			return serve.TooLarge(checkpoint.MaxRequest)
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, checkpoint.MaxRequest+1))
		if err != nil {
			return serve.ReadError(err)
		}
		if len(body) > checkpoint.MaxRequest {
			return serve.TooLarge(checkpoint.MaxRequest)
		}
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // the guard set one; test recorders have none
		end, err := turn.take(r.Context())
		if err != nil {
			return err
		}
		defer end()
		status, media, answer := l.cfg.Witness.AddCheckpoint(body)
		h := w.Header()
		h.Set("Content-Type", media)
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Length", strconv.Itoa(len(answer)))
		w.WriteHeader(status)
		_, _ = w.Write(answer) // a caller that left asks again, and gets a 409 with the size
		return nil
	}
}
