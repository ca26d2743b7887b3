package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/node"
	"sandi.internal/gateway/node/backup"
	"sandi.internal/gateway/node/cli"
)

// opening is what verify-backup and restore are given beside the file.
type opening struct {
	lock
	keys, genesis, vaultKey string
}

func (o *opening) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.identity, "key", "", "recovery key that the backup was locked with (sandi backup key)")
	f.StringVar(&o.passphrase, "passphrase", "", "file whose first line is the passphrase, or - for standard input")
	f.StringVar(&o.keys, "keys", "", "the auditor's key file, from outside the backup (sandi genesis auditor-keys)")
	f.StringVar(&o.genesis, "genesis", "", "the network's signed genesis, from outside the backup, e.g. another bureau's")
	f.StringVar(&o.vaultKey, "vault-key", "", "the vault's key, for a backup without keys")
}

// read makes the options of a reading. done closes the file.
func (o *opening) read(cmd *cobra.Command, path string) (_ backup.Options, done func() error, err error) {
	var b backup.Options
	phrase, err := o.phrase(cmd.InOrStdin())
	if err != nil {
		return b, nil, err
	}
	k := backup.Key{Passphrase: phrase}
	if o.identity != "" {
		if k.Identities, err = backup.ReadKeyFile(o.identity); err != nil {
			return b, nil, err
		}
	}
	if phrase == "" && o.identity == "" {
		return b, nil, usagef("give --key or --passphrase: what the backup was locked with")
	}
	if b.Trust, err = o.trust(); err != nil {
		return b, nil, err
	}
	if b.VaultKey = node.VaultKeyIn; o.vaultKey != "" {
		secret, err := keyring.LoadSecret(o.vaultKey)
		if err != nil {
			return b, nil, fmt.Errorf("couldn't read --vault-key: %w", err)
		}
		b.VaultKey = func(map[string][]byte) ([]byte, error) { return secret, nil }
	}
	f, err := os.Open(path)
	if err != nil {
		return b, nil, fmt.Errorf("couldn't open the backup: %w", err)
	}
	if b.In, err = backup.Open(f, k); err != nil {
		return b, nil, errors.Join(fmt.Errorf("%s: %w", path, err), f.Close())
	}
	b.Logger, b.Workers = slog.New(slog.DiscardHandler), runtime.GOMAXPROCS(0)
	return b, f.Close, nil
}

func (o *opening) trust() (backup.Trust, error) {
	var t backup.Trust
	if o.keys != "" {
		text, err := readBounded(o.keys, checkpoint.MaxKeyFile)
		if err == nil {
			t.Keys, err = checkpoint.ParseKeyFile(text)
		}
		if err != nil {
			return t, fmt.Errorf("--keys %s: %w", o.keys, err)
		}
	}
	if o.genesis != "" {
		text, err := readBounded(o.genesis, maxGenesisFile)
		if err == nil {
			t.Genesis, err = genesis.Parse(text)
		}
		if err != nil {
			return t, fmt.Errorf("--genesis %s: %w", o.genesis, err)
		}
	}
	return t, nil
}

// progress shows how far a reading has come.
func (s *settings) reading(b *backup.Options, what string) (done func()) {
	shown := cli.NewProgress(os.Stderr)
	b.Progress = func(n, total int64) {
		shown.Show(s.pick("%s %s / 约 %s", "%s, %s of about %s"), what, megabytes(n), megabytes(total))
	}
	return shown.Done
}

const verifyBackupLong = `Check a backup without any node: it is decrypted and read to its end, the ledger is
verified leaf by leaf (order, signatures, tree, state), held against the cosigned
checkpoints under keys that you give, and every private object is opened and held against
its commitment. Nothing is kept; it takes room for the ledger below --temp.

Exit: 0 everything holds; 3 something is wrong; 4 nothing is wrong, but not everything
could be decided (the report says what); 1 it could not be read; 2 wrong call.`

