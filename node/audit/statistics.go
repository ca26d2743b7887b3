package audit

import (
	"slices"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/proficiency"
)

// rounds are the rounds of proficiency testing of a whole log.
type rounds struct {
	good []string // records whose figures come out again
	open int      // evaluated, and not confirmed by another region since
}

// round computes the statistics of one record again, if it is a round that was
// evaluated and that another region has confirmed. That a result opens to what was
// sealed before the deadline, the rules have judged.
func (w *walk) round(r *procedure.Record) {
	if r.Fields[proficiency.FieldOpened] == nil || r.Fields[proficiency.FieldEvaluations] == nil {
		return
	}
	stated, at := statedLast(r, proficiency.FieldEvaluations)
	confirmed, _ := statedLast(r, proficiency.FieldAgrees)
	if confirmed < stated || string(r.Fields[proficiency.FieldAgrees]) != "true" {
		w.rounds.open++
		return
	}
	record, err := proficiency.ReadRecord(r.Fields)
	if err == nil && record != nil {
		_, err = record.Check()
	}
	if err != nil {
		w.add(Finding{
			Check: CheckDraws, Result: Fail, Code: CodeStatistics, Entry: &at,
			Text: say("能力验证 %[2]s 的统计结果与第 %[1]d 条不符: %[3]v。", "the statistics of round %[2]s do not come out as entry %[1]d says: %[3]v.", at, r.ID, err),
		})
		return
	}
	w.rounds.good = append(w.rounds.good, r.ID)
}

// statedLast is the position among a record's acts, from 1, and the entry of the last
// that stated a field.
func statedLast(r *procedure.Record, field string) (position int, at uint64) {
	for i, a := range slices.Backward(r.Acts) {
		if slices.Contains(a.Fields, field) {
			return i + 1, a.Seq
		}
	}
	return 0, 0
}

// concludeRounds says what came out again; nothing when the log has no rounds.
func (w *walk) concludeRounds() {
	if len(w.rounds.good)+w.rounds.open == 0 || w.rules.stopped {
		return
	}
	slices.Sort(w.rounds.good)
	w.pass(CheckDraws, CodeStatistics, say("重新计算了 %d 个能力验证轮次的统计结果，与账上一致: %s；另有 %d 个尚未经其他地区复算。",
		"the statistics of %d rounds of proficiency testing come out again: %s; rounds that no other region has confirmed yet: %d.", len(w.rounds.good), some(w.rounds.good), w.rounds.open))
}
