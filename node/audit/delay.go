package audit

import (
	"crypto/sha256"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/promise"
	"sandi.internal/gateway/consensus/statement"
)

// Delay is a submission promise in the bundle, and what the log says of it.
type Delay struct {
	Node      string  `json:"node"`      // region/node that promised
	Statement string  `json:"statement"` // region/id
	Hash      string  `json:"hash"`
	Seen      string  `json:"seen"`
	Due       string  `json:"due"`
	Entry     *uint64 `json:"entry,omitempty"`       // that holds the statement
	At        string  `json:"at,omitempty"`          // ledger time of that entry
	Late      bool    `json:"late"`                  // the entry came after the due time, or has not come at a checkpoint of after it
	KeptLateS int64   `json:"kept_late_s,omitempty"` // it came so many seconds late, at least; 0 while it has not
	File      string  `json:"file"`                  // in the bundle
}

// promised is a promise that waits for its statement.
type promised struct {
	promise.Promise
	raw   []byte
	file  string
	entry *uint64 // that holds the statement
	ts    int64   // its ledger time, unix s
}

// isDelay reports whether a file of evidence is about a promise.
func isDelay(name string) bool { return strings.HasPrefix(name, "evidence/"+bundle.DelayPrefix) }

// delayFile is what of api/audit's evidence of a delay counts: the promise itself.
// The rest is for people, and is found anew here.
type delayFile struct {
	Format    string  `json:"format"`
	Why       string  `json:"why"`
	Node      string  `json:"node"`
	Statement string  `json:"statement"`
	Hash      string  `json:"hash"`
	Seen      string  `json:"seen"`
	Due       string  `json:"due"`
	Index     *uint64 `json:"index,omitempty"`
	At        string  `json:"at,omitempty"`
	Found     string  `json:"found,omitempty"`
	KeptLateS int64   `json:"kept_late_s,omitempty"`
	Promise   string  `json:"promise"`
}

// collectDelays reads the promises that a node says were not kept, by the hash of
// their statements.
func (a *audit) collectDelays() map[statement.Hash][]*promised {
	list := make(map[statement.Hash][]*promised)
	for _, name := range a.bundle.Names(bundle.ClassEvidence) {
		if !isDelay(name) {
			continue
		}
		var f delayFile
		if err := strict.Decode(a.read(name), maxEvidence, 2, &f); err != nil || f.Format != bundle.FormatDelay {
			a.unsure(CheckSummary, CodeDelay, say("%s 不是可读的延误证据。", "%s is no evidence of a delay that can be read.", name))
			continue
		}
		p, err := promise.Parse([]byte(f.Promise))
		if err != nil || p.Network != a.keys.Network() {
			a.unpromised(name)
			continue
		}
		list[p.Hash] = append(list[p.Hash], &promised{Promise: p, raw: []byte(f.Promise), file: name})
	}
	return list
}

func (a *audit) unpromised(name string) {
	a.unsure(CheckSummary, CodeDelay, say("%s 中的承诺不能以密钥文件核验，不能作为证据。", "the promise in %s is not signed under the key file's keys: it proves nothing.", name))
}

// settleDelays drops the promises that no node's key has signed. A key that was
// revoked since has promised all the same.
func (a *audit) settleDelays(list map[statement.Hash][]*promised) {
	keys := a.book.ever()
	var void []string
	for hash, promises := range list {
		list[hash] = slices.DeleteFunc(promises, func(p *promised) bool {
			_, err := promise.Open(keys, p.raw)
			if err != nil {
				void = append(void, p.file)
			}
			return err != nil
		})
	}
	slices.Sort(void)
	for _, file := range void {
		a.unpromised(file)
	}
}

// promised notes where a statement stands that somebody promised to bring in.
func (w *walk) promised(index uint64, e *entry) {
	if len(w.delays) == 0 || e.form != nil {
		return
	}
	for _, p := range w.delays[sha256.Sum256(e.leaf.Stmt)] {
		p.entry, p.ts = &index, e.leaf.TS/1000
	}
}

