package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/proficiency"
	"sandi.internal/gateway/node/cli"
)

func newPT(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pt",
		Short: "proficiency testing: judge samples, seal and open results, evaluate, verify, report",
		Long: `A laboratory's result is sealed before the deadline (only a digest goes onto the
ledger) and opened after it; a result that is not what was sealed is refused. The
provider evaluates, any region computes again, and sandi-audit does so offline.`,
	}
	cmd.AddCommand(newPTSamples(s), newPTSeal(s), newPTOpen(s), newPTEvaluate(s), newPTVerify(s), newPTReport(s))
	return cmd
}

// maxSealedBytes bounds the file of one sealed result, maxGivenBytes that of values
// from outside.
const (
	maxSealedBytes = 64 << 10
	maxGivenBytes  = 1 << 20
)

// eventOf is the event, possible now, by which a field is stated: the law names it.
func eventOf(rec v1.Record, field string) (string, error) {
	i := slices.IndexFunc(rec.Options, func(o v1.Option) bool { return slices.Contains(o.Require, field) })
	if i < 0 {
		return "", fmt.Errorf("nothing can state %s of %s while it is %s", field, rec.ID, rec.State)
	}
	return rec.Options[i].Event, nil
}

// state makes the event happen by which a field is stated.
func (s *settings) state(cmd *cobra.Command, c *client.Client, rec v1.Record, field, role string, fields map[string]any) error {
	event, err := eventOf(rec, field)
	if err != nil {
		return err
	}
	data, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	receipt, err := c.Act(cmd.Context(), client.NewKey(), rec.ID, rec.Head, v1.ActRequest{Event: event, Role: role, Fields: data})
	if err != nil {
		return err
	}
	return s.answer(cmd, c, receipt)
}

// sealedFile is what a laboratory's bureau keeps until the deadline.
type sealedFile struct {
	Record string            `json:"record"`
	Digest string            `json:"digest"`
	Result proficiency.Shown `json:"result"`
}

func newPTSeal(s *settings) *cobra.Command {
	var f sealedFile
	var raw, out, role string
	cmd := &cobra.Command{
		Use:   "seal RECORD",
		Short: "seal a result: write it to a file, its digest onto the ledger",
		Long: `Writes the result with a random number to a file that only you can read, and states
its digest on the ledger. Keep the file: without it the result cannot be opened after
the deadline. There is one correction before the deadline: seal again.`,
		Example: "  sandi pt seal PT-110000-2025-000001 --lab 1111… --measurand Pb --value 0.482 --method 'GB 5009.12' \\\n      --tested-on 2025-04-01 --raw raw.pdf -f sealed-lab7-Pb.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if f.Record = args[0]; out == "" {
				return usagef("give -f FILE for the sealed result")
			}
			if err := f.complete(raw); err != nil {
				return err
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			rec, err := c.Record(cmd.Context(), f.Record, client.Read{})
			if err != nil {
				return err
			}
			if _, err := eventOf(rec, proficiency.FieldSeal); err != nil {
				return err
			}
			if err := cli.WriteWhole(out, false, func(w io.Writer) error { return writeJSON(w, f) }); err != nil {
				return err
			}
			seal := proficiency.Sealing{Lab: f.Result.Lab, Measurand: f.Result.Measurand, Digest: f.Digest}
			return s.state(cmd, c, rec, proficiency.FieldSeal, role, map[string]any{proficiency.FieldLab: seal.Lab, proficiency.FieldMeasurand: seal.Measurand, proficiency.FieldSeal: seal})
		},
	}
	fl := cmd.Flags()
	fl.StringVar(&f.Result.Lab, "lab", "", "digest of the laboratory's code, as it was enrolled (64 hex digits)")
	fl.StringVar(&f.Result.Measurand, "measurand", "", "its code in the announcement")
	fl.StringVar(&f.Result.Value, "value", "", "the result, at most 6 places")
	fl.StringVar(&f.Result.Expanded, "expanded", "", "expanded uncertainty U, if there is one")
	fl.StringVar(&f.Result.K, "k", "", "its coverage factor (default 2)")
	fl.StringVar(&f.Result.Method, "method", "", "method used")
	fl.IntVar(&f.Result.Repeats, "repeats", 1, "measurements behind the result")
	fl.StringVar(&f.Result.TestedOn, "tested-on", "", "day of the test, YYYY-MM-DD")
	fl.StringVar(&raw, "raw", "", "the raw record; its SHA-256 goes into the result")
	fl.StringVarP(&out, "file", "f", "", "where the sealed result is kept")
	fl.StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}

