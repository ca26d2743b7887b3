package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/console"
	"sandi.internal/gateway/api/paper"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
	"sandi.internal/gateway/node/cli"
)

func newPaper(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "paper", Short: "documents on paper: letters, receipts, mandates, and the page that verifies them"}
	cmd.AddCommand(newPaperList(s), newPaperPrint(s), newPaperTemplates(s), newPaperCheck(s), newPaperVerifier(s))
	return cmd
}

func newPaperList(s *settings) *cobra.Command {
	return &cobra.Command{
		Use: "list RECORD", Short: "the documents that a record has to print by now", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list, err := c.Papers(cmd.Context(), args[0], client.Read{})
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), paperList(list))
		},
	}
}

type paperList []v1.PaperName

func (paperList) header() table.Row { return heads("document", "title", "number") }

func (l paperList) rows() []table.Row {
	var rows []table.Row
	for _, p := range l {
		rows = append(rows, table.Row{p.Document, p.Title, p.Number})
	}
	return rows
}

func newPaperPrint(s *settings) *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "print RECORD DOCUMENT",
		Short: "a document filled from a record, as plain text or, with -o json, with its codes drawn",
		Long: `A document filled from a record, as plain text or, with -o json, as what the console
lays out on A4 with its QR codes. To print it or save it as PDF open the record in the
console. What is missing is a blank to be filled in by hand.`,
		Example: "  sandi paper print CT-120000-2025-000018 case_transfer_letter",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			p, err := c.Paper(cmd.Context(), args[0], args[1], client.Read{})
			if err != nil {
				return err
			}
			write := func(w io.Writer) error { return s.printText(w, p, paper.Text(&p)) }
			if file == "" {
				return write(cmd.OutOrStdout())
			}
			return s.writeWhole(file, force, write)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "write to this file")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

func newPaperTemplates(s *settings) *cobra.Command {
	var force bool
	cmd := &cobra.Command{
		Use:   "templates FOLDER",
		Short: "write the templates that come with the program, to be edited",
		Long: `Write the templates that come with the program into a folder, to be edited. Name the
folder in sandi.yaml (papers: FOLDER): a file there takes the place of the template of
its name, and further files are further documents. How they are written stands in the
README.md that is written beside them.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("couldn't make the folder for templates: %w", err)
			}
			return paper.WriteDefaults(func(name string, text []byte) error {
				path := filepath.Join(args[0], name)
				if err := s.writeWhole(path, force, bytesOf(text)); err != nil {
					return err
				}
				fmt.Fprintln(cmd.OutOrStdout(), path)
				return nil
			})
		},
	}
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that are there")
	return cmd
}

func newPaperCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check FOLDER",
		Short: "read a folder of templates and name what is wrong in them",
		Long: `Read a folder of templates as the node would at its start, and hold the names in them
against the law that comes with the program: a name that the law does not know prints
as a blank.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			set, err := paper.Load(os.DirFS(args[0]))
			if err != nil {
				return err
			}
			var laws []*procedure.Document
			for _, text := range law.Texts() {
				d, err := procedure.Parse([]byte(text.Text))
				if err != nil {
					return err
				}
				laws = append(laws, d)
			}
			wrong := 0
			for _, t := range set.List() {
				unknown := t.Unknown(laws)
				if wrong += len(unknown); len(unknown) > 0 {
					fmt.Fprintf(cmd.OutOrStdout(), s.pick("%s: 法律文件中没有 %s\n", "%s: the law does not know %s\n"), t.Name, strings.Join(unknown, ", "))
				}
			}
			if wrong > 0 {
				return &cli.Error{Code: exitFailed, Err: fmt.Errorf(s.pick("%d 个名称将打印为空白；请改正后再检查", "%d names would print as blanks; mend them and check again"), wrong)}
			}
			fmt.Fprintf(cmd.OutOrStdout(), s.pick("%d 个文书模板，无误\n", "%d documents, nothing wrong\n"), len(set.List()))
			return nil
		},
	}
}

func newPaperVerifier(s *settings) *cobra.Command {
	var file string
	var force bool
	cmd := &cobra.Command{
		Use:   "verifier",
		Short: "write the page that verifies printed codes without any network",
		Long: `Write the page that verifies the QR codes of printed documents: one HTML file that works
from a disk, without any network. It asks for the auditor's key file once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			page, err := console.VerifyPage()
			if err != nil {
				return err
			}
			if file == "" {
				return errors.New(s.pick("请用 -f 指定要写入的文件，如 -f verify.html", "give the file to write with -f, such as -f verify.html"))
			}
			return s.writeWhole(file, force, bytesOf(page))
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "file to write")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}
