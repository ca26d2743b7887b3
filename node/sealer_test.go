package node

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"sandi.internal/gateway/api/desk"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/replica/clustertest"
)

// sealers is a network with a sealer on each node, and final checkpoints as the
// test makes them.
type sealers struct {
	*clustertest.Cluster
	t     *testing.T
	final atomic.Pointer[checkpoint.Note]
	now   atomic.Int64 // real time, unix s
	of    map[string]*sealer
}

func newSealers(t *testing.T, seed uint64) *sealers {
	t.Helper()
	s := &sealers{t: t, of: map[string]*sealer{}, Cluster: clustertest.New(t, clustertest.Options{Seed: seed})}
	for _, n := range s.Nodes {
		s.engage(n)
	}
	s.Fill(s.Leader(), 5)
	return s
}

func (s *sealers) engage(n *clustertest.Node) {
	s.of[n.ID] = &sealer{
		region: n.Region, network: s.Signed.Network(), founded: calendar.DayOf(s.Signed.CreatedUnix()), signer: s.Keys.Region(n.Region).Statement,
		ledger: desk.Replicated{Replica: n.Replica, Machine: n.Ledger}, final: s.final.Load,
		leads: func() bool { return n.Replica.Status().Role == "leader" },
		clock: s.Clock, now: func() time.Time { return time.Unix(s.now.Load(), 0) }, log: slog.New(slog.DiscardHandler),
	}
}

