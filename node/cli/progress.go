package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// progressEvery bounds how often a terminal is written to.
const progressEvery = 100 * time.Millisecond

// Progress is one line on a terminal that changes while something is under way.
// The zero Progress shows nothing. It belongs to one goroutine.
type Progress struct {
	w     io.Writer
	last  time.Time
	width int // display columns of what stands there
}

// NewProgress shows on f if that is a terminal: f is standard error, so that the
// result of a command can be piped.
func NewProgress(f *os.File) *Progress {
	if !IsTerminal(f) {
		return &Progress{}
	}
	return &Progress{w: f}
}

// Show replaces the line, unless it was replaced a moment ago.
func (p *Progress) Show(format string, args ...any) {
	if now := time.Now(); p.w != nil && now.Sub(p.last) >= progressEvery {
		p.last = now
		p.put(fmt.Sprintf(format, args...))
	}
}

// Done takes the line away.
func (p *Progress) Done() {
	if p.w != nil && p.width > 0 {
		p.put("")
		fmt.Fprint(p.w, "\r")
	}
}

func (p *Progress) put(line string) {
	width := text.StringWidth(line)
	fmt.Fprint(p.w, "\r"+line+strings.Repeat(" ", max(p.width-width, 0)))
	p.width = width
}
