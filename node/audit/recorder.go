package audit

import "fmt"

// findingsMax bounds what is listed of one check and code: a forged bundle may
// have as many failures as entries, and after some of them nobody reads on.
const findingsMax = 25

// recorder collects findings. It belongs to one goroutine.
type recorder struct {
	report *Report
	listed map[recordKind]int
}

type recordKind struct {
	check  int
	result Result
	code   Code
}

func newRecorder(r *Report) *recorder { return &recorder{report: r, listed: make(map[recordKind]int)} }

// say formats a sentence in both languages with the same arguments, in the order
// of the English one; the Chinese one names them by position where it differs.
func say(zh, en string, args ...any) Text {
	return Text{fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)}
}

func (r *recorder) add(f Finding) {
	kind := recordKind{f.Check, f.Result, f.Code}
	if r.listed[kind]++; f.Result != Pass && r.listed[kind] > findingsMax {
		return
	}
	r.report.Findings = append(r.report.Findings, f)
}

func (r *recorder) pass(check int, code Code, t Text) {
	r.add(Finding{Check: check, Result: Pass, Code: code, Text: t})
}

func (r *recorder) fail(check int, code Code, t Text) {
	r.add(Finding{Check: check, Result: Fail, Code: code, Text: t})
}

func (r *recorder) unsure(check int, code Code, t Text) {
	r.add(Finding{Check: check, Result: Indeterminate, Code: code, Text: t})
}

// failAt is a failure of one entry.
func (r *recorder) failAt(check int, code Code, entry uint64, t Text) {
	r.add(Finding{Check: check, Result: Fail, Code: code, Entry: &entry, Text: t})
}

// failFile is a failure of one file.
func (r *recorder) failFile(check int, code Code, file string, t Text) {
	r.add(Finding{Check: check, Result: Fail, Code: code, File: file, Text: t})
}

// failed reports whether a check has failed.
func (r *recorder) failed(check int) bool { return r.report.Of(check) == Fail }

// finish says how much was not listed.
func (r *recorder) finish() {
	for _, f := range append([]Finding(nil), r.report.Findings...) {
		kind := recordKind{f.Check, f.Result, f.Code}
		if more := r.listed[kind] - findingsMax; more > 0 && f.Result != Pass {
			r.listed[kind] = 0
			r.report.Findings = append(r.report.Findings, Finding{
				Check: f.Check, Result: f.Result, Code: CodeLeftOut,
				Text: say("另有 %d 处同类问题（%s）未列出。", "%d more like this (%s) are not listed.", more, f.Code),
			})
		}
	}
	r.report.conclude()
}
