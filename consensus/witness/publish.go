package witness

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// publisher is what a leader remembers between two rounds. One goroutine uses it.
type publisher struct {
	note  *checkpoint.Note // the newest that this node gathered cosignatures for
	begun time.Time        // when its gathering began
	tried time.Time        // when signatures were last asked for
	known map[string]uint64
}

// due says what a leader has to do now: make a new checkpoint, complete the one
// it made, or nothing.
func (w *Witness) due(now time.Time) (fresh, complete bool) {
	p, size := &w.publisher, w.cfg.Ledger.Size()
	switch {
	case size == 0:
		return false, false
	case p.note == nil || size > p.note.Size || now.Sub(p.begun) >= w.tuning.Restamp:
		return true, false
	}
	final := w.board.grade(p.note) == checkpoint.GradeFinal
	return false, !final && now.Sub(p.tried) >= w.tuning.Retry
}

// Publish is one round of a leader, if one is due: it signs the ledger as it
// stands, has the other nodes cosign, shows the note once enough regions have,
// and hands it to the others. A note that is not final yet is completed in later
// rounds, as long as no newer one has taken its place.
func (w *Witness) Publish(ctx context.Context) error {
	fresh, complete := w.due(time.Now())
	if !fresh && !complete {
		return nil
	}
	p := &w.publisher
	p.tried = time.Now()
	if fresh {
		note, err := w.sign(ctx, w.cfg.Ledger.Size())
		if err != nil {
			return fmt.Errorf("couldn't sign a checkpoint: %w", err)
		}
		p.note, p.begun = note, p.tried
	} else if err := w.mayCosign(); err != nil {
		return err
	}
	gathered, err := w.gather(ctx, p.note)
	if err != nil {
		return err
	}
	news := len(gathered.Signatures) > len(p.note.Signatures) || fresh
	p.note = gathered
	if !news {
		return nil
	}
	if err := w.board.offer(gathered); errors.Is(err, errUnpublished) {
		w.log.Debug("too few regions have cosigned", "size", gathered.Size, "regions", gathered.CosignedBy())
		return nil
	} else if err != nil {
		return err
	}
	w.hand(ctx, gathered)
	return nil
}

// gather asks every node that has not cosigned a note to do so, all at once, and
// merges what they answer.
func (w *Witness) gather(ctx context.Context, n *checkpoint.Note) (*checkpoint.Note, error) {
	ctx, cancel := context.WithTimeout(ctx, w.tuning.Gather)
	defer cancel()
	sight, err := w.cfg.Ledger.Open()
	if err != nil {
		return nil, fmt.Errorf("couldn't look at the ledger: %w", err)
	}
	defer sight.Close()
	merged := n.Clone()
	var mu sync.Mutex // guards merged and publisher.known
	var asked sync.WaitGroup
	for _, node := range w.group.Load().nodes {
		if cosignedAt(n, node) > 0 {
			continue
		}
		asked.Go(func() {
			mu.Lock()
			old := w.publisher.known[node]
			mu.Unlock()
			lines, at, err := w.ask(ctx, sight, node, old, n)
			mu.Lock()
			defer mu.Unlock()
			if w.publisher.known == nil {
				w.publisher.known = make(map[string]uint64)
			}
			w.publisher.known[node] = at
			if err == nil {
				err = merged.Merge(lines)
			}
			if err != nil {
				w.metrics.unanswered.WithLabelValues(node).Inc()
				w.log.Debug("a node did not cosign", "node", node, "size", n.Size, "error", err)
			}
		})
	}
	asked.Wait()
	return merged, nil
}

// ask has one node cosign. old is where it stood last, as far as is known; a node
// that says otherwise is asked once more. at is where it stands afterwards.
func (w *Witness) ask(ctx context.Context, sight *Sight, node string, old uint64, n *checkpoint.Note) (lines *checkpoint.Note, at uint64, err error) {
	for range 2 {
		if old > n.Size {
			return nil, 0, fmt.Errorf("node %s has cosigned %d leaves already", node, old) // or says so: it is asked anew next time
		}
		proof, err := merkle.Consistency(sight, old, n.Size)
		if err != nil {
			return nil, old, err
		}
		status, body, err := w.cfg.Peers.AddCheckpoint(ctx, node, checkpoint.AddRequest{Old: old, Proof: proof, Note: n.Marshal()}.Marshal())
		switch {
		case err != nil:
			return nil, old, err
		case status == StatusCosigned:
			lines, err := w.group.Load().Keys.OpenLines(n.Checkpoint, body)
			switch {
			case err != nil:
				w.caught(node, err)
				return nil, old, err
			case cosignedAt(lines, node) == 0:
				return nil, old, fmt.Errorf("node %s answered without its own cosignature", node)
			}
			return lines, n.Size, nil
		case status != StatusConflict:
			return nil, old, fmt.Errorf("node %s answered add-checkpoint with status %d", node, status)
		}
		size, err := strconv.ParseUint(strings.TrimSuffix(string(body), "\n"), 10, 64)
		if err != nil || size == old {
			return nil, old, fmt.Errorf("node %s answered a conflict without a size", node)
		}
		old = size
	}
	return nil, old, fmt.Errorf("node %s does not stay at one size", node)
}

// hand gives a note to every other node. Who is not reached pulls it later.
func (w *Witness) hand(ctx context.Context, n *checkpoint.Note) {
	ctx, cancel := context.WithTimeout(ctx, w.tuning.Gather)
	defer cancel()
	raw := n.Marshal()
	var handed sync.WaitGroup
	for _, node := range w.group.Load().nodes {
		handed.Go(func() {
			if err := w.cfg.Peers.PushNote(ctx, node, raw); err != nil {
				w.log.Debug("couldn't hand a checkpoint on", "node", node, "size", n.Size, "error", err)
			}
		})
	}
	handed.Wait()
}
