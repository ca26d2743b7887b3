package audit

import (
	"strings"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/statement"
)

// slack is how far ledger time and a cosignature may contradict each other: no
// node signs a tree whose time is further ahead of its clock (HOUSE, "Facts").
const slack = statement.MaxAheadS * 1000 // ms

// checkTimes holds ledger times between the cosignatures around them: what a
// checkpoint covers had happened when it was signed, and what came behind it had
// not. On a practice network the same scenario clock made both.
func (a *audit) checkTimes(p *points) {
	checked := 0
	for _, x := range p.list {
		if x.note == nil || !x.agrees {
			continue
		}
		early := firstStamp(x.note)
		if early == 0 {
			continue
		}
		checked++
		if x.last > early*1000+slack {
			a.failAt(CheckTimes, CodeTimes, x.Size-1, say("第 %d 条的账本时间 %s 晚于覆盖它的签署时间 %s。", "entry %d has the ledger time %s, after the cosignature of %s that covers it.",
				x.Size-1, at(x.last), at(early*1000)))
		}
		if x.next != 0 && x.next+slack < early*1000 {
			a.failAt(CheckTimes, CodeTimes, x.Size, say("第 %d 条的账本时间 %s 早于其前检查点的签署时间 %s。", "entry %d has the ledger time %s, before the cosignature of %s that it follows.",
				x.Size, at(x.next), at(early*1000)))
		}
	}
	switch {
	case a.failed(CheckTimes):
	case checked == 0:
		a.unsure(CheckTimes, CodeTimes, Text{"没有可用的签署时间，无法核对账本时间。", "there is no cosignature to hold ledger times against."})
	default:
		clock := Text{"真实时钟", "real clock"}
		if a.report.Clock == string(genesis.ClockPractice) {
			clock = Text{"演练网络的情景时钟", "scenario clock of a practice network"}
		}
		a.pass(CheckTimes, CodeTimes, say("账本时间均在前后签署时间之间（检查点 %[1]d 个，%[2]s）。",
			"ledger times lie between the cosignatures around them (%[1]d checkpoints, %[3]s).", checked, clock.ZH, clock.EN))
	}
}

// firstStamp is the earliest time of a cosignature on a note, unix s; 0 without
// any. The others may be later: whoever was away signs when it is back.
func firstStamp(n *checkpoint.Note) int64 {
	first := int64(0)
	for _, s := range n.Signatures {
		if s.Key.Kind == checkpoint.KindCosigner && (first == 0 || s.At < first) {
			first = s.At
		}
	}
	return first
}

// at is an instant (unix ms) for people.
func at(ms int64) string { return strings.Replace(statement.FormatAt(ms/1000), "T", " ", 1) }
