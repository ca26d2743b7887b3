package main

import (
	"context"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/cli"
)

func newServe() *cobra.Command {
	var config string
	var untilStdin bool
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "run this region's node",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			node.RelaxTimers()
			cfg, err := node.LoadConfig(config)
			if err != nil {
				return err
			}
			ctx := cmd.Context()
			if untilStdin {
				ctx = untilEOF(ctx, os.Stdin)
			}
			n, err := node.New(cfg)
			if err != nil {
				return err
			}
			return n.Run(ctx)
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", cli.Env("SANDI_CONFIG", "sandi.yaml"), "configuration file (SANDI_CONFIG)")
	cmd.Flags().BoolVar(&untilStdin, "until-stdin-closes", false, "stop when standard input ends (for a supervising parent)")
	return cmd
}

// untilEOF ends the context when r ends: a parent that dies, however it dies,
// takes its node along.
func untilEOF(ctx context.Context, r io.Reader) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		_, _ = io.Copy(io.Discard, r) // any end is the end
	}()
	return ctx
}
