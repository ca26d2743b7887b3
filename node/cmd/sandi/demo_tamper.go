package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/demo"
	"sandi.internal/gateway/node/demo/tamper"
)

// maxDemoBundle bounds a bundle that is forged in memory.
const maxDemoBundle = 256 << 20

func newTamper(s *settings) *cobra.Command {
	var bundle, keys, dir, keep string
	var portBase int
	cmd := &cobra.Command{
		Use:   "tamper",
		Short: "forge copies of an audit bundle; the verifier judges them",
		Long: `Forge copies of an audit bundle as well as a forger could, and let the offline
verifier judge each. Without flags a short demo is played to get a bundle.
Exit: 3 if a forgery goes unnoticed.`,
		Example: "  sandi demo tamper\n  sandi demo tamper --bundle audit.zip --keys auditor-keys --keep forged/",
		Args:    cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if (bundle == "") != (keys == "") || bundle != "" && dir != "" {
				return usagef("give --bundle and --keys together, or --dir of a demo that was run with --once, or none")
			}
			if bundle == "" && dir == "" {
				temp, err := os.MkdirTemp("", "sandi-tamper-")
				if err != nil {
					return fmt.Errorf("couldn't make a folder for a short demo: %w", err)
				}
				defer os.RemoveAll(temp)
				dir = filepath.Join(temp, "demo")
				if err := s.freshBundle(cmd, dir, portBase); err != nil {
					return err
				}
			}
			o, err := tamperOptions(bundle, keys, dir)
			if err != nil {
				return err
			}
			return s.tamper(cmd, o, keep)
		},
	}
	f := cmd.Flags()
	f.StringVar(&bundle, "bundle", "", "audit bundle of a whole ledger; it stays as it is")
	f.StringVar(&keys, "keys", "", "its auditor's key file")
	f.StringVar(&dir, "dir", "", "folder of a demo run with --once, whose bundle and keys to take")
	f.StringVar(&keep, "keep", "", "folder to leave the forged bundles in, to try sandi-audit on them")
	for _, folder := range []string{"dir", "keep"} {
		_ = cmd.MarkFlagDirname(folder) // the flag is there
	}
	f.IntVar(&portBase, "port-base", 5000, "added to every port of the short demo, to run beside another")
	return cmd
}

// tamperOptions takes a given bundle, or one that a demo left: there the forgers
// have the regions' own keys.
func tamperOptions(bundle, keys, dir string) (tamper.Options, error) {
	var o tamper.Options
	if dir != "" {
		network, _, err := demo.Existing(dir)
		if err != nil {
			return o, err
		}
		if _, err := os.Stat(filepath.Join(dir, demo.BundleName)); errors.Is(err, os.ErrNotExist) {
			return o, fmt.Errorf("no bundle lies in %s: a demo leaves one that is played with --once; leave out --dir, and a short one is played", dir)
		}
		bundle, keys, o.Sign = filepath.Join(dir, demo.BundleName), filepath.Join(dir, demo.KeysName), network.Sign
	}
	var err error
	if o.Bundle, err = readBounded(bundle, maxDemoBundle); err != nil {
		return o, fmt.Errorf("couldn't read the bundle: %w", err)
	}
	if o.Keys, err = readBounded(keys, maxGenesisFile); err != nil {
		return o, fmt.Errorf("couldn't read the keys: %w", err)
	}
	return o, nil
}

// freshBundle plays a short demo that leaves a bundle.
func (s *settings) freshBundle(cmd *cobra.Command, dir string, portBase int) error {
	if s.output == "table" {
		fmt.Fprintln(cmd.OutOrStdout(), s.pick("正在演示一个工作日，以取得一份审计包 …", "playing a short demo to get an audit bundle …"))
	}
	binary, err := os.Executable()
	if err != nil {
		return fmt.Errorf("couldn't find this program's own file: %w", err)
	}
	_, err = demo.Run(cmd.Context(), demo.Config{
		Scenario: "charger", Dir: dir, Once: true, Binary: binary, PortBase: portBase, View: demo.Silent{}, Lang: s.problemLanguage(),
		Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	return err
}

func (s *settings) tamper(cmd *cobra.Command, o tamper.Options, keep string) error {
	out := cmd.OutOrStdout()
	show := func(tamper.Outcome) {}
	if s.output == "table" {
		if o.Sign == nil {
			paragraph(out, "", "", s.pick("没有各地区的私钥: 篡改者以自造的密钥签署。用 --dir 指定演示目录，即可以真实私钥试之。",
				"nobody has the regions' private keys here: the forgers sign with keys of their own. With --dir of a demo they have the real ones."))
		}
		n := 0
		show = func(t tamper.Outcome) {
			n++
			s.showForgery(out, n, t)
		}
	}
	all, err := tamper.Run(cmd.Context(), o, show)
	if keep != "" {
		err = errors.Join(err, keepForgeries(keep, all))
	}
	if s.output != "table" {
		err = errors.Join(s.print(out, all), err)
	}
	switch {
	case errors.Is(err, tamper.ErrUnnoticed):
		return &cli.Error{Code: exitVerify, Err: err}
	case err != nil:
		return err
	}
	if s.output == "table" {
		fmt.Fprintf(out, s.pick("\n%d 种篡改全部被发现；未改动的审计包通过核验。\n", "\nall %d forgeries were noticed; the bundle as it was passes.\n"), len(all))
	}
	return nil
}

func keepForgeries(dir string, all []tamper.Outcome) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make %s: %w", dir, err)
	}
	for _, o := range all {
		if err := os.WriteFile(filepath.Join(dir, o.Name+".zip"), o.Zip, 0o600); err != nil {
			return fmt.Errorf("couldn't keep a forged bundle: %w", err)
		}
	}
	return nil
}

// forgeryWidth is the terminal that the output is made for, in columns.
const forgeryWidth = 80

func (s *settings) showForgery(w io.Writer, n int, o tamper.Outcome) {
	verdict := text.Colors{text.FgGreen}.Sprint(s.pick("√ 已发现", "√ noticed"))
	if !o.Noticed {
		verdict = text.Colors{text.FgRed}.Sprint(s.pick("× 未发现", "× UNNOTICED"))
	}
	if o.Entry != nil {
		verdict += fmt.Sprintf(s.pick("，指明第 %d 条", ", entry %d named"), *o.Entry)
	}
	if !cli.WantsColor(os.Stdout) {
		verdict = text.StripEscape(verdict)
	}
	fmt.Fprintf(w, "\n%d  %s  %s\n", n, text.Pad(o.Title.In(s.lang), 50, ' '), verdict)
	paragraph(w, "   ", s.pick("做法: ", "done:  "), o.Done.In(s.lang))
	for _, f := range o.Findings {
		paragraph(w, "   ", fmt.Sprintf(s.pick("检查 %d: ", "check %d: "), f.Check), f.In(s.lang))
	}
}

// paragraph writes text behind a label, broken by display width.
func paragraph(w io.Writer, indent, label, line string) {
	room := forgeryWidth - len(indent) - text.StringWidth(label)
	for _, part := range cli.Wrap(line, room) {
		fmt.Fprintln(w, indent+label+part)
		label = strings.Repeat(" ", text.StringWidth(label))
	}
}
