// Command sandi-audit is the offline verifier: it checks an audit bundle, an
// extract or a receipt against keys that the auditor got by another way. It opens
// no connection and needs nothing but its files.
package main

import (
	"fmt"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
)

// version is set by the build (-ldflags -X); "unknown" in a plain `go build`.
var version = "unknown"

func main() { os.Exit(cli.Run(newRoot(), os.Args[1:])) }

// languages are what --lang takes.
var languages = []string{"zh", "en"}

func newRoot() *cobra.Command {
	lang := ""
	root := &cobra.Command{
		Use:           "sandi-audit",
		Short:         "三地 Sandi 审计核验: check audit bundles, extracts and receipts offline",
		SilenceErrors: true, // main prints one line
		SilenceUsage:  true,
		PersistentPreRunE: func(*cobra.Command, []string) error {
			if !slices.Contains(languages, lang) {
				return cli.Usagef("--lang %s: give zh or en", lang)
			}
			return nil
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return cli.Usagef("%s; see `%s --help`", err, cmd.CommandPath())
	})
	root.PersistentFlags().StringVar(&lang, "lang", cli.Env("SANDI_LANG", cli.SystemLanguage()), "zh or en (SANDI_LANG)")
	complete(root, "lang", languages)
	root.AddCommand(newVerify(&lang), newVersion())
	cli.Groups(root)
	return root
}

// complete offers the values of a flag to the shell.
func complete(cmd *cobra.Command, flag string, values []string) {
	if err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic("sandi-audit: " + err.Error()) // a flag that is not there: a mistake of this file
	}
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "what this binary is",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "sandi-audit %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
