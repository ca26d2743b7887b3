package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

const (
	// sealTick is how often a node looks whether a day is to be sealed.
	sealTick = 5 * time.Second
	// sealPatience is how long the other nodes leave a seal to the leader's.
	sealPatience = time.Minute
	// finalPatience is how long a day waits for a final checkpoint that was made
	// after its end and therefore covers all of it. Three times as long as an idle
	// checkpoint takes to be renewed: then a region is down, and the seal says how
	// far the last final one got.
	finalPatience = 30 * time.Minute
	// sealAgain is between two seals of one node: what the ledger refuses now it
	// refuses a moment later too.
	sealAgain = 15 * time.Second
	// sealAct bounds one submission.
	sealAct = 20 * time.Second
)

// sealer binds the last final checkpoint of a day into the ledger once the day is
// over in Beijing. Every node has one, and the ledger takes the first seal of a
// day and refuses the others: a sealer that is late or doubled harms nothing.
type sealer struct {
	region, network string
	founded         calendar.Day // days before it have no ledger
	signer          keyring.Signer
	ledger          desk.Ledger
	final           func() *checkpoint.Note
	leads           func() bool
	clock           func() time.Time       // real time, or the scenario clock
	changed         func() <-chan struct{} // of the scenario clock; nil: real time
	now             func() time.Time       // real time: patience goes by it
	log             *slog.Logger

	day   calendar.Day // that is waited for
	since time.Time    // when it was first seen to be over
	again time.Time    // not before this
}

// run works until ctx ends.
func (s *sealer) run(ctx context.Context) {
	tick := time.NewTicker(sealTick)
	defer tick.Stop()
	for ctx.Err() == nil {
		var jumped <-chan struct{}
		if s.changed != nil {
			jumped = s.changed()
		}
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("couldn't seal a day; this node, or another, tries again", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-jumped:
		}
	}
}

// look seals the last day that is over, if that is for this node to do now.
func (s *sealer) look(ctx context.Context) error {
	day := calendar.DayOf(s.clock().Unix()) - 1
	if day < s.founded || s.now().Before(s.again) {
		return nil
	}
	raw, err := s.prepare(ctx, day)
	if err != nil || raw == nil {
		return err
	}
	s.again = s.now().Add(sealAgain)
	return s.submit(ctx, day, raw)
}

// prepare makes the seal of a day, or nothing when it is sealed already or not
// for this node to seal yet.
func (s *sealer) prepare(ctx context.Context, day calendar.Day) ([]byte, error) {
	note := s.final() // before the view, which then holds its tree
	view, err := s.ledger.View(ctx, desk.Fresh{Local: true})
	if err != nil {
		return nil, err
	}
	defer view.Close()
	books := s.ledger.Books(view)
	last, err := books.LastSeal()
	if err != nil || last.Day >= day.String() || note == nil || note.Size > view.Size() {
		return nil, err
	}
	if day != s.day {
		s.day, s.since = day, s.now()
	}
	waited := s.now().Sub(s.since)
	switch {
	case cosignedLast(note) <= day.End() && waited < finalPatience:
		return nil, nil
	case !s.leads() && waited < sealPatience:
		return nil, nil
	}
	return s.sign(books, day, note)
}

// cosignedLast is the time of a note's newest cosignature, unix s.
func cosignedLast(n *checkpoint.Note) (at int64) {
	for _, s := range n.Signatures {
		at = max(at, s.At)
	}
	return at
}

// sign makes the seal as the books stand.
func (s *sealer) sign(books *ledger.Books, day calendar.Day, note *checkpoint.Note) ([]byte, error) {
	var leaf merkle.Leaf
	err := books.Entries(note.Size-1, note.Size, func(_ uint64, entry []byte) (more bool, err error) {
		leaf, err = merkle.ParseLeaf(entry)
		return true, err
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read entry %d: %w", note.Size-1, err)
	}
	body := statement.SealBody{
		Day: day.String(), Checkpoint: note.Marshal(), State: statement.Hash(leaf.State).String(),
		Calendar: books.Calendar().Version, Rules: books.Rules().Version,
	}.Marshal()
	now := s.clock()
	raw, _, err := statement.Sign(s.signer, statement.Payload{
		Network: s.network, Kind: statement.KindLedgerSeal, ID: statement.NewID(now, rand.Reader), Region: s.region,
		At: statement.FormatAt(now.Unix()), Actor: statement.Actor{Role: statement.RoleNode, Org: s.region + "-SJ"},
		Request: statement.RequestDigest(body), Body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't sign the seal of %s: %w", day, err)
	}
	return raw, nil
}

func (s *sealer) submit(ctx context.Context, day calendar.Day, raw []byte) error {
	ctx, cancel := context.WithTimeout(ctx, sealAct)
	defer cancel()
	result, err := s.ledger.Submit(ctx, raw)
	switch {
	case err != nil:
		return fmt.Errorf("couldn't submit the seal of %s: %w", day, err)
	case result.Refusal == nil:
		s.log.Info("sealed a day", "day", day.String(), "index", result.Index)
	case result.Refusal.Code == ledger.CodeSealed, result.Refusal.Code == ledger.CodeSealEarly:
		s.log.Debug("another node was faster, or the leader's clock is behind", "day", day.String(), "code", result.Refusal.Code)
	default:
		return fmt.Errorf("the ledger refused the seal of %s: %s", day, result.Refusal.Code)
	}
	return nil
}
