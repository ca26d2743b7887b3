package ledger

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/keyring"
	"sandi.internal/gateway/consensus/merkle"
	"sandi.internal/gateway/consensus/statement"
)

// Apply executes one command and returns one result per statement, in order.
// An error is a failure of storage or ErrProtocol, never a matter of content;
// after it the ledger must be loaded again before it can go on.
func (l *Ledger) Apply(tx Tx, cmd Command) ([]Result, error) {
	if l.protocol > Protocol {
		return nil, ErrProtocol
	}
	if !l.loaded {
		return nil, ErrNotLoaded
	}
	before := l.tree.Size()
	results := make([]Result, len(cmd.Statements))
	for i, raw := range cmd.Statements {
		if err := l.apply(tx, raw, cmd.ProposedAt, &results[i]); err != nil {
			l.loaded = false
			return nil, fmt.Errorf("couldn't apply a statement: %w", err)
		}
	}
	if l.tree.Size() != before {
		if err := l.putHead(tx); err != nil {
			l.loaded = false
			return nil, fmt.Errorf("couldn't write the head: %w", err)
		}
	}
	return results, nil
}

// ApplyEntry is Apply for the bytes of a log entry. Bytes that are no command
// give one result that says so and change nothing.
func (l *Ledger) ApplyEntry(tx Tx, entry []byte) ([]Result, error) {
	cmd, err := DecodeCommand(entry)
	if err != nil {
		if l.protocol > Protocol {
			return nil, ErrProtocol
		}
		return []Result{{Hash: sha256.Sum256(entry), Status: Refused, Refusal: refuse(CodeUndecodable)}}, nil
	}
	return l.Apply(tx, cmd)
}

// decision is everything that a statement which breaks no rule will do.
type decision struct {
	changes  []change  // digested pairs, besides the statement's own
	registry *registry // governance: the registry from the next leaf on
	entry    *entry    // records: the record after this statement
	replaces *entry    // records: the same before it, nil when it opens
	series   string    // records: whose counter changes[0] is, when it opens
	law      *lawBook  // adoption: the law from the next leaf on
	offered  bool      // an offer was made or ended
	touched  []string  // records that may have waited for it
}

// apply judges one statement and, if it stands, makes it the next leaf.
func (l *Ledger) apply(tx Tx, raw []byte, proposedAt int64, out *Result) error {
	st, err := l.pool.Parse(raw)
	if err != nil {
		*out = Result{Hash: sha256.Sum256(raw), Status: Refused, Refusal: malformed(err)}
		return nil
	}
	return l.applyParsed(tx, st, nil, proposedAt, out)
}

// applyParsed is apply for a statement that was read. When past is given, the
// statement is already a leaf of a ledger that is being judged again.
func (l *Ledger) applyParsed(tx Tx, st *statement.Statement, past *Past, proposedAt int64, out *Result) error {
	*out = Result{Region: st.Region, ID: st.ID, Hash: st.Hash, Status: Refused, Record: st.Record}
	proven, refusal := l.admitAt(st, past.verdict(), l.protocol, l.tree.Size())
	if proven {
		if known, err := l.repeated(tx, st, out); known || err != nil {
			return err
		}
	}
	now := max(l.time, proposedAt)
	var d decision
	if refusal == nil {
		refusal = signedInTime(st, now)
	}
	if refusal == nil {
		var err error
		if d, refusal, err = l.judge(tx, st, now); err != nil {
			return err
		}
	}
	if refusal != nil {
		out.Refusal = refusal
		if !proven {
			return nil
		}
		return l.keepRefusal(tx, st, refusal)
	}
	return l.commit(tx, st, &d, past, now, proposedAt, out)
}

// admitAt checks who speaks: network, kind, region, key and signature, at a
// protocol and an index. proven says that the signature holds under a registered
// key of the region, whatever else is wrong. verdict may be nil; what it does not
// answer the pool does. Any goroutine may call it.
func (l *Ledger) admitAt(st *statement.Statement, verdict *statement.Verdict, protocol int, index uint64) (proven bool, refusal *Refusal) {
	switch {
	case st.Network != l.network:
		return false, refuse(CodeNetwork)
	case !l.isRegion(st.Region):
		return false, refuse(CodeRegion)
	}
	key, ok := l.registry.Load().keys[st.Region+"/"+st.Key]
	if !ok {
		return false, refuse(CodeKey, "key", st.Key)
	}
	if !l.holds(st, verdict, key.PublicKey) {
		return false, refuse(CodeSignature)
	}
	if !statement.Known(protocol, st.Kind, st.V) {
		return true, refuse(CodeKind, "kind", st.Kind)
	}
	if use := useFor(st.Kind); key.Use != use {
		return true, refuse(CodeKeyUse, "use", string(key.Use), "needed", string(use))
	}
	if state := key.Life.StateAt(index); state != keyring.StateActive {
		return true, refuse(CodeKeyState, "key", st.Key, "state", string(state))
	}
	return true, nil
}

// holds reports whether a statement's signature is valid under a key.
func (l *Ledger) holds(st *statement.Statement, verdict *statement.Verdict, key keyring.PublicKey) bool {
	if verdict != nil {
		if valid, known := verdict.Under(key); known {
			return valid
		}
	}
	return l.pool.Verify(st, key)
}

// useFor is the use that a key must have to sign a kind.
func useFor(kind string) keyring.Use {
	if statement.IsGovernance(kind) {
		return keyring.UseGovernance
	}
	return keyring.UseStatement
}

