package main

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/backup"
	"sandi.internal/gateway/node/cli"
)

// lock is what backups are locked and opened with.
type lock struct {
	passphrase string   // file with it, or - for standard input
	recipients []string // to write
	identity   string   // to read
}

// maxPassphrase bounds a line that is a passphrase.
const maxPassphrase = 1 << 10

// phrase reads the passphrase, "" if none was named.
func (l *lock) phrase(in io.Reader) (string, error) {
	if l.passphrase == "" {
		return "", nil
	}
	if l.passphrase != "-" {
		f, err := os.Open(l.passphrase)
		if err != nil {
			return "", fmt.Errorf("couldn't read the passphrase: %w", err)
		}
		defer f.Close()
		in = f
	}
	line, err := bufio.NewReader(io.LimitReader(in, maxPassphrase)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("couldn't read the passphrase: %w", err)
	}
	if line = trimNewline(line); line == "" {
		return "", errors.New("the passphrase is empty")
	}
	return line, nil
}

const backupLong = `Make a backup of a running node as one encrypted file, while it works on.

It holds the ledger at one moment, the cosigned checkpoints over it, the vault as it
lies, the rows of shared data sets, the node's own keys of the moment (outbox, logs), the
configuration, the local accounts with the administrators' log, and the private keys. The
node gives all but keys and accounts, for a token of role operator with scope node:operate;
those are read from the folders of --config and pass no network. The access log has a line
of it.

Lock it with a recovery key (sandi backup key makes one; its private half belongs into
the safe) or with a passphrase. What nobody can open is no backup: verify it.`

func newBackup(s *settings) *cobra.Command {
	var l lock
	var config, file string
	var force, without bool
	cmd := &cobra.Command{
		Use:   "backup",
		Short: "make an encrypted backup of a running node, while it works",
		Long:  backupLong,
		Example: "  sandi backup key -f recovery.key                    # once; keep it in the safe\n" +
			"  sandi backup -c /var/lib/sandi/sandi.yaml --to age1… -f tonight.sandi --token @operator-token\n" +
			"  sandi verify-backup tonight.sandi --key recovery.key --keys auditor-keys",
		Args: cobra.NoArgs, ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			folder, err := node.LoadPortable(config)
			if err != nil {
				return err
			}
			if without {
				folder.WithoutKeys()
			}
			if !cmd.Flags().Changed("addr") && os.Getenv("SANDI_ADDR") == "" {
				s.addr = ownDoor(folder.Config)
			}
			return s.backUp(cmd, folder, &l, file, force)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&config, "config", "c", cli.Env("SANDI_CONFIG", "sandi.yaml"), "the node's configuration: its folder holds the keys (SANDI_CONFIG)")
	f.StringVarP(&file, "file", "f", "", "file to write")
	f.StringSliceVar(&l.recipients, "to", nil, "recovery key (age1…) that may open it; may be given several times")
	f.StringVar(&l.passphrase, "passphrase", "", "file whose first line is the passphrase, or - for standard input")
	f.BoolVar(&without, "without-keys", false, "leave the private keys out; they lie in the safe")
	f.BoolVar(&force, "force", false, "overwrite the file if it is there")
	_ = cmd.MarkFlagRequired("file")
	cmd.AddCommand(newBackupKey(s))
	return cmd
}

// ownDoor is the public door of a node on this machine.
func ownDoor(c node.Config) string {
	if c.TLS.Cert != "" {
		return "https://" + c.Listen.Public
	}
	return "http://" + c.Listen.Public
}

// backedUp is what came of a backup.
type backedUp struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
	zh     bool
}

func (backedUp) header() table.Row { return nil }

func (b backedUp) rows() []table.Row {
	file := "file"
	if b.zh {
		file = "文件"
	}
	return []table.Row{{file, fmt.Sprintf("%s (%s)", b.File, megabytes(b.Bytes))}, {"SHA-256", b.SHA256}}
}

// sizer counts what is written.
type sizer struct{ n int64 }

func (z *sizer) Write(p []byte) (int, error) {
	z.n += int64(len(p))
	return len(p), nil
}

func (s *settings) backUp(cmd *cobra.Command, folder *node.Portable, l *lock, file string, force bool) error {
	c, err := s.client()
	if err != nil {
		return err
	}
	phrase, err := l.phrase(cmd.InOrStdin())
	if err != nil {
		return err
	}
	shown := cli.NewProgress(os.Stderr)
	sum, size := sha256.New(), &sizer{}
	err = s.writeWhole(file, force, func(out io.Writer) error {
		sealed, err := backup.Seal(io.MultiWriter(out, sum, size), backup.Lock{Passphrase: phrase, Recipients: l.recipients})
		if err != nil {
			return usagef("%w", err)
		}
		w := backup.NewWriter(sealed, time.Now())
		if err := folder.Write(w); err != nil {
			return err
		}
		err = c.Backup(cmd.Context(), func(r io.Reader, total int64) error {
			return w.Copy(&shownReader{r: r, show: func(n int64) {
				shown.Show(s.pick("备份中 %s / 约 %s", "backing up, %s of about %s"), megabytes(n), megabytes(total))
			}})
		})
		if err != nil {
			return err
		}
		if err := w.Finish(); err != nil {
			return err
		}
		return sealed.Close()
	})
	shown.Done()
	switch {
	case isCode(err, problem.Forbidden):
		return fmt.Errorf("%w: %s", err, s.pick("备份须用本局 operator 令牌，范围 node:operate", "a backup takes a token of this bureau's operator, with scope node:operate"))
	case isCode(err, problem.AccessUnlogged):
		return fmt.Errorf("%w: %s", err, s.pick("备份须先记入访问日志；见 OPERATIONS“Who looked”", "a backup stands in the access log first; see OPERATIONS, \"Who looked\""))
	case isCode(err, problem.TooMany):
		return fmt.Errorf("%w: %s", err, s.pick("另一备份正在进行", "another backup is under way"))
	case err != nil:
		return err
	}
	done := backedUp{File: file, Bytes: size.n, SHA256: hex.EncodeToString(sum.Sum(nil)), zh: s.lang == "zh"}
	if err := s.print(cmd.OutOrStdout(), done); err != nil {
		return err
	}
	if s.output == "table" {
		fmt.Fprintf(cmd.OutOrStdout(), s.pick("请即核验: sandi verify-backup %s --keys 密钥文件 …\n", "verify it now: sandi verify-backup %s --keys KEYFILE …\n"), file)
	}
	return nil
}

// shownReader tells how much was read.
type shownReader struct {
	r    io.Reader
	n    int64
	show func(n int64)
}

func (r *shownReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.n += int64(n)
	r.show(r.n)
	return n, err
}

func newBackupKey(s *settings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "key",
		Short: "make a recovery key: backups are locked with its public half",
		Long:  "Makes an age key pair. The file opens every backup that was locked with it: it belongs\ninto the safe, apart from the backups. The public half (age1…) is printed; it can only lock.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			private, public, err := backup.NewRecoveryKey()
			if err != nil {
				return err
			}
			if err := writeNew(file, private); err != nil {
				return err
			}
			fmt.Fprintln(cmd.OutOrStdout(), public)
			fmt.Fprintf(cmd.ErrOrStderr(), s.pick("%s 是私钥：存入保险柜，与备份分开保管\n", "%s is the private half: into the safe, apart from the backups\n"), file)
			return nil
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "recovery.key", "file to write; must not exist")
	return cmd
}
