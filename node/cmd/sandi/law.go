package main

import "github.com/spf13/cobra"

func newLaw(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "law", Short: "the law as data: look over, draw, propose, vote, adopt"}
	cmd.AddCommand(newLawLint(s), newLawGraph(s))
	cmd.AddCommand(lawChanges(s)...)
	return cmd
}
