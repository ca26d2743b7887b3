package redraw

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/draw"
)

// Result is a conclusion.
type Result string

// The three conclusions: what was compared is the same, is not, or could not be.
const (
	Pass          Result = "PASS"
	Fail          Result = "FAIL"
	Indeterminate Result = "INDETERMINATE"
)

// Part is what a check compared.
type Part string

// The parts, in the order in which they are compared.
const (
	Pool          Part = "pool"
	Rule          Part = "rule"
	Contributions Part = "contributions"
	Seed          Part = "seed"
	Ranking       Part = "ranking"
	Selected      Part = "selected"
	Substitutions Part = "substitutions"
)

// Check is one comparison, in a sentence of each language.
type Check struct {
	Part   Part   `json:"part"`
	Result Result `json:"result"`
	ZH     string `json:"zh"`
	EN     string `json:"en"`
}

// Stratum is how a stratum came out.
type Stratum struct {
	Stratum  string   `json:"stratum"`
	Of       int      `json:"of"` // candidates that could be drawn
	Selected []string `json:"selected"`
	Next     []string `json:"next"` // the first reserves
}

// Report is what a redraw found.
type Report struct {
	Draw   string    `json:"draw"`
	Result Result    `json:"result"`
	Checks []Check   `json:"checks"`
	Strata []Stratum `json:"strata,omitempty"`

	Ranking *draw.Ranking `json:"-"` // as it was drawn again; nil when it could not be
}

// shownNext is how many reserves of a stratum a report shows.
const shownNext = 5

// redraw is one comparison in progress.
type redraw struct {
	Report
	d     *v1.Draw
	terms draw.Terms
	pool  *draw.Pool
	rule  *draw.Rule
	given []draw.Contribution
	held  *draw.Outcome
}

// Verify compares all parts, as far as each can be.
func Verify(d *v1.Draw) *Report {
	r := &redraw{Report: Report{Draw: d.ID, Checks: []Check{}}, d: d, terms: draw.Terms{Network: d.Network, Draw: d.ID}}
	steps := []func() bool{r.texts, r.contributions, r.seed, r.outcome, r.substitutions}
	for _, step := range steps {
		if !step() {
			break
		}
	}
	r.Result = Pass
	for _, c := range r.Checks {
		if c.Result == Fail || c.Result == Indeterminate && r.Result == Pass {
			r.Result = c.Result
		}
	}
	return &r.Report
}

func (r *redraw) say(part Part, result Result, zh, en string, args ...any) {
	r.Checks = append(r.Checks, Check{part, result, fmt.Sprintf(zh, args...), fmt.Sprintf(en, args...)})
}

// texts holds pool and rule against what was frozen and stated.
func (r *redraw) texts() bool {
	good := true
	for _, x := range []struct {
		part   Part
		from   v1.DrawPart
		digest *[32]byte
		read   func([]byte) error
		zh, en string
	}{
		{Pool, r.d.Pool, &r.terms.Pool, func(text []byte) (err error) { r.pool, err = draw.ParsePool(text); return err }, "名录", "the pool"},
		{Rule, r.d.Rule, &r.terms.Rule, func(text []byte) (err error) { r.rule, err = draw.ParseRule(text); return err }, "规则", "the rule"},
	} {
		frozen, err := hex.DecodeString(x.from.Digest)
		if err != nil || copy(x.digest[:], frozen) != len(x.digest) {
			r.say(x.part, Fail, "%[1]s的摘要无法读取。", "the digest of %[2]s cannot be read.", x.zh, x.en)
			good = false
			continue
		}
		if x.from.Text == "" {
			r.say(x.part, Indeterminate, "没有%[1]s的文本（摘要 %[3]s），无法重算。", "the text of %[2]s (digest %[3]s) is missing; it cannot be drawn again.", x.zh, x.en, x.from.Digest)
			good = false
			continue
		}
		text, err := draw.ParseText([]byte(x.from.Text))
		if err == nil {
			err = x.read([]byte(x.from.Text))
		}
		switch {
		case err != nil:
			r.say(x.part, Fail, "%[1]s无法读取：%[3]v。", "%[2]s cannot be read: %[3]v.", x.zh, x.en, err)
			good = false
		case text.Digest != *x.digest:
			r.say(x.part, Fail, "%[1]s不是冻结的那一份：摘要 %[3]x，冻结的是 %[4]x。", "%[2]s is not the one that was frozen: its digest is %[3]x, frozen was %[4]x.", x.zh, x.en, text.Digest, *x.digest)
			good = false
		case x.part == Pool:
			r.say(Pool, Pass, "名录即冻结的那一份（%[1]s）：%[2]d 个，排除 %[3]d 个。", "the pool is the one that was frozen (%s): %d candidates, %d of them excluded.", x.from.Digest, len(r.pool.Candidates), len(r.pool.Excluded()))
		default:
			r.say(Rule, Pass, "规则即冻结的那一份（%s）：抽取内容 %s，排除规则 %s。", "the rule is the one that was frozen (%s): what is drawn %s, exclusions by %s.", x.from.Digest, r.rule.Kind, r.rule.Exclusions)
		}
	}
	if !good {
		return false
	}
	if err := r.stated().Agrees(r.pool, r.rule); err != nil {
		r.say(Pool, Fail, "记录所载与名录、规则不一致：%v。", "the record says something else than pool and rule: %v.", draw.Cause(err))
		return false
	}
	return true
}

