package audit

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/bundle"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
)

// draws are the draws of a whole log.
type draws struct {
	good   []drawn
	open   []undrawn         // without an outcome
	closed []string          // records whose pool and rule are not in the bundle
	files  map[string]string // file by record, of those that are not used yet
	taken  int               // reserves that have taken a vacant place, or were passed over
	// holder is the record in which a reserve of a draw has; "" when none.
	holder func(draw, reserve string) (string, error)
}

// drawn is a draw that came out again.
type drawn struct {
	id       string
	pool     int // candidates, those excluded included
	excluded int
	selected int
}

// undrawn is a draw without an outcome: it runs still, or is void.
type undrawn struct {
	id      string
	missing []string // regions that have not contributed
}

// drawFile is what a bundle has of a draw (bundle.FormatDraw).
type drawFile struct {
	Format string `json:"format"`
	Draw   string `json:"draw"`
	Pool   string `json:"pool"`
	Rule   string `json:"rule"`
}

// maxDrawFile: a pool, its escapes, and a rule.
const maxDrawFile = 20 << 20

// draw recomputes one record, if it is a draw that has an outcome. That every
// contribution is the region's only one, and the seed that of the contributions,
// the rules have judged.
func (w *walk) draw(r *procedure.Record) error {
	if r.Fields[draw.FieldPool] == nil || r.Fields[draw.FieldRule] == nil {
		return nil
	}
	if r.Fields[draw.FieldDenied] != nil {
		w.report.Summary.RefusedDraws++
	}
	if r.Fields[draw.FieldRanking] == nil {
		w.draws.open = append(w.draws.open, undrawn{r.ID, missing(r)})
		return nil
	}
	name := bundle.DrawName(r.ID)
	if !w.bundle.Has(name) {
		w.draws.closed = append(w.draws.closed, r.ID)
		return nil
	}
	if w.draws.files == nil {
		w.draws.files = make(map[string]string)
	}
	w.draws.files[name] = r.ID
	d, outcome, err := redraw(r, w.read(name))
	if err == nil {
		var refused string
		if refused, err = w.substitutions(r.ID, outcome); err != nil {
			return err
		}
		if refused != "" {
			err = fmt.Errorf("%s took a vacant place before its turn", refused)
		}
	}
	if err != nil {
		at := outcomeOf(r)
		w.add(Finding{
			Check: CheckDraws, Result: Fail, Code: CodeDraws, Entry: &at, File: name,
			Text: say("抽取 %[2]s 重算结果与第 %[1]d 条不符: %[3]v。", "draw %[2]s does not come out as entry %[1]d says: %[3]v.", at, r.ID, err),
		})
		return nil
	}
	w.draws.good = append(w.draws.good, d)
	return nil
}