// complete brings the result into the form of the ledger, draws its random number and
// seals it.
func (f *sealedFile) complete(raw string) error {
	r := &f.Result
	var err error
	if r.Value, err = placed(r.Value, 6); err != nil {
		return usagef("--value: %v", err)
	}
	for _, x := range []struct {
		flag   string
		value  *string
		places int
	}{{"expanded", &r.Expanded, 6}, {"k", &r.K, 2}} {
		if *x.value == "" {
			continue
		}
		if *x.value, err = placed(*x.value, x.places); err != nil {
			return usagef("--%s: %v", x.flag, err)
		}
	}
	if raw == "" {
		return usagef("give --raw, the raw record behind the result")
	}
	data, err := readBounded(raw, 64<<20)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	r.RawHash = hex.EncodeToString(sum[:])
	var salt [32]byte
	rand.Read(salt[:])
	r.Salt = hex.EncodeToString(salt[:])
	text, err := json.Marshal(r)
	if err != nil {
		return err
	}
	var ok bool
	if f.Digest, ok = procedure.Sealed(text); !ok {
		return usagef("the result holds characters that no record may hold")
	}
	return nil
}

// placed is a decimal with exactly so many places; one that has more is not rounded.
func placed(text string, places int) (string, error) {
	n, err := proficiency.Parse(text)
	if err != nil {
		return "", err
	}
	out := proficiency.Format(n, places)
	again, err := proficiency.Parse(out)
	if err != nil || again.Cmp(n) != 0 {
		return "", fmt.Errorf("%s has more than %d places", text, places)
	}
	return out, nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

func newPTOpen(s *settings) *cobra.Command {
	var role string
	cmd := &cobra.Command{
		Use:   "open FILE",
		Short: "open a sealed result, after the deadline",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			data, err := readBounded(args[0], maxSealedBytes)
			if err != nil {
				return err
			}
			var f sealedFile
			if err := json.Unmarshal(data, &f); err != nil || f.Record == "" {
				return usagef("%s is no sealed result of sandi pt seal", args[0])
			}
			c, err := s.client()
			if err != nil {
				return err
			}
			rec, err := c.Record(cmd.Context(), f.Record, client.Read{})
			if err != nil {
				return err
			}
			return s.state(cmd, c, rec, proficiency.FieldOpening, role, map[string]any{
				proficiency.FieldLab: f.Result.Lab, proficiency.FieldMeasurand: f.Result.Measurand, proficiency.FieldOpening: f.Result,
			})
		},
	}
	cmd.Flags().StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}

// round reads a round from its record.
func (s *settings) round(ctx context.Context, id string) (*client.Client, v1.Record, *proficiency.Record, error) {
	c, err := s.client()
	if err != nil {
		return nil, v1.Record{}, nil, err
	}
	rec, err := c.Record(ctx, id, client.Read{})
	if err != nil {
		return nil, v1.Record{}, nil, err
	}
	r, err := proficiency.ReadRecord(rec.Fields)
	if err == nil && r == nil {
		err = fmt.Errorf("%s is no round with opened results", id)
	}
	return c, rec, r, err
}

// calculation puts what was computed into the bureau's vault and gives its commitment.
func calculation(ctx context.Context, c *client.Client, rec v1.Record, out *proficiency.Outcome) (string, error) {
	var b bytes.Buffer
	if err := writeJSON(&b, out); err != nil {
		return "", err
	}
	m, err := c.PutMaterial(ctx, client.NewKey(), rec.ID+".json", b.Bytes())
	return m.Commitment, err
}

