package node

import (
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/lmittmann/tint"
)

// newLogger logs in colours on a terminal and as JSON in service.
func newLogger(l Log, w *os.File) (*slog.Logger, error) {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return nil, fmt.Errorf("log.level: %q is none of debug, info, warn, error", l.Level)
	}
	format := l.Format
	if format == "auto" {
		format = "json"
		if info, err := w.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			format = "text"
		}
	}
	switch format {
	case "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level})), nil
	case "text":
		return slog.New(tint.NewTextHandler(io.Writer(w), &tint.Options{Level: level, NoColor: os.Getenv("NO_COLOR") != ""})), nil
	}
	return nil, fmt.Errorf("log.format: %q is none of auto, text, json", l.Format)
}
