package doctor

import (
	"context"
	"fmt"
	"io"
	"time"
)

// Verdict is how a check came out.
type Verdict string

const (
	OK      Verdict = "ok"
	Warning Verdict = "warning" // works, but something needs attention
	Failure Verdict = "failure"
)

// Finding is the outcome of one check.
type Finding struct {
	Group   string  `json:"group"` // zh / en heading, chosen by language
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	Detail  string  `json:"detail"`
	Mend    string  `json:"mend,omitempty"` // what to do; empty when OK
}

// Report is what a doctor found.
type Report struct {
	Findings []Finding `json:"findings"`
}

// Worst is the gravest verdict of all.
func (r *Report) Worst() Verdict {
	worst := OK
	for _, f := range r.Findings {
		if f.Verdict == Failure {
			return Failure
		}
		if f.Verdict == Warning {
			worst = Warning
		}
	}
	return worst
}

// text is a sentence in both languages.
type text struct{ zh, en string }

func (t text) in(lang string) string {
	if lang == "zh" {
		return t.zh
	}
	return t.en
}

// result is what a check says.
type result struct {
	verdict Verdict
	detail  text
	mend    text
}

func good(zh, en string) result     { return result{OK, text{zh, en}, text{}} }
func warn(detail, mend text) result { return result{Warning, detail, mend} }
func fail(detail, mend text) result { return result{Failure, detail, mend} }
func errorText(err error) text      { return text{err.Error(), err.Error()} }
func textf(zh, en string, args ...any) text {
	return text{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

// check is one question; it must come to an end by itself or with ctx.
type check struct {
	group, name text
	run         func(ctx context.Context, p *patient) result
}

// patience bounds one check.
const patience = 15 * time.Second

// Examine runs every check in order and shows each as it is found.
func Examine(ctx context.Context, configPath, lang string, show func(Finding)) *Report {
	p := &patient{configPath: configPath}
	report := &Report{}
	for _, c := range checks {
		if p.missing(c) {
			continue
		}
		one, cancel := context.WithTimeout(ctx, patience)
		r := c.run(one, p)
		cancel()
		f := Finding{Group: c.group.in(lang), Name: c.name.in(lang), Verdict: r.verdict, Detail: r.detail.in(lang), Mend: r.mend.in(lang)}
		report.Findings = append(report.Findings, f)
		show(f)
	}
	return report
}

// Print shows findings line by line: √ ‼ ×, each with its mend.
func Print(w io.Writer, lang string) func(Finding) {
	group := ""
	return func(f Finding) {
		if f.Group != group {
			if group != "" {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, f.Group)
			group = f.Group
		}
		mark := map[Verdict]string{OK: "√", Warning: "‼", Failure: "×"}[f.Verdict]
		fmt.Fprintf(w, "  %s %s: %s\n", mark, f.Name, f.Detail)
		if f.Mend != "" {
			fmt.Fprintf(w, "      %s %s\n", text{"处理:", "mend:"}.in(lang), f.Mend)
		}
	}
}