// checkDelays says of every promise whether it was kept, as of the final
// checkpoint. Whose fault a delay was no log can tell: it is never a FAIL.
func (w *walk) checkDelays() {
	asOf := w.last / 1000
	if w.note != nil {
		asOf = max(asOf, firstStamp(w.note))
	}
	for _, name := range w.bundle.Names(bundle.ClassEvidence) {
		for _, list := range w.delays {
			for _, p := range list {
				if p.file == name {
					w.judgeDelay(p, asOf)
				}
			}
		}
	}
}

func (w *walk) judgeDelay(p *promised, asOf int64) {
	d := Delay{
		Node: p.Region + "/" + p.Node, Statement: p.From + "/" + p.ID, Hash: p.Hash.String(), Seen: statement.FormatAt(p.Seen), Due: statement.FormatAt(p.Due),
		Entry: p.entry, File: p.file,
	}
	due := at(p.Due * 1000)
	switch {
	case p.entry == nil && asOf <= p.Due:
		w.unsure(CheckSummary, CodeDelay, say("节点 %s 承诺声明 %s 在 %s 前入账；本检查点早于该时间，须以其后的检查点判定。",
			"node %s promised that statement %s is in the ledger by %s; this checkpoint is older, a later one will tell.", d.Node, d.Statement, due))
	case p.entry == nil:
		d.Late = true
		w.unsure(CheckSummary, CodeDelay, say("节点 %s 承诺声明 %s 在 %s 前入账；至最终检查点（%s）账上仍无此声明。责任由各局认定。",
			"node %s promised that statement %s is in the ledger by %s; as of the final checkpoint (%s) it is missing. Whose fault that is, the log cannot tell.", d.Node, d.Statement, due, at(asOf*1000)))
	case p.ts > p.Due:
		d.Late, d.At, d.KeptLateS = true, statement.FormatAt(p.ts), p.ts-p.Due
		w.pass(CheckSummary, CodeDelay, say("节点 %s 承诺声明 %s 在 %s 前入账；承诺迟延 %d 秒兑现: 该声明于 %s 入账（第 %d 条）。责任由各局认定。",
			"node %s promised that statement %s is in the ledger by %s; kept late by %d s: it came at %s, as entry %d. Whose fault that is, the log cannot tell.", d.Node, d.Statement, due, d.KeptLateS, at(p.ts*1000), *p.entry))
	case w.signedBefore(*p.entry, p.Due) != 0:
		// The leader that proposes an entry also stamps it; the cosigners do not
		// lend it their clocks.
		without := w.signedBefore(*p.entry, p.Due)
		d.Late, d.At, d.KeptLateS = true, statement.FormatAt(p.ts), without-p.Due
		w.pass(CheckSummary, CodeDelay, say("节点 %s 承诺声明 %s 在 %s 前入账；承诺至少迟延 %d 秒兑现: 该声明（第 %d 条）的账本时间虽早，其前的检查点却签于 %s。责任由各局认定。",
			"node %s promised that statement %s is in the ledger by %s; kept late by %d s at least: entry %d has a ledger time before that, but a checkpoint without it was cosigned at %s. Whose fault that is, the log cannot tell.",
			d.Node, d.Statement, due, d.KeptLateS, *p.entry, at(without*1000)))
	default:
		d.At = statement.FormatAt(p.ts)
		w.pass(CheckSummary, CodeDelay, say("节点 %s 承诺声明 %s 在 %s 前入账；已按时入账（第 %d 条）。",
			"node %s promised that statement %s is in the ledger by %s; it came in time, as entry %d.", d.Node, d.Statement, due, *p.entry))
	}
	w.report.Summary.Delays = append(w.report.Summary.Delays, d)
}

// signedBefore is when a checkpoint that does not cover an entry was first
// cosigned, if that was after due (unix s); 0 when there is none.
func (w *walk) signedBefore(entry uint64, due int64) int64 {
	for _, x := range w.points.list {
		if x.note == nil || !x.agrees || x.Size > entry {
			continue
		}
		if early := firstStamp(x.note); early > due {
			return early
		}
	}
	return 0
}
