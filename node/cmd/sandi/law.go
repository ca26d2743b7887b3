package main

import "github.com/spf13/cobra"

func newLaw(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "law", Short: "the law as data: propose, vote, adopt"}
	cmd.AddCommand(lawChanges(s)...)
	return cmd
}