// missing are the parties' regions that have not contributed to a draw.
func missing(r *procedure.Record) []string {
	rec, err := draw.ReadRecord(r.ID, r.Fields)
	if err != nil || rec == nil {
		return nil
	}
	var regions []string
	for _, p := range r.Parties {
		if !slices.ContainsFunc(rec.Contributions, func(c draw.Contribution) bool { return c.Region == p.Region }) {
			regions = append(regions, p.Region)
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions)
}

// outcomeOf is the entry that stated a draw's outcome.
func outcomeOf(r *procedure.Record) uint64 {
	for _, a := range slices.Backward(r.Acts) {
		if slices.Contains(a.Fields, draw.FieldRanking) {
			return a.Seq
		}
	}
	return 0
}

// redraw draws again from pool and rule, and holds what the record says against
// it.
func redraw(r *procedure.Record, file []byte) (drawn, *draw.Outcome, error) {
	var f drawFile
	if err := strict.Decode(file, maxDrawFile, 2, &f); err != nil || f.Format != bundle.FormatDraw || f.Draw != r.ID {
		return drawn{}, nil, errors.New("the file with pool and rule cannot be read, or is of another draw")
	}
	pool, err := draw.ParsePool([]byte(f.Pool))
	if err != nil {
		return drawn{}, nil, err
	}
	rule, err := draw.ParseRule([]byte(f.Rule))
	if err != nil {
		return drawn{}, nil, err
	}
	rec, err := draw.ReadRecord(r.ID, r.Fields)
	if err != nil {
		return drawn{}, nil, err
	}
	ranking, err := rec.Rank(pool, rule)
	if err != nil {
		return drawn{}, nil, err
	}
	d := drawn{id: r.ID, pool: len(pool.Candidates), excluded: len(pool.Excluded()), selected: len(rec.Outcome.Selected)}
	return d, rec.Outcome, rec.Outcome.Holds(ranking)
}

// substitutions counts the reserves of a draw that have taken a vacant place, and
// names the first that did so before one of a higher rank; "" when none did. The
// error is the disk's.
func (w *walk) substitutions(id string, o *draw.Outcome) (refused string, err error) {
	waiting := false
	for _, reserve := range o.Reserves {
		holder, err := w.draws.holder(id, reserve)
		switch {
		case err != nil:
			return "", err
		case holder == "":
			waiting = true
		case waiting:
			return reserve, nil
		default:
			w.draws.taken++
		}
	}
	return "", nil
}

// holder is the record in which a reserve has taken a vacant place.
func (r *rules) holder(id, reserve string) (string, error) {
	return r.ledger.Books(r.tx).Holder(draw.FieldReserves, id+"/"+reserve)
}

// concludeDraws is the conclusion of check 6 for a whole log.
func (w *walk) concludeDraws() {
	for _, name := range w.bundle.Names(bundle.ClassDraw) {
		if _, used := w.draws.files[name]; !used && !w.rules.stopped {
			w.failFile(CheckDraws, CodeDraws, name, say("%s 不属于账上任何已有结果的抽取。", "%s is of no draw on the ledger that has an outcome.", name))
		}
	}
	switch d := &w.draws; {
	case len(d.closed) > 0:
		w.unsure(CheckDraws, CodeDraws, say("有 %d 次抽取的名录和规则不在包中，无法重算: %s。", "pool and rule of %d draws are not in the bundle; they cannot be recomputed: %s.", len(d.closed), some(d.closed)))
	case w.rules.stopped:
		w.unsure(CheckDraws, CodeDraws, say("仅重算了前 %d 条中的抽取。", "draws were recomputed from the first %d entries only.", w.rules.at))
	case w.failed(CheckDraws):
	case len(d.good)+len(d.open) == 0:
		w.pass(CheckDraws, CodeDraws, Text{"账上没有抽取。", "there is no draw to recompute."})
	default:
		w.tellDraws()
	}
}

// toldDraws is how many draws are told one by one.
const toldDraws = 20

// tellDraws says what came out again, draw by draw as far as that can be read.
func (w *walk) tellDraws() {
	d := &w.draws
	slices.SortFunc(d.good, func(a, b drawn) int { return strings.Compare(a.id, b.id) })
	slices.SortFunc(d.open, func(a, b undrawn) int { return strings.Compare(a.id, b.id) })
	for _, g := range d.good[:min(len(d.good), toldDraws)] {
		w.pass(CheckDraws, CodeDraws, say("抽取 %s 重算一致：名录 %d 个，排除 %d 个，抽中 %d 个。", "draw %s comes out again: %[4]d drawn from a pool of %[2]d, %[3]d of which were excluded.", g.id, g.pool, g.excluded, g.selected))
	}
	for _, o := range d.open[:min(len(d.open), toldDraws)] {
		if len(o.missing) > 0 {
			w.pass(CheckDraws, CodeDraws, say("抽取 %s 没有结果：%s 未提交随机贡献。", "draw %s has no outcome: %s did not contribute.", o.id, some(o.missing)))
		}
	}
	w.pass(CheckDraws, CodeDraws, say("重算了 %d 次抽取，结果一致；递补 %d 次，均按排序依次进行；另有 %d 次尚无结果或者已作废。",
		"draws that come out again: %d; vacant places offered, always to the next in rank: %d; draws without an outcome, running or void: %d.", len(d.good), d.taken, len(d.open)))
}

// some are the first of a list, in a sentence.
func some(list []string) string {
	const most = 5
	if len(list) > most {
		return strings.Join(list[:most], ", ") + " …"
	}
	return strings.Join(list, ", ")
}

// drawsOf is check 6 for an extract: what a draw was made from stands in several
// entries, of which some may be missing.
func (a *audit) drawsOf(parts []part) {
	names := make(map[string]bool)
	for i := range parts {
		if st := parts[i].st; st != nil && strings.Contains(string(st.Body), `"`+draw.FieldRanking+`"`) {
			names[st.Record] = true
		}
	}
	if len(names) == 0 && len(a.bundle.Names(bundle.ClassDraw)) == 0 {
		a.pass(CheckDraws, CodeDraws, Text{"摘录中没有抽取结果。", "the extract holds no outcome of a draw."})
		return
	}
	a.unsure(CheckDraws, CodeDraws, say("抽取须凭整本账重算: %s。", "draws take the whole log to recompute: %s.", some(slices.Sorted(maps.Keys(names)))))
}
