package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/calendar/data"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/graph"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/consensus/procedure/lawtext"
	"sandi.internal/gateway/consensus/procedure/lint"
	"sandi.internal/gateway/node/cli"
)

func newLawLint(s *settings) *cobra.Command {
	var table string
	cmd := &cobra.Command{
		Use:   "lint FILE...",
		Short: "what keeps a procedure document from being adopted, with line numbers; exit 1 if anything does",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			known, err := ruleTable(table)
			if err != nil {
				return err
			}
			reports := make(map[string]*lint.Report, len(args))
			faulty := false
			for _, file := range args {
				text, err := readBounded(file, lawtext.MaxBytes)
				if err != nil {
					return err
				}
				reports[file] = lint.Check(text, known)
				faulty = faulty || reports[file].Faulty()
				if s.output == "table" {
					s.printLint(cmd.OutOrStdout(), file, reports[file])
				}
			}
			if s.output != "table" {
				enc := json.NewEncoder(cmd.OutOrStdout())
				enc.SetEscapeHTML(false)
				enc.SetIndent("", "  ")
				if err := enc.Encode(reports); err != nil {
					return err
				}
			}
			if faulty {
				return &cli.Error{Code: exitFailed}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&table, "rules", "", "rule table that the deadlines name (default: the one a new network starts with)")
	return cmd
}

// printLint writes one line per finding, in the form that editors jump to, and one
// about the whole.
func (s *settings) printLint(w io.Writer, file string, r *lint.Report) {
	for _, f := range r.Findings {
		kind := s.pick("错误", "fault")
		if f.Advice {
			kind = s.pick("建议", "advice")
		}
		fmt.Fprintf(w, "%s:%d: %s: %s\n", file, f.Line, kind, f.Text)
	}
	if r.Faulty() {
		fmt.Fprintln(w, file+s.pick("：不能通过，请按上述行号修改", ": cannot be adopted; mend the lines above"))
		return
	}
	fmt.Fprintf(w, s.pick("%s：通过（%s 第 %d 版：%d 个状态，%d 个事件，%d 个字段，%d 个期限，%d 条规则；结果确定、可达、必然终止）\n",
		"%s: passes (%s version %d: %d states, %d events, %d fields, %d deadlines, %d guards; deterministic, reachable, terminating)\n"),
		file, r.Name, r.Version, r.States, r.Events, r.Fields, r.Deadlines, r.Guards)
}

// ruleTable tells which rules a table has.
func ruleTable(file string) (func(id string) bool, error) {
	text := []byte(data.Rules)
	if file != "" {
		var err error
		if text, err = readBounded(file, lawtext.MaxBytes); err != nil {
			return nil, err
		}
	}
	rules, err := calendar.ParseRules(text)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the rule table: %w", err)
	}
	return func(id string) bool { _, ok := rules.Rule(id); return ok }, nil
}

func newLawGraph(s *settings) *cobra.Command {
	var format string
	cmd := &cobra.Command{
		Use:   "graph NAME|FILE",
		Short: "draw a procedure as a state machine: SVG or Mermaid",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := lawText(args[0])
			if err != nil {
				return err
			}
			d, err := procedure.Parse(text)
			if err != nil {
				return fmt.Errorf("couldn't read %s: %w (sandi law lint says more)", args[0], err)
			}
			switch format {
			case "svg":
				_, err = io.WriteString(cmd.OutOrStdout(), graph.SVG(d, graph.Language(s.lang)))
			case "mermaid":
				_, err = io.WriteString(cmd.OutOrStdout(), graph.Mermaid(d, graph.Language(s.lang)))
			default:
				return usagef("--format %s: give svg or mermaid", format)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&format, "format", "svg", "svg or mermaid")
	return cmd
}

// lawText is a document of the law that a new network starts with, by name, or a
// file's.
func lawText(name string) ([]byte, error) {
	texts := law.Texts()
	if i := slices.IndexFunc(texts, func(t law.Text) bool { return t.Name == name }); i >= 0 {
		return []byte(texts[i].Text), nil
	}
	if _, err := os.Stat(name); err != nil && !strings.ContainsAny(name, "./\\") {
		names := make([]string, len(texts))
		for i, t := range texts {
			names[i] = t.Name
		}
		return nil, usagef("no procedure %q; there are %s, or give a file", name, strings.Join(names, ", "))
	}
	return readBounded(name, lawtext.MaxBytes)
}
