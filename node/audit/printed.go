package audit

import (
	"errors"
	"regexp"
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/merkle"
)

// kindCode is the text of a printed code.
const kindCode = "code"

// codeForm is how the text of a code begins: the digits, or an address before a #.
var codeForm = regexp.MustCompile(`^\s*(https?://[!-"$-~]+#)?[0-9]{17}`)

// code verifies what a scanner has read from a printed code.
func (a *audit) code(data []byte) {
	a.report.Kind = kindCode
	raw, err := checkpoint.ParseCodeText(string(data))
	if err != nil {
		a.fail(CheckOpenings, CodeReceipt, Text{"验证码无法读取或者不完整。", "the code cannot be read, or is not whole."})
		return
	}
	if a.Genesis != nil {
		a.acceptGenesis(a.Genesis)
	}
	c, err := checkpoint.ParseCode(raw, a.keys.Keys())
	switch {
	case errors.Is(err, checkpoint.ErrInclusion):
		a.fail(CheckTree, CodeInclusion, Text{"验证码中的路径不能证明该条在账上。", "the path in the code does not prove its entry."})
		return
	case errors.Is(err, checkpoint.ErrReceipt):
		a.fail(CheckOpenings, CodeReceipt, Text{"验证码无法读取或者不完整。", "the code cannot be read, or is not whole."})
		return
	case err != nil:
		a.fail(CheckPolicy, CodeCheckpoint, noteText(err))
		return
	case c.Page:
		a.unsure(CheckTree, CodeInclusion, say("这是页脚码，只标明 %[2]s 的第 %[1]d 条，本身不是证明；请扫描文末的验证码。", "this is the code at the foot of a page: it names entry %d, of %s, and proves nothing; scan the codes at the end of the document.", c.Index, c.Record))
		return
	}
	a.cosigned(c)
	a.pass(CheckTree, CodeInclusion, say("该声明是账上第 %d 条，在检查点（大小 %d）之内。", "the statement is entry %d of the ledger, in the tree of the checkpoint of size %d.", c.Index, c.Size))
	switch {
	case c.Receipt != nil:
		if c.Receipt.Network != a.keys.Network() {
			a.fail(CheckPolicy, CodeGenesis, Text{"验证码属于另一个网络。", "the code is of another network."})
		}
		a.single(part{index: c.Index, entry: readEntry(c.Receipt.Leaf)})
	case a.Entry != nil && merkle.LeafHash(a.Entry) != c.Leaf:
		a.failAt(CheckTree, CodeEntryHash, c.Index, say("所给条目不是验证码所指的第 %d 条。", "the entry that was given is not entry %d, which the code names.", c.Index))
	case a.Entry != nil:
		a.single(part{index: c.Index, entry: readEntry(a.Entry)})
	default:
		a.report.Limits = append(a.report.Limits, Text{"验证码未含声明全文；要看内容，请核验该声明的回执。", "the code does not hold the statement: to see what it says, verify its receipt."})
		a.checkKept()
	}
}

// cosigned judges who has signed the checkpoint that a code stands on. Codes hold no
// signatures of log keys.
func (a *audit) cosigned(c *checkpoint.Coded) {
	a.note, a.claim = c.Note, c.Note.Checkpoint
	o := judged{Note: c.Note, keys: a.keys.Keys(), policy: a.policy()}
	a.report.Origin, a.report.Size, a.report.Root, a.report.Grade = o.Origin, o.Size, b64(o.Root), string(o.grade())
	switch o.grade() {
	case checkpoint.GradeFinal:
		a.pass(CheckPolicy, CodeCosigners, say("检查点（大小 %d）由 %s 共同签署，达到要求的 %d 个地区。", "the checkpoint of size %d is cosigned by %s: %d regions are demanded.", o.Size, strings.Join(o.CosignedBy(), ", "), o.policy.Final))
	case checkpoint.GradeNone:
		a.fail(CheckPolicy, CodeCheckpoint, say("检查点属于另一账本 %s。", "the checkpoint is of another log, %s.", o.Origin))
	default:
		a.unsure(CheckPolicy, CodeCosigners, tooFew(&o))
	}
}
