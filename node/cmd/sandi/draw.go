package main

import (
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/node/cli"
)

func newDraw(s *settings) *cobra.Command {
	cmd := &cobra.Command{
		Use: "draw", Short: "verifiable draws: make a pool, freeze it, draw again, verify",
		Long: `A draw freezes who may be drawn (the pool) and how many (the rule); each region's
node then contributes one signature that nobody can choose, and everybody can draw
again from the three and must come to the same ranking.

  sandi draw pool labs.csv -f labs.pool        who may be drawn, and who not, and why
  sandi draw rule --kind target --exclusions PC-1 --quota A=1 --quota B=10% -f labs.rule
  sandi draw freeze DR-110000-2025-000001 --pool labs.pool --rule labs.rule
  sandi draw verify DR-110000-2025-000001      once it is sealed`,
	}
	cmd.AddCommand(newDrawPool(s), newDrawRule(s), newDrawCheck(s), newDrawPut(s), newDrawFreeze(s), newDrawGet(s), newDrawRank(s), newDrawVerify(s))
	return cmd
}

// newDrawPool makes a pool of a table.
func newDrawPool(s *settings) *cobra.Command {
	var file, stratum string
	var force bool
	cmd := &cobra.Command{
		Use:   "pool FILE",
		Short: "make a pool of a table, or of a search of the expert pool",
		Long: `Make a pool (sandi-pool/1) of a CSV table with the columns stratum, id and, for
those who may not be drawn, excluded: the code of the reason, such as
same_employer or visited. Ids are credit codes or ids of expert records; a pool
holds nothing of a person. Equal tables give equal pools, whatever their order.

With --stratum, FILE is what sandi expert search --excluded -o json printed: all that
it found are candidates of that stratum, and who must stay away is excluded with the
reason. Who is merely busy, suspended or out of term is left out.`,
		Example: `  sandi draw pool labs.csv -f labs.pool
  sandi expert search --field eco_environment --without-conflict-with 91130108XXXX00043G --excluded -o json > found.json
  sandi draw pool found.json --stratum eco_environment -f experts.pool`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			read := readCandidates
			if stratum != "" {
				read = func(path string) ([]draw.Candidate, error) { return readSearch(path, stratum) }
			}
			list, err := read(args[0])
			if err != nil {
				return err
			}
			pool, err := draw.NewPool(list)
			if err != nil {
				return err
			}
			return s.keepText(cmd, file, force, pool.Marshal())
		},
	}
	cmd.Flags().StringVar(&stratum, "stratum", "", "FILE is a search of the expert pool; the stratum of all that it found")
	cmd.Flags().StringVarP(&file, "file", "f", "", "file to write (default: standard output)")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite a file that is there")
	return cmd
}

// readSearch reads candidates from a search of the expert pool. Who must stay away is
// excluded; who is not available is no candidate.
func readSearch(path, stratum string) ([]draw.Candidate, error) {
	data, err := readUpTo(path, draw.MaxFile)
	if err != nil {
		return nil, err
	}
	var found v1.PoolSearch
	if err := json.Unmarshal(data, &found); err != nil || found.Pool == "" {
		return nil, fmt.Errorf("%s is no search of the expert pool; sandi expert search --excluded -o json prints one", path)
	}
	if found.Free > len(found.Items) || found.Out > len(found.Excluded) {
		return nil, fmt.Errorf("%s shows %d of %d, and %d of %d who are excluded: a pool needs all; search again with --excluded and a higher --limit",
			path, len(found.Items), found.Free, len(found.Excluded), found.Out)
	}
	var list []draw.Candidate
	for _, m := range found.Items {
		list = append(list, draw.Candidate{ID: m.Record, Stratum: stratum})
	}
	for _, m := range found.Excluded {
		if i := slices.IndexFunc(m.Reasons, func(r v1.PoolReason) bool { return r.Recusal }); i >= 0 {
			list = append(list, draw.Candidate{ID: m.Record, Stratum: stratum, Excluded: m.Reasons[i].Code})
		}
	}
	return list, nil
}

