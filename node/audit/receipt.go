package audit

import (
	"errors"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// receipt verifies a single receipt.
func (a *audit) receipt(data []byte) {
	a.report.Kind = kindReceipt
	r, err := checkpoint.ParseReceipt(data)
	if err != nil {
		a.fail(CheckOpenings, CodeReceipt, say("回执无法读取: %v。", "the receipt cannot be read: %v.", err))
		return
	}
	if a.Genesis != nil {
		a.acceptGenesis(a.Genesis)
	}
	a.openNote(r.Checkpoint)
	if r.Network != a.keys.Network() {
		a.fail(CheckPolicy, CodeGenesis, Text{"回执属于另一个网络。", "the receipt is of another network."})
	}
	grade, err := r.Verify(a.keys.Keys(), a.policy()) // what changed since genesis a receipt cannot show
	index := r.Index
	switch {
	case err == nil:
		a.pass(CheckTree, CodeInclusion, say("该声明是账上第 %d 条，在检查点（大小 %d）之内。", "the statement is entry %d of the ledger, in the tree of the checkpoint of size %d.", index, r.Size))
		a.pass(CheckOpenings, CodeReceipt, Text{"回执各部分互相一致。", "the parts of the receipt agree with each other."})
	case errors.Is(err, checkpoint.ErrInclusion):
		a.failAt(CheckTree, CodeInclusion, index, say("第 %d 条不在检查点的账上: 回执不实。", "entry %d is not in the checkpoint's tree: the receipt is false.", index))
	case errors.Is(err, checkpoint.ErrGrade):
		a.failAt(CheckOpenings, CodeReceipt, index, say("回执自称 %s，实为 %s。", "the receipt claims to be %s and is %s.", r.Grade, grade))
	case errors.Is(err, checkpoint.ErrReceipt):
		a.failAt(CheckOpenings, CodeReceipt, index, say("回执各部分互相矛盾: %v。", "the parts of the receipt contradict each other: %v.", err))
	case !a.failed(CheckPolicy): // else its checkpoint was found wrong before
		a.failAt(CheckOpenings, CodeReceipt, index, say("回执无效: %v。", "the receipt is not valid: %v.", err))
	}
	a.single(part{index: index, entry: readEntry(r.Leaf)})
}

// proof verifies a .tlog-proof, with its entry if that was given.
func (a *audit) proof(data []byte) {
	a.report.Kind = kindProof
	p, err := checkpoint.ParseProof(data)
	if err != nil {
		a.fail(CheckTree, CodeInclusion, say("证明无法读取: %v。", "the proof cannot be read: %v.", err))
		return
	}
	if a.Genesis != nil {
		a.acceptGenesis(a.Genesis)
	}
	a.openNote(p.Checkpoint)
	if a.Entry == nil {
		a.unsure(CheckTree, CodeInclusion, say("证明本身不含第 %d 条，请以 --entry 提供该条。", "the proof does not hold entry %d: give it with --entry.", p.Index))
		a.checkKept()
		return
	}
	e := part{index: p.Index, entry: readEntry(a.Entry)}
	switch {
	case merkle.VerifyInclusion(e.hash, p.Index, a.claim.Size, p.Path, a.claim.Root) != nil:
		a.failAt(CheckTree, CodeInclusion, p.Index, say("所给条目不是检查点账上的第 %d 条。", "the entry that was given is not entry %d of the checkpoint's tree.", p.Index))
		return
	case e.form != nil || e.leaf.Seq != p.Index:
		a.failAt(CheckTree, CodeEntryPlace, p.Index, say("第 %d 条不具账本条目的格式或者位置不符。", "entry %d has not the form or the number of an entry.", p.Index))
		return
	case e.st != nil && e.st.Network != a.keys.Network():
		a.failAt(CheckSignatures, CodeSignature, p.Index, say("第 %d 条的声明属于另一个网络。", "the statement of entry %d belongs to another network.", p.Index))
		return
	}
	a.pass(CheckTree, CodeInclusion, say("该条是账上第 %d 条，在检查点（大小 %d）之内。", "this is entry %d of the ledger, in the tree of the checkpoint of size %d.", p.Index, a.claim.Size))
	a.single(e)
}

// single checks what one entry shows by itself.
func (a *audit) single(p part) {
	a.report.Limits = append(a.report.Limits, Text{"回执只证明一条声明在账上；以前、以后及其他条目须凭审计包核验。", "a receipt proves that one statement is in the ledger; all others take a bundle."})
	a.checkKept()
	if p.form != nil {
		return // the receipt was found wrong before
	}
	a.partTimes([]part{p})
	if a.genesis == nil && a.Genesis == nil {
		a.report.Limits = append(a.report.Limits, Text{
			"未核验作出局本身的签名: 需要创世文件（--genesis）。签署检查点的各地区节点均已核验。",
			"the signature of the acting bureau was not verified here: that takes the genesis (--genesis). The nodes of every region that cosigned have verified it.",
		})
		return
	}
	a.ownSignature(p)
}

// ownSignature verifies one statement under the keys of genesis.
func (a *audit) ownSignature(p part) {
	if a.genesis == nil {
		a.unsure(CheckSignatures, CodeNotEvaluated, Text{"没有可信的创世文件，无法核验签名。", "without a genesis to trust no signature can be verified."})
		return
	}
	if p.stmt != nil {
		a.failAt(CheckSignatures, CodeStatement, p.index, say("第 %d 条中没有可读的声明: %v。", "entry %d holds no statement that can be read: %v.", p.index, p.stmt))
		return
	}
	switch newKeybook(a.genesis).judge(p.index, p.st) {
	case verdictHolds:
		a.pass(CheckSignatures, CodeSignature, say("声明由 %s 以创世文件所载密钥 %s 签署。", "the statement is signed by %s under the key %s of genesis.", p.st.Region, p.st.Key))
		a.report.Limits = append(a.report.Limits, Text{"该密钥在此之前是否已被吊销，须凭审计包判定。", "whether that key had been revoked before takes a bundle."})
	case verdictBad:
		a.failAt(CheckSignatures, CodeSignature, p.index, say("第 %d 条的签名无效。", "the signature of entry %d does not verify.", p.index))
	case verdictUnknown:
		a.unsure(CheckSignatures, CodeSignature, say("签名密钥 %s/%s 不在创世文件中，系后来登记，须凭审计包核验。", "the key %s/%s is not of genesis but was registered later: that takes a bundle.", p.st.Region, p.st.Key))
	}
}
