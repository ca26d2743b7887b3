package audit

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// point is a checkpoint from elsewhere that this log must have passed through.
type point struct {
	checkpoint.Checkpoint                  // as it claims to be
	raw                   []byte           // the signed note
	note                  *checkpoint.Note // nil before settle, and when no key that counts signed it
	from                  source
	name                  string // file in the bundle, or how people call it
	void                  bool   // it was found to be nothing to hold the log against

	reached bool  // the tree has had this size
	agrees  bool  // and this root
	last    int64 // ledger time of the last entry that it covers, unix ms; 0 for none
	next    int64 // of the first entry behind it; 0 for none
}

// source is where a point comes from.
type source uint8

const (
	fromBundle   source = iota // checkpoints/<size>
	fromAuditor                // what the auditor kept
	fromEvidence               // half of a fork that a node has seen
	fromReceipt                // of a receipt that was given with the bundle
	fromSelf                   // the checkpoint of the bundle itself
)

// points are all of them, ascending by size; those before at have been reached.
type points struct {
	list []*point
	at   int
}

func (p *points) add(list ...*point) { p.list = append(p.list, list...) }

func (p *points) sort() {
	slices.SortStableFunc(p.list, func(a, b *point) int { return cmp.Compare(a.Size, b.Size) })
}

// reach holds the tree of a size against the points there. last is the ledger
// time of its last entry.
func (p *points) reach(size uint64, root func() merkle.Hash, last int64) {
	for ; p.at < len(p.list) && p.list[p.at].Size == size; p.at++ {
		x := p.list[p.at]
		x.reached, x.agrees, x.last = true, x.Root == root(), last
	}
}

// passed notes the ledger time of the entry at index, the first one behind the
// points of that size.
func (p *points) passed(index uint64, ts int64) {
	for i := p.at - 1; i >= 0 && p.list[i].Size == index; i-- {
		p.list[i].next = ts
	}
}

// wants reports whether a point lies at a size.
func (p *points) wants(size uint64) bool { return p.at < len(p.list) && p.list[p.at].Size == size }

// collect gathers the points of a whole log by what they claim. Whose signatures
// count is known when the log was judged: settle.
func (a *audit) collect() *points {
	p := &points{}
	p.add(&point{Checkpoint: a.claim, from: fromSelf, name: bundle.NameCheckpoint})
	p.add(a.earlier()...)
	p.add(a.previous()...)
	p.add(a.evidence()...)
	p.add(a.receiptPoints()...)
	p.sort()
	return p
}

// settle opens the notes of the points, and drops those that are none.
func (a *audit) settle(p *points) {
	for _, x := range p.list {
		switch x.from {
		case fromSelf:
			x.note = a.note
		case fromBundle:
			a.settleEarlier(x)
		case fromAuditor:
			if !a.explained(x) {
				a.settlePrevious(x)
			}
		}
	}
	a.settleEvidence()
	a.settleReceipts()
	p.list = slices.DeleteFunc(p.list, func(x *point) bool { return x.void })
}

// earlier are the older notes in the bundle.
func (a *audit) earlier() []*point {
	var list []*point
	for _, name := range a.bundle.Names(bundle.ClassEarlier) {
		raw := a.read(name)
		claim, err := claimOf(raw)
		if err != nil {
			_, err = a.book.open(raw)
			a.failFile(CheckHistory, CodeEarlier, name, Text{name + ": " + noteText(err).ZH, name + ": " + noteText(err).EN})
			continue
		}
		list = append(list, &point{Checkpoint: claim, raw: raw, from: fromBundle, name: name})
	}
	return list
}

// settleEarlier judges an older note of the bundle. It was kept because it was
// final: one that is not has been changed.
func (a *audit) settleEarlier(x *point) {
	x.void = true
	o, err := a.book.open(x.raw)
	a.revoked(CheckHistory, x.name, &o)
	if err != nil {
		a.failFile(CheckHistory, CodeEarlier, x.name, Text{x.name + ": " + noteText(err).ZH, x.name + ": " + noteText(err).EN})
		return
	}
	if x.name != bundle.EarlierName(x.Size) || x.Size >= a.claim.Size {
		a.failFile(CheckHistory, CodeEarlier, x.name, say("%[1]s 中的检查点大小为 %[2]d，不在其位。", "%s holds a checkpoint of size %d, which does not belong there.", x.name, x.Size))
		return
	}
	if missing := o.withoutLogKey(); o.grade() != checkpoint.GradeFinal || len(missing) > 0 {
		a.failFile(CheckHistory, CodeEarlier, x.name, say("%[1]s 只有 %[2]d 个地区完整签署，不是最终检查点。", "%s is signed completely by %d regions only and not final.", x.name, len(o.CosignedBy())-len(missing)))
		return
	}
	x.void, x.note = false, o.Note
}

