package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/node/cli"
)

func newAudit(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "audit", Short: "for auditors: export the ledger, watch the nodes, see who looked at private data"}
	cmd.AddCommand(newAuditExport(s), newAuditWatch(s), newWhoLooked(s), newAccessLog(s))
	return cmd
}

// keysFlag is the file of public keys that an auditor got by another way than the
// ledger.
func keysFlag(cmd *cobra.Command, keys *string) {
	cmd.Flags().StringVar(keys, "keys", cli.Env("SANDI_KEYS", ""), "auditor's key file, as every bureau gave it out (SANDI_KEYS)")
}

func readKeys(path string) (*checkpoint.KeyFile, error) {
	text, err := readBounded(path, checkpoint.MaxKeyFile)
	if err != nil {
		return nil, fmt.Errorf("couldn't read --keys: %w", err)
	}
	keys, err := checkpoint.ParseKeyFile(text)
	if err != nil {
		return nil, fmt.Errorf("--keys %s: %w", path, err)
	}
	return keys, nil
}

// complete offers words for a flag's value.
func complete(cmd *cobra.Command, flag string, words ...string) {
	_ = cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp)) // the flag is there
}
