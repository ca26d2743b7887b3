package solo

import (
	"context"
	"slices"
	"sync"

	"sandi.internal/gateway/consensus/checkpoint"
)

// Notes are the checkpoints of the network, signed when a test says so.
type Notes struct {
	n    *Network
	keys *checkpoint.Keys

	mu               sync.Mutex // owns the fields below
	published, final *checkpoint.Note
	earlier          []*checkpoint.Note
	changed          chan struct{} // closed when there is a new note
}

func newNotes(n *Network) *Notes {
	keys, err := checkpoint.FromGenesis(n.Genesis.Genesis)
	if err != nil {
		n.t.Fatal(err)
	}
	return &Notes{n: n, keys: keys, changed: make(chan struct{})}
}

// Keys are those of all nodes.
func (s *Notes) Keys() *checkpoint.Keys { return s.keys }

// Note is the ledger as it stands, signed by some regions; all when none is
// named. Nobody is shown it.
func (s *Notes) Note(regions ...string) *checkpoint.Note {
	s.n.t.Helper()
	standing, err := s.n.Ledger.Standing()
	if err != nil {
		s.n.t.Fatal(err)
	}
	return s.Sign(checkpoint.Checkpoint{Origin: s.n.Genesis.Genesis.Origin, Size: standing.Size, Root: standing.Root}, regions...)
}

// Sign is any checkpoint, signed by some regions; all when none is named.
func (s *Notes) Sign(c checkpoint.Checkpoint, regions ...string) *checkpoint.Note {
	s.n.t.Helper()
	note := &checkpoint.Note{Checkpoint: c}
	for _, r := range s.n.Keys.Regions {
		if len(regions) > 0 && !slices.Contains(regions, r.Code) {
			continue
		}
		node := r.Nodes[0]
		logKey, _ := s.keys.Of(r.Code, node.ID, checkpoint.KindLog)
		cosigner, _ := s.keys.Of(r.Code, node.ID, checkpoint.KindCosigner)
		signed, err := checkpoint.SignLog(c, logKey, node.Log)
		if err != nil {
			s.n.t.Fatal(err)
		}
		cosigned, err := checkpoint.Cosign(c, cosigner, node.Cosigner, s.n.Clock().Unix())
		if err != nil {
			s.n.t.Fatal(err)
		}
		if err := note.Merge(checkpoint.NewNote(c, signed, cosigned)); err != nil {
			s.n.t.Fatal(err)
		}
	}
	return note
}

// Publish shows the ledger as it stands, signed by some regions; all when none
// is named.
func (s *Notes) Publish(regions ...string) *checkpoint.Note {
	s.n.t.Helper()
	note := s.Note(regions...)
	s.Show(note)
	return note
}

// Show puts a note up by its grade.
func (s *Notes) Show(note *checkpoint.Note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch checkpoint.PolicyOf(s.n.Genesis.Genesis).Grade(note) {
	case checkpoint.GradeFinal:
		if s.final != nil {
			s.earlier = append(s.earlier, s.final)
		}
		s.published, s.final = note, note
	case checkpoint.GradePublished:
		s.published = note
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

// Published implements audit.Notes.
func (s *Notes) Published() *checkpoint.Note { return s.newest(false) }

// Final implements audit.Notes.
func (s *Notes) Final() *checkpoint.Note { return s.newest(true) }

func (s *Notes) newest(final bool) *checkpoint.Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	if final {
		return s.final
	}
	return s.published
}

// Earlier implements audit.Notes.
func (s *Notes) Earlier() []*checkpoint.Note {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.earlier)
}

// Wait implements audit.Notes.
func (s *Notes) Wait(ctx context.Context, size uint64, final bool) (*checkpoint.Note, error) {
	for {
		s.mu.Lock()
		changed := s.changed
		s.mu.Unlock()
		if note := s.newest(final); note != nil && note.Size >= size {
			return note, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
