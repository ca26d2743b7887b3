package watch

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/node/cli"
)

// forkFormat names the layout of an evidence file.
const forkFormat = "sandi-fork/1"

// maxEvidence bounds how much evidence of one node is looked at in a round.
const maxEvidence = 8

// Fork is two checkpoints, each signed under known keys, that cannot both be
// true: of one size with two roots; or of two sizes, and the longer one has, by
// Path, another root (PrefixRoot) at the shorter one's size.
type Fork struct {
	Format     string   `json:"format"`
	ID         string   `json:"id"` // 16 hex digits: of SHA-256 over both notes' checkpoints
	Why        string   `json:"why"`
	Seen       string   `json:"seen"`
	First      string   `json:"first"`  // signed note: what was verified before
	Second     string   `json:"second"` // signed note that contradicts it
	From       string   `json:"from"`   // who showed the second
	PrefixRoot string   `json:"prefix_root,omitempty"`
	Path       []string `json:"path,omitempty"` // consistency proof, standard base64
	File       string   `json:"-"`              // where it was kept
}

// forked reports that a note contradicts the view.
func (w *Watcher) forked(n *shown, proof *Prefix, r *Round) {
	f := w.fork(w.view, n.note, proof, w.cfg.Addrs[n.at], r.At)
	w.report(f, r)
}

func (w *Watcher) fork(first, second *checkpoint.Note, proof *Prefix, from string, seen time.Time) Fork {
	f := Fork{Format: forkFormat, Seen: seen.UTC().Format(time.RFC3339), First: string(first.Marshal()), Second: string(second.Marshal()), From: from}
	f.Why = fmt.Sprintf("two histories of %s: %d entries signed by %s, and %d entries signed by %s", first.Origin,
		first.Size, strings.Join(signers(first), " "), second.Size, strings.Join(signers(second), " "))
	// Of the checkpoints, not of the signatures: these change every few minutes.
	pair := []string{string(first.Body()), string(second.Body())}
	slices.Sort(pair)
	sum := sha256.Sum256([]byte(strings.Join(pair, "")))
	f.ID = hex.EncodeToString(sum[:8])
	if proof != nil {
		f.PrefixRoot = base64.StdEncoding.EncodeToString(proof.Root[:])
		for _, h := range proof.Path {
			f.Path = append(f.Path, base64.StdEncoding.EncodeToString(h[:]))
		}
	}
	return f
}

// signers are the nodes under whose keys a note stands, each once.
func signers(n *checkpoint.Note) []string {
	var list []string
	for _, s := range n.Signatures {
		if !slices.Contains(list, s.Key.Node) {
			list = append(list, s.Key.Node)
		}
	}
	return list
}

// report adds a fork to a round, once, unless it has been dealt with.
func (w *Watcher) report(f Fork, r *Round) {
	if slices.Contains(w.cfg.Known, f.ID) || slices.ContainsFunc(r.Forks, func(have Fork) bool { return have.ID == f.ID }) {
		return
	}
	f.File = filepath.Join(filepath.Dir(w.cfg.State), "fork-"+f.ID+".json")
	r.Forks = append(r.Forks, f)
	r.Alarms = append(r.Alarms, alarm(KindFork, f.From, "分叉已获证明（%s）: 同一账本有两份历史；两份检查点存于 %s。", "a fork is proved (%s): one log, two histories; both checkpoints are in %s.", f.ID, f.File))
}

// keepForks writes the evidence beside the state.
func (w *Watcher) keepForks(r *Round) error {
	for _, f := range r.Forks {
		if _, err := os.Stat(f.File); err == nil {
			continue // the first look is kept
		}
		text, err := json.MarshalIndent(f, "", " ")
		if err != nil {
			return fmt.Errorf("couldn't encode evidence: %w", err)
		}
		err = cli.WriteWhole(f.File, false, func(out io.Writer) error {
			_, err := out.Write(append(text, '\n'))
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// evidence fetches what a node holds against others. That it cannot be had is no
// alarm of its own: the node has just answered, and nobody is bound to hold any.
func (w *Watcher) evidence(ctx context.Context, at int) [][2][]byte {
	log := w.cfg.Nodes[at].Log(false)
	list, err := log.Evidence(ctx)
	if err != nil {
		return nil
	}
	var pairs [][2][]byte
	for _, item := range list[:min(len(list), maxEvidence)] {
		if pair, err := log.EvidenceNotes(ctx, item); err == nil {
			pairs = append(pairs, pair)
		}
	}
	return pairs
}

// takeEvidence believes evidence that speaks for itself.
func (w *Watcher) takeEvidence(at int, pair [2][]byte, r *Round) {
	first, err := w.cfg.Keys.Keys().Open(pair[0])
	if err != nil {
		return
	}
	second, err := w.cfg.Keys.Keys().Open(pair[1])
	if err != nil || first.Origin != second.Origin || first.Size != second.Size || first.Root == second.Root {
		return
	}
	w.report(w.fork(first, second, nil, w.cfg.Addrs[at], r.At), r)
}
