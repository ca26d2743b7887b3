package audit

import (
	"context"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Bounds of the pipeline. A tile of entries of the greatest size takes 17 MiB, and
// about twice that parsed.
const (
	// tilesAhead is how many tiles are prepared before their turn.
	tilesAhead = 4
	// poolEntries is how many statements the pool remembers between their
	// verification and their judgement.
	poolEntries = 2 * (tilesAhead + 4) * merkle.TileWidth
)

// slice is the entries of one tile, prepared for judgement.
type slice struct {
	tile    merkle.Tile
	there   bool // the tile is in the bundle
	entries []entry
	rest    int // bytes behind the last whole entry
}

// entry is one entry as far as it can be read without the others.
type entry struct {
	raw  []byte
	hash merkle.Hash
	leaf merkle.Leaf
	form error                // of the leaf
	st   *statement.Statement // nil when leaf or statement cannot be read
	stmt error                // of the statement
}

// log verifies a whole log.
func (a *audit) log(ctx context.Context) error {
	a.openings, a.receipts = a.collectOpenings(), a.collectReceipts()
	w := &walk{audit: a, points: a.collect(), tally: newTally(), delays: a.collectDelays()}
	w.tree = &tree{a: a, tree: merkle.NewTree(), points: w.points}
	if a.genesis != nil {
		c, err := a.courts(a.genesis)
		if err != nil {
			// The bureaus agreed on this law, so it is this program that cannot read it.
			a.unsure(CheckRules, CodeRules, say("本程序无法读取创世文件中的法规（%v），请使用相应版本的核验程序。", "this program cannot read the law in genesis (%v): use the verifier of its version.", err))
		} else if w.rules, err = newRules(a, c); err != nil {
			return err
		} else {
			defer w.rules.close()
			w.draws.holder = w.rules.holder
		}
	}
	w.points.reach(0, w.tree.tree.Root, 0)
	next := uint64(0)
	err := inOrder(ctx, a.Workers, tilesAhead,
		func() (merkle.Tile, bool) {
			t := merkle.Tile{Level: merkle.LevelEntries, Index: next}
			t.Width = t.WidthAt(a.claim.Size)
			next++
			return t, t.Width > 0
		}, w.prepare, w.take)
	if err != nil {
		return err
	}
	return w.conclude(ctx)
}

// walk is the way through a whole log.
type walk struct {
	*audit
	tree   *tree
	points *points
	rules  *rules // nil without genesis, or when its law cannot be read
	tally  *tally
	draws  draws
	delays map[statement.Hash][]*promised
	size   uint64 // entries taken
	last   int64  // ledger time of the last one that could be read, unix ms
}

// prepare does what needs no order. It runs on any goroutine and touches nothing
// that belongs to the audit's own.
func (w *walk) prepare(t merkle.Tile) *slice {
	s := &slice{tile: t}
	body, err := w.bundle.Read(t.Path())
	if err != nil {
		return s
	}
	s.there = true
	entries, rest := splitEntries(body)
	s.rest = len(rest)
	s.entries = make([]entry, len(entries))
	statements := make([]*statement.Statement, 0, len(entries))
	for i, raw := range entries {
		e := &s.entries[i]
		e.raw, e.hash = raw, merkle.LeafHash(raw)
		switch e.leaf, e.form = merkle.ParseLeaf(raw); {
		case e.form != nil:
			continue
		case w.rules == nil: // there is no judgement, but a summary
			e.st, e.stmt = statement.Parse(e.leaf.Stmt)
			continue
		}
		if e.st, e.stmt = w.rules.pool.Parse(e.leaf.Stmt); e.stmt == nil {
			statements = append(statements, e.st)
		}
	}
	if w.rules != nil {
		w.rules.pool.Prefetch(statements, func(st *statement.Statement) (keyring.PublicKey, bool) { return w.rules.ledger.PublicKey(st) })
	}
	return s
}

// take judges the entries of one tile, in order.
func (w *walk) take(s *slice) error {
	first := s.tile.Index * merkle.TileWidth
	want := s.tile.Width
	name := s.tile.Path()
	switch {
	case !s.there:
		last := first + uint64(want) - 1
		w.add(Finding{
			Check: CheckTree, Result: Fail, Code: CodeMissing, Entry: &first, Last: &last, File: name,
			Text: say("缺少第 %[2]d 至 %[3]d 条（%[1]s）。", "%s is missing: the entries %d to %d.", name, first, last),
		})
	case len(s.entries) < want:
		w.failAt(CheckTree, CodeEntryForm, first+uint64(len(s.entries)), say("%[2]s 在第 %[1]d 条处断开: 该条及其后 %[3]d 条无法读取。",
			"entry %d cannot be cut out of %s, nor the %d after it.", first+uint64(len(s.entries)), name, want-len(s.entries)-1))
	case len(s.entries) > want || s.rest > 0:
		w.failFile(CheckTree, CodeSurplus, name, say("%s 在第 %d 条之后还有内容。", "%s goes on behind entry %d.", name, first+uint64(want)-1))
	}
	for i := range want {
		if i >= len(s.entries) {
			w.missing()
			continue
		}
		if err := w.entry(&s.entries[i]); err != nil {
			return err
		}
	}
	w.Progress(w.size, w.claim.Size)
	return nil
}

// missing takes an entry that cannot be read.
func (w *walk) missing() {
	w.tree.append(merkle.Hash{}, false)
	if w.rules != nil {
		w.rules.stop(w.size)
	}
	w.size++
	w.reached()
}

// entry takes one entry: the tree first, then the rules, which may read of the
// bundle what the tree has seen.
func (w *walk) entry(e *entry) error {
	index := w.size
	w.tree.append(e.hash, true)
	w.size++
	switch {
	case e.form != nil:
		w.failAt(CheckTree, CodeEntryForm, index, say("第 %d 条不具账本条目的格式。", "entry %d has not the form of an entry.", index))
	case e.leaf.Seq != index:
		w.failAt(CheckTree, CodeEntryPlace, index, say("第 %d 位上的条目自称第 %d 条: 次序被改动。", "entry %d calls itself number %d: entries were moved.", index, e.leaf.Seq))
	default:
		w.points.passed(index, e.leaf.TS)
		w.last = e.leaf.TS
	}
	w.heldAgainst(index, e)
	w.promised(index, e)
	if w.rules != nil {
		if e.form != nil || e.leaf.Seq != index {
			w.rules.stop(index)
		} else if err := w.rules.judge(index, e); err != nil {
			return err
		}
	}
	if e.st != nil {
		w.tally.add(e)
	}
	w.reached()
	return nil
}

// reached holds the tree against checkpoints of the size that it has now.
func (w *walk) reached() {
	if !w.tree.broken && w.points.wants(w.size) {
		w.points.reach(w.size, w.tree.tree.Root, w.last)
	}
}

// conclude draws the conclusions when all entries were taken.
func (w *walk) conclude(ctx context.Context) error {
	w.tree.conclude()
	w.checkHistory(w.points)
	switch {
	case w.rules != nil:
		w.rules.conclude(w.claim.Size)
	case w.genesis != nil:
		w.unsure(CheckSignatures, CodeNotEvaluated, Text{"规则无法适用，各条处的密钥状态不能判定。", "without the rules it cannot be said which keys were valid at which entry."})
	default:
		w.unsure(CheckSignatures, CodeNotEvaluated, Text{"没有可信的创世文件，无法核验签名。", "without a genesis to trust no signature can be verified."})
		w.unsure(CheckRules, CodeNotEvaluated, Text{"没有可信的创世文件，无法复核规则。", "without a genesis to trust the rules cannot be applied."})
	}
	if w.rules == nil {
		w.unsure(CheckDraws, CodeNotEvaluated, Text{"规则无法适用，抽取无从得知。", "without the rules the draws are not known."})
	}
	w.checkAttached()
	w.checkTimes(w.points)
	w.report.Summary = w.tally.summary(w.audit)
	w.checkDelays()
	if w.rules != nil {
		return w.deadlines(ctx)
	}
	w.summarise(false)
	return nil
}
