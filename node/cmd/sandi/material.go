package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/cli"
)

func newMaterial(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "material",
		Short: "private files in the bureau's vault: put, get, keep",
		Long: `Private files in this bureau's own vault, encrypted at rest. A record names a file
by its commitment; the bytes reach another bureau only by an offer (sandi offer).`,
	}
	cmd.AddCommand(newMaterialPut(s), newMaterialGet(s), newMaterialList(s), newMaterialShow(s), newMaterialRetain(s), newMaterialHold(s), newMaterialLift(s), newMaterialPurge(s), newMaterialScrub(s))
	return cmd
}

type materialView struct{ v1.Material }

func (v materialView) header() table.Row { return table.Row{"", ""} }

func (v materialView) rows() []table.Row {
	return []table.Row{{word("commitment"), v.Commitment}, {word("bytes"), v.Size}, {word("sha256"), v.SHA256}}
}

func newMaterialPut(s *settings) *cobra.Command {
	var key, name string
	cmd := &cobra.Command{
		Use:     "put FILE",
		Short:   "put a file into the vault",
		Example: "  sandi material put report.pdf -o json | jq -r .commitment",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			size, sum, err := digestFile(args[0])
			if err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			m, err := c.PutFile(cmd.Context(), firstNonEmpty(key, client.NewKey()), firstNonEmpty(name, filepath.Base(args[0])), size, sum,
				func() (io.ReadCloser, error) { return os.Open(args[0]) })
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), materialView{m})
		},
	}
	cmd.Flags().StringVar(&name, "name", "", "name by which the bureau's people see it (default: the file's)")
	cmd.Flags().StringVar(&key, "key", "", "id (ULID) to repeat a call safely")
	return cmd
}

// digestFile reads a file once, so that the node can refuse bytes that were changed
// on their way.
func digestFile(path string) (size int64, sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, sum, fmt.Errorf("couldn't open the file: %w", err)
	}
	defer f.Close()
	h := sha256.New()
	if size, err = io.Copy(h, f); err != nil {
		return 0, sum, fmt.Errorf("couldn't read the file: %w", err)
	}
	h.Sum(sum[:0])
	return size, sum, nil
}

func newMaterialGet(s *settings) *cobra.Command {
	var file, record string
	var force bool
	cmd := &cobra.Command{
		Use:   "get COMMITMENT",
		Short: "fetch a file from the vault",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			body, err := c.Material(cmd.Context(), args[0], record)
			if err != nil {
				return err
			}
			defer body.Close()
			if file == "" {
				_, err := io.Copy(cmd.OutOrStdout(), body)
				return err
			}
			return cli.WriteWhole(file, force, func(w io.Writer) error {
				_, err := io.Copy(w, body)
				return err
			})
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "file to write (default: standard output)")
	cmd.Flags().StringVar(&record, "record", "", "a record that names the file, for who belongs to another organisation of the bureau")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

type materialList []v1.MaterialAbout

func (l materialList) header() table.Row {
	return heads("commitment", "name", "bytes", "organisation", "stored", "class", "until", "holds")
}

func (l materialList) rows() []table.Row {
	var rows []table.Row
	for _, m := range l {
		var holds []string
		for _, h := range m.Holds {
			holds = append(holds, h.ID)
		}
		rows = append(rows, table.Row{m.Commitment, m.Name, m.Size, m.Org, m.StoredAt, firstNonEmpty(m.Class, "-"), firstNonEmpty(m.Until, "-"), strings.Join(holds, " ")})
	}
	return rows
}

func newMaterialList(s *settings) *cobra.Command {
	var most int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "files of one's organisation, with how they are kept",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			list := materialList{}
			for m, err := range c.Materials(cmd.Context()) {
				if err != nil {
					return err
				}
				if list = append(list, m); len(list) >= most {
					break
				}
			}
			return s.print(cmd.OutOrStdout(), list)
		},
	}
	cmd.Flags().IntVar(&most, "limit", 100, "at most this many")
	return cmd
}

func newMaterialShow(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "show COMMITMENT",
		Short: "one file and how it is kept",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			m, err := c.Keeping(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), materialList{m})
		},
	}
}

// newKeep is a command that changes how one file is kept.
func newKeep(s *settings, action, use, short string, args int, request func(args []string) (v1.KeepRequest, error)) *cobra.Command {
	return &cobra.Command{
		Use:   use,
		Short: short,
		Args:  cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			r, err := request(args)
			if err != nil {
				return err
			}
			r.Action = action
			c, err := s.client()
			if err != nil {
				return err
			}
			m, err := c.Keep(cmd.Context(), args[0], r)
			if err != nil {
				return err
			}
			if m.Commitment == "" {
				return s.print(cmd.OutOrStdout(), map[string]string{"purged": args[0]})
			}
			return s.print(cmd.OutOrStdout(), materialList{m})
		},
	}
}

func newMaterialRetain(s *settings) *cobra.Command {
	var class, until string
	cmd := newKeep(s, "retain", "retain COMMITMENT", "set a retention class and time; it is never shortened", 1, func([]string) (v1.KeepRequest, error) {
		day, err := time.Parse("2006-01-02", until)
		if err != nil || class == "" {
			return v1.KeepRequest{}, usagef("give --class and --until 2035-12-31")
		}
		return v1.KeepRequest{Class: class, Until: statement.FormatAt(day.Unix())}, nil
	})
	cmd.Flags().StringVar(&class, "class", "", "retention class of the bureau's schedule, e.g. 10-years")
	cmd.Flags().StringVar(&until, "until", "", "not purged before this day, e.g. 2035-12-31")
	return cmd
}

func newMaterialHold(s *settings) *cobra.Command {
	return newKeep(s, "hold", "hold COMMITMENT ID REASON", "set a legal hold: a case, a suit, an audit", 3,
		func(args []string) (v1.KeepRequest, error) {
			return v1.KeepRequest{Hold: args[1], Reason: args[2]}, nil
		})
}

func newMaterialLift(s *settings) *cobra.Command {
	return newKeep(s, "lift", "lift COMMITMENT ID", "end a legal hold", 2,
		func(args []string) (v1.KeepRequest, error) { return v1.KeepRequest{Hold: args[1]}, nil })
}

func newMaterialPurge(s *settings) *cobra.Command {
	return newKeep(s, "purge", "purge COMMITMENT REASON", "destroy a file whose time has come; its commitment and the reason stay", 2,
		func(args []string) (v1.KeepRequest, error) { return v1.KeepRequest{Reason: args[1]}, nil })
}

type scrubView struct{ v1.Scrubbed }

func (v scrubView) header() table.Row { return table.Row{"", ""} }

func (v scrubView) rows() []table.Row {
	rows := []table.Row{{word("objects"), v.Objects}, {word("bytes"), v.Bytes}, {word("damaged"), len(v.Damaged)}}
	for _, c := range v.Damaged {
		rows = append(rows, table.Row{"", c})
	}
	return rows
}

func newMaterialScrub(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "scrub",
		Short: "read the whole vault and name what is damaged (operators)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := s.client()
			if err != nil {
				return err
			}
			found, err := c.Scrub(cmd.Context())
			if err != nil {
				return err
			}
			if err := s.print(cmd.OutOrStdout(), scrubView{found}); err != nil || len(found.Damaged) == 0 {
				return err
			}
			return &cli.Error{Code: exitVerify, Err: fmt.Errorf("%d files are damaged; fetch them again from a bureau that has them, or from a backup", len(found.Damaged))}
		},
	}
}
