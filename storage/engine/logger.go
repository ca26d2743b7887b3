package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync/atomic"
	"syscall"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// ExitStorage is the exit status of a process whose disk failed. A supervisor
// may restart on it; an operator should look at the log line before.
const ExitStorage = 74 // EX_IOERR of sysexits.h

// watcher is Pebble's logger and event listener. Pebble relies on Fatalf not
// returning; so do the guarantees of this package.
type watcher struct {
	log   *slog.Logger
	fatal func(reason string)

	backgroundErrors atomic.Uint64
	writeStalls      atomic.Uint64
	slowDisk         atomic.Uint64
}

func (w *watcher) Infof(format string, args ...any) {
	if w.log.Enabled(context.Background(), slog.LevelDebug) {
		w.log.Debug("pebble", "msg", fmt.Sprintf(format, args...))
	}
}

func (w *watcher) Errorf(format string, args ...any) {
	w.log.Error("pebble", "msg", fmt.Sprintf(format, args...))
}

func (w *watcher) Fatalf(format string, args ...any) {
	reason := fmt.Sprintf(format, args...)
	w.log.Error("storage failed, the process ends", "reason", reason)
	w.fatal(reason)
	panic("storage failed and the process did not end: " + reason)
}

// listener turns the events that matter into an end of the process, a warning
// or a count. A failed flush or compaction is retried by Pebble for ever while
// memory fills up: it ends the process like any failed write.
func (w *watcher) listener() *pebble.EventListener {
	return &pebble.EventListener{
		BackgroundError: func(err error) {
			w.backgroundErrors.Add(1)
			w.Fatalf("couldn't write in the background: %s%v", advice(err), err)
		},
		DataCorruption: func(info pebble.DataCorruptionInfo) {
			w.Fatalf("the disk returned other bytes than were written: check the disk and restore this node from its peers: %s: %v", info.Path, info.Details)
		},
		DiskSlow: func(info vfs.DiskSlowInfo) {
			w.slowDisk.Add(1)
			w.log.Warn("the disk is slow", "detail", info.String())
		},
		WriteStallBegin: func(info pebble.WriteStallBeginInfo) {
			w.writeStalls.Add(1)
			w.log.Debug("writers wait for the disk", "reason", info.Reason)
		},
	}
}

func advice(err error) string {
	if errors.Is(err, syscall.ENOSPC) {
		return "the disk is full, free some space and start again: "
	}
	return ""
}

func exit(string) { os.Exit(ExitStorage) }
