package audit

import (
	"net/http"

	"sandi.internal/gateway/api/problem"
)

// handler is a plain handler whose refusals somebody else writes.
type handler = func(w http.ResponseWriter, r *http.Request) error

// Route is one route of the log. Whoever mounts it writes the errors of Handle
// as problems, and lets auditors only to what needs one.
type Route struct {
	Pattern string // net/http's: method and path
	Auditor bool   // entries: for auditors only, except at the read-only listener
	Handle  handler
}

// Routes are the log's routes for a door where callers have tokens.
func (l *Log) Routes() []Route { return l.routes(cacheEntries) }

// routes gives every door turns of its own: one that is open to all must not
// hold up the auditors at another.
func (l *Log) routes(entriesCache string) []Route {
	tiles, entries := newTurns(tilesAtOnce), newTurns(entriesAtOnce)
	var list []Route
	for _, t := range []*tree{l.published, l.final} {
		list = append(list,
			Route{Pattern: "GET " + t.prefix + "/checkpoint", Handle: t.checkpoint},
			Route{Pattern: "GET " + t.prefix + "/tile/entries/{path...}", Auditor: true, Handle: t.entries(entries, entriesCache)},
			Route{Pattern: "GET " + t.prefix + "/tile/{path...}", Handle: t.hashes(tiles)},
			// Without these, net/http would redirect to the patterns above.
			Route{Pattern: "GET " + t.prefix + "/tile", Handle: absent},
			Route{Pattern: "GET " + t.prefix + "/tile/entries", Handle: absent},
		)
	}
	list = append(list,
		Route{Pattern: "GET " + PrefixPublished + "/evidence", Handle: l.evidence},
		Route{Pattern: "GET " + PrefixPublished + "/evidence/{n}/{which}", Handle: l.evidenceNote},
	)
	if l.cfg.Witness != nil {
		list = append(list, Route{Pattern: "POST " + PrefixPublished + "/add-checkpoint", Handle: l.addCheckpoint(newTurns(witnessAtOnce))})
	}
	return list
}

func absent(http.ResponseWriter, *http.Request) error { return problem.New(problem.NotFound) }
