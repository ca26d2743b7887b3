package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/proficiency"
	"sandi.internal/gateway/node/cli"
)

type fitnessView []proficiency.Fitness

func (v fitnessView) header() table.Row {
	return heads("measurand", "0.3 sigma", "s_s", "s_w", "homogeneous", "difference", "stable")
}

func (v fitnessView) rows() []table.Row {
	var rows []table.Row
	for _, f := range v {
		rows = append(rows, table.Row{f.Measurand, f.Limit, f.Between, f.Within, f.Homogeneous, f.Difference, f.Stable})
	}
	return rows
}

// fit reports whether all samples are homogeneous, and whether all are stable.
func (v fitnessView) fit() (homogeneous, stable bool) {
	return !slices.ContainsFunc(v, func(f proficiency.Fitness) bool { return !f.Homogeneous }),
		!slices.ContainsFunc(v, func(f proficiency.Fitness) bool { return !f.Stable })
}

func newPTSamples(s *settings) *cobra.Command {
	var submit bool
	var role string
	cmd := &cobra.Command{
		Use:   "samples RECORD FILE",
		Short: "judge whether the samples are homogeneous and stable; exit 3 when they are not",
		Long: `FILE is a JSON list, one entry for each measurand that the record announces:

  [{"measurand": "Pb", "sigma_pt": "0.05",
    "pairs":  [["1.00","1.02"], …],          each sample measured twice, 7 samples or more
    "before": ["1.00","1.02"], "after": ["1.02","1.03"]}]

Homogeneous: s_s at most 0.3 sigma_pt. Stable: the means before and after differ by at
most 0.3 sigma_pt (ISO 13528 annex B, GB/T 28043). With --submit measurements and figures
go into the bureau's vault, commitments and verdicts onto the ledger; samples that are
not fit are not submitted, since the law lets nobody send them.`,
		Example: "  sandi pt samples PT-110000-2025-000001 samples.json --submit",
		Args:    cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readBounded(args[1], maxGivenBytes)
			if err != nil {
				return err
			}
			var list []proficiency.Samples
			if err := json.Unmarshal(data, &list); err != nil {
				return usagef("%s is no JSON list of measured samples (see --help)", args[1])
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			rec, err := c.Record(cmd.Context(), args[0], client.Read{})
			if err != nil {
				return err
			}
			found, err := proficiency.JudgeSamples(rec.Fields, list)
			if err != nil {
				return err
			}
			homogeneous, stable := fitnessView(found).fit()
			if fit := homogeneous && stable; !fit || !submit {
				if err := s.print(cmd.OutOrStdout(), fitnessView(found)); err != nil || fit {
					return err
				}
				return &cli.Error{Code: exitVerify, Err: errors.New(s.pick("样品均匀性或者稳定性不合要求，不得发样", "the samples are not homogeneous or not stable: they must not be sent"))}
			}
			var report bytes.Buffer // one for both: what was measured and what came out
			if err := writeJSON(&report, map[string]any{"measured": list, "found": found}); err != nil {
				return err
			}
			m, err := c.PutMaterial(cmd.Context(), client.NewKey(), rec.ID+"-samples.json", report.Bytes())
			if err != nil {
				return err
			}
			return s.state(cmd, c, rec, proficiency.FieldHomogeneous, role, map[string]any{
				proficiency.FieldHomogeneous: homogeneous, proficiency.FieldStable: stable,
				proficiency.FieldHomogeneityReport: m.Commitment, proficiency.FieldStabilityReport: m.Commitment,
			})
		},
	}
	cmd.Flags().BoolVar(&submit, "submit", false, "state on the ledger that they are fit")
	cmd.Flags().StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}
