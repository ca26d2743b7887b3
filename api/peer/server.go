package peer

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/serve"
	"sandi.internal/gateway/consensus/replica"
	"sandi.internal/gateway/consensus/transport"
)

// Paths of the door.
const (
	pathForward   = "/peer/v1/forward"
	pathTerm      = "/peer/v1/term"
	pathReadIndex = "/peer/v1/read-index"
	pathHello     = "/peer/v1/hello"

	pathCheckpoints   = "/peer/v1/checkpoints"
	pathAddCheckpoint = "/peer/v1/add-checkpoint"
	pathEvidence      = "/peer/v1/evidence"

	pathMoves    = "/peer/v1/moves"
	pathPromises = "/peer/v1/promises"

	pathDrawTexts = "/peer/v1/draw-texts/"
	pathHome      = "/peer/v1/home"
)

const (
	mediaBytes = "application/octet-stream"
	// forwardPatience bounds how long a forward may wait for its verdicts; the
	// sender gives up earlier, and then its connection ends the wait.
	forwardPatience = 20 * time.Second
	// bodyPatience bounds how long a body may take to arrive: half a megabyte
	// on a line of 1 Mbit/s.
	bodyPatience = 5 * time.Second
	// readPatience bounds a read round.
	readPatience = 10 * time.Second
)

// Replica is what the door asks; *replica.Replica is one.
type Replica interface {
	HandleForward(ctx context.Context, statements [][]byte) []replica.Verdict
	HandleTerm() uint64
	HandleReadIndex(ctx context.Context) (term, index uint64, err error)
	HandleHealth() replica.Health
}

// Hello is what a node says about itself to its peers.
type Hello struct {
	Node    string `json:"node"`
	Version string `json:"version"`
	Now     int64  `json:"now_ms"` // real clock, unix ms
}

// Config is what the door works with.
type Config struct {
	Node, Version string
	Replica       Replica
	Witness       Witness
	Moves         Moves
	Promises      Promises
	Lots          Lots
	Home          Home             // what records keep at home; nil: nothing is released
	Looks         Looks            // who looked at private data here; nil: nobody is told
	Data          Data             // shared data sets; nil: none
	Objects       Objects          // private objects on offer; nil: none
	Bulk          *Bulk            // takes the connections that other nodes lend; nil: none are taken
	Clock         func() time.Time // real time, on practice networks too
}

// New makes the door's handler. Its server needs transport.ConnContext.
func New(c Config) http.Handler {
	d := &door{c}
	return known(muxOf(append(d.routes(), d.objectRoutes()...)))
}

// route is one door. TestGivingDoors says of each whether it gives private data away.
type route struct {
	pattern string
	handle  http.HandlerFunc
}

func muxOf(list []route) *http.ServeMux {
	mux := http.NewServeMux()
	for _, r := range list {
		mux.HandleFunc(r.pattern, r.handle)
	}
	return mux
}

// routes are all but those for private objects.
func (d *door) routes() []route {
	return []route{
		{"POST " + pathForward, d.forward},
		{"GET " + pathTerm, d.term},
		{"GET " + pathReadIndex, d.readIndex},
		{"GET " + pathHello, d.hello},
		{"GET " + pathHealth, d.health},
		{"GET " + pathCheckpoints, d.checkpoints},
		{"POST " + pathCheckpoints, d.note},
		{"POST " + pathAddCheckpoint, d.addCheckpoint},
		{"POST " + pathEvidence, d.evidence},
		{"POST " + pathMoves, d.move},
		{"POST " + pathPromises, d.promises},
		{"GET " + pathDrawTexts + "{digest}", d.drawText},
		{"POST " + pathHome, d.home},
		{"POST " + pathData, d.data},
		{"POST " + pathAccess, d.looks},
		{"POST " + pathLend, d.lend},
	}
}

// known refuses requests that do not come from a node's connection.
func known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, ok := transport.PeerFrom(r.Context()); !ok {
			w.WriteHeader(http.StatusForbidden) // a wiring mistake, not a caller's
			return
		}
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

type door struct{ Config }

func (d *door) forward(w http.ResponseWriter, r *http.Request) {
	body, ok := take(w, r, replica.MaxForwardBytes)
	if !ok {
		return
	}
	statements, err := replica.DecodeForward(body)
	if err != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), forwardPatience)
	defer cancel()
	w.Header().Set("Content-Type", mediaBytes)
	_, _ = w.Write(replica.EncodeVerdicts(d.Replica.HandleForward(ctx, statements))) // a sender that is gone asks again
}

// take reads the body of a request, or answers it.
func take(w http.ResponseWriter, r *http.Request, most int) ([]byte, bool) {
	if r.ContentLength < 0 {
		w.WriteHeader(http.StatusLengthRequired)
		return nil, false
	}
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(bodyPatience)) // serve.Body clears it
	body, err := serve.Body(w, r, most, mediaBytes)
	if err != nil {
		w.WriteHeader(problem.Of(err).Status)
		return nil, false
	}
	return body, true
}

// question reads what another region's node asks, as JSON; false: it has been refused.
func question[Q any](w http.ResponseWriter, r *http.Request, most int) (q Q, ok bool) {
	body, ok := take(w, r, most)
	if ok && json.Unmarshal(body, &q) != nil {
		w.WriteHeader(http.StatusUnprocessableEntity)
		return q, false
	}
	return q, ok
}

func (d *door) term(w http.ResponseWriter, _ *http.Request) {
	_, _ = io.WriteString(w, strconv.FormatUint(d.Replica.HandleTerm(), 10))
}

func (d *door) readIndex(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readPatience)
	defer cancel()
	term, index, err := d.Replica.HandleReadIndex(ctx)
	if err != nil {
		w.WriteHeader(http.StatusConflict)
		return
	}
	fmt.Fprintf(w, "%d %d", term, index)
}

func (d *door) hello(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(Hello{Node: d.Node, Version: d.Version, Now: d.Clock().UnixMilli()})
}
