package witness

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/checkpoint"
)

// Evidence is two signed checkpoints that cannot both be true: the same origin
// and size, and two roots. Whoever holds the keys of genesis can check it.
type Evidence struct {
	ID       string // 16 hex digits: of SHA-256 over both notes
	Why      string // how they contradict each other, one sentence
	Seen     int64  // unix s of this node's clock
	From     string // who showed the second one: a node id
	First    []byte // the note that agrees with the ledger of the node that found it
	Second   []byte // the note that contradicts it
	Resolved bool   // an operator has dealt with it: it does not stop this cosigner
}

const (
	evidenceFormat = "sandi-evidence/1"
	// MaxEvidence bounds one piece of evidence: two notes as JSON.
	MaxEvidence   = 3*checkpoint.MaxNote + 4<<10
	evidenceDepth = 2
	// maxEvidence and maxEvidenceFrom bound how many unresolved ones are kept, in
	// all and from one node: the first say it all, and a liar can sign for ever.
	maxEvidence     = 64
	maxEvidenceFrom = 8
)

var errEvidence = errors.New("not evidence: the two notes do not contradict each other")

// evidenceText is Evidence as it is stored, handed on and served.
type evidenceText struct {
	Format string `json:"format"`
	Why    string `json:"why"`
	Seen   int64  `json:"seen"`
	From   string `json:"from"`
	First  string `json:"first"`
	Second string `json:"second"`
}

// Marshal is the evidence as JSON, "sandi-evidence/1".
func (e Evidence) Marshal() []byte {
	text, _ := json.Marshal(evidenceText{evidenceFormat, e.Why, e.Seen, e.From, string(e.First), string(e.Second)}) // strings and a number
	return text
}

// ParseEvidence reads what Marshal writes and checks it: both notes open under
// the keys, carry a log's signature, and contradict each other. Seen and From are
// what the sender says; Why is computed anew.
func ParseEvidence(keys *checkpoint.Keys, raw []byte) (Evidence, error) {
	var t evidenceText
	if err := strict.Decode(raw, MaxEvidence, evidenceDepth, &t); err != nil {
		return Evidence{}, fmt.Errorf("couldn't read evidence: %w", err)
	}
	if t.Format != evidenceFormat {
		return Evidence{}, fmt.Errorf("couldn't read evidence: format is not %s", evidenceFormat)
	}
	first, err := keys.Open([]byte(t.First))
	if err != nil {
		return Evidence{}, fmt.Errorf("couldn't read the first note of evidence: %w", err)
	}
	second, err := keys.Open([]byte(t.Second))
	if err != nil {
		return Evidence{}, fmt.Errorf("couldn't read the second note of evidence: %w", err)
	}
	return newEvidence(first, second, t.Seen, t.From)
}

func newEvidence(first, second *checkpoint.Note, seen int64, from string) (Evidence, error) {
	if first.Origin != second.Origin || first.Size != second.Size || first.Root == second.Root {
		return Evidence{}, errEvidence
	}
	e := Evidence{First: first.Marshal(), Second: second.Marshal(), Seen: seen, From: from}
	e.Why = fmt.Sprintf("two roots at size %d of %s: one signed by %s, the other by %s", first.Size, first.Origin, signers(first), signers(second))
	h := sha256.New()
	h.Write(e.First)
	h.Write(e.Second)
	e.ID = hex.EncodeToString(h.Sum(nil)[:8])
	return e, nil
}

// signers names who signed a note, each node once.
func signers(n *checkpoint.Note) []string {
	var names []string
	for _, s := range n.Signatures {
		names = append(names, cmp.Or(s.Key.Node, s.Key.Name))
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// cases is the evidence that this node holds.
type cases struct {
	store    Store
	resolved map[string]bool // by id, from the configuration
	// explained reports whether a return has settled a piece; nil: none is.
	explained func(Evidence) bool

	mu   sync.Mutex
	list []Evidence // by time seen
}

func openCases(store Store, keys *checkpoint.Keys, resolved []string) (*cases, error) {
	c := &cases{store: store, resolved: make(map[string]bool)}
	for _, id := range resolved {
		c.resolved[id] = true
	}
	err := store.Scan(rowKey(rowEvidence, ""), rowKey(rowEvidence+1, ""), false, func(_, row []byte) (bool, error) {
		e, err := ParseEvidence(keys, row)
		if err != nil {
			return false, err
		}
		e.Resolved = c.resolved[e.ID]
		c.list = append(c.list, e)
		return true, nil
	})
	if err != nil {
		return nil, fmt.Errorf("couldn't read the stored evidence: %w", err)
	}
	slices.SortStableFunc(c.list, func(a, b Evidence) int { return cmp.Compare(a.Seen, b.Seen) })
	return c, nil
}

// add keeps evidence, synced. It reports false for what is there already or is
// beyond the bounds.
func (c *cases) add(e Evidence) (bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	open, from := 0, 0
	for _, have := range c.list {
		switch {
		case have.ID == e.ID:
			return false, nil
		case have.Resolved: // it stops nobody: the next one has to
		case have.From == e.From:
			open, from = open+1, from+1
		default:
			open++
		}
	}
	if open >= maxEvidence || from >= maxEvidenceFrom {
		return false, nil
	}
	if err := c.store.Set(rowKey(rowEvidence, e.ID), e.Marshal(), true); err != nil {
		return false, fmt.Errorf("couldn't keep evidence of a fork: %w", err)
	}
	e.Resolved = c.resolved[e.ID]
	c.list = append(c.list, e)
	return true, nil
}

// all is every piece of evidence, the oldest first.
func (c *cases) all() []Evidence {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.list)
}

// open is what no operator and no return has dealt with.
func (c *cases) open() []Evidence {
	c.mu.Lock()
	for i := range c.list {
		if e := &c.list[i]; !e.Resolved && c.explained != nil {
			e.Resolved = c.explained(*e)
		}
	}
	c.mu.Unlock()
	return slices.DeleteFunc(c.all(), func(e Evidence) bool { return e.Resolved })
}