// signedInTime holds the signed time against ledger time now (unix ms).
func signedInTime(st *statement.Statement, now int64) *Refusal {
	const day, second = 86400 * 1000, 1000
	signed := st.AtUnix * second
	switch {
	case signed < now-statement.MaxAgeDays*day:
		return refuse(CodeTooOld, "at", st.At, "now", statement.FormatAt(now/second))
	case signed > now+statement.MaxAheadS*second:
		return refuse(CodeAhead, "at", st.At, "now", statement.FormatAt(now/second))
	}
	return nil
}

// judge decides by kind. It writes nothing.
func (l *Ledger) judge(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	if region, known := l.orgs[st.Actor.Org]; !known || region != st.Region {
		return decision{}, refuse(CodeOrg, "org", st.Actor.Org), nil
	}
	switch st.Kind {
	case statement.KindRecordOpen:
		return l.open(r, st, now)
	case statement.KindRecordAct:
		return l.act(r, st, now)
	case statement.KindLedgerSeal:
		return l.seal(r, st, now)
	case statement.KindAccessHead:
		return l.accessHead(r, st)
	case statement.KindOffer:
		return l.offer(r, st, now)
	case statement.KindWithdraw:
		return l.withdraw(r, st, now)
	case statement.KindReceipt:
		return l.receipt(r, st, now)
	case statement.KindDispute:
		return l.dispute(r, st)
	}
	return l.govern(r, st, now)
}

// commit makes the statement the next leaf.
func (l *Ledger) commit(tx Tx, st *statement.Statement, d *decision, past *Past, now, proposedAt int64, out *Result) error {
	index := l.tree.Size()
	for i := range d.changes {
		if err := l.write(tx, &d.changes[i], past); err != nil {
			return err
		}
	}
	if d.series != "" {
		l.counters[d.series] = d.changes[0].after
	}
	record := ""
	if d.entry != nil {
		record = d.entry.record.ID
		if err := l.writeEntry(tx, d); err != nil {
			return err
		}
		out.RecordHead = d.entry.record.Head
		l.outlook(d.entry, out)
	}
	out.Offered = d.offered
	out.Touched = append(out.Touched, d.touched...)
	own := change{key: statementKey(st.Region, st.ID), after: statementRow(index, record)}
	if err := l.write(tx, &own, past); err != nil {
		return err
	}
	l.time = now
	leaf := merkle.Leaf{Seq: index, TS: now, ProposedAt: proposedAt, Stmt: st.Raw}
	hash, err := l.append(tx, &leaf, past)
	if err != nil {
		return err
	}
	l.recents[st.Region].add(st.ID)
	if d.registry != nil {
		d.registry.at = index + 1
		l.registry.Store(d.registry)
	}
	if d.law != nil {
		if err := l.enact(tx, d.law); err != nil {
			return err
		}
	}
	out.Status, out.Index, out.LeafHash, out.Record = Committed, index, hash, record
	return nil
}

// outlook says what whoever follows the ledger wants to know of a record.
func (l *Ledger) outlook(e *entry, out *Result) {
	if l.bare {
		return
	}
	law := l.law.Load().version(e.record.Procedure, e.record.Version)
	out.Automatic = slices.Contains(law.Automatic, e.record.State)
	out.Touched = l.law.Load().touched(e.record)
}

// append makes a leaf the next one of the tree and gives its hash. Its state
// digest is the one after all changes; one of the past brings its own, which
// whoever follows the changes compares (Past.Changes).
func (l *Ledger) append(tx Tx, leaf *merkle.Leaf, past *Past) (merkle.Hash, error) {
	if past != nil {
		leaf.State = past.Leaf.State
		l.leaf = merkle.AppendLeaf(l.leaf[:0], *leaf)
		past.Same = bytes.Equal(l.leaf, past.Entry)
		l.tree.Append(past.Hash)
		return past.Hash, nil
	}
	leaf.State = l.digest.Sum()
	l.leaf = merkle.AppendLeaf(l.leaf[:0], *leaf)
	if err := tx.Set(leafKey(leaf.Seq), l.leaf); err != nil {
		return merkle.Hash{}, err
	}
	hash := merkle.LeafHash(l.leaf)
	for _, s := range l.tree.Append(hash) {
		if err := tx.Set(hashKey(s.Level, s.Index), s.Hash[:]); err != nil {
			return merkle.Hash{}, err
		}
	}
	return hash, nil
}

// change is one digested pair before and after; nil means absent.
type change struct {
	key, before, after []byte

	// was and is are what the digest notes of before and after, kept with a record;
	// nil when nobody keeps it.
	was, is *merkle.Mark
}

// write puts a change into storage and into the digest, or among those that
// whoever judges the past digests.
func (l *Ledger) write(tx Tx, c *change, past *Past) error {
	switch {
	case c.before == nil && c.after == nil:
		return nil
	case past != nil:
		past.Changes = append(past.Changes, Change{*c})
	default:
		c.digest(l.digest)
	}
	if c.after == nil {
		return tx.Delete(c.key)
	}
	if k, ok := tx.(Keeper); ok {
		return k.Keep(c.key, c.after)
	}
	return tx.Set(c.key, c.after)
}

// digest makes the change in a digest.
func (c *change) digest(d *merkle.Digest) {
	switch {
	case c.after == nil:
		d.Remove(c.key, c.before)
	case c.before == nil && c.is == nil:
		d.Add(c.key, c.after)
	case c.before == nil:
		d.AddMarked(c.key, c.after, c.is)
	case c.was == nil || c.is == nil:
		d.Replace(c.key, c.before, c.after)
	default:
		d.ReplaceMarked(c.key, c.before, c.after, c.was, c.is)
	}
}
