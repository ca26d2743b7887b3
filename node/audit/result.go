package audit

import (
	"cmp"
	"math"
	"slices"
)

// Result is what became of a check.
type Result string

// The results. Indeterminate means that this file cannot show it either way.
const (
	Pass          Result = "PASS"
	Fail          Result = "FAIL"
	Indeterminate Result = "INDETERMINATE"
)

// Numbers of the checks (doc.go).
const (
	CheckPolicy = iota + 1
	CheckTree
	CheckHistory
	CheckSignatures
	CheckRules
	CheckDraws
	CheckOpenings
	CheckTimes
	CheckSummary
)

// lastDeciding is the last check whose indeterminacy counts for the exit status.
const lastDeciding = CheckDraws

// Code names a finding for machines. Codes are stable; sentences are not.
type Code string

// Codes. A code is used for all results of its question.
const (
	CodeFile         Code = "file"          // the file as a whole
	CodeGenesis      Code = "genesis"       // genesis against the key file
	CodePolicyFile   Code = "policy_file"   // policy.txt against genesis
	CodeCheckpoint   Code = "checkpoint"    // the signed note
	CodeCosigners    Code = "cosigners"     // enough regions
	CodeLogKey       Code = "log_key"       // the log keys of the regions that cosigned
	CodeRevokedKey   Code = "revoked_key"   // a key that had been revoked before
	CodeLaterKey     Code = "later_key"     // a key that an entry registered
	CodeLeftRegion   Code = "left_region"   // a region without nodes
	CodeManifest     Code = "manifest"      // the list of files
	CodeDigest       Code = "digest"        // a file against the manifest
	CodeSurplus      Code = "surplus"       // a file that does not belong
	CodeMissing      Code = "missing"       // a file that is not there
	CodeEntryForm    Code = "entry_form"    // bytes that are no entry
	CodeEntryPlace   Code = "entry_place"   // an entry at another's index
	CodeEntryHash    Code = "entry_hash"    // an entry against its tile
	CodeTile         Code = "tile"          // a hash of a higher tile
	CodeRoot         Code = "root"          // the tree against the checkpoint
	CodeInclusion    Code = "inclusion"     // an entry's own proof
	CodeComplete     Code = "complete"      // whether anything is left out
	CodeChain        Code = "chain"         // the statements of a record follow each other
	CodeEarlier      Code = "earlier"       // an older checkpoint
	CodePrevious     Code = "previous"      // the auditor's own
	CodeFork         Code = "fork"          // evidence
	CodeGivenUp      Code = "given_up"      // a checkpoint, fork or receipt of entries that a return has voided
	CodeStatement    Code = "statement"     // an entry's statement cannot be read
	CodeSignature    Code = "signature"     // a statement's signature and key
	CodeRules        Code = "rules"         // a statement that the rules refuse
	CodeState        Code = "state"         // the state digest
	CodeEnvelope     Code = "envelope"      // another part of the entry
	CodeDraws        Code = "draws"         //
	CodeStatistics   Code = "statistics"    // of rounds of proficiency testing
	CodeOpening      Code = "opening"       //
	CodeReceipt      Code = "receipt"       //
	CodeTimes        Code = "times"         // ledger time against cosignatures
	CodeDeadlines    Code = "deadlines"     //
	CodeSummary      Code = "summary"       //
	CodeDelay        Code = "delay"         // a submission promise
	CodeAccessLog    Code = "access_log"    // a node's log of who looked, rebuilt
	CodeAccessNote   Code = "access_note"   // the head that its node signed
	CodeAccessHead   Code = "access_head"   // a head's entry on the ledger
	CodeAccessOpen   Code = "access_open"   // entries under no head that is proven
	CodeAccessGap    Code = "access_gap"    // a log, or a matter, that was not shown
	CodeAccessLedger Code = "access_ledger" // the bundle that logs are held against
	CodeLeftOut      Code = "left_out"      // findings like the ones before that are not listed
	CodeNotEvaluated Code = "not_evaluated" // another failure stands in the way
)

// Text is a sentence in both languages.
type Text struct {
	ZH string `json:"zh"`
	EN string `json:"en"`
}

// In is the sentence in a language, "zh" or "en".
func (t Text) In(lang string) string {
	if lang == "zh" {
		return t.ZH
	}
	return t.EN
}

