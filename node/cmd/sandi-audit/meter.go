package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"sandi.internal/gateway/node/cli"
)

// meterAfter: what is done sooner needs no meter.
const meterAfter = time.Second

// meter shows on a terminal how far a long verification is.
type meter struct {
	line  *cli.Progress
	lang  string
	begun time.Time
}

// newMeter makes a meter that is silent unless w is a terminal.
func newMeter(w io.Writer, lang string) *meter {
	m := &meter{line: &cli.Progress{}, lang: lang, begun: time.Now()}
	if f, ok := w.(*os.File); ok {
		m.line = cli.NewProgress(f)
	}
	return m
}

// show draws the meter now and then.
func (m *meter) show(done, total uint64) {
	if spent := time.Since(m.begun); spent >= meterAfter && total > 0 {
		m.line.Show("%s", m.text(done, total, spent))
	}
}

func (m *meter) text(done, total uint64, spent time.Duration) string {
	left := time.Duration(float64(spent) * float64(total-done) / float64(max(done, 1))).Round(time.Second)
	if m.lang == "zh" {
		return fmt.Sprintf("核验中: %d / %d 条（%d%%），约剩 %s", done, total, 100*done/total, left)
	}
	return fmt.Sprintf("verifying: %d of %d entries (%d%%), about %s left", done, total, 100*done/total, left)
}

// clear removes the meter's line.
func (m *meter) clear() { m.line.Done() }
