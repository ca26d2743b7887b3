package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/proficiency"
	"sandi.internal/gateway/node/cli"
)

// verdictWords are the verdicts as reports print them.
var verdictWords = map[proficiency.Verdict]string{
	proficiency.Satisfactory: "满意", proficiency.Questionable: "有问题", proficiency.Unsatisfactory: "不满意", proficiency.NoResult: "未提交",
}

func newPTReport(s *settings) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "report RECORD",
		Short: "the report of an evaluated round: text to print, or -o json",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			_, rec, r, err := s.round(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			out, err := r.Check()
			if err != nil {
				return &cli.Error{Code: exitVerify, Err: fmt.Errorf("no report of what does not come out again: %w", err)}
			}
			write := func(w io.Writer) error { return s.printText(w, out, roundReport(rec, out)) }
			if file == "" {
				return write(cmd.OutOrStdout())
			}
			return cli.WriteWhole(file, false, write)
		},
	}
	cmd.Flags().StringVarP(&file, "file", "f", "", "write to this file")
	return cmd
}

// roundReport is the report in plain text. It was computed again from the record just
// now; the laboratories stand under their codes.
func roundReport(rec v1.Record, out *proficiency.Outcome) string {
	var b strings.Builder
	fmt.Fprintf(&b, "能力验证结果报告\n%s  %s\n%s  seq %d  %s\n", plain(rec.Fields["title"]), plain(rec.Fields["round_no"]), rec.ID, rec.Seq, rec.Head)
	if rec.Synthetic {
		b.WriteString("演练 SYNTHETIC\n")
	}
	for _, e := range out.Evaluations {
		report := out.Reports[e.Measurand]
		fmt.Fprintf(&b, "\n项目 %s\n  指定值 x_pt %s   标准不确定度 u(x_pt) %s   能力评定标准差 σ_pt %s\n  方法 %s   评分 %s", e.Measurand, e.Assigned, e.Uncertainty, e.Sigma, report.Method, report.Score)
		if report.Robust != "" {
			fmt.Fprintf(&b, "   稳健标准差 s* %s（%d 次迭代）", report.Robust, report.Rounds)
		}
		if report.Few {
			b.WriteString("\n  注：参加者不足 18 家，公议值的不确定度大于 0.3 s*")
		}
		fmt.Fprintf(&b, "\n  满意 %d   有问题 %d   不满意 %d\n\n", report.Tally.Satisfactory, report.Tally.Questionable, report.Tally.Unsatisfactory)
		for _, score := range out.Scores {
			if score.Measurand != e.Measurand {
				continue
			}
			value := ""
			if i := slices.IndexFunc(report.Lines, func(l proficiency.Line) bool { return l.Lab == score.Lab }); i >= 0 {
				value = report.Lines[i].Value
			}
			fmt.Fprintf(&b, "  %s  %12s  %8s  %s\n", score.Lab[:min(len(score.Lab), 16)], value, score.Score, verdictWords[score.Verdict])
		}
	}
	return b.String()
}
