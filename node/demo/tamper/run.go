package tamper

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/node/audit"
)

// Options say what to forge.
type Options struct {
	Bundle  []byte // of a whole ledger
	Keys    []byte // the auditor's key file
	Sign    Sign   // what the forgers sign checkpoints with; nil: keys of their own
	TempDir string // of the verifier; "" for the system's
}

// Outcome is what became of one copy. Findings names a check once: the first
// failure that names an entry, else the first.
type Outcome struct {
	Name     string          `json:"name"`
	Title    audit.Text      `json:"title"`
	Done     audit.Text      `json:"done"`
	Noticed  bool            `json:"noticed"`
	Entry    *uint64         `json:"entry,omitempty"` // that the verifier names
	Exit     int             `json:"exit"`            // of the verifier
	Findings []audit.Finding `json:"findings"`        // that failed
	Zip      []byte          `json:"-"`
}

// ErrUnnoticed says that the verifier took a forged bundle for true.
var ErrUnnoticed = errors.New("a forged bundle went UNNOTICED")

// attack is something that somebody may do to a bundle.
type attack struct {
	name     string
	title    audit.Text
	make     func(*forger) (*forgery, error)
	previous bool // the auditor kept the true checkpoint
}

// attacks, in the order in which they are shown.
var attacks = []attack{
	{"change", audit.Text{ZH: "改动一条", EN: "one entry is changed"}, (*forger).change, false},
	{"remove", audit.Text{ZH: "删去一条", EN: "one entry is removed"}, (*forger).remove, false},
	{"swap", audit.Text{ZH: "对调两条", EN: "two entries are swapped"}, (*forger).swap, false},
	{"resign", audit.Text{ZH: "改动一条，一家重新签署检查点", EN: "one region alone signs a changed ledger"}, (*forger).resign, false},
	{"rewrite", audit.Text{ZH: "两家串通，改写全部历史", EN: "two regions in collusion rewrite history"}, (*forger).rewrite, false},
	{"rewrite-kept", audit.Text{ZH: "同上，审计员留有以前的检查点", EN: "the same, and the auditor kept the true checkpoint"}, (*forger).rewrite, true},
}

// Run holds the bundle itself against the verifier, then forged copies one after
// the other. The error wraps ErrUnnoticed if one of them passes; the outcomes are
// there all the same.
func Run(ctx context.Context, o Options, show func(Outcome)) ([]Outcome, error) {
	src, err := openOriginal(o.Bundle)
	if err != nil {
		return nil, fmt.Errorf("couldn't use the bundle: %w", err)
	}
	f := &forger{original: src, sign: o.Sign}
	if f.sign == nil {
		f.sign = SignWith(src.genesis.Genesis, Invented)
	}
	if err := f.choose(); err != nil {
		return nil, fmt.Errorf("couldn't use the bundle: %w", err)
	}
	// A verifier that refuses the true bundle would notice everything.
	control, err := o.verify(ctx, o.Bundle, nil)
	if err != nil {
		return nil, err
	}
	if control.Exit != audit.ExitPass {
		return nil, fmt.Errorf("the bundle does not pass as it is: %s", control.Verdict.EN)
	}
	var all []Outcome
	var missed error
	for _, c := range attacks {
		out, err := o.try(ctx, f, c)
		if err != nil {
			return all, err
		}
		if !out.Noticed {
			missed = fmt.Errorf("%w: %s", ErrUnnoticed, out.Name)
		}
		all = append(all, out)
		show(out)
	}
	return all, missed
}

func (o Options) try(ctx context.Context, f *forger, c attack) (Outcome, error) {
	made, err := c.make(f)
	if err != nil {
		return Outcome{}, fmt.Errorf("couldn't forge %s: %w", c.name, err)
	}
	var previous [][]byte
	if c.previous {
		previous = [][]byte{f.note}
	}
	report, err := o.verify(ctx, made.zip, previous)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Name: c.name, Title: c.title, Done: made.done, Noticed: report.Exit == audit.ExitFail, Exit: report.Exit, Zip: made.zip}
	for _, finding := range report.Findings {
		if finding.Result != audit.Fail {
			continue
		}
		if out.Entry == nil && finding.Code != audit.CodeRoot { // the root tells where the change begins at the earliest
			out.Entry = finding.Entry
		}
		at := slices.IndexFunc(out.Findings, func(have audit.Finding) bool { return have.Check == finding.Check })
		switch {
		case at < 0:
			out.Findings = append(out.Findings, finding)
		case out.Findings[at].Entry == nil && finding.Entry != nil:
			out.Findings[at] = finding
		}
	}
	return out, nil
}

func (o Options) verify(ctx context.Context, zip []byte, previous [][]byte) (*audit.Report, error) {
	return audit.Verify(ctx, audit.Options{File: bytes.NewReader(zip), Size: int64(len(zip)), Keys: o.Keys, Previous: previous, TempDir: o.TempDir})
}
