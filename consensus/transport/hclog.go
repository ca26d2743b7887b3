package transport

import (
	"context"
	"fmt"
	"io"
	"log"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-hclog"
)

// Logger makes a slog.Logger usable where hashicorp's libraries want an
// hclog.Logger. Their trace and debug become debug.
func Logger(to *slog.Logger, name string) hclog.Logger {
	return &logger{to: to.With("from", name), name: name}
}

// logger implements hclog.Logger. It is immutable: SetLevel does nothing, the
// level belongs to the slog handler behind it.
type logger struct {
	to      *slog.Logger
	name    string
	implied []any
}

func slogLevel(l hclog.Level) slog.Level {
	switch l {
	case hclog.Info:
		return slog.LevelInfo
	case hclog.Warn:
		return slog.LevelWarn
	case hclog.Error:
		return slog.LevelError
	default:
		return slog.LevelDebug
	}
}

// Log implements hclog.Logger.
func (l *logger) Log(level hclog.Level, msg string, args ...any) {
	at := slogLevel(level)
	if !l.to.Enabled(context.Background(), at) {
		return
	}
	l.to.Log(context.Background(), at, msg, plainArgs(args)...)
}

// plainArgs resolves hclog's lazy formats: slog would print their parts.
func plainArgs(args []any) []any {
	for i, a := range args {
		if f, ok := a.(hclog.Format); ok && len(f) > 0 {
			args[i] = fmt.Sprintf(fmt.Sprint(f[0]), f[1:]...)
		}
	}
	return args
}

func (l *logger) Trace(msg string, args ...any) { l.Log(hclog.Trace, msg, args...) }
func (l *logger) Debug(msg string, args ...any) { l.Log(hclog.Debug, msg, args...) }
func (l *logger) Info(msg string, args ...any)  { l.Log(hclog.Info, msg, args...) }
func (l *logger) Warn(msg string, args ...any)  { l.Log(hclog.Warn, msg, args...) }
func (l *logger) Error(msg string, args ...any) { l.Log(hclog.Error, msg, args...) }

func (l *logger) enabled(level hclog.Level) bool {
	return l.to.Enabled(context.Background(), slogLevel(level))
}

func (l *logger) IsTrace() bool { return l.enabled(hclog.Trace) }
func (l *logger) IsDebug() bool { return l.enabled(hclog.Debug) }
func (l *logger) IsInfo() bool  { return l.enabled(hclog.Info) }
func (l *logger) IsWarn() bool  { return l.enabled(hclog.Warn) }
func (l *logger) IsError() bool { return l.enabled(hclog.Error) }

func (l *logger) ImpliedArgs() []any   { return l.implied }
func (l *logger) Name() string         { return l.name }
func (l *logger) SetLevel(hclog.Level) {}

// GetLevel implements hclog.Logger: the lowest level that is not discarded.
func (l *logger) GetLevel() hclog.Level {
	for _, level := range []hclog.Level{hclog.Debug, hclog.Info, hclog.Warn} {
		if l.enabled(level) {
			return level
		}
	}
	return hclog.Error
}

// With implements hclog.Logger.
func (l *logger) With(args ...any) hclog.Logger {
	return &logger{to: l.to.With(plainArgs(args)...), name: l.name, implied: append(l.implied[:len(l.implied):len(l.implied)], args...)}
}

// Named implements hclog.Logger.
func (l *logger) Named(name string) hclog.Logger { return l.ResetNamed(l.name + "." + name) }

// ResetNamed implements hclog.Logger.
func (l *logger) ResetNamed(name string) hclog.Logger {
	return &logger{to: l.to.With("from", name), name: name, implied: l.implied}
}

// StandardLogger implements hclog.Logger.
func (l *logger) StandardLogger(o *hclog.StandardLoggerOptions) *log.Logger {
	return log.New(l.StandardWriter(o), "", 0)
}

// StandardWriter implements hclog.Logger. Lines carry their level as a bracketed
// prefix, as memberlist writes them: "[WARN] memberlist: …". One packet of anybody's
// is one line there, so at most strangerLines a second are written, with the number
// of those left out before.
func (l *logger) StandardWriter(*hclog.StandardLoggerOptions) io.Writer {
	return &lineWriter{l: l, now: time.Now}
}

type lineWriter struct {
	l       *logger
	now     func() time.Time
	lines   throttle
	leftOut atomic.Int64
}

func (w *lineWriter) Write(p []byte) (int, error) {
	line := strings.TrimRight(string(p), "\n")
	level := hclog.Info
	for name, at := range map[string]hclog.Level{"DEBUG": hclog.Debug, "INFO": hclog.Info, "WARN": hclog.Warn, "ERR": hclog.Error, "ERROR": hclog.Error} {
		if rest, ok := strings.CutPrefix(line, "["+name+"] "); ok {
			level, line = at, rest
			break
		}
	}
	switch {
	case !w.l.enabled(level): // costs nobody else a line
	case !w.lines.allow(w.now()):
		w.leftOut.Add(1)
	default:
		if n := w.leftOut.Swap(0); n > 0 {
			w.l.Warn("lines were left out: too many a second", "lines", n)
		}
		w.l.Log(level, line)
	}
	return len(p), nil
}
