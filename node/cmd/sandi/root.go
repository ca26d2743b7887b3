package main

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
)

// settings are the flags that every command understands; each also comes from
// an environment variable of the same name with SANDI_ before it.
type settings struct {
	addr   string // base URL of a node's public API
	cacert string // CA of that node's certificate, PEM
	token  string // access token, or @FILE
	cert   string // client certificate and key, PEM: tokens may be bound to it
	key    string
	output string // table, json, yaml
	lang   string // zh, en
}

func newRoot() *cobra.Command {
	s := &settings{}
	root := &cobra.Command{
		Use:           "sandi",
		Short:         "三地 Sandi: the market-supervision bureaus' shared ledger and exchange",
		SilenceErrors: true, // main prints one line
		SilenceUsage:  true,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error {
			_, sheets := cmd.Annotations[csvOutput]
			if !slices.Contains([]string{"table", "json", "yaml"}, s.output) && !(sheets && s.output == csvOutput) {
				return usagef("-o %s: give table, json or yaml", s.output)
			}
			if !slices.Contains([]string{"zh", "en"}, s.lang) {
				return usagef("--lang %s: give zh or en", s.lang)
			}
			return nil
		},
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usagef("%s; see `%s --help`", err, cmd.CommandPath())
	})
	// The template of cobra, with the texts of flags broken for a terminal.
	root.SetUsageTemplate(strings.ReplaceAll(root.UsageTemplate(), ".FlagUsages", ".FlagUsagesWrapped 80"))
	flags := root.PersistentFlags()
	flags.StringVar(&s.addr, "addr", cli.Env("SANDI_ADDR", "http://127.0.0.1:8011"), "base URL of a node's public API (SANDI_ADDR)")
	flags.StringVar(&s.cacert, "cacert", cli.Env("SANDI_CACERT", ""), "CA certificate of the node, PEM (SANDI_CACERT)")
	flags.StringVar(&s.token, "token", "", "access token, or @FILE (SANDI_TOKEN)") // no default: help prints defaults
	flags.StringVar(&s.cert, "cert", cli.Env("SANDI_CERT", ""), "client certificate that the token is bound to, PEM (SANDI_CERT)")
	flags.StringVar(&s.key, "cert-key", cli.Env("SANDI_CERT_KEY", ""), "its private key, PEM (SANDI_CERT_KEY)")
	flags.StringVarP(&s.output, "output", "o", cli.Env("SANDI_OUTPUT", "table"), "table, json or yaml (SANDI_OUTPUT)")
	flags.StringVar(&s.lang, "lang", cli.Env("SANDI_LANG", cli.SystemLanguage()), "zh or en (SANDI_LANG)")
	complete(root, "output", "table", "json", "yaml")
	complete(root, "lang", "zh", "en")
	root.AddCommand(
		newInit(s), newGenesis(s), newServe(), newStatus(s), newDoctor(s), newToken(s), newRecord(s), newExpert(s), newTransfer(s), newImport(s), newDataset(s), newAgreement(s), newPT(s), newDraw(s), newReport(s), newReceipt(s), newPaper(s), newProcedures(s), newLaw(s),
		newMaterial(s), newOffer(s),
		newBackup(s), newVerifyBackup(s), newRestore(s), newRecover(s),
		newKey(), newGov(s), newNode(s), newAccount(s), newAudit(s), newDemo(s), newVersion(s),
	)
	cli.Groups(root)
	return root
}
