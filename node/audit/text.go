package audit

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// titles name the checks for people.
var titles = [...]Text{
	CheckPolicy:     {"检查点的签署", "the checkpoint's signatures"},
	CheckTree:       {"条目的次序与完整", "entries: order and completeness"},
	CheckHistory:    {"与以前的检查点一致", "consistency with older checkpoints"},
	CheckSignatures: {"每条声明的签名", "every statement's signature"},
	CheckRules:      {"规则与状态摘要", "rules and state digests"},
	CheckDraws:      {"抽取", "draws"},
	CheckOpenings:   {"回执与公开的承诺", "receipts and opened commitments"},
	CheckTimes:      {"时间与期限", "times and deadlines"},
	CheckSummary:    {"概要", "summary"},
}

// words are the results for people. The English word stands in both languages, so
// that a report can be searched.
var words = map[Result]Text{
	Pass:          {"PASS 通过", "PASS"},
	Fail:          {"FAIL 不通过", "FAIL"},
	Indeterminate: {"INDETERMINATE 不能判定", "INDETERMINATE"},
	"":            {"未检查", "not part of this file"},
}

var kinds = map[string]Text{
	"log":       {"审计包，整本账", "an audit bundle of the whole log"},
	"extract":   {"审计包，摘录", "an audit bundle of some entries"},
	kindReceipt: {"回执", "a receipt"},
	kindProof:   {"证明", "a proof"},
	kindLooked:  {"查看记录", "who looked at private data"},
	kindCode:    {"打印的验证码", "a printed code"},
	"":          {"无法识别", "not recognised"},
}

var clocks = map[string]Text{
	"real":     {"真实时钟", "real clock"},
	"practice": {"演练网络，情景时钟", "practice network, scenario clock"},
}

var standings = map[Standing]Text{
	Running: {"未到期", "running"}, Overdue: {"逾期未办", "overdue"}, Suspended: {"中止", "suspended"}, InTime: {"按期", "in time"},
	Late: {"逾期办结", "late"}, Lapsed: {"期限届满未行使", "lapsed"}, Cancelled: {"撤销", "cancelled"},
}

// standingsOrder is how they are listed.
var standingsOrder = [...]Standing{Running, Suspended, InTime, Late, Overdue, Lapsed, Cancelled}

// missedShown bounds the missed deadlines in the text form; JSON has missedMax.
const missedShown = 20

// WriteText writes the report for people, in "zh" or "en".
func (r *Report) WriteText(w io.Writer, lang string) error {
	p := &printer{lang: lang}
	p.head(r)
	for check := CheckPolicy; check <= CheckSummary; check++ {
		p.line("")
		p.line("%d  %s: %s", check, titles[check].In(lang), words[r.Of(check)].In(lang))
		for _, f := range r.Findings {
			if f.Check == check {
				p.line("     %-13s  %s", f.Result, f.In(lang))
			}
		}
	}
	if r.Summary != nil {
		p.summary(r.Summary)
	}
	p.looks(r)
	if len(r.Limits) > 0 {
		p.line("")
		p.say("本文件不能证明的:", "what this file cannot show:")
		for _, t := range r.Limits {
			p.line("     -    %s", t.In(lang))
		}
	}
	p.line("")
	p.line("%s  %s", words[r.Result].In(lang), r.Verdict.In(lang))
	_, err := io.WriteString(w, p.out.String())
	return err
}

// looks lists who looked, log by log.
func (p *printer) looks(r *Report) {
	if r.Kind != kindLooked {
		return
	}
	p.line("")
	if len(r.Looks) == 0 {
		p.say("所示日志中没有查看记录。", "in the logs that are shown nobody looked.")
		return
	}
	p.say("查看记录（* 尚未证明在账上的日志头之下）:", "who looked (* under no head that is proven):")
	for i := range r.Looks {
		l := &r.Looks[i]
		mark := " "
		if !l.Anchored {
			mark = "*"
		}
		parts := []string{at(l.Time), l.Node, fmt.Sprintf("#%d", l.Index), string(l.Action), l.Entry.Region, l.Org, l.Role, l.Person, l.Purpose, l.Reason, strings.Join(l.What, " ")}
		p.line("   %s %s", mark, strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), "  "))
	}
}

// printer collects lines in one language.
type printer struct {
	lang string
	out  strings.Builder
}

func (p *printer) line(format string, args ...any) { fmt.Fprintf(&p.out, format+"\n", args...) }

// say is line in the chosen language.
func (p *printer) say(zh, en string, args ...any) { p.line("%s", say(zh, en, args...).In(p.lang)) }

func (p *printer) head(r *Report) {
	kind := kinds[r.Kind].In(p.lang)
	p.say("文件: %s", "file: %s", kind)
	if r.Origin != "" {
		p.say("检查点: %s，大小 %d", "checkpoint: %s, size %d", r.Origin, r.Size)
	}
	name := r.Network
	if r.Name != "" {
		name = r.Name + " (" + r.Network + ")"
	}
	if clock, ok := clocks[r.Clock]; ok {
		name += ", " + clock.In(p.lang)
	}
	p.say("网络: %s", "network: %s", name)
}

// owner names who owes a deadline. What no region owes alone has no region.
func (p *printer) owner(region string) string {
	if region == "" {
		return say("数地共同", "several regions").In(p.lang)
	}
	return region
}

func (p *printer) summary(s *Summary) {
	if s.Entries == 0 {
		return
	}
	p.line("")
	p.say("账本时间 %s 至 %s", "ledger time from %s to %s", s.From, s.To)
	p.say("声明种类:", "kinds of statements:")
	for _, k := range s.Kinds {
		p.line("     %7d  %s", k.N, k.Kind)
	}
	p.say("谁做了多少:", "who acted:")
	for _, a := range s.Actors {
		p.line("     %7d  %s  %s  %s", a.Acts, a.Region, a.Org, a.Role)
	}
	if len(s.Deadlines) > 0 {
		p.say("期限:", "deadlines:")
	}
	for _, d := range s.Deadlines {
		var runs []string
		for _, standing := range standingsOrder {
			if n := d.Runs[standing]; n > 0 {
				runs = append(runs, fmt.Sprintf("%s %d", standings[standing].In(p.lang), n))
			}
		}
		p.line("     %s/%s  %s  %s", d.Procedure, d.Name, d.Title.In(p.lang), strings.Join(runs, ", "))
	}
	for _, b := range s.Bureaus {
		p.say("%s: 逾期未办 %d 项，逾期办结 %d 项", "%s: overdue %d, late %d", p.owner(b.Region), b.Overdue, b.Late)
	}
	for i := range s.Missed {
		if i == missedShown {
			break
		}
		d := &s.Missed[i]
		p.line("     %s  %s  %s  %s %s  %s", d.Record, p.owner(d.Region), d.Title.In(p.lang), say("应于", "due").In(p.lang), d.Due, standings[d.Standing].In(p.lang))
	}
	if more := max(0, len(s.Missed)-missedShown) + int(s.MissedMore); more > 0 {
		p.say("     另有 %d 项，见 -o json 或 --deadlines", "     %d more: -o json or --deadlines list them", more)
	}
	for _, f := range s.Forks {
		p.say("分叉 %s: 大小 %d", "fork %s: size %d", f.File, f.Size)
	}
}