func newVerifyBackup(s *settings) *cobra.Command {
	var o opening
	var temp string
	cmd := &cobra.Command{
		Use:     "verify-backup FILE",
		Short:   "check a backup offline; exit 3 when it does not hold, 4 when not all can be decided",
		Long:    verifyBackupLong,
		Example: "  sandi verify-backup tonight.sandi --key recovery.key --keys auditor-keys",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			b, done, err := o.read(cmd, args[0])
			if err != nil {
				return err
			}
			clear := s.reading(&b, s.pick("核验中", "verifying"))
			report, err := backup.Verify(cmd.Context(), temp, b)
			clear()
			return s.reportBackup(cmd, report, errors.Join(err, done()))
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&temp, "temp", "", "folder for temporary files (default: the system's)")
	return cmd
}

const restoreLong = `Put a node back from its backup: into an empty or absent folder, all or nothing.

The backup is proved first, by the checks of verify-backup, against a genesis or keys from
outside it. The folder is put together beside --dir and renamed at the end: a restore that
is interrupted leaves a folder *.restoring-* that can be deleted and does not start.

Stop the old machine for good before the restored one starts: two nodes with the same keys
are a fork. The restored node follows, and votes again by itself once every other node has
answered.`

func newRestore(s *settings) *cobra.Command {
	var o opening
	var dir string
	cmd := &cobra.Command{
		Use:     "restore FILE --dir DIR",
		Short:   "prove a backup and make a node's folder of it, all or nothing",
		Long:    restoreLong,
		Example: "  sandi restore tonight.sandi --dir /var/lib/sandi --key recovery.key --genesis genesis.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.keys == "" && o.genesis == "" {
				return usagef("give --genesis or --keys: a backup does not vouch for itself; any bureau's genesis.json is the same")
			}
			b, done, err := o.read(cmd, args[0])
			if err != nil {
				return err
			}
			clear := s.reading(&b, s.pick("恢复中", "restoring"))
			report, err := backup.Restore(cmd.Context(), dir, b)
			clear()
			if err := errors.Join(err, done()); err != nil {
				return notHolding(err)
			}
			if err := s.printBackup(cmd.OutOrStdout(), report); err != nil {
				return err
			}
			if s.output == "table" {
				s.afterRestore(cmd.OutOrStdout(), dir, report)
			}
			return nil
		},
	}
	o.flags(cmd)
	cmd.Flags().StringVar(&dir, "dir", "", "folder to make; must be empty or absent")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}

// afterRestore says what to do next.
func (s *settings) afterRestore(w io.Writer, dir string, r *backup.Report) {
	config := filepath.Join(dir, "sandi.yaml")
	if !node.HasKeys(r.Files) {
		fmt.Fprintf(w, s.pick("备份不含私钥：先把保险柜中的密钥按 %s 所列路径放好\n", "the backup holds no keys: put those of the safe where %s says\n"), config)
	}
	fmt.Fprintf(w, s.pick("确认旧机器已永久停用，然后: sandi serve -c %s\n节点先不表决，待其他节点全部应答后自动恢复（sandi status）\n",
		"make sure that the old machine never starts again, then: sandi serve -c %s\nit does not vote before every other node has answered; that ends by itself (sandi status)\n"), config)
}

// notHolding gives a backup that does not hold its exit code.
func notHolding(err error) error {
	if errors.Is(err, backup.ErrBad) {
		return &cli.Error{Code: exitVerify, Err: err}
	}
	return err
}

// reportBackup prints what was found and turns it into an exit code.
func (s *settings) reportBackup(cmd *cobra.Command, r *backup.Report, err error) error {
	if err != nil {
		return notHolding(err)
	}
	if err := s.printBackup(cmd.OutOrStdout(), r); err != nil {
		return err
	}
	if !r.Complete() {
		return &cli.Error{Code: exitDegraded}
	}
	return nil
}

// backupView is a report for people.
type backupView struct {
	*backup.Report
	pick func(zh, en string) string
}

func (s *settings) printBackup(w io.Writer, r *backup.Report) error {
	if s.output != "table" {
		return s.print(w, r)
	}
	return s.print(w, backupView{r, s.pick})
}

func (backupView) header() table.Row { return nil }

