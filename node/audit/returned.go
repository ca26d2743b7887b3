package audit

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

// A return to a final checkpoint gives entries up that two regions may have cosigned, and
// ends every key that could have. The judged log holds the order: the regions that signed
// it, the fork that was its reason, and how far the given-up trees went. A checkpoint of
// those, under those keys, contradicts nothing. But what was final must stay: a final
// checkpoint that a return gives up is the gravest finding there is.

// givenUp finds the return that explains a note; nil for none. The note is opened under
// every key that ever counted.
func (a *audit) givenUp(raw []byte) (*checkpoint.Note, *ledger.Return) {
	if a.judged == nil {
		return nil, nil
	}
	n, err := a.book.ever().Open(raw)
	if err != nil {
		return nil, nil
	}
	return n, a.judged.Settles(n)
}

// explained reports a point of a history that was given up, and whether it is one.
func (a *audit) explained(x *point) bool {
	n, order := a.givenUp(x.raw)
	if order == nil {
		return false
	}
	x.void = true
	if a.judged.PolicyAt(order.Size).Grade(n) == checkpoint.GradeFinal {
		a.fail(CheckHistory, CodeGivenUp, say("%[1]s（大小 %[2]d，由 %[3]s 签署）是最终检查点，却被第 %[4]d 条起的回退令作废: 最终的条目不得作废。",
			"%s, of size %d, signed by %s, is final, and the order from entry %d on gives it up: what is final must stay.", x.name, x.Size, strings.Join(n.Signers(), ", "), order.Size))
		return true
	}
	a.pass(CheckHistory, CodeGivenUp, givenUpText(x.name, x.Size, n, order))
	return true
}

func givenUpText(name string, size uint64, n *checkpoint.Note, order *ledger.Return) Text {
	return say("%[1]s（大小 %[2]d，由 %[3]s 签署）属于被放弃的历史: %[4]s 因大小 %[6]d 处已证明的分叉，以第 %[5]d 条起的回退令退回大小为 %[5]d 的最终检查点，其后至 %[7]d 条为止作废，旧密钥一并停用。",
		"%s, of size %d, signed by %s, is of a history that was given up: %s ordered, from entry %d on, the return to the final checkpoint of that size after a proven fork at size %d; what came behind it, up to %d, is void, and its keys are ended.",
		name, size, strings.Join(n.Signers(), ", "), strings.Join(order.Regions, ", "), order.Size, order.Fork, order.Void)
}

// settledFork reports evidence that a return has settled, and whether it has. What is not
// under ended keys stays to be compared with the log.
func (a *audit) settledFork(pair [2]*point) bool {
	settled := false
	for i, x := range pair {
		n, order := a.givenUp(x.raw)
		if order == nil {
			continue
		}
		x.void = true
		if !settled {
			settled = true
			a.forks = append(a.forks, Fork{Size: x.Size, Signers: [2][]string{a.everSigners(pair[0]), a.everSigners(pair[1])}, File: x.name, Return: &order.Size})
			a.pass(CheckHistory, CodeGivenUp, givenUpText(x.name, x.Size, n, order))
		}
		if other := pair[1-i]; other.note == nil && !other.void {
			other.void = true // under keys that count at no size
		}
	}
	return settled
}

func (a *audit) everSigners(x *point) []string {
	n, err := a.book.ever().Open(x.raw)
	if err != nil {
		return nil
	}
	return n.Signers()
}

// voidReceipt reports a receipt of an entry that was given up, and whether it is one.
func (a *audit) voidReceipt(index uint64, h *held) bool {
	n, order := a.givenUp(h.receipt.Checkpoint)
	if order == nil {
		return false
	}
	if a.judged.PolicyAt(order.Size).Grade(n) == checkpoint.GradeFinal {
		a.failAt(CheckOpenings, CodeGivenUp, index, say("第 %[2]d 份回执（第 %[1]d 条）是最终的，却被第 %[3]d 条起的回退令作废。",
			"receipt %[2]d, of entry %[1]d, is final, and the order from entry %[3]d on gives it up.", index, h.number, order.Size))
		return true
	}
	if _, err := h.receipt.Verify(a.book.ever(), a.judged.PolicyAt(order.Size)); err != nil {
		a.notValid(h.number, index, err)
		return true
	}
	now := Text{"该声明不在账上，须由作出局重新作出", "its statement is not in the ledger: its bureau has to make it again"}
	if st, err := statement.Parse(readEntry(h.receipt.Leaf).leaf.Stmt); err == nil {
		if at, known := a.whereNow(st.Region, st.ID); known {
			now = Text{fmt.Sprintf("该声明已重新提交，现为第 %d 条", at), fmt.Sprintf("its statement was submitted again and is now entry %d", at)}
		}
	}
	a.pass(CheckOpenings, CodeGivenUp, say("第 %[2]d 份回执（第 %[1]d 条）已由第 %[3]d 条起的回退令作废；%[4]s。", "receipt %[2]d, of entry %[1]d, is void by the order from entry %[3]d on; %[5]s.",
		index, h.number, order.Size, now.ZH, now.EN))
	return true
}
