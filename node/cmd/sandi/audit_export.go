package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/node/cli"
)

func newAuditExport(s *settings) *cobra.Command {
	var o client.BundleOptions
	var all, force bool
	var file string
	cmd := &cobra.Command{
		Use:   "export",
		Short: "fetch an audit bundle: the ledger, or a part of it, as one file",
		Long: `Fetch an audit bundle. It is written as it comes, and gets its name when it has
come whole. Nothing is verified here: that is sandi-audit verify, on a machine
of your own. It takes a token of role auditor; on a real network with the scope
bulk:export, bound to a client certificate (token issue --bind, --cert).`,
		Example: "  sandi audit export --all -f audit.zip\n" +
			"  sandi audit export --record CT-120000-2025-000018 -f case.zip\n" +
			"  sandi audit export --from 2025-11-01 --to 2025-11-30 -f november.zip",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kinds := 0
			for _, set := range []bool{all, len(o.Records) > 0, o.From != ""} {
				if set {
					kinds++
				}
			}
			if kinds != 1 || o.To != "" && o.From == "" {
				return usagef("give one of --all, --record ID, or --from with or without --to")
			}
			return s.export(cmd, o, file, force)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "the whole ledger: only this shows that nothing is missing")
	f.StringSliceVar(&o.Records, "record", nil, "the statements of these records")
	f.StringVar(&o.From, "from", "", "from this entry or day (2025-11-01) on")
	f.StringVar(&o.To, "to", "", "up to before this entry, or to the end of this day")
	f.StringVarP(&file, "file", "f", "audit.zip", "file to write")
	f.BoolVar(&force, "force", false, "overwrite the file if it is there")
	return cmd
}

// exported is what came of an export.
type exported struct {
	File    string `json:"file"`
	Bytes   int64  `json:"bytes"`
	Entries uint64 `json:"entries"`
	Size    uint64 `json:"size"` // of the checkpoint
	SHA256  string `json:"sha256"`
	lang    string
}

func (s *settings) export(cmd *cobra.Command, o client.BundleOptions, file string, force bool) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	out := exported{File: file, lang: s.lang}
	shown := cli.NewProgress(os.Stderr)
	o.Progress = func(bytes int64, entries, size uint64) {
		out.Bytes, out.Entries, out.Size = bytes, entries, size
		if len(o.Records) > 0 || o.From != "" { // how many there will be, nobody has said
			shown.Show(s.pick("已收 %d 条，%s", "%d entries, %s"), entries, megabytes(bytes))
			return
		}
		shown.Show(s.pick("已收 %d / %d 条，%s", "%d of %d entries, %s"), entries, size, megabytes(bytes))
	}
	sum := sha256.New()
	err = s.writeWhole(file, force, func(w io.Writer) error { return c.Bundle(cmd.Context(), io.MultiWriter(w, sum), o) })
	shown.Done()
	if err != nil {
		return s.exportRefused(err)
	}
	out.SHA256 = hex.EncodeToString(sum.Sum(nil))
	if err := s.print(cmd.OutOrStdout(), out); err != nil {
		return err
	}
	if s.output == "table" {
		fmt.Fprintf(cmd.OutOrStdout(), s.pick("核验: sandi-audit verify %s --keys 密钥文件\n", "verify it: sandi-audit verify %s --keys KEYFILE\n"), file)
	}
	return nil
}

// exportRefused says what token an export takes.
func (s *settings) exportRefused(err error) error {
	switch {
	case isCode(err, problem.NotFound):
		return fmt.Errorf("%w: %s", err, s.pick("最终检查点之内没有这样的记录", "the ledger holds no such record below its final checkpoint"))
	case isCode(err, problem.Forbidden):
		return fmt.Errorf("%w: %s", err, s.pick("导出须用审计员（auditor）令牌，正式网络另须 bulk:export 并绑定客户端证书（--cert）",
			"an export takes a token of role auditor; on a real network with scope bulk:export, bound to a client certificate (--cert)"))
	}
	return err
}

// megabytes is a number of bytes for people.
func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }

func (exported) header() table.Row { return nil }

func (e exported) rows() []table.Row {
	pick := (&settings{lang: e.lang}).pick
	return []table.Row{
		{pick("文件", "file"), fmt.Sprintf("%s (%s)", e.File, megabytes(e.Bytes))},
		{pick("条数", "entries"), fmt.Sprintf(pick("%d 条，检查点共 %d 条", "%d, under a checkpoint of %d"), e.Entries, e.Size)},
		{"SHA-256", e.SHA256},
	}
}
