package access

import (
	"errors"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json"

	"sandi.internal/gateway/consensus/merkle"
)

// FileFormat is the first member of a file of who looked.
const FileFormat = "sandi-who-looked/1"

const (
	// MaxFile bounds a file of who looked: some millions of slips.
	MaxFile = 1 << 30
)

// File is what nodes have shown of their logs about one matter, as it is kept: whoever
// has it, and the heads on the ledger by another way, verifies it without any node.
type File struct {
	Format   string   `json:"format"`
	Network  string   `json:"network"`            // its id
	Record   string   `json:"record,omitempty"`   // empty: everything, of one bureau
	Subjects []string `json:"subjects,omitempty"` // the record and what it names
	Logs     []Shown  `json:"logs"`
	Gaps     []Gap    `json:"gaps,omitempty"`
}

// Shown is what a node has shown of one of its logs.
type Shown struct {
	Region string      `json:"region"`
	Node   string      `json:"node"`
	Log    uint64      `json:"log"`
	Heads  []ShownHead `json:"heads"` // of this log, as the ledger of the node that was asked has them
	Note   string      `json:"note"`  // the head at the end, signed by the node

	// Receipt is the receipt of the newest head's entry on the ledger, as a file of its
	// own: it proves to whoever has the keys that the ledger has this head.
	Receipt string `json:"receipt,omitempty"`

	Rows []ShownRow `json:"rows"`
}

// ShownHead is a head with its place on the ledger.
type ShownHead struct {
	Size  uint64 `json:"size"`
	Root  string `json:"root"`
	Index uint64 `json:"index"` // leaf of the ledger
}

// ShownRow is a Row with its entry as text.
type ShownRow struct {
	Slip  string `json:"slip"`
	Entry string `json:"entry,omitempty"`
}

// Gap is a log that nobody has shown.
type Gap struct {
	Region string `json:"region"`
	Node   string `json:"node"`
	Log    uint64 `json:"log"`
	Why    string `json:"why"` // a code: silent, not_shown, no_head
}

// Newest is the longest head of a log that a file names; nil without any.
func (s *Shown) Newest() *ShownHead {
	var newest *ShownHead
	for i := range s.Heads {
		if h := &s.Heads[i]; newest == nil || h.Size > newest.Size {
			newest = h
		}
	}
	return newest
}

// ParseFile reads a file of who looked: no member twice, in another case or unknown. The
// error wraps ErrForm.
func ParseFile(raw []byte) (*File, error) {
	var f File
	if len(raw) > MaxFile {
		return nil, fmt.Errorf("couldn't read a file of who looked: it is larger than %d MiB: %w", MaxFile>>20, ErrForm)
	}
	if err := json.Unmarshal(raw, &f, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("couldn't read a file of who looked: %w: %w", ErrForm, err)
	}
	if f.Format != FileFormat {
		return nil, fmt.Errorf("couldn't read a file of who looked: its format is not %s: %w", FileFormat, ErrForm)
	}
	return &f, nil
}

// Verdict is what was found out about one log.
type Verdict struct {
	Region   string
	Node     string
	Log      uint64
	Entries  uint64 // that were shown, or whose slips were
	Anchored uint64 // of them under a head on the ledger
	Root     merkle.Hash
	Found    []Found // about the matter; those from Anchored on stand under no head yet
	Err      error   // why it is not what stands on the ledger: wraps an error of Replay
}

// Judge builds each log of a file anew and holds it against its heads on the ledger.
// heads gives those of a node's log besides those that the file itself
// names; nil gives none.
func (f *File) Judge(heads func(node string, log uint64) []Head) []Verdict {
	list := make([]Verdict, 0, len(f.Logs))
	subjects := f.Subjects
	if f.Record != "" && !slices.Contains(subjects, f.Record) {
		subjects = append([]string{f.Record}, subjects...)
	}
	for i := range f.Logs {
		s := &f.Logs[i]
		known, err := s.heads()
		if heads != nil {
			known = append(known, heads(s.Node, s.Log)...)
		}
		v := Verdict{Region: s.Region, Node: s.Node, Log: s.Log, Err: err}
		if err == nil {
			v.judge(s, known, subjects)
		}
		list = append(list, v)
	}
	return list
}

func (s *Shown) heads() ([]Head, error) {
	list := make([]Head, 0, len(s.Heads))
	for _, h := range s.Heads {
		root, err := ParseRoot(h.Root)
		if err != nil {
			return nil, err
		}
		list = append(list, Head{Log: s.Log, Size: h.Size, Root: root})
	}
	return list, nil
}

func (v *Verdict) judge(s *Shown, heads []Head, subjects []string) {
	for _, h := range heads {
		v.Anchored = max(v.Anchored, h.Size)
	}
	replay := NewReplay(heads, subjects)
	for _, row := range s.Rows {
		var entry []byte
		if row.Entry != "" {
			entry = []byte(row.Entry)
		}
		if v.Err = replay.Add(Row{Slip: row.Slip, Entry: entry}); v.Err != nil {
			break
		}
	}
	v.Entries, v.Root, v.Found = replay.Size(), replay.Root(), replay.Found
	if h := replay.Missing(); v.Err == nil && h != nil {
		v.Err = fmt.Errorf("the log ends after %d entries, a head on the ledger has %d: %w", v.Entries, h.Size, ErrAnchor)
	}
	v.Anchored = min(v.Anchored, v.Entries)
}

// Wrong says in one word what is wrong with a log.
func (v *Verdict) Wrong() string {
	for _, k := range []struct {
		err  error
		word string
	}{{ErrWithheld, "held_back"}, {ErrChanged, "changed"}, {ErrTime, "out_of_order"}, {ErrAnchor, "another_log"}, {ErrForm, "unreadable"}} {
		if errors.Is(v.Err, k.err) {
			return k.word
		}
	}
	if v.Err != nil {
		return "unreadable"
	}
	return ""
}
