package audit

import (
	"context"
	"fmt"
	"sync"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Bounds of the pipeline. A tile of entries of the greatest size takes 17 MiB, and
// about twice that parsed.
const (
	// groupTiles and groupBytes bound the tiles that are prepared together: of
	// 2,048 signatures one costs a third less than of 256, beyond it hardly falls.
	groupTiles = 8
	groupBytes = 4 << 20
	// groupsAhead is how many groups are prepared before their turn.
	groupsAhead = 2
	// poolEntries is how many statements the pool remembers: those alone that named
	// a key which was not known yet when their group was prepared.
	poolEntries = merkle.TileWidth
)

// group is some tiles of entries that follow each other.
type group struct {
	tiles  []merkle.Tile
	slices []*slice // of each tile, prepared for judgement
}

// slice is the entries of one tile.
type slice struct {
	tile    merkle.Tile
	there   bool // the tile is in the bundle
	entries []entry
	rest    int // bytes behind the last whole entry
}

// entry is one entry as far as it can be read without the others.
type entry struct {
	raw     []byte
	hash    merkle.Hash
	leaf    merkle.Leaf
	form    error                // of the leaf
	st      *statement.Statement // nil when leaf or statement cannot be read
	stmt    error                // of the statement
	verdict statement.Verdict    // on its signature, when the key was known
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
	if err := inOrder(ctx, a.Workers, groupsAhead, w.groups(), w.prepare, w.take); err != nil {
		return err
	}
	return w.conclude(ctx)
}

// groups gives the log's tiles in groups, until there are no more.
func (w *walk) groups() func() (*group, bool) {
	next := uint64(0)
	return func() (*group, bool) {
		g := new(group)
		for bytes := 0; len(g.tiles) < groupTiles; next++ {
			t := merkle.Tile{Level: merkle.LevelEntries, Index: next}
			t.Width = t.WidthAt(w.claim.Size)
			bytes += w.bundle.Size(t.Path())
			if t.Width == 0 || len(g.tiles) > 0 && bytes > groupBytes {
				break
			}
			g.tiles = append(g.tiles, t)
		}
		return g, len(g.tiles) > 0
	}
}

// walk is the way through a whole log.
type walk struct {
	*audit
	tree   *tree
	points *points
	rules  *rules // nil without genesis, or when its law cannot be read
	tally  *tally
	draws  draws
	rounds rounds
	delays map[statement.Hash][]*promised
	size   uint64 // entries taken
	last   int64  // ledger time of the last one that could be read, unix ms
}

// prepare does what needs no order. It runs on any goroutine and touches nothing
// that belongs to the audit's own.
func (w *walk) prepare(g *group) *group {
	var statements []*statement.Statement
	var entries []*entry
	for _, t := range g.tiles {
		s := w.slice(t)
		g.slices = append(g.slices, s)
		for i := range s.entries {
			if e := &s.entries[i]; e.st != nil {
				statements, entries = append(statements, e.st), append(entries, e)
			}
		}
	}
	if w.rules == nil { // there is no judgement, but a summary
		return g
	}
	batch := batches.Get().(*statement.Batch)
	defer batches.Put(batch)
	for i, verdict := range batch.Verify(statements, w.rules.ledger.PublicKey) {
		entries[i].verdict = verdict
	}
	return g
}

// batches are used again: one of a full group takes a megabyte.
var batches = sync.Pool{New: func() any { return statement.NewBatch(groupTiles * merkle.TileWidth) }}

// slice reads and parses one tile.
func (w *walk) slice(t merkle.Tile) *slice {
	s := &slice{tile: t}
	body, err := w.bundle.Read(t.Path())
	if err != nil {
		return s
	}
	s.there = true
	entries, rest := splitEntries(body)
	s.rest = len(rest)
	s.entries = make([]entry, len(entries))
	for i, raw := range entries {
		e := &s.entries[i]
		e.raw, e.hash = raw, merkle.LeafHash(raw)
		if e.leaf, e.form = merkle.ParseLeaf(raw); e.form == nil {
			e.st, e.stmt = statement.ParseOwned(e.leaf.Stmt) // nobody writes to the tile
		}
	}
	return s
}

// take judges the entries of a group, in order.
func (w *walk) take(g *group) error {
	for _, s := range g.slices {
		if err := w.takeSlice(s); err != nil {
			return err
		}
	}
	if w.rules != nil {
		w.rules.follow()
	}
	w.Progress(w.size, w.claim.Size)
	return nil
}

// takeSlice judges the entries of one tile, in order.
func (w *walk) takeSlice(s *slice) error {
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

// believe takes up the keys of checkpoints as the judged log knows them.
func (w *walk) believe() {
	if w.rules == nil {
		return
	}
	if book, err := newLedgerBook(w.keys, w.rules.ledger); err != nil {
		w.fail(CheckPolicy, CodeGenesis, say("密钥文件中的公钥与账上登记的不能并存: %v。", "the keys of the key file and those of the ledger cannot stand together: %v.", err))
	} else {
		w.book = book
		w.judged, w.whereNow = w.rules.ledger, w.rules.where
	}
}

// conclude draws the conclusions when all entries were taken.
func (w *walk) conclude(ctx context.Context) error {
	w.believe()
	var judged *ledger.Ledger
	if w.rules != nil {
		judged = w.rules.ledger
	}
	if err := w.checkPolicyFile(judged); err != nil {
		return err
	}
	if w.about != "" && judged != nil {
		if rec, err := judged.Books(w.rules.tx).Record(w.about); err != nil {
			return fmt.Errorf("couldn't read %s in the judged ledger: %w", w.about, err)
		} else if rec != nil {
			w.belongs = ledger.Named(rec)
		}
	}
	w.ownNote()
	w.settle(w.points)
	w.settleDelays(w.delays)
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
