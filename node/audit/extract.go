package audit

import (
	"bytes"
	"slices"
	"strconv"

	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// part is an entry of an extract that could be read.
type part struct {
	index uint64
	entry
}

// extract verifies some entries with their proofs.
func (a *audit) extract() error {
	a.report.Limits = append(a.report.Limits,
		Text{"摘录只证明其中的条目在账上，不证明没有遗漏。", "an extract proves that its entries are in the ledger, not that none was left out."},
		Text{"规则、状态摘要和期限须凭整本账复核。", "rules, state digests and deadlines take the whole log."},
		Text{"某密钥是否已被未列入摘录的条目吊销，摘录不能说明。", "whether a key was revoked by an entry outside the extract cannot be seen."})
	w := &walk{audit: a, tally: newTally()}
	a.openings, a.receipts = a.collectOpenings(), a.collectReceipts()
	if err := a.checkPolicyFile(nil); err != nil {
		return err
	}
	a.ownNote()
	parts := a.parts()
	for i := range parts {
		p := &parts[i]
		w.heldAgainst(p.index, &p.entry)
		if p.st != nil {
			w.tally.add(&p.entry)
		}
	}
	a.settleReceipts()
	a.complete(parts)
	a.checkKept()
	a.signatures(parts)
	a.unsure(CheckRules, CodeNotEvaluated, Text{"摘录不足以按规则复核。", "the rules cannot be applied to an extract."})
	a.drawsOf(parts)
	a.checkAttached()
	a.partTimes(parts)
	delays := a.collectDelays()
	a.settleDelays(delays)
	for _, promises := range delays {
		if len(promises) == 0 {
			continue
		}
		a.unsure(CheckSummary, CodeDelay, Text{"提交承诺是否兑现，须凭整本账判定。", "whether a submission promise was kept takes the whole log to decide."})
	}
	a.unsure(CheckTimes, CodeDeadlines, Text{"期限须凭整本账计算。", "deadlines take the whole log."})
	a.report.Summary = w.tally.summary(a)
	a.summarise(false)
	return nil
}

// parts reads the entries and verifies their proofs.
func (a *audit) parts() []part {
	var list []part
	note := a.read(bundle.NameCheckpoint)
	for _, name := range a.bundle.Names(bundle.ClassEntry) {
		n, _ := strconv.ParseUint(name[len("entries/"):], 10, 64)
		p := part{index: n, entry: readEntry(a.read(name))}
		if !a.included(&p, note) {
			continue
		}
		switch {
		case p.form != nil:
			a.failAt(CheckTree, CodeEntryForm, n, say("第 %d 条不具账本条目的格式。", "entry %d has not the form of an entry.", n))
			continue
		case p.leaf.Seq != n:
			a.failAt(CheckTree, CodeEntryPlace, n, say("第 %d 位上的条目自称第 %d 条。", "entry %d calls itself number %d.", n, p.leaf.Seq))
			continue
		}
		list = append(list, p)
	}
	for _, name := range a.bundle.Names(bundle.ClassProof) {
		digits := name[len("proofs/") : len(name)-len(".tlog-proof")]
		if !a.bundle.Has("entries/" + digits) {
			a.failFile(CheckTree, CodeMissing, name, say("%s 所证明的条目不在摘录中。", "the entry that %s is about is not in the extract.", name))
		}
	}
	slices.SortFunc(list, func(x, y part) int {
		if x.index < y.index {
			return -1
		}
		return 1
	})
	if len(list) > 0 && !a.failed(CheckTree) {
		a.pass(CheckTree, CodeInclusion, say("摘录的 %d 条均在检查点的账上，位置无误。", "the %d entries of the extract are in the checkpoint's tree, each at its index.", len(list)))
	}
	return list
}

func readEntry(raw []byte) entry {
	e := entry{raw: raw, hash: merkle.LeafHash(raw)}
	if e.leaf, e.form = merkle.ParseLeaf(raw); e.form == nil {
		e.st, e.stmt = statement.Parse(e.leaf.Stmt)
	}
	return e
}

// included verifies an entry's proof against the bundle's one checkpoint.
func (a *audit) included(p *part, note []byte) bool {
	name := bundle.ProofName(p.index)
	if !a.bundle.Has(name) {
		a.failAt(CheckTree, CodeMissing, p.index, say("缺少第 %d 条的证明。", "the proof of entry %d is missing.", p.index))
		return false
	}
	proof, err := checkpoint.ParseProof(a.read(name))
	switch {
	case err != nil:
		a.failAt(CheckTree, CodeInclusion, p.index, say("第 %d 条的证明无法读取: %v。", "the proof of entry %d cannot be read: %v.", p.index, err))
	case proof.Index != p.index || !bytes.Equal(proof.Checkpoint, note):
		a.failAt(CheckTree, CodeInclusion, p.index, say("第 %d 条的证明属于另一位置或者另一检查点。", "the proof of entry %d is about another index or checkpoint.", p.index))
	case merkle.VerifyInclusion(p.hash, p.index, a.claim.Size, proof.Path, a.claim.Root) != nil:
		a.failAt(CheckTree, CodeInclusion, p.index, say("第 %d 条不在检查点的账上: 条目或者证明被改动。", "entry %d is not in the checkpoint's tree: the entry or its proof was changed.", p.index))
	default:
		return true
	}
	return false
}

// complete looks for what must be there, and says that more may be missing.
func (a *audit) complete(parts []part) {
	m := a.bundle.Manifest()
	there := make(map[uint64]bool, len(parts))
	for i := range parts {
		there[parts[i].index] = true
	}
	if m.To > a.claim.Size || m.To-m.From > bundle.MaxEntries || m.From > m.To {
		a.failFile(CheckTree, CodeManifest, bundle.NameManifest, Text{"清单所称范围超出账本。", "the manifest names a range outside the log."})
	} else {
		for n := m.From; n < m.To; n++ {
			if !there[n] {
				a.failAt(CheckTree, CodeComplete, n, say("摘录应含第 %d 至 %d 条，缺第 %d 条。", "the extract is of the entries %d to %d and lacks entry %d.", m.From, m.To-1, n))
			}
		}
	}
	for _, id := range m.Records {
		a.chain(id, parts)
	}
	a.unsure(CheckTree, CodeComplete, Text{"这是摘录，是否有遗漏不能判定；需要整本账。", "this is an extract: whether anything was left out cannot be decided without the whole log."})
}

// chain follows a record's statements from its opening: each names the one before.
func (a *audit) chain(id string, parts []part) {
	opened := make(map[string]bool) // hashes of openings that may be this record's
	head, count := "", 0
	for i := range parts {
		p := &parts[i]
		switch {
		case p.st == nil:
		case p.st.Kind == statement.KindRecordOpen:
			opened[p.st.Hash.String()] = true
		case p.st.Record == id:
			if count == 0 && !opened[p.st.Prev] || count > 0 && p.st.Prev != head {
				a.failAt(CheckTree, CodeChain, p.index, say("%[2]s: 第 %[1]d 条之前的声明缺失。", "%[2]s: the statement before entry %[1]d is missing.", p.index, id))
			}
			head = p.st.Hash.String()
			count++
		default:
			delete(opened, p.st.Prev) // another record began with it
		}
	}
	switch {
	case count == 0 && len(opened) == 0:
		a.fail(CheckTree, CodeChain, say("摘录中没有 %s 的声明。", "the extract holds no statement of %s.", id))
	case count == 0:
		a.unsure(CheckTree, CodeChain, say("摘录中只有立项声明，其编号 %s 须凭整本账得出。", "the extract holds openings only: that one of them got the number %s takes the whole log.", id))
	case !a.failed(CheckTree):
		a.pass(CheckTree, CodeChain, say("%s 的 %d 条声明自立项起前后相连；其后是否还有，摘录不能说明。",
			"the %[2]d statements of %[1]s follow each other from its opening; whether more came later an extract cannot show.", id, count+1))
	}
}

// checkKept holds the auditor's own checkpoints against the one of a file that has
// no tree.
func (a *audit) checkKept() {
	kept := a.previous()
	for _, x := range kept {
		a.settlePrevious(x)
		switch {
		case x.Size == a.claim.Size && x.Root != a.claim.Root:
			a.contradicted(x)
		case x.Size == a.claim.Size:
			a.pass(CheckHistory, CodePrevious, Text{"检查点与您留存的相同。", "the checkpoint is the one that you kept."})
		case x.Size > a.claim.Size:
			a.newer(x)
		default:
			a.unsure(CheckHistory, CodePrevious, say("与您留存的检查点（大小 %d）是否一致，须凭整本账判定。", "whether the checkpoint that you kept (size %d) is consistent with this one takes the whole log.", x.Size))
		}
	}
	if a.bundle != nil {
		list := a.evidence()
		a.settleEvidence()
		for _, x := range list {
			if x.void {
				continue
			}
			a.unsure(CheckSummary, CodeFork, say("%s 须凭整本账判定。", "%s takes the whole log to decide.", x.name))
		}
	}
	for _, x := range a.receiptPoints() {
		switch {
		case x.Size == a.claim.Size && x.Root != a.claim.Root:
			a.contradicted(x)
		case x.Size > a.claim.Size:
			a.newer(x)
		}
	}
	if len(kept) == 0 && !a.failed(CheckHistory) {
		a.pass(CheckHistory, CodeEarlier, Text{"没有更早的检查点可供比对。", "there is no older checkpoint to compare with."})
	}
}

// signatures verifies the statements under the keys that the extract tells of.
func (a *audit) signatures(parts []part) {
	if a.genesis == nil {
		a.unsure(CheckSignatures, CodeNotEvaluated, Text{"没有可信的创世文件，无法核验签名。", "without a genesis to trust no signature can be verified."})
		return
	}
	book := newKeybook(a.genesis)
	for i := range parts {
		p := &parts[i]
		if p.stmt != nil {
			a.failAt(CheckSignatures, CodeStatement, p.index, say("第 %d 条中没有可读的声明: %v。", "entry %d holds no statement that can be read: %v.", p.index, p.stmt))
			continue
		}
		switch book.judge(p.index, p.st) {
		case verdictBad:
			a.failAt(CheckSignatures, CodeSignature, p.index, say("第 %d 条（%s 的密钥 %s）: 签名无效，或者密钥在该条处无效。", "entry %d (key %[3]s of %[2]s): the signature does not verify, or the key was not valid there.", p.index, p.st.Region, p.st.Key))
		case verdictUnknown:
			a.failAt(CheckSignatures, CodeSignature, p.index, say("第 %d 条（%s 的密钥 %s）: 摘录中没有登记该密钥的条目。", "entry %d (key %[3]s of %[2]s): the extract lacks the entry that registered the key.", p.index, p.st.Region, p.st.Key))
		}
	}
	if !a.failed(CheckSignatures) {
		a.pass(CheckSignatures, CodeSignature, say("%d 条声明的签名有效，所用密钥来自创世文件或者摘录中的登记。", "the %d statements are signed by their regions, under keys of genesis or registered in the extract.", len(parts)))
	}
}

// partTimes: nothing that a checkpoint covers happened after it was signed.
func (a *audit) partTimes(parts []part) {
	if a.note == nil || firstStamp(a.note) == 0 {
		return
	}
	early := firstStamp(a.note) * 1000
	for i := range parts {
		if p := &parts[i]; p.leaf.TS > early+slack {
			a.failAt(CheckTimes, CodeTimes, p.index, say("第 %d 条的账本时间 %s 晚于覆盖它的签署时间 %s。", "entry %d has the ledger time %s, after the cosignature of %s that covers it.", p.index, at(p.leaf.TS), at(early)))
		}
	}
	if !a.failed(CheckTimes) {
		a.pass(CheckTimes, CodeTimes, Text{"账本时间均不晚于覆盖它们的签署时间。", "no ledger time is later than the cosignatures that cover it."})
	}
}
