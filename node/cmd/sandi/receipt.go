package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
	"sandi.internal/gateway/node/cli"
)

func newReceipt(s *settings) *cobra.Command {
	cmd := &cobra.Command{Use: "receipt", Short: "receipts: proof that a statement took effect"}
	cmd.AddCommand(newReceiptGet(s))
	return cmd
}

// receiptOrder is what `receipt get` was told.
type receiptOrder struct {
	file, entry, keys string
	wait              string
	patience          time.Duration
	tlogProof, force  bool
}

func newReceiptGet(s *settings) *cobra.Command {
	var o receiptOrder
	cmd := &cobra.Command{
		Use:   "get STATEMENT",
		Short: "fetch a statement's receipt, verify it, and keep it",
		Long: `Fetch the receipt of a statement of this bureau, verify it, and only then write
it. With --keys (the file that every bureau gave out) the signatures are
verified too; without it only that entry, proof and checkpoint agree.`,
		Example: `  ID=01K9Z8Q6X5W4V3T2S1R0QPNMKJ   # record act prints it; record history -o json
  sandi receipt get $ID --wait final --keys auditor-keys -f receipt.json
  sandi receipt get $ID --tlog-proof -f receipt.tlog-proof --entry entry.json`,
		Args: cobra.ExactArgs(1), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error { return s.getReceipt(cmd, args[0], o) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.file, "file", "f", "", "file to write (default: standard output)")
	f.StringVar(&o.entry, "entry", "", "file for the entry's bytes, which a .tlog-proof does not hold")
	f.BoolVar(&o.tlogProof, "tlog-proof", false, "write the proof alone, for tools that others wrote (c2sp.org/tlog-proof@v1)")
	f.StringVar(&o.wait, "wait", "", "wait for a checkpoint that is published or final")
	f.DurationVar(&o.patience, "patience", 2*time.Minute, "how long to wait with --wait")
	f.BoolVar(&o.force, "force", false, "overwrite files that are there")
	keysFlag(cmd, &o.keys)
	complete(cmd, "wait", string(checkpoint.GradePublished), string(checkpoint.GradeFinal))
	return cmd
}

func (s *settings) getReceipt(cmd *cobra.Command, id string, o receiptOrder) error {
	if statement.CheckID(id) != nil {
		return usagef("%s is no statement id: it has 26 capitals and digits (sandi record history RECORD -o json lists them)", id)
	}
	if o.wait != "" && o.wait != string(checkpoint.GradePublished) && o.wait != string(checkpoint.GradeFinal) {
		return usagef("--wait %s: give published or final", o.wait)
	}
	var keys *checkpoint.KeyFile
	var err error
	if o.keys != "" {
		if keys, err = readKeys(o.keys); err != nil {
			return err
		}
	}
	c, err := s.client()
	if err != nil {
		return err
	}
	r, err := s.fetchReceipt(cmd.Context(), c, id, o)
	if err != nil {
		return err
	}
	view, err := judgeReceipt(r, id, keys)
	if err != nil {
		return &cli.Error{Code: exitVerify, Err: fmt.Errorf("the node's receipt is false, nothing was written: %w", err)}
	}
	return s.keepReceipt(cmd, r, view, o)
}

// fetchReceipt asks for the JSON form in any case: it holds all that the other
// one needs to be verified.
func (s *settings) fetchReceipt(ctx context.Context, c *client.Client, id string, o receiptOrder) (*checkpoint.Receipt, error) {
	ask := client.ReceiptOptions{Final: o.wait == string(checkpoint.GradeFinal)}
	if o.wait != "" {
		ask.Wait = o.patience
	}
	raw, known, err := c.Receipt(ctx, id, ask)
	if isCode(err, problem.NotFound) {
		return nil, fmt.Errorf(s.pick("%w: 本局没有编号为 %s 的声明", "%w: this bureau has made no statement %s"), err, id)
	}
	if err != nil {
		return nil, err
	}
	if raw == nil && o.wait != "" {
		return nil, &cli.Error{Code: exitDegraded, Err: fmt.Errorf(s.pick(
			"等待 %[3]s 后，声明 %[1]s（%[2]s）仍无 %[4]s 检查点覆盖；请查 sandi status", "statement %s is %s, and after %s no %s checkpoint covers it; see sandi status"),
			id, known.Status, o.patience, o.wait)}
	}
	if raw == nil {
		return nil, &cli.Error{Code: exitDegraded, Err: fmt.Errorf(s.pick(
			"声明 %s（%s）尚无检查点覆盖；请加 --wait final", "statement %s is %s, and no checkpoint covers it yet; give --wait final"), id, known.Status)}
	}
	r, err := checkpoint.ParseReceipt(raw)
	if err != nil {
		return nil, &cli.Error{Code: exitVerify, Err: fmt.Errorf("the node's answer is no receipt: %w", err)}
	}
	return r, nil
}

// judgedReceipt is what `receipt get` tells of a receipt.
type judgedReceipt struct {
	Statement  string   `json:"statement"`
	Record     string   `json:"record,omitempty"`
	Index      uint64   `json:"index"`
	Size       uint64   `json:"size"`
	Grade      string   `json:"grade"`
	Verified   bool     `json:"signatures_verified"`
	CosignedBy []string `json:"cosigned_by,omitempty"` // only those that were verified
	File       string   `json:"file,omitempty"`
	lang       string
}

// judgeReceipt takes nothing on the node's word: without keys it sees that the
// parts agree, with keys also who signed.
func judgeReceipt(r *checkpoint.Receipt, id string, keys *checkpoint.KeyFile) (judgedReceipt, error) {
	v := judgedReceipt{Statement: id, Index: r.Index, Size: r.Size, Grade: string(r.Grade)}
	st, err := statement.Parse([]byte(r.Statement))
	if err != nil {
		return v, err
	}
	if st.ID != id {
		return v, fmt.Errorf("it is of statement %s", st.ID)
	}
	v.Record = st.Record
	if keys == nil {
		_, err := r.Agree()
		return v, err
	}
	if r.Network != keys.Network() {
		return v, errors.New("it is of another network than the key file")
	}
	grade, err := r.Verify(keys.Keys(), keys.Policy())
	if err != nil {
		return v, err
	}
	note, err := keys.Keys().Open(r.Checkpoint)
	if err != nil {
		return v, err
	}
	v.Grade, v.Verified, v.CosignedBy = string(grade), true, note.CosignedBy()
	return v, nil
}

// keepReceipt writes what was verified and tells of it; what it tells goes to
// standard error when the receipt itself goes to standard output.
func (s *settings) keepReceipt(cmd *cobra.Command, r *checkpoint.Receipt, v judgedReceipt, o receiptOrder) error {
	body := r.Marshal()
	if o.tlogProof {
		body = r.TlogProof()
	}
	if o.entry != "" {
		if err := s.writeWhole(o.entry, o.force, bytesOf(r.Leaf)); err != nil {
			return err
		}
	}
	if o.file == "" {
		if _, err := cmd.OutOrStdout().Write(body); err != nil {
			return err
		}
		fmt.Fprintln(cmd.ErrOrStderr(), s.receiptLine(v))
		return nil
	}
	if err := s.writeWhole(o.file, o.force, bytesOf(body)); err != nil {
		return err
	}
	v.File, v.lang = o.file, s.lang
	return s.print(cmd.OutOrStdout(), v)
}

// isCode reports whether a door refused with a code.
func isCode(err error, code string) bool {
	var p *problem.Problem
	return errors.As(err, &p) && p.Code == code
}

// gradeName is a checkpoint's grade for people.
func (s *settings) gradeName(grade string) string {
	name := map[string]string{
		string(checkpoint.GradeCommitted): "已入账", string(checkpoint.GradePublished): "已公布", string(checkpoint.GradeFinal): "最终",
	}[grade]
	if name == "" {
		name = grade
	}
	return s.pick(name, grade)
}

func (s *settings) receiptLine(v judgedReceipt) string {
	if !v.Verified {
		return fmt.Sprintf(s.pick("第 %d 条，%s（节点自称；未核验签名，请加 --keys）", "entry %d, %s as the node says: no signature was verified, give --keys"), v.Index, s.gradeName(v.Grade))
	}
	return fmt.Sprintf(s.pick("已核验: 第 %d 条，%s，由 %s 共同签署", "verified: entry %d, %s, cosigned by %s"), v.Index, s.gradeName(v.Grade), strings.Join(v.CosignedBy, " "))
}

func (judgedReceipt) header() table.Row { return nil }

func (v judgedReceipt) rows() []table.Row {
	s := &settings{lang: v.lang}
	pick, grade := s.pick, s.gradeName(v.Grade)
	by := strings.Join(v.CosignedBy, " ")
	if !v.Verified {
		grade += pick("（节点自称）", " (as the node says)")
		by = pick("未核验签名，请加 --keys", "no signature was verified: give --keys")
	}
	rows := []table.Row{{pick("声明", "statement"), v.Statement}}
	if v.Record != "" {
		rows = append(rows, table.Row{pick("记录", "record"), v.Record})
	}
	return append(rows,
		table.Row{pick("账上位置", "entry"), fmt.Sprintf(pick("第 %d 条，检查点共 %d 条", "%d, under a checkpoint of %d"), v.Index, v.Size)},
		table.Row{pick("等级", "grade"), grade},
		table.Row{pick("共同签署", "cosigned by"), by},
		table.Row{pick("文件", "file"), v.File},
	)
}

func bytesOf(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// writeWhole is cli.WriteWhole that says how to overwrite.
func (s *settings) writeWhole(path string, force bool, write func(io.Writer) error) error {
	err := cli.WriteWhole(path, force, write)
	if errors.Is(err, cli.ErrExists) {
		return fmt.Errorf(s.pick("%s 已存在；请另选 -f，或加 --force 覆盖", "%s is there already; choose another -f, or give --force to overwrite it"), path)
	}
	return err
}
