package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/checkpoint"
)

// newGenesisAuditorKeys prints the file that sandi-audit takes with --keys. Keys
// of a draft are refused: they may still change, and an auditor keeps the file.
func newGenesisAuditorKeys(s *settings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "auditor-keys",
		Short: "print the keys and the fingerprint that an auditor gets out of band",
		Long: `Prints the key file for sandi-audit: every node's keys as genesis names them, and
the fingerprint of genesis. Keys that the bureaus registered or revoked since are
no reason for a new file: the verifier follows them through the ledger.
sandi-audit verify --keys-out writes the file with the keys of today.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			signed, err := readGenesis(file)
			if err != nil {
				return err
			}
			if missing := signed.Missing(); len(missing) > 0 {
				return fmt.Errorf(s.pick("%s 仍是草案，请先由下列各局签名: %s", "%s is a draft; have these bureaus sign it first: %s"), file, strings.Join(missing, ", "))
			}
			keys, err := checkpoint.KeyFileOf(signed)
			if err != nil {
				return fmt.Errorf("%s: %w", file, err)
			}
			_, err = cmd.OutOrStdout().Write(keys.Marshal())
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "genesis.json", "a genesis that every bureau has signed")
	return cmd
}
