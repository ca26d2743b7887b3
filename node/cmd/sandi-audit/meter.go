package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"sandi.internal/gateway/node/cli"
)

// Times of a meter: what is done sooner needs none, and nobody reads faster.
const (
	meterAfter = time.Second
	meterEvery = 200 * time.Millisecond
)

// meter shows on a terminal how far a long verification is.
type meter struct {
	w     io.Writer // nil: not a terminal
	lang  string
	begun time.Time
	last  time.Time // when it was drawn; zero before the first time
}

// newMeter makes a meter that is silent unless w is a terminal.
func newMeter(w io.Writer, lang string) *meter {
	m := &meter{lang: lang, begun: time.Now()}
	if f, ok := w.(*os.File); ok && cli.IsTerminal(f) {
		m.w = w
	}
	return m
}

// show draws the meter now and then.
func (m *meter) show(done, total uint64) {
	now := time.Now()
	if m.w == nil || total == 0 || now.Sub(m.begun) < meterAfter || now.Sub(m.last) < meterEvery {
		return
	}
	m.last = now
	fmt.Fprint(m.w, "\r\x1b[K", m.text(done, total, now.Sub(m.begun)))
}

func (m *meter) text(done, total uint64, spent time.Duration) string {
	left := time.Duration(float64(spent) * float64(total-done) / float64(max(done, 1))).Round(time.Second)
	if m.lang == "zh" {
		return fmt.Sprintf("核验中: %d / %d 条（%d%%），约剩 %s", done, total, 100*done/total, left)
	}
	return fmt.Sprintf("verifying: %d of %d entries (%d%%), about %s left", done, total, 100*done/total, left)
}

// clear removes the meter's line.
func (m *meter) clear() {
	if m.w != nil && !m.last.IsZero() {
		fmt.Fprint(m.w, "\r\x1b[K")
	}
}