// cosign makes a final checkpoint of the whole ledger, as of now.
func (s *sealers) cosign() *checkpoint.Note {
	s.t.Helper()
	leader := s.Leader()
	view := leader.Store.View()
	defer view.Close()
	standing, err := leader.Ledger.Books(view).Standing()
	if err != nil {
		s.t.Fatal(err)
	}
	keys, err := checkpoint.FromGenesis(s.Signed.Genesis)
	if err != nil {
		s.t.Fatal(err)
	}
	note := checkpoint.NewNote(checkpoint.Checkpoint{Origin: s.Signed.Origin, Size: standing.Size, Root: merkle.Hash(standing.Root)})
	for _, n := range s.Nodes {
		key, ok := keys.Of(n.Region, n.ID, checkpoint.KindCosigner)
		if !ok {
			s.t.Fatalf("no cosigner of %s", n.ID)
		}
		signed, err := checkpoint.Cosign(note.Checkpoint, key, n.Keys().Cosigner, s.Clock().Unix())
		if err != nil {
			s.t.Fatal(err)
		}
		if err := note.Merge(checkpoint.NewNote(note.Checkpoint, signed)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.final.Store(note)
	return note
}

// look lets a node's sealer look once, at all that was acknowledged before.
func (s *sealers) look(n *clustertest.Node) {
	s.t.Helper()
	if err := s.tryLook(n); err != nil {
		s.t.Fatalf("%s: %v", n.ID, err)
	}
}

func (s *sealers) tryLook(n *clustertest.Node) error {
	w := s.of[n.ID]
	view, err := w.ledger.View(s.t.Context(), desk.Fresh{})
	if err != nil {
		return err
	}
	if err := view.Close(); err != nil {
		return err
	}
	return w.look(s.t.Context())
}

// days are the sealed days, as the leader has them.
func (s *sealers) days() []ledger.Seal {
	s.t.Helper()
	n := s.Leader()
	view, err := s.of[n.ID].ledger.View(s.t.Context(), desk.Fresh{})
	if err != nil {
		s.t.Fatal(err)
	}
	defer view.Close()
	list, err := n.Ledger.Books(view).Seals()
	if err != nil {
		s.t.Fatal(err)
	}
	return list
}

func (s *sealers) mustSeal(want ...calendar.Day) {
	s.t.Helper()
	var names []string
	for _, d := range want {
		names = append(names, d.String())
	}
	var got []string
	for _, seal := range s.days() {
		got = append(got, seal.Day)
	}
	if !slices.Equal(got, names) {
		s.t.Fatalf("sealed %v, want %v", got, names)
	}
}

// wait lets real time pass.
func (s *sealers) wait(d time.Duration) { s.now.Add(int64(d / time.Second)) }

// Ensure the leader's node seals a day once, after its end and with a final
// checkpoint that was made after it, and that the other nodes then have nothing
// to do.
func TestSealerLeader(t *testing.T) {
	t.Parallel()
	s := newSealers(t, 31)
	leader := s.Leader()
	today := calendar.DayOf(s.Clock().Unix())
	s.cosign()
	for _, n := range s.Nodes {
		s.look(n)
	}
	s.mustSeal() // the day of foundation has not ended
	s.Advance(24 * time.Hour)
	s.look(leader)
	s.mustSeal() // what is final was made before the day ended, and may lack the day's last entries
	s.Fill(leader, 3)
	note := s.cosign()
	for _, n := range s.Followers() {
		s.look(n)
	}
	s.mustSeal() // left to the leader
	s.look(leader)
	s.mustSeal(today)
	if seal := s.days()[0]; seal.Size != note.Size {
		t.Errorf("sealed %d leaves, %d were final", seal.Size, note.Size)
	}
	s.wait(finalPatience)
	for _, n := range s.Nodes {
		s.look(n)
	}
	s.mustSeal(today)
	s.Advance(3 * 24 * time.Hour) // days in which no node ran
	s.cosign()
	s.look(s.Leader())
	s.mustSeal(today, today+3)
	s.CheckAll()
}

// Ensure the others seal a day when the leader's node does not, that the second
// of them is refused without harm, and that a day is sealed with an older
// checkpoint when no final one comes.
func TestSealerPatience(t *testing.T) {
	t.Parallel()
	s := newSealers(t, 32)
	today := calendar.DayOf(s.Clock().Unix())
	s.cosign()
	s.Advance(24 * time.Hour)
	old := s.final.Load()
	late := s.Followers()
	for _, n := range late {
		s.look(n) // sees that the day is over
	}
	s.wait(finalPatience - time.Second)
	s.look(late[0])
	s.mustSeal()
	s.wait(time.Second)
	raw, err := s.of[late[1].ID].prepare(t.Context(), today)
	if err != nil || raw == nil {
		t.Fatalf("no seal: %v", err)
	}
	s.look(late[0])
	s.mustSeal(today)
	if seal := s.days()[0]; seal.Size != old.Size {
		t.Errorf("sealed %d leaves, %d were final", seal.Size, old.Size)
	}
	if err := s.of[late[1].ID].submit(t.Context(), today, raw); err != nil {
		t.Errorf("the slower of two: %v", err)
	}
	s.mustSeal(today)

	s.Advance(24 * time.Hour)
	s.cosign()
	s.look(late[1])
	s.mustSeal(today)
	s.wait(sealPatience)
	s.look(late[1])
	s.mustSeal(today, today+1)
	s.CheckAll()
}

// Ensure what cannot be sealed is said, not tried again at once, and that a
// sealer without a leader does not hang.
func TestSealerFailures(t *testing.T) {
	t.Parallel()
	s := newSealers(t, 33)
	leader := s.Leader()
	s.Advance(24 * time.Hour)
	s.look(leader) // nothing was final yet
	s.mustSeal()
	note := s.cosign()
	two := checkpoint.NewNote(note.Checkpoint, note.Signatures[:2]...)
	s.final.Store(two)
	if err := s.tryLook(leader); err == nil {
		t.Error("the ledger took two cosignatures of three")
	}
	s.final.Store(note)
	s.look(leader)
	s.mustSeal() // too soon after the refusal
	s.wait(sealAgain)
	for _, n := range s.Followers() {
		s.Stop(n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	if err := s.of[leader.ID].look(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("sealed without a majority: %v", err)
	}
}
