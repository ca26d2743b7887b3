package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/statement"
)

// newGovMove signs that another node shall lead. Two bureaus sign the same, each
// with its own offline key, and submit at their own nodes.
func newGovMove() *cobra.Command {
	var g governance
	var body statement.MoveBody
	cmd := &cobra.Command{
		Use:   "move",
		Short: "sign that another node shall lead; takes effect when two bureaus have signed the same and run gov submit",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			text := body.Marshal()
			if _, err := statement.ParseMove(text); err != nil {
				return usagef("%v", err)
			}
			return g.sign(cmd, statement.KindLeaderMove, func(string) ([]byte, error) { return text, nil })
		},
	}
	g.flags(cmd)
	f := cmd.Flags()
	f.StringVar(&body.Leader, "leader", "", "the node that leads now (sandi status)")
	f.StringVar(&body.Candidate, "candidate", "", "the node that shall lead")
	f.Uint64Var(&body.Term, "term", 0, fmt.Sprintf("the present term (sandi status); the move is good for it and the %d after it", statement.MoveTerms))
	f.StringVar(&body.Reason, "reason", "delay", "delay, planned, suspicion")
	for _, name := range []string{"leader", "candidate", "term"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}
