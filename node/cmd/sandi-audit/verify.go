package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node/audit"
	"sandi.internal/gateway/node/cli"
)

// outputs are what -o takes.
var outputs = []string{"text", "json"}

// verification is a call of `verify`.
type verification struct {
	lang      *string
	output    string
	keys      string
	previous  []string
	receipts  []string
	bundle    string
	genesis   string
	entry     string
	deadlines string
	keysOut   string
}

const verifyLong = `Checks a file and prints every finding as PASS, FAIL or INDETERMINATE.

FILE is an audit bundle (whole log or extract), a receipt, a .tlog-proof, a file of
who looked (sandi audit who-looked -f) or the text that a scanner reads from a
printed code. The key file must not come with it: get it from every bureau by
another way.

Exit: 0 everything holds; 3 something is wrong; 4 nothing is wrong, but one of
the checks 1 to 6 cannot be decided from this file; 2 wrong call; 1 no report.`

func newVerify(lang *string) *cobra.Command {
	v := &verification{lang: lang}
	cmd := &cobra.Command{
		Use:   "verify FILE --keys KEYFILE",
		Short: "check a bundle, an extract or a receipt; exit 3 when something is wrong, 4 when not all can be decided",
		Long:  verifyLong,
		Example: `  sandi-audit verify audit.zip --keys auditor-keys
  sandi-audit verify audit.zip --keys auditor-keys --previous last-year.zip -o json
  sandi-audit verify audit.zip --keys auditor-keys --keys-out auditor-keys.next
  sandi-audit verify receipt.json --keys auditor-keys --genesis genesis.json
  sandi-audit verify looked.json --keys auditor-keys --bundle audit.zip
  sandi-audit verify code.txt --keys auditor-keys`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) != 1:
				return cli.Usagef("give one file to verify, not %d", len(args))
			case v.keys == "":
				return cli.Usagef("give the key file with --keys; it never comes with the bundle")
			case v.output != "text" && v.output != "json":
				return cli.Usagef("-o %s: give text or json", v.output)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return v.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&v.keys, "keys", "", "the auditor's key file (sandi genesis auditor-keys prints one)")
	flags.StringArrayVar(&v.previous, "previous", nil, "a bundle, receipt or checkpoint that you kept; may be given several times")
	flags.StringArrayVar(&v.receipts, "receipt", nil, "a receipt to hold against the bundle; may be given several times")
	flags.StringVar(&v.genesis, "genesis", "", "the genesis file, for a receipt; a bundle has its own")
	flags.StringVar(&v.entry, "entry", "", "the entry of a .tlog-proof or of a printed code")
	flags.StringVar(&v.bundle, "bundle", "", "a bundle of the whole ledger, to hold a file of who looked against")
	flags.StringVar(&v.deadlines, "deadlines", "", "write every recomputed deadline to this file, a JSON object a line")
	flags.StringVar(&v.keysOut, "keys-out", "", "write the key file for the next check: the keys that the ledger has at the end, if everything holds")
	flags.StringVarP(&v.output, "output", "o", "text", "text or json")
	complete(cmd, "output", outputs)
	return cmd
}

// run verifies a file and prints the report. The error carries the exit status.
func (v *verification) run(cmd *cobra.Command, path string) error {
	file, size, err := open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	o := audit.Options{File: file, Size: size}
	if err := v.read(&o); err != nil {
		return err
	}
	if v.bundle != "" {
		ledger, size, err := open(v.bundle)
		if err != nil {
			return err
		}
		defer ledger.Close()
		o.Ledger, o.LedgerSize = ledger, size
	}
	done, err := v.list(&o)
	if err != nil {
		return err
	}
	audit.TuneMemory()
	meter := newMeter(cmd.ErrOrStderr(), *v.lang)
	o.Progress = meter.show
	report, err := audit.Verify(cmd.Context(), o)
	meter.clear()
	if err = errors.Join(err, done()); err != nil {
		return err
	}
	if err := v.unused(report); err != nil {
		return err
	}
	if err := v.print(cmd.OutOrStdout(), report); err != nil {
		return fmt.Errorf("couldn't print the report: %w", err)
	}
	if report.Exit != audit.ExitPass {
		return &cli.Error{Code: report.Exit}
	}
	return v.writeKeys(report)
}

