package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
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

// Fields that the law documents give to a draw: what was frozen, what the regions
// gave, and what came of it. Digests are hex.
const (
	fieldPool          = "pool_hash"
	fieldRule          = "rule_hash"
	fieldContributions = "contributions"
	fieldRanking       = "ranking_hash"
	fieldSelected      = "selected"
	fieldReserves      = "reserves"
	fieldDenied        = "own_ranking_hash" // a region computed another ranking: the draw is void
)

// draws are the draws of a whole log.
type draws struct {
	good   int
	open   int               // without an outcome
	closed []string          // records whose pool and rule are not in the bundle
	files  map[string]string // file by record, of those that are not used yet
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
func (w *walk) draw(r *procedure.Record) {
	if r.Fields[fieldPool] == nil || r.Fields[fieldRule] == nil {
		return
	}
	if r.Fields[fieldDenied] != nil {
		w.report.Summary.RefusedDraws++
	}
	if r.Fields[fieldRanking] == nil {
		w.draws.open++
		return
	}
	name := bundle.DrawName(r.ID)
	if !w.bundle.Has(name) {
		w.draws.closed = append(w.draws.closed, r.ID)
		return
	}
	if w.draws.files == nil {
		w.draws.files = make(map[string]string)
	}
	w.draws.files[name] = r.ID
	if err := redraw(r, w.read(name)); err != nil {
		at := outcomeOf(r)
		w.add(Finding{
			Check: CheckDraws, Result: Fail, Code: CodeDraws, Entry: &at, File: name,
			Text: say("抽取 %[2]s 重算结果与第 %[1]d 条不符: %[3]v。", "draw %[2]s does not come out as entry %[1]d says: %[3]v.", at, r.ID, err),
		})
		return
	}
	w.draws.good++
}

// outcomeOf is the entry that stated a draw's outcome.
func outcomeOf(r *procedure.Record) uint64 {
	for _, a := range slices.Backward(r.Acts) {
		if slices.Contains(a.Fields, fieldRanking) {
			return a.Seq
		}
	}
	return 0
}

// redraw draws again from pool and rule, and holds what the record says against
// it.
func redraw(r *procedure.Record, file []byte) error {
	var f drawFile
	if err := strict.Decode(file, maxDrawFile, 2, &f); err != nil || f.Format != bundle.FormatDraw || f.Draw != r.ID {
		return errors.New("the file with pool and rule cannot be read, or is of another draw")
	}
	pool, err := draw.ParsePool([]byte(f.Pool))
	if err != nil {
		return err
	}
	rule, err := draw.ParseRule([]byte(f.Rule))
	if err != nil {
		return err
	}
	if !digestIs(r, fieldPool, pool.Digest()) || !digestIs(r, fieldRule, rule.Digest()) {
		return errors.New("pool or rule is not the one that was frozen")
	}
	seed, err := seedOf(r)
	if err != nil {
		return err
	}
	ranking, err := draw.Rank(r.ID, pool, rule, seed)
	if err != nil {
		return err
	}
	if !digestIs(r, fieldRanking, ranking.Digest()) {
		return errors.New("another ranking")
	}
	return outcome(r, ranking)
}

// digestIs reports whether a record has a digest, in hex.
func digestIs(r *procedure.Record, field string, want [sha256.Size]byte) bool {
	var text string
	return json.Unmarshal(r.Fields[field], &text) == nil && text == hex.EncodeToString(want[:])
}

// seedOf is the seed that the record's contributions give.
func seedOf(r *procedure.Record) ([sha256.Size]byte, error) {
	var items []struct {
		Org   string `json:"org"`
		Value string `json:"value"`
	}
	if err := json.Unmarshal(r.Fields[fieldContributions], &items); err != nil {
		return [sha256.Size]byte{}, errors.New("its contributions cannot be read")
	}
	list := make([]draw.Contribution, 0, len(items))
	for _, item := range items {
		signature, err := hex.DecodeString(item.Value)
		if err != nil {
			return [sha256.Size]byte{}, errors.New("its contributions cannot be read")
		}
		list = append(list, draw.Contribution{Region: procedure.RegionOf(item.Org), Signature: signature})
	}
	return draw.Seed(list)
}

// outcome holds who was selected, and the reserves as far as they are named,
// against a ranking.
func outcome(r *procedure.Record, ranking *draw.Ranking) error {
	var selected, reserves, want []string
	if json.Unmarshal(r.Fields[fieldSelected], &selected) != nil || r.Fields[fieldReserves] != nil && json.Unmarshal(r.Fields[fieldReserves], &reserves) != nil {
		return errors.New("its outcome cannot be read")
	}
	named := 0
	for i := range ranking.Strata {
		s := &ranking.Strata[i]
		want = append(want, s.Order[:s.Selected]...)
		rest := s.Order[s.Selected:]
		of := slices.DeleteFunc(slices.Clone(reserves), func(id string) bool { return !slices.Contains(rest, id) })
		if len(of) > len(rest) || !slices.Equal(of, rest[:len(of)]) {
			return fmt.Errorf("the reserves of %s are not the next in rank", s.Stratum)
		}
		named += len(of)
	}
	switch {
	case !slices.Equal(selected, want):
		return errors.New("others were selected")
	case named != len(reserves):
		return errors.New("a reserve that is not in the ranking")
	}
	return nil
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
	case d.good == 0 && d.open == 0:
		w.pass(CheckDraws, CodeDraws, Text{"账上没有抽取。", "there is no draw to recompute."})
	default:
		w.pass(CheckDraws, CodeDraws, say("重算了 %d 次抽取，结果一致；另有 %d 次尚无结果或者已作废。", "%d draws come out again; %d more have no outcome, or are void.", d.good, d.open))
	}
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
		if st := parts[i].st; st != nil && strings.Contains(string(st.Body), `"`+fieldRanking+`"`) {
			names[st.Record] = true
		}
	}
	if len(names) == 0 && len(a.bundle.Names(bundle.ClassDraw)) == 0 {
		a.pass(CheckDraws, CodeDraws, Text{"摘录中没有抽取结果。", "the extract holds no outcome of a draw."})
		return
	}
	a.unsure(CheckDraws, CodeDraws, say("抽取须凭整本账重算: %s。", "draws take the whole log to recompute: %s.", some(slices.Sorted(maps.Keys(names)))))
}