// readCandidates reads a table of candidates.
func readCandidates(path string) ([]draw.Candidate, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the table: %w", err)
	}
	defer in.Close()
	r := csv.NewReader(in)
	r.TrimLeadingSpace = true
	head, err := r.Read()
	if err != nil {
		return nil, fmt.Errorf("couldn't read the table's first line: %w", err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	stratum, id, excluded := slices.Index(head, "stratum"), slices.Index(head, "id"), slices.Index(head, "excluded")
	if stratum < 0 || id < 0 {
		return nil, errors.New("the table's first line has to name the columns stratum and id, and excluded where somebody is")
	}
	var list []draw.Candidate
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read the table: %w", err)
		}
		c := draw.Candidate{Stratum: row[stratum], ID: row[id]}
		if excluded >= 0 {
			c.Excluded = row[excluded]
		}
		list = append(list, c)
	}
}

// newDrawRule makes a rule of flags.
func newDrawRule(s *settings) *cobra.Command {
	var kind, exclusions, file string
	var quotas []string
	var force bool
	cmd := &cobra.Command{
		Use:   "rule",
		Short: "make a rule: how many of each stratum",
		Long: `Make a rule (sandi-draw-rule/1): for each stratum a number, or a rate of those
who may be drawn, rounded up.`,
		Example: "  sandi draw rule --kind target --exclusions PC-2025-1 --quota A=1 --quota B=2 --quota CD=2.5% -f labs.rule",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var list []draw.Quota
			for _, text := range quotas {
				q, err := quotaOf(text)
				if err != nil {
					return err
				}
				list = append(list, q)
			}
			rule, err := draw.NewRule(kind, exclusions, list)
			if err != nil {
				return usagef("%v", err)
			}
			return s.keepText(cmd, file, force, rule.Marshal())
		},
	}
	f := cmd.Flags()
	f.StringVar(&kind, "kind", "", "what is drawn, as the record says: target, expert or order_of_batches")
	f.StringVar(&exclusions, "exclusions", "", "version of the rules by which candidates were excluded")
	f.StringArrayVar(&quotas, "quota", nil, "STRATUM=NUMBER or STRATUM=RATE%; once for each stratum")
	f.StringVarP(&file, "file", "f", "", "file to write (default: standard output)")
	f.BoolVar(&force, "force", false, "overwrite a file that is there")
	for _, name := range []string{"kind", "exclusions", "quota"} {
		_ = cmd.MarkFlagRequired(name)
	}
	return cmd
}

// quotaOf reads A=3 or A=2.5%.
func quotaOf(text string) (draw.Quota, error) {
	stratum, value, ok := strings.Cut(text, "=")
	if !ok {
		return draw.Quota{}, usagef("--quota %s: give STRATUM=NUMBER or STRATUM=RATE%%", text)
	}
	q := draw.Quota{Stratum: stratum}
	var err error
	if rate, isRate := strings.CutSuffix(value, "%"); isRate {
		whole, places, _ := strings.Cut(rate, ".")
		q.Rate, err = draw.BasisPointsOf(whole + "." + (places + "00")[:max(2, len(places))])
	} else {
		q.Number, err = strconv.Atoi(value)
	}
	if err != nil {
		return draw.Quota{}, usagef("--quota %s: %s is neither a whole number nor a rate with at most two places", text, value)
	}
	return q, nil
}

// textView is what a pool or a rule holds.
type textView struct {
	Kind       string         `json:"kind"`
	Digest     string         `json:"digest"`
	Candidates int            `json:"candidates,omitempty"`
	Strata     map[string]int `json:"strata,omitempty"` // of a pool, those who may be drawn
	Excluded   map[string]int `json:"excluded,omitempty"`
	Draws      string         `json:"draws,omitempty"`
	Exclusions string         `json:"exclusions,omitempty"`
	Quotas     []string       `json:"quotas,omitempty"`

	pick func(zh, en string) string
}

func (v textView) header() table.Row { return nil }

