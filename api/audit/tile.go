package audit

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
)

const (
	mediaCheckpoint = "text/plain; charset=utf-8"
	mediaTile       = "application/octet-stream"

	// cacheCheckpoint: a new one comes every few seconds.
	cacheCheckpoint = "public, max-age=1"
	// cacheTile: a tile of that path never has other bytes.
	cacheTile = "public, max-age=31536000, immutable"
	// cacheEntries: the same, but what was shown to an auditor is not for others.
	cacheEntries = "private, max-age=31536000, immutable"
)

// checkpoint is GET <prefix>/checkpoint.
func (t *tree) checkpoint(w http.ResponseWriter, _ *http.Request) error {
	s, err := t.show()
	if err != nil {
		return err
	}
	if s == nil {
		return problem.New(problem.NotFound)
	}
	send(w, mediaCheckpoint, cacheCheckpoint, s.raw)
	return nil
}

// tileOf reads which tile a request names; ok says whether the checkpoint shown
// covers it. A full tile's path names nothing before the tile is full.
func (t *tree) tileOf(r *http.Request) (tile merkle.Tile, ok bool, err error) {
	path := strings.TrimPrefix(r.URL.Path, t.prefix+"/")
	if tile, err = merkle.ParseTilePath(path); err != nil {
		return tile, false, nil //nolint:nilerr // not a tile's path: not there
	}
	s, err := t.show()
	if err != nil || s == nil {
		return tile, false, err
	}
	return tile, tile.Width <= tile.WidthAt(s.note.Size), nil
}

// hashes is GET <prefix>/tile/<L>/<N>[.p/<W>].
func (t *tree) hashes(turn turns) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		tile, ok, err := t.tileOf(r)
		if err != nil {
			return err
		}
		if !ok || tile.Level == merkle.LevelEntries {
			return problem.New(problem.NotFound)
		}
		end, err := turn.take(r.Context())
		if err != nil {
			return err
		}
		body, err := t.read(tile.Hashes)
		end()
		if err != nil {
			return err
		}
		send(w, mediaTile, cacheTile, body)
		return nil
	}
}

// entries is GET <prefix>/tile/entries/<N>[.p/<W>].
func (t *tree) entries(turn turns, cache string) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		tile, ok, err := t.tileOf(r)
		if err != nil {
			return err
		}
		if !ok || tile.Level != merkle.LevelEntries {
			return problem.New(problem.NotFound)
		}
		end, err := turn.take(r.Context())
		if err != nil {
			return err
		}
		defer end() // when the reader has it: what waits to be read is held in memory
		body, err := t.readEntries(tile)
		if err != nil {
			return err
		}
		serve.Streamed(w)
		_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(stall)) // test recorders have none
		send(w, mediaTile, cache, body)
		return nil
	}
}

func (t *tree) read(slice func(merkle.Reader) ([]byte, error)) ([]byte, error) {
	books, done, err := t.open()
	if err != nil {
		return nil, err
	}
	defer done()
	return slice(books)
}

func (t *tree) readEntries(tile merkle.Tile) ([]byte, error) {
	books, done, err := t.open()
	if err != nil {
		return nil, err
	}
	defer done()
	first := tile.Index * merkle.TileWidth
	return appendEntries(make([]byte, 0, tile.Width*entryRoom), books, first, first+uint64(tile.Width))
}

// errGap says that the ledger lacks an entry below a checkpoint that was shown.
var errGap = errors.New("an entry is missing below the checkpoint shown")

// entryRoom is what most entries take, in bytes.
const entryRoom = 1536

// appendEntries appends the entries from <= index < to as an entry bundle holds
// them. All of them, or an error: a short tile would be taken for a whole one.
func appendEntries(dst []byte, books *ledger.Books, from, to uint64) ([]byte, error) {
	next := from
	err := books.Entries(from, to, func(index uint64, entry []byte) (bool, error) {
		if index != next {
			return false, errGap
		}
		next++
		var err error
		dst, err = merkle.AppendEntry(dst, entry)
		return true, err
	})
	if err == nil && next != to {
		err = errGap
	}
	return dst, err
}

// send answers with a whole body.
func send(w http.ResponseWriter, media, cache string, body []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("Cache-Control", cache)
	h.Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // a reader that left
}