// unused refuses what was given and says nothing about a file of this kind: nobody may
// believe that it was compared.
func (v *verification) unused(r *audit.Report) error {
	bundle, looked := r.Kind == "log" || r.Kind == "extract", r.Kind == "who-looked"
	for _, f := range []struct {
		name        string
		given, fits bool
	}{
		{"--previous", len(v.previous) > 0, !looked},
		{"--receipt", len(v.receipts) > 0, bundle},
		{"--genesis", v.genesis != "", !bundle && !looked},
		{"--entry", v.entry != "", r.Kind == "proof" || r.Kind == "code"},
		{"--bundle", v.bundle != "", looked},
	} {
		if f.given && !f.fits && r.Kind != "" {
			return cli.Usagef("%s is not compared with a file of this kind (%s): leave it out", f.name, r.Kind)
		}
	}
	return nil
}

// open opens a file that can be read at any place, and says how many bytes it has.
// What is no regular file is not even opened: a named pipe would wait for a writer.
func open(path string) (*os.File, int64, error) {
	info, err := os.Stat(path)
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", path)
	}
	if err != nil {
		return nil, 0, fmt.Errorf("couldn't read the file: %w", err)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, 0, fmt.Errorf("couldn't open the file: %w", err)
	}
	return file, info.Size(), nil
}

// writeKeys writes the key file for the next check. One that is there already is
// left alone: it may be the auditor's own.
func (v *verification) writeKeys(r *audit.Report) error {
	if v.keysOut == "" {
		return nil
	}
	if r.KeyFile == nil {
		return fmt.Errorf("couldn't write %s: only a whole log tells the keys of today", v.keysOut)
	}
	return cli.WriteWhole(v.keysOut, false, func(w io.Writer) error {
		_, err := w.Write(r.KeyFile)
		return err
	})
}

// read reads the files beside the one to verify.
func (v *verification) read(o *audit.Options) error {
	var err error
	if o.Keys, err = small(v.keys, checkpoint.MaxKeyFile); err != nil {
		return err
	}
	for _, path := range v.previous {
		note, err := kept(path)
		if err != nil {
			return err
		}
		o.Previous = append(o.Previous, note)
	}
	for _, path := range v.receipts {
		receipt, err := small(path, checkpoint.MaxReceipt)
		if err != nil {
			return err
		}
		o.Receipts = append(o.Receipts, receipt)
	}
	if v.genesis != "" {
		if o.Genesis, err = small(v.genesis, 2*genesis.MaxBytes); err != nil {
			return err
		}
	}
	if v.entry != "" {
		o.Entry, err = small(v.entry, checkpoint.MaxReceipt)
	}
	return err
}

// small reads a file of at most some bytes.
func small(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't open a file: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't read a file: %w", err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("couldn't read %s: it has more than %d bytes and is not what was asked for", path, most)
	}
	return data, nil
}

// kept reads the checkpoint in what the auditor kept.
func kept(path string) ([]byte, error) {
	f, size, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	note, err := audit.NoteOf(f, size)
	if err != nil {
		return nil, fmt.Errorf("--previous %s: %w", path, err)
	}
	return note, nil
}

// list makes the verification write deadlines to a file. done ends it.
func (v *verification) list(o *audit.Options) (done func() error, err error) {
	if v.deadlines == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(v.deadlines)
	if err != nil {
		return nil, fmt.Errorf("couldn't write the deadlines: %w", err)
	}
	out := bufio.NewWriter(f)
	lines := json.NewEncoder(out)
	lines.SetEscapeHTML(false)
	o.Deadline = func(d *audit.Deadline) error { return lines.Encode(d) }
	return func() error { return errors.Join(out.Flush(), f.Close()) }, nil
}

func (v *verification) print(w io.Writer, r *audit.Report) error {
	if v.output == "json" {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		enc.SetEscapeHTML(false)
		return enc.Encode(r)
	}
	return r.WriteText(w, *v.lang)
}
