package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/merkle"
)

// Log reads a node's transparency log, at its public door or its read-only
// listener. Nothing is verified here.
type Log struct {
	c      *Client
	prefix string
}

// Log is the log of published checkpoints, or of final ones.
func (c *Client) Log(final bool) Log {
	if final {
		return Log{c, "/log/final"}
	}
	return Log{c, "/log"}
}

// Checkpoint fetches the newest signed note; nil before there is one.
func (l Log) Checkpoint(ctx context.Context) ([]byte, error) {
	body, err := l.fetch(ctx, "/checkpoint")
	if isNotFound(err) {
		return nil, nil
	}
	return body, err
}

// Fork is two notes that contradict each other, as a node shows them.
type Fork struct {
	N     int      `json:"n"` // its place in the node's list
	ID    string   `json:"id"`
	Why   string   `json:"why"`
	Seen  string   `json:"seen"`
	From  string   `json:"from"`
	Notes []string `json:"notes"` // paths of the two notes
}

// Evidence lists the forks that a node has seen.
func (l Log) Evidence(ctx context.Context) ([]Fork, error) {
	var list struct {
		Items []Fork `json:"items"`
	}
	_, err := l.c.get(ctx, "/log/evidence", nil, &list)
	return list.Items, err
}

// EvidenceNotes fetches the two notes of a fork. Nothing is verified here.
func (l Log) EvidenceNotes(ctx context.Context, f Fork) (notes [2][]byte, err error) {
	for i, which := range []string{"first", "second"} {
		a, err := l.c.do(ctx, call{method: http.MethodGet, path: fmt.Sprintf("/log/evidence/%d/%s", f.N, which)})
		if err != nil {
			return notes, err
		}
		notes[i] = a.body
	}
	return notes, nil
}

func (l Log) fetch(ctx context.Context, path string) ([]byte, error) {
	a, err := l.c.do(ctx, call{method: http.MethodGet, path: l.prefix + path})
	if err != nil {
		return nil, err
	}
	return a.body, nil
}

func isNotFound(err error) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Status == http.StatusNotFound
}

// Tree reads the hashes of the log's tree as it is at a size, to prove from.
func (l Log) Tree(ctx context.Context, size uint64) merkle.Reader {
	return &remoteTree{ctx: ctx, log: l, size: size, tiles: make(map[merkle.Tile][]byte)}
}

// remoteTree is a merkle.Reader over tiles. It keeps those it has fetched: a
// proof needs a few dozen at most. It belongs to one goroutine and one proof,
// hence the context in it.
type remoteTree struct {
	ctx   context.Context
	log   Log
	size  uint64
	tiles map[merkle.Tile][]byte
}

// StoredHashes implements merkle.Reader.
func (t *remoteTree) StoredHashes(level uint8, first uint64, count int) ([]merkle.Hash, error) {
	list := make([]merkle.Hash, 0, count)
	for len(list) < count {
		next := first + uint64(len(list))
		tile := merkle.Tile{Level: int(level) / merkle.StoredStep, Index: next / merkle.TileWidth}
		tile.Width = tile.WidthAt(t.size)
		body, err := t.tile(tile)
		if err != nil {
			return nil, err
		}
		at := int(next % merkle.TileWidth)
		if at >= tile.Width {
			return nil, fmt.Errorf("%s has no hash %d", tile.Path(), at)
		}
		for ; at < tile.Width && len(list) < count; at++ {
			list = append(list, merkle.Hash(body[at*len(merkle.Hash{}):]))
		}
	}
	return list, nil
}

// tile fetches a tile. A log need not keep the narrower ones of what has become
// full since.
func (t *remoteTree) tile(tile merkle.Tile) ([]byte, error) {
	if body, ok := t.tiles[tile]; ok {
		return body, nil
	}
	body, err := t.log.fetch(t.ctx, "/"+tile.Path())
	if isNotFound(err) && tile.Width < merkle.TileWidth {
		full := merkle.Tile{Level: tile.Level, Index: tile.Index, Width: merkle.TileWidth}
		body, err = t.log.fetch(t.ctx, "/"+full.Path())
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't fetch %s: %w", tile.Path(), err)
	}
	if want := tile.Width * len(merkle.Hash{}); len(body) < want {
		return nil, fmt.Errorf("couldn't fetch %s: %d of %d bytes", tile.Path(), len(body), want)
	}
	t.tiles[tile] = body
	return body, nil
}