// previous are the auditor's own checkpoints. They count whether or not the keys
// of today verify them: the auditor kept them for a reason.
func (a *audit) previous() []*point {
	var list []*point
	for i, raw := range a.Previous {
		name := fmt.Sprintf("--previous %d", i+1)
		claim, err := claimOf(raw)
		if err != nil {
			a.fail(CheckHistory, CodePrevious, say("您留存的检查点（第 %d 份）无法读取: %v。", "the checkpoint that you kept (number %d) cannot be read: %v.", i+1, err))
			continue
		}
		if claim.Origin != a.claim.Origin {
			a.fail(CheckHistory, CodePrevious, say("您留存的检查点属于账本 %s，本文件属于 %s。", "the checkpoint that you kept is of the log %s, this file is of %s.", claim.Origin, a.claim.Origin))
			continue
		}
		list = append(list, &point{Checkpoint: claim, raw: raw, from: fromAuditor, name: name})
	}
	return list
}

func (a *audit) settlePrevious(x *point) {
	if o, err := a.book.open(x.raw); err == nil {
		x.note = o.Note
	}
}

// evidenceFile is what a node writes of a fork (api/audit).
type evidenceFile struct {
	N     int      `json:"n"`
	ID    string   `json:"id"`
	Why   string   `json:"why"`
	Seen  string   `json:"seen"`
	From  string   `json:"from"`
	Notes []string `json:"notes"`
}

const maxEvidence = 128 << 10

// evidence reads the forks that nodes have seen.
func (a *audit) evidence() []*point {
	var list []*point
	for _, name := range a.bundle.Names(bundle.ClassEvidence) {
		if isDelay(name) {
			continue
		}
		var f evidenceFile
		err := strict.Decode(a.read(name), maxEvidence, 3, &f)
		if err != nil || len(f.Notes) != 2 {
			a.unsure(CheckSummary, CodeFork, say("%s 不是可读的分叉证据。", "%s is no evidence that can be read.", name))
			continue
		}
		var pair [2]*point
		for i, raw := range f.Notes {
			if claim, err := claimOf([]byte(raw)); err == nil && claim.Origin == a.claim.Origin {
				pair[i] = &point{Checkpoint: claim, raw: []byte(raw), from: fromEvidence, name: name}
			}
		}
		if pair[0] == nil || pair[1] == nil {
			a.unsigned(name)
			continue
		}
		a.pairs = append(a.pairs, pair)
		list = append(list, pair[:]...)
	}
	return list
}

func (a *audit) unsigned(name string) {
	a.unsure(CheckSummary, CodeFork, say("%s 中的签名不能以密钥文件核验，不能作为证据。", "the notes in %s are not signed under the key file's keys: they prove nothing.", name))
}

// settleEvidence judges the forks. Two notes of one size prove themselves; of
// others one at least contradicts this log, if it is a fork.
func (a *audit) settleEvidence() {
	for _, pair := range a.pairs {
		for _, x := range pair {
			if o, err := a.book.open(x.raw); err == nil {
				x.note = o.Note
			}
		}
		if a.settledFork(pair) {
			continue
		}
		switch x, y := pair[0], pair[1]; {
		case x.note == nil || y.note == nil:
			x.void, y.void = true, true
			a.unsigned(x.name)
		case x.Size == y.Size && x.Root != y.Root:
			x.void, y.void = true, true
			a.forked(x, y)
		}
	}
}

// forked reports two histories under the same keys.
func (a *audit) forked(x, other *point) {
	a.forks = append(a.forks, Fork{Size: x.Size, Signers: [2][]string{signers(x.note), signers(other.note)}, File: x.name})
	a.failFile(CheckHistory, CodeFork, x.name, say("分叉证据成立: 大小 %d 处有两个不同的根，分别由 %s 和 %s 签署。",
		"a fork is proved: two roots at size %d, one signed by %s, the other by %s.", x.Size, strings.Join(signers(x.note), ", "), strings.Join(signers(other.note), ", ")))
}

// signers are the regions under whose keys a note stands, none when it was not
// opened.
func signers(n *checkpoint.Note) []string {
	var list []string
	if n == nil {
		return list
	}
	for _, s := range n.Signatures {
		if !slices.Contains(list, s.Key.Region) {
			list = append(list, s.Key.Region)
		}
	}
	return list
}

