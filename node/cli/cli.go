// Package cli is what the house's command lines have in common. It links nothing
// of the house, so that the offline verifier can use it too.
package cli

import (
	"io"
	"os"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
)

// Exit codes, the same for every command.
const (
	ExitOK       = 0
	ExitFailed   = 1
	ExitUsage    = 2
	ExitVerify   = 3 // verification failed
	ExitDegraded = 4 // works, but something needs attention
	ExitDenied   = 5 // not authorised
)

// Env is an environment variable, or what stands in for it.
func Env(name, fallback string) string {
	if v := os.Getenv(name); v != "" {
		return v
	}
	return fallback
}

// SystemLanguage is Chinese when the terminal is, else English.
func SystemLanguage() string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := os.Getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return "zh"
			}
			return "en"
		}
	}
	return "en"
}

// NewTable aligns by display width: Chinese characters take two columns.
func NewTable(w io.Writer) table.Writer {
	t := table.NewWriter()
	t.SetOutputMirror(w)
	style := table.StyleLight
	style.Options = table.OptionsNoBordersAndSeparators
	style.Format.Header = 0 // leave the text as it is
	t.SetStyle(style)
	return t
}

// IsTerminal reports whether f is a terminal.
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// WantsColor reports whether f is a terminal that wants colours (NO_COLOR).
func WantsColor(f *os.File) bool { return IsTerminal(f) && os.Getenv("NO_COLOR") == "" }
