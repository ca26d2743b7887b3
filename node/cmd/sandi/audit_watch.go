package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/sleep"
	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/watch"
)

const (
	// watchRetry is short: the next round comes anyway.
	watchRetry = 2 * time.Second
	// onceEvery is how often --once looks until all is well.
	onceEvery = time.Second
)

// watchOrder is what `audit watch` was told.
type watchOrder struct {
	keys, state string
	known       []string
	once        bool
	patience    time.Duration // of --once
	every       time.Duration
	maxAge      time.Duration
	maxLag      time.Duration
}

func newAuditWatch(s *settings) *cobra.Command {
	var o watchOrder
	cmd := &cobra.Command{
		Use:   "watch ADDR …",
		Short: "follow the logs of all nodes and raise alarms",
		Long: `Follow what all nodes show of the ledger: that each still holds what it showed
before, that all show one history, that enough regions cosign, and that nothing
stands still. It needs no token. What was verified is remembered in --state.

Exit: 3 a fork is proved (both checkpoints are kept beside the state), or with
--once something does not verify; 4 there is other trouble; 0 all is well.`,
		Example: `  sandi audit watch --keys auditor-keys https://gw.bj.example:8011 \
    https://gw.tj.example:8011 https://gw.hb.example:8011
  sandi audit watch --once --max-age 0 --keys /tmp/sandi-demo-0/auditor-keys \
    http://127.0.0.1:8011 http://127.0.0.1:8012 http://127.0.0.1:8013`,
		Args: cobra.MinimumNArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.keys == "" {
				return usagef("--keys is needed: what nodes say about keys proves nothing (a bureau makes the file with sandi genesis auditor-keys)")
			}
			if o.every < onceEvery/10 || o.patience < 0 || o.maxAge < 0 || o.maxLag < 0 {
				return usagef("--interval is at least 100ms, and no duration is negative")
			}
			if s.output == "yaml" {
				return usagef("-o yaml: give table or json")
			}
			w, err := s.watcher(args, &o)
			if err != nil {
				return err
			}
			if o.once {
				return s.watchOnce(cmd, w, o)
			}
			return s.watchOn(cmd, w, o)
		},
	}
	keysFlag(cmd, &o.keys)
	f := cmd.Flags()
	f.StringVar(&o.state, "state", "", "file that remembers what was verified (default: per network, in the user's configuration folder)")
	f.StringSliceVar(&o.known, "known", nil, "ids of forks that have been dealt with")
	f.BoolVar(&o.once, "once", false, "look until all is well, at most --patience, and end")
	f.DurationVar(&o.patience, "patience", 30*time.Second, "how long --once waits for all to be well")
	f.DurationVar(&o.every, "interval", 5*time.Second, "time between two looks")
	f.DurationVar(&o.maxAge, "max-age", 15*time.Minute, "alarm when the last cosignature is older; 0 on practice networks, whose clock is a scenario's")
	f.DurationVar(&o.maxLag, "max-lag", time.Minute, "alarm when a node or a region is behind for longer")
	return cmd
}

func (s *settings) watcher(addrs []string, o *watchOrder) (*watch.Watcher, error) {
	keys, err := readKeys(o.keys)
	if err != nil {
		return nil, err
	}
	if o.state == "" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return nil, fmt.Errorf("couldn't find a folder for the state; give --state: %w", err)
		}
		o.state = filepath.Join(dir, "sandi", "watch-"+keys.Network()+".json")
		if err := os.MkdirAll(filepath.Dir(o.state), 0o700); err != nil {
			return nil, fmt.Errorf("couldn't make a folder for the state; give --state: %w", err)
		}
	}
	transport, err := s.transport()
	if err != nil {
		return nil, err
	}
	cfg := watch.Config{Keys: keys, State: o.state, MaxAge: o.maxAge, MaxLag: o.maxLag, Known: o.known}
	if o.once {
		cfg.MaxLag = 0 // --patience is the time to catch up
	}
	for _, addr := range addrs {
		c, err := client.New(client.Options{
			Base: addr, HTTP: &http.Client{Transport: transport}, Lang: s.problemLanguage(),
			Retry: client.Retry{Total: watchRetry, First: client.DefaultRetry.First, Most: client.DefaultRetry.Most},
		})
		if err != nil {
			return nil, err
		}
		cfg.Nodes, cfg.Addrs = append(cfg.Nodes, c), append(cfg.Addrs, addr)
	}
	return watch.New(cfg)
}

// watchOnce looks until there is nothing to say, or patience ends.
func (s *settings) watchOnce(cmd *cobra.Command, w *watch.Watcher, o watchOrder) error {
	ctx, cancel := context.WithTimeout(cmd.Context(), o.patience)
	defer cancel()
	var last *watch.Round
	for {
		r, err := w.Round(cmd.Context())
		if err != nil {
			return err
		}
		last = r
		if len(r.Alarms) == 0 || len(r.Forks) > 0 || sleep.For(ctx, onceEvery) != nil {
			break
		}
	}
	if err := newWatchView(s, cmd, false).round(last); err != nil {
		return err
	}
	for _, a := range last.Alarms {
		if a.Kind.Severe() {
			return &cli.Error{Code: exitVerify}
		}
	}
	if len(last.Alarms) > 0 {
		return &cli.Error{Code: exitDegraded}
	}
	return nil
}

// watchOn looks until it is interrupted or a fork is proved.
func (s *settings) watchOn(cmd *cobra.Command, w *watch.Watcher, o watchOrder) error {
	view := newWatchView(s, cmd, cli.IsTerminal(os.Stdout))
	alarms := 0
	for {
		r, err := w.Round(cmd.Context())
		if cmd.Context().Err() != nil {
			break
		}
		if err != nil {
			return err
		}
		if err := view.round(r); err != nil {
			return err
		}
		if len(r.Forks) > 0 {
			return &cli.Error{Code: exitVerify}
		}
		if alarms = len(r.Alarms); sleep.For(cmd.Context(), o.every) != nil {
			break
		}
	}
	if alarms > 0 {
		return &cli.Error{Code: exitDegraded, Err: fmt.Errorf(s.pick("结束时仍有 %d 项告警", "ended with alarms: %d"), alarms)}
	}
	return nil
}