// Finding is one thing that was found.
type Finding struct {
	Check  int     `json:"check"`
	Result Result  `json:"result"`
	Code   Code    `json:"code"`
	Entry  *uint64 `json:"entry,omitempty"` // index, where it is about one, or the first of some
	Last   *uint64 `json:"last,omitempty"`  // the last of them
	File   string  `json:"file,omitempty"`  // in the bundle, where it is about one
	Text
}

// Exit statuses of the verifier.
const (
	ExitPass          = 0
	ExitFail          = 3
	ExitIndeterminate = 4
)

// Report is all that was found.
type Report struct {
	Format   string    `json:"format"` // "sandi-audit/1"
	Kind     string    `json:"kind"`   // log, extract, receipt, proof, who-looked, code, or empty when the file is none of these
	Result   Result    `json:"result"`
	Exit     int       `json:"exit"`
	Verdict  Text      `json:"verdict"`
	Network  string    `json:"network"` // network id, from the key file
	Name     string    `json:"name,omitempty"`
	Origin   string    `json:"origin,omitempty"`
	Clock    string    `json:"clock,omitempty"` // real or practice
	Size     uint64    `json:"size"`
	Root     string    `json:"root,omitempty"`  // standard base64, as in the checkpoint
	Grade    string    `json:"grade,omitempty"` // of the checkpoint: committed, published, final
	Findings []Finding `json:"findings"`
	Looks    []Look    `json:"looks,omitempty"`  // of a file of who looked, about its matter
	Limits   []Text    `json:"limits,omitempty"` // what a file of this kind cannot show
	Summary  *Summary  `json:"summary,omitempty"`

	// KeyFile is the auditor's key file for the next check, when this was a whole log
	// and everything holds: the keys that may sign its tree, those that came and went
	// since the old file.
	KeyFile []byte `json:"-"`
}

// Format names the JSON form of a report.
const Format = "sandi-audit/1"

// Of is the worst result of a check, empty when nothing was found of it.
func (r *Report) Of(check int) Result {
	worst := Result("")
	for _, f := range r.Findings {
		if f.Check == check && rank(f.Result) > rank(worst) {
			worst = f.Result
		}
	}
	return worst
}

func rank(r Result) int { return slices.Index([]Result{"", Pass, Indeterminate, Fail}, r) }

// complete says of every deciding check that it was not evaluated, if nothing was
// found of it. It is for bundles; of a receipt some checks have nothing to say.
func (r *Report) complete() {
	for check := CheckPolicy; check <= lastDeciding; check++ {
		if r.Of(check) == "" {
			r.Findings = append(r.Findings, Finding{
				Check: check, Result: Indeterminate, Code: CodeNotEvaluated, Text: Text{"本项未能检查。", "this could not be checked."},
			})
		}
	}
}

// conclude sorts the findings and draws the conclusion.
func (r *Report) conclude() {
	slices.SortStableFunc(r.Findings, byEntry)
	r.Result, r.Exit = Pass, ExitPass
	r.Verdict = Text{"所查各项均成立。", "everything that was checked holds."}
	// A false checkpoint first; then what names one entry: that is where to look.
	for _, says := range [...]func(*Finding) bool{
		func(f *Finding) bool { return f.Check == CheckPolicy },
		func(f *Finding) bool { return f.Entry != nil && f.Last == nil },
		func(*Finding) bool { return true },
	} {
		if f := r.first(func(f *Finding) bool { return f.Result == Fail && says(f) }); f != nil {
			r.Result, r.Exit = Fail, ExitFail
			r.Verdict = Text{"不成立: " + f.ZH, "this does not hold: " + f.EN}
			return
		}
	}
	if f := r.first(func(f *Finding) bool { return f.Result == Indeterminate && f.Check <= lastDeciding }); f != nil {
		r.Result, r.Exit = Indeterminate, ExitIndeterminate
		r.Verdict = Text{"未发现错误，但有不能判定之处: " + f.ZH, "nothing was found wrong, but not everything can be decided: " + f.EN}
	}
}

// byEntry puts findings by check, and those of a check by their entry: what is
// wrong first is told first, whatever was found out first. What speaks of no entry
// follows.
func byEntry(a, b Finding) int {
	at := func(f Finding) uint64 {
		if f.Entry == nil {
			return math.MaxUint64
		}
		return *f.Entry
	}
	return cmp.Or(cmp.Compare(a.Check, b.Check), cmp.Compare(at(a), at(b)))
}

// first is the first finding that is as asked, nil without one.
func (r *Report) first(is func(*Finding) bool) *Finding {
	for i := range r.Findings {
		if is(&r.Findings[i]) {
			return &r.Findings[i]
		}
	}
	return nil
}