func (v textView) rows() []table.Row {
	if v.Kind == "pool" {
		rows := []table.Row{{v.pick("名录", "pool"), v.Digest}, {v.pick("数量", "candidates"), v.Candidates}}
		for _, name := range sortedKeys(v.Strata) {
			rows = append(rows, table.Row{v.pick("  层 ", "  stratum ") + name, fmt.Sprintf(v.pick("%d 个可抽", "%d may be drawn"), v.Strata[name])})
		}
		for _, name := range sortedKeys(v.Excluded) {
			rows = append(rows, table.Row{v.pick("  排除 ", "  excluded for ") + name, v.Excluded[name]})
		}
		return rows
	}
	rows := []table.Row{
		{v.pick("规则", "rule"), v.Digest},
		{v.pick("抽取内容", "what is drawn"), v.Draws},
		{v.pick("排除规则", "exclusions by"), v.Exclusions},
	}
	for _, q := range v.Quotas {
		rows = append(rows, table.Row{v.pick("  名额", "  quota"), q})
	}
	return rows
}

// viewText is the view of a text.
func (s *settings) viewText(t draw.Text) textView {
	v := textView{Kind: "rule", Digest: hex.EncodeToString(t.Digest[:]), pick: s.pick}
	if t.Rule != nil {
		v.Draws, v.Exclusions = t.Rule.Kind, t.Rule.Exclusions
		for _, q := range t.Rule.Quotas {
			value := strconv.Itoa(q.Number)
			if q.Rate > 0 {
				value = draw.Percent(q.Rate) + "%"
			}
			v.Quotas = append(v.Quotas, q.Stratum+"="+value)
		}
		return v
	}
	v.Kind, v.Candidates, v.Strata, v.Excluded = "pool", len(t.Pool.Candidates), map[string]int{}, map[string]int{}
	for _, c := range t.Pool.Candidates {
		if c.Excluded != "" {
			v.Excluded[c.Excluded]++
			continue
		}
		v.Strata[c.Stratum]++
	}
	return v
}

func newDrawCheck(s *settings) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "look a pool or a rule over: its digest, strata, exclusions",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			t, _, err := readText(args[0])
			if err != nil {
				return err
			}
			return s.print(cmd.OutOrStdout(), s.viewText(t))
		},
	}
}

// readText reads a pool or a rule from a file.
func readText(path string) (draw.Text, []byte, error) {
	data, err := readUpTo(path, draw.MaxFile)
	if err != nil {
		return draw.Text{}, nil, err
	}
	t, err := draw.ParseText(data)
	if err != nil {
		return draw.Text{}, nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, data, nil
}

// readUpTo reads a file that is not larger than it may be.
func readUpTo(path string, most int64) ([]byte, error) {
	in, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	data, err := io.ReadAll(io.LimitReader(in, most+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s: %w", path, err)
	}
	if int64(len(data)) > most {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, most)
	}
	return data, nil
}

// readPair reads a pool and a rule.
func readPair(poolFile, ruleFile string) (pool, rule draw.Text, texts [][]byte, err error) {
	pool, poolText, err := readText(poolFile)
	if err == nil && pool.Pool == nil {
		err = fmt.Errorf("%s is a rule, not a pool", poolFile)
	}
	if err != nil {
		return pool, rule, nil, err
	}
	rule, ruleText, err := readText(ruleFile)
	if err == nil && rule.Rule == nil {
		err = fmt.Errorf("%s is a pool, not a rule", ruleFile)
	}
	return pool, rule, [][]byte{poolText, ruleText}, err
}

// keepText writes a text to a file or to the standard output.
func (s *settings) keepText(cmd *cobra.Command, file string, force bool, text []byte) error {
	if file == "" {
		_, err := cmd.OutOrStdout().Write(text)
		return err
	}
	err := cli.WriteWhole(file, force, func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
	if errors.Is(err, cli.ErrExists) {
		return fmt.Errorf("%w; give --force to overwrite it", err)
	}
	if err != nil {
		return err
	}
	t, err := draw.ParseText(text)
	if err != nil {
		return nil // a ranking
	}
	return s.print(cmd.OutOrStdout(), s.viewText(t))
}

// freezing are the fields of an act that freezes a pool and a rule.
func freezing(pool *draw.Pool, rule *draw.Rule, more map[string]any) (json.RawMessage, error) {
	fields, err := draw.Frozen(pool, rule)
	if err != nil {
		return nil, err
	}
	maps.Copy(fields, more)
	return json.Marshal(fields)
}
