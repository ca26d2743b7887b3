package main

import (
	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/doctor"
)

func newDoctor(s *settings) *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "look at this region's node, and say what mends each finding",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			show := doctor.Print(cmd.OutOrStdout(), s.lang)
			if s.output != "table" {
				show = func(doctor.Finding) {}
			}
			report := doctor.Examine(cmd.Context(), config, s.lang, show)
			if s.output != "table" {
				if err := s.print(cmd.OutOrStdout(), report); err != nil {
					return err
				}
			}
			switch report.Worst() {
			case doctor.Failure:
				return &cli.Error{Code: exitFailed}
			case doctor.Warning:
				return &cli.Error{Code: exitDegraded}
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&config, "config", "c", cli.Env("SANDI_CONFIG", "sandi.yaml"), "configuration file (SANDI_CONFIG)")
	return cmd
}
