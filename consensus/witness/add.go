package witness

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Answer is what a C2SP witness says to add-checkpoint.
type Answer struct {
	Status int
	Media  string // content type of Body
	Body   []byte
}

// The status codes of C2SP tlog-witness 1.0, and one of our own.
const (
	StatusCosigned     = 200 // Body: signature lines
	StatusMalformed    = 400 // no request, or old is above the size
	StatusUntrusted    = 403 // no signature of a log that this witness knows
	StatusUnknown      = 404 // no such origin
	StatusConflict     = 409 // old is not the size cosigned last, which Body gives
	StatusInconsistent = 422 // the proof does not hold, or another root at that size
	StatusNotNow       = 503 // own origin: this replica has not got there, or does not sign
)

const (
	mediaText = "text/plain; charset=utf-8"
	mediaSize = "text/x.tlog.size"
)

func refuse(status int, reason string) Answer {
	return Answer{Status: status, Media: mediaText, Body: []byte(reason + "\n")}
}

func cosigned(lines ...checkpoint.Signature) Answer {
	a := Answer{Status: StatusCosigned, Media: mediaText}
	for _, s := range lines {
		a.Body = append(a.Body, s.Line()...)
	}
	return a
}

// AddCheckpoint answers a C2SP add-checkpoint request. For the own origin it
// compares the checkpoint with its own ledger first, and may wait a moment for
// its replica. from is the node that asks, "" for anybody else.
func (w *Witness) AddCheckpoint(ctx context.Context, from string, body []byte) Answer {
	req, err := checkpoint.ParseAddRequest(body)
	if err != nil {
		return refuse(StatusMalformed, "not an add-checkpoint request")
	}
	n, err := w.group.Load().Keys.Open(req.Note)
	own := true
	if errors.Is(err, checkpoint.ErrOrigin) {
		own = false
		n, err = w.foreign.Open(req.Note)
	}
	if own && from != "" && errors.Is(err, checkpoint.ErrSignature) {
		w.caught(from, err)
	}
	switch {
	case errors.Is(err, checkpoint.ErrOrigin):
		return refuse(StatusUnknown, "unknown origin")
	case errors.Is(err, checkpoint.ErrSignature), errors.Is(err, checkpoint.ErrUnsigned):
		return refuse(StatusUntrusted, "no valid signature of a known log")
	case errors.Is(err, checkpoint.ErrEmptyRoot):
		return refuse(StatusInconsistent, "wrong root of the empty tree")
	case err != nil:
		return refuse(StatusMalformed, "not a signed checkpoint")
	}
	if !slices.ContainsFunc(n.Signatures, func(s checkpoint.Signature) bool { return s.Key.Kind == checkpoint.KindLog }) {
		return refuse(StatusUntrusted, "no valid signature of a known log")
	}
	if req.Old > n.Size {
		return refuse(StatusMalformed, "old is above the size of the checkpoint")
	}
	if own {
		return w.addOwn(ctx, from, req, n)
	}
	other := w.others[n.Origin]
	if other == nil { // restored.go
		return refuse(StatusUnknown, "this witness cosigns that origin no more")
	}
	signed, err := other.add(req.Old, req.Proof, n.Checkpoint, point{})
	if err != nil {
		return w.refused(other, err)
	}
	return cosigned(signed)
}

// addOwn cosigns a checkpoint of the own origin if the own ledger has it. A log's
// signature over another root is evidence, whatever else is wrong with the
// request.
func (w *Witness) addOwn(ctx context.Context, from string, req *checkpoint.AddRequest, n *checkpoint.Note) Answer {
	ctx, cancel := context.WithTimeout(ctx, w.tuning.CatchUp)
	defer cancel()
	if n.Size > w.cfg.Ledger.Size() {
		if w.own.state().Size != req.Old {
			return w.conflict(w.own)
		}
		if err := w.cfg.Ledger.Wait(ctx, n.Size); err != nil {
			return refuse(StatusNotNow, "this replica does not have that size yet")
		}
	}
	p, err := w.compare(ctx, n, from)
	switch {
	case errors.Is(err, ErrForked):
		return refuse(StatusInconsistent, "this replica has another root at that size")
	case err != nil:
		return w.notNow(err)
	}
	if err := errors.Join(w.mayCosign(), w.inTime(p)); err != nil {
		return w.notNow(err)
	}
	signed, err := w.signLog(p.size, p.root)
	if err != nil {
		return w.notNow(err)
	}
	cosignature, err := w.own.add(req.Old, req.Proof, n.Checkpoint, p)
	if err != nil {
		return w.refused(w.own, err)
	}
	return cosigned(signed, cosignature)
}

// notNow gives the caller no reason: it is a peer, and the reason is in the log.
func (w *Witness) notNow(err error) Answer {
	w.log.Debug("did not cosign", "error", err)
	return refuse(StatusNotNow, "this witness does not sign now")
}

func (w *Witness) refused(o *origin, err error) Answer {
	switch {
	case errors.Is(err, errBehind):
		return w.conflict(o)
	case errors.Is(err, errRoot), errors.Is(err, errProof):
		return refuse(StatusInconsistent, "the checkpoint does not continue the one cosigned last")
	}
	w.log.Error("couldn't cosign", "error", err)
	return refuse(StatusNotNow, "this witness does not sign now")
}

func (w *Witness) conflict(o *origin) Answer {
	return Answer{StatusConflict, mediaSize, append(strconv.AppendUint(nil, o.state().Size, 10), '\n')}
}

// ErrForked: a note contradicts the own ledger. The evidence is kept.
var ErrForked = errors.New("the checkpoint is not of this node's history")

// compare holds a note of the own origin against the own ledger, which reaches
// its size.
func (w *Witness) compare(ctx context.Context, n *checkpoint.Note, from string) (point, error) {
	p, err := w.point(ctx, n.Size)
	if err != nil {
		return point{}, err
	}
	if p.root == n.Root {
		return p, nil
	}
	if err := w.accuse(n, from, p.root); err != nil {
		w.log.Error("couldn't keep evidence of a fork", "error", err)
	}
	return point{}, fmt.Errorf("size %d: %w", n.Size, ErrForked)
}