// stated is what the record says of pool and rule in clear.
func (r *redraw) stated() *draw.Record {
	rec := &draw.Record{
		ID: r.d.ID, Pool: r.terms.Pool, Rule: r.terms.Rule, Kind: r.d.Kind, ExclusionRule: r.d.ExclusionRule, Count: r.d.Count, Quota: r.d.Quota,
		Exclusions: map[string]string{},
	}
	for _, s := range r.d.Strata {
		rate, err := draw.BasisPointsOf(s.Rate)
		if err != nil {
			rate = -1 // agrees with no rule
		}
		rec.Strata = append(rec.Strata, draw.Quota{Stratum: s.Stratum, Number: s.Number, Rate: rate})
	}
	for _, e := range r.d.Exclusions {
		rec.Exclusions[e.ID] = e.Reason
	}
	return rec
}

// contributions holds each region's signature against its key.
func (r *redraw) contributions() bool {
	good := true
	for _, region := range r.d.Regions {
		if region.Contribution == "" {
			continue
		}
		public, keyErr := hex.DecodeString(region.Public)
		signature, err := hex.DecodeString(region.Contribution)
		c := draw.Contribution{Region: region.Region, Signature: signature}
		if keyErr != nil || err != nil || c.Check(r.terms, keyring.PublicKey{ID: region.Key, Use: keyring.UseDraw, Alg: keyring.BLS, Key: public}) != nil {
			r.say(Contributions, Fail, "%s 的贡献不是其抽取密钥 %s 对本次抽取的签名。", "the contribution of %s is not the signature of its draw key %s over this draw.", region.Region, region.Key)
			good = false
			continue
		}
		r.given = append(r.given, c)
		r.say(Contributions, Pass, "%s 的贡献是其抽取密钥 %s（%s）对本次抽取的唯一签名。", "the contribution of %s is the one signature of its draw key %s (%s) over this draw.", region.Region, region.Key, region.Public)
	}
	if len(r.d.Missing) > 0 {
		for _, region := range r.d.Missing {
			r.say(Contributions, Indeterminate, "%s 未提交贡献。", "%s has not contributed.", region)
		}
		good = false
	}
	return good
}

// seed holds the seed against the contributions.
func (r *redraw) seed() bool {
	if r.d.Outcome == nil {
		r.say(Ranking, Indeterminate, "尚无两个地区核对一致的结果。", "no two regions have confirmed an outcome.")
	}
	seed, err := draw.Seed(r.given)
	if err == nil {
		r.Ranking, err = draw.Rank(r.d.ID, r.pool, r.rule, seed)
	}
	if err != nil {
		r.say(Seed, Fail, "无法由贡献得出排序：%v。", "the contributions give no ranking: %v.", err)
		return false
	}
	for _, s := range r.Ranking.Strata {
		rest := s.Order[s.Selected:]
		r.Strata = append(r.Strata, Stratum{Stratum: s.Stratum, Of: len(s.Order), Selected: s.Order[:s.Selected], Next: rest[:min(len(rest), shownNext)]})
	}
	if r.d.Outcome == nil {
		return false
	}
	if r.d.Outcome.Seed != hex.EncodeToString(seed[:]) {
		r.say(Seed, Fail, "种子不同：重算得 %x，记录为 %s。", "another seed: %x comes out, the record says %s.", seed, r.d.Outcome.Seed)
		return false
	}
	r.say(Seed, Pass, "种子 %x 是按地区代码顺序对各方贡献取的 SHA-256。", "the seed %x is SHA-256 over the contributions in the order of region codes.", seed)
	return true
}

// outcome holds ranking, selected and reserves against the ranking.
func (r *redraw) outcome() bool {
	o := r.d.Outcome
	text, err := json.Marshal(map[string]any{draw.FieldRanking: o.Ranking, draw.FieldSelected: o.Selected, draw.FieldReserves: o.Reserves})
	var fields map[string]json.RawMessage
	if err == nil {
		err = json.Unmarshal(text, &fields)
	}
	if err == nil {
		r.held, err = draw.ReadOutcome(fields)
	}
	if err != nil {
		r.say(Ranking, Fail, "结果无法读取：%v。", "the outcome cannot be read: %v.", err)
		return false
	}
	own := r.Ranking.Digest()
	if r.held.Ranking != own {
		r.say(Ranking, Fail, "完整排序不同：重算得 %x，记录为 %x。", "another ranking: %x comes out, the record says %x.", own, r.held.Ranking)
		return false
	}
	r.say(Ranking, Pass, "完整排序一致（%x）。", "the full ranking is the same (%x).", own)
	if err := r.held.Holds(r.Ranking); err != nil {
		r.say(Selected, Fail, "抽中或者递补名单与排序不符：%v。", "selected or reserves do not follow from the ranking: %v.", draw.Cause(err))
		return false
	}
	r.say(Selected, Pass, "抽中 %d 个、列明的递补 %d 个均与排序一致。", "the %d selected and the %d reserves named follow from it.", len(r.held.Selected), len(r.held.Reserves))
	return true
}

// substitutions holds the places that fell vacant against the order of the reserves.
func (r *redraw) substitutions() bool {
	for i, t := range r.d.Taken {
		if i >= len(r.held.Reserves) || r.held.Reserves[i] != t.ID {
			r.say(Substitutions, Fail, "%s（%s）不是排序中的下一名。", "%s (%s) was not the next in rank.", t.ID, t.Record)
			return false
		}
	}
	if len(r.d.Taken) > 0 {
		ids := make([]string, len(r.d.Taken))
		for i, t := range r.d.Taken {
			ids[i] = t.ID + " → " + t.Record
		}
		r.say(Substitutions, Pass, "递补均为排序中的下一名：%v。", "every vacant place went to the next in rank: %v.", slices.Clip(ids))
		return true
	}
	r.say(Substitutions, Pass, "没有递补。", "no place has fallen vacant.")
	return true
}