// checkHistory draws the conclusions of check 3 once the log has been read to
// where the tree could be built.
func (a *audit) checkHistory(p *points) {
	counts := map[source]int{}
	for _, x := range p.list {
		if x.from == fromSelf {
			continue
		}
		switch {
		case x.Size > a.claim.Size:
			a.newer(x)
		case !x.reached:
			a.unsure(CheckHistory, CodeNotEvaluated, say("因条目缺失，无法核对大小 %[2]d 的检查点（%[1]s）。", "entries are missing: %s, of size %d, cannot be compared.", x.name, x.Size))
		case x.agrees:
			counts[x.from]++
		default:
			a.contradicted(x)
		}
	}
	if a.failed(CheckHistory) || a.report.Of(CheckHistory) == Indeterminate {
		return
	}
	switch {
	case counts[fromAuditor] > 0:
		a.pass(CheckHistory, CodePrevious, say("本账包含您留存的检查点及另外 %d 个以前的检查点，前后一致。", "this log contains the checkpoint that you kept and %d older ones: nothing below them was changed.", counts[fromBundle]))
	case counts[fromBundle] > 0:
		a.pass(CheckHistory, CodeEarlier, say("以前的 %d 个检查点均与本账一致；未提供您自己留存的检查点（--previous）。", "the %d older checkpoints are consistent with this log; none that you kept was given (--previous).", counts[fromBundle]))
	default:
		a.pass(CheckHistory, CodeEarlier, Text{"没有更早的检查点可供比对。请留存本文件，下次以 --previous 提供。", "there is no older checkpoint to compare with. Keep this file and give it next time as --previous."})
	}
}

// contradicted reports a checkpoint that this log never had.
func (a *audit) contradicted(x *point) {
	switch x.from {
	case fromAuditor:
		a.fail(CheckHistory, CodePrevious, say("与您留存的检查点矛盾: 大小 %d 时的根不同，该检查点由 %s 签署。账本已被改写或分叉。",
			"this log contradicts the checkpoint that you kept: at size %d it has another root than the one signed by %s. The log was rewritten or forked.", x.Size, nobody(signers(x.note))))
	case fromEvidence:
		a.forked(x, &point{Checkpoint: a.claim, note: a.note})
	case fromReceipt:
		a.fail(CheckHistory, CodeReceipt, say("回执（%s）与本账矛盾: 大小 %d 时的根不同，其检查点由 %s 签署。",
			"the receipt %s contradicts this log: at size %d it has another root than the one signed by %s.", x.name, x.Size, nobody(signers(x.note))))
	default:
		a.failFile(CheckHistory, CodeEarlier, x.name, say("%[1]s 与本账矛盾: 大小 %[2]d 时的根不同。", "%s contradicts this log: at size %d it has another root.", x.name, x.Size))
	}
}

func nobody(list []string) string {
	if len(list) == 0 {
		return "?"
	}
	return strings.Join(list, ", ")
}

// newer reports a checkpoint that covers more than this file. Signed before this
// file's, it shows that the log was cut back.
func (a *audit) newer(x *point) {
	if by := cutBack(x.note, a.note); by != "" {
		a.fail(CheckHistory, CodePrevious, say("%[1]s 先签署了大小为 %[2]d 的检查点（%[4]s），后又签署了更短的本账（大小 %[3]d）: 账本被截短。",
			"%s signed a checkpoint of size %d and later this shorter log of size %d (%s): the log was cut back.", by, x.Size, a.claim.Size, x.name))
		return
	}
	check, code := CheckHistory, CodePrevious
	if x.from == fromReceipt { // its entry is compared all the same
		check, code = CheckOpenings, CodeReceipt
	}
	a.unsure(check, code, say("检查点（%s）的大小 %d 超过本文件的 %d: 请索取更新的审计包，再与之比对。",
		"the checkpoint %s has size %d, more than this file's %d: ask for a newer bundle and compare again.", x.name, x.Size, a.claim.Size))
}

// cutBack names the regions whose cosigner signed the longer log first.
func cutBack(longer, shorter *checkpoint.Note) string {
	if longer == nil || shorter == nil {
		return ""
	}
	var by []string
	for _, s := range shorter.Signatures {
		if s.Key.Kind != checkpoint.KindCosigner {
			continue
		}
		for _, before := range longer.Signatures {
			if before.Key.VKey() == s.Key.VKey() && before.At < s.At {
				by = append(by, s.Key.Region)
			}
		}
	}
	return strings.Join(by, ", ")
}