func (v backupView) rows() []table.Row {
	r, pick := v.Report, v.pick
	rows := []table.Row{
		{pick("节点", "node"), fmt.Sprintf("%s (%s), %s", r.Head.Node, r.Head.Name, r.Head.Created)},
		{pick("账本", "ledger"), fmt.Sprintf(pick("通过  %d 条，根 %s", "PASS  %d leaves, root %s"), r.Leaves, r.Root)},
		{pick("创世文件", "genesis"), v.mark(r.Trusted, r.Fingerprint, pick("指纹 ", "fingerprint "), pick("，备份自带；请用 --keys 或 --genesis 核对", ", its own; compare it with --keys or --genesis"))},
	}
	for _, n := range r.Notes {
		rows = append(rows, table.Row{pick("检查点", "checkpoint"), fmt.Sprintf(pick("通过  %d 条，%s，共签: %s", "PASS  %d leaves, %s, cosigned by %s"), n.Size, n.Grade, strings.Join(n.CosignedBy, " "))})
	}
	covered := fmt.Sprintf(pick("通过  全部 %d 条均在终局检查点之下", "PASS  all %d leaves lie under a final checkpoint"), r.Leaves)
	if r.Covered != r.Leaves {
		covered = fmt.Sprintf(pick("未定  终局检查点覆盖 %d / %d 条，其余仅有各局签名", "INDETERMINATE  a final checkpoint covers %d of %d leaves; the others have their bureaus' signatures alone"), r.Covered, r.Leaves)
	}
	rows = append(rows, table.Row{pick("覆盖", "covered"), covered})
	objects := fmt.Sprintf(pick("通过  %d 个对象，%s，逐一打开并与承诺一致", "PASS  %d objects, %s, each opened and as committed to"), r.Objects, megabytes(r.OpenedBytes))
	if !r.Opened {
		objects = fmt.Sprintf(pick("未定  %d 个对象；无保险库密钥，仅核对摘要（--vault-key）", "INDETERMINATE  %d objects; no vault key, digests only (--vault-key)"), r.Objects)
	}
	rows = append(rows, table.Row{pick("保险库", "vault"), objects})
	if r.Opened && !r.Old {
		rows = append(rows, table.Row{pick("共享数据", "data sets"), fmt.Sprintf(pick("通过  %d 个数据集，%d 行，逐行打开", "PASS  %d data sets, %d rows, each opened"), r.DataSets, r.DataRows)})
	}
	switch {
	case r.AccountsFault != "":
		rows = append(rows, table.Row{pick("本地账号", "accounts"), pick("未定  备份时已损坏: ", "INDETERMINATE  damaged when the backup was made: ") + r.AccountsFault})
	case r.Accounts != nil:
		rows = append(rows, table.Row{pick("本地账号", "accounts"), fmt.Sprintf(pick("通过  %d 个账号，管理员日志 %d 行相连", "PASS  %d accounts, %d lines of the administrators' log in a chain"), r.Accounts.Accounts, r.Accounts.Acts)})
	}
	if r.Old {
		rows = append(rows, table.Row{pick("旧格式", "old form"), pick("未定  不含共享数据集的行和本地账号：恢复后重新装载、重新建立账号，或从文件夹副本放回 accounts",
			"INDETERMINATE  without the rows of shared data sets and the local accounts: load and make them again, or put a copy of the folder accounts back")})
	}
	if len(r.Missing) > 0 {
		rows = append(rows, table.Row{pick("缺失", "missing"), fmt.Sprintf(pick("未定  %d 个对象在备份时已清除或已损坏，例如 %s", "INDETERMINATE  %d objects were purged meanwhile, or lost before, e.g. %s"), len(r.Missing), r.Missing[0])})
	}
	return append(rows, table.Row{pick("文件", "files"), strings.Join(r.Files, " ")})
}

// mark is PASS with a text, or INDETERMINATE with a hint.
func (v backupView) mark(ok bool, text, lead, hint string) string {
	if ok {
		return v.pick("通过  ", "PASS  ") + lead + text
	}
	return v.pick("未定  ", "INDETERMINATE  ") + lead + text + hint
}