type outcomeView struct{ *proficiency.Outcome }

func (v outcomeView) header() table.Row {
	return heads("measurand", "laboratory", "score", "verdict")
}

func (v outcomeView) rows() []table.Row {
	var rows []table.Row
	for _, e := range v.Evaluations {
		rows = append(rows, table.Row{e.Measurand, "x_pt " + e.Assigned + "  u " + e.Uncertainty + "  sigma " + e.Sigma, string(v.Reports[e.Measurand].Score), ""})
	}
	for _, sc := range v.Scores {
		rows = append(rows, table.Row{sc.Measurand, sc.Lab, sc.Score, word(sc.Verdict + "|score")})
	}
	return rows
}

func newPTEvaluate(s *settings) *cobra.Command {
	var given, remark, role string
	var submit bool
	cmd := &cobra.Command{
		Use:   "evaluate RECORD",
		Short: "compute assigned values, scores and verdicts; --submit states them",
		Long: `Computes from the opened results what the round's own rules ask for: a consensus by
Algorithm A (refused when s* is 0), or the values in --given, a JSON list of
{"measurand", "assigned_value", "u_assigned", "sigma_pt"} for what comes from outside.
z' takes the place of z when u(x_pt) is above 0.3 sigma.`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, rec, r, err := s.round(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			var outside []proficiency.Evaluation
			if given != "" {
				data, err := readBounded(given, maxGivenBytes)
				if err != nil {
					return err
				}
				if err := json.Unmarshal(data, &outside); err != nil {
					return usagef("--given %s is no JSON list of values", given)
				}
			}
			out, err := r.Compute(outside)
			if err != nil {
				return err
			}
			if !submit {
				return s.print(cmd.OutOrStdout(), outcomeView{out})
			}
			commitment, err := calculation(cmd.Context(), c, rec, out)
			if err != nil {
				return err
			}
			return s.state(cmd, c, rec, proficiency.FieldEvaluations, role, map[string]any{
				proficiency.FieldEvaluations: out.Evaluations, proficiency.FieldScores: out.Scores, proficiency.FieldRemark: remark, proficiency.FieldCalculation: commitment,
			})
		},
	}
	f := cmd.Flags()
	f.StringVar(&given, "given", "", "values that do not come from the participants, JSON")
	f.StringVar(&remark, "collusion-check", "未见异常", "what the check for collusion found")
	f.BoolVar(&submit, "submit", false, "state the figures on the ledger")
	f.StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}

func newPTVerify(s *settings) *cobra.Command {
	var submit bool
	var role string
	cmd := &cobra.Command{
		Use:   "verify RECORD",
		Short: "compute an evaluated round again; exit 3 when the record says otherwise",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, rec, r, err := s.round(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			if len(r.Evaluations) == 0 {
				return fmt.Errorf("%s is not evaluated yet", rec.ID)
			}
			out, differs := r.Check()
			if differs != nil && (out == nil || !errors.Is(differs, proficiency.ErrDiffers)) {
				return &cli.Error{Code: exitVerify, Err: differs}
			}
			if submit {
				commitment, err := calculation(cmd.Context(), c, rec, out)
				if err != nil {
					return err
				}
				err = s.state(cmd, c, rec, proficiency.FieldAgrees, role, map[string]any{proficiency.FieldAgrees: differs == nil, proficiency.FieldRecomputed: commitment})
				if err != nil {
					return err
				}
			}
			if differs != nil {
				return &cli.Error{Code: exitVerify, Err: differs}
			}
			if !submit {
				fmt.Fprintln(cmd.OutOrStdout(), s.pick(fmt.Sprintf("复算一致：%d 个项目，%d 个分数", len(out.Evaluations), len(out.Scores)),
					fmt.Sprintf("comes out again: %d measurands, %d scores", len(out.Evaluations), len(out.Scores))))
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&submit, "submit", false, "state on the ledger whether it agrees")
	cmd.Flags().StringVar(&role, "role", "", "office role to act in; needed when the token holds several")
	return cmd
}
