package ledger

import (
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
	*out = Result{Region: st.Region, ID: st.ID, Hash: st.Hash, Status: Refused, Record: st.Record}
	proven, refusal := l.admit(st)
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
	return l.commit(tx, st, &d, now, proposedAt, out)
}

// admit checks who speaks: network, kind, region, key and signature. proven
// says that the signature holds under a registered key of the region, whatever
// else is wrong.
func (l *Ledger) admit(st *statement.Statement) (proven bool, refusal *Refusal) {
	return l.admitAt(st, l.protocol, l.tree.Size())
}

// admitAt is admit for a protocol and an index. Any goroutine may call it.
func (l *Ledger) admitAt(st *statement.Statement, protocol int, index uint64) (proven bool, refusal *Refusal) {
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
	if !l.pool.Verify(st, key.PublicKey) {
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
func (l *Ledger) commit(tx Tx, st *statement.Statement, d *decision, now, proposedAt int64, out *Result) error {
	index := l.tree.Size()
	for _, c := range d.changes {
		if err := l.write(tx, c); err != nil {
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
		law := l.law.Load().version(d.entry.record.Procedure, d.entry.record.Version)
		out.Automatic = slices.Contains(law.Automatic, d.entry.record.State)
		out.Touched = l.law.Load().touched(d.entry.record)
	}
	out.Offered = d.offered
	out.Touched = append(out.Touched, d.touched...)
	own := change{key: statementKey(st.Region, st.ID), after: statementRow(index, record)}
	if err := l.write(tx, own); err != nil {
		return err
	}
	l.time = now
	l.leaf = merkle.AppendLeaf(l.leaf[:0], merkle.Leaf{
		Seq: index, TS: now, ProposedAt: proposedAt, Stmt: st.Raw, State: l.digest.Sum(),
	})
	if err := tx.Set(leafKey(index), l.leaf); err != nil {
		return err
	}
	hash := merkle.LeafHash(l.leaf)
	for _, s := range l.tree.Append(hash) {
		if err := tx.Set(hashKey(s.Level, s.Index), s.Hash[:]); err != nil {
			return err
		}
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

// change is one digested pair before and after; nil means absent.
type change struct{ key, before, after []byte }

// write puts a change into storage and into the digest.
func (l *Ledger) write(tx Tx, c change) error {
	switch {
	case c.before == nil && c.after == nil:
		return nil
	case c.after == nil:
		l.digest.Remove(c.key, c.before)
		return tx.Delete(c.key)
	case c.before == nil:
		l.digest.Add(c.key, c.after)
	default:
		l.digest.Replace(c.key, c.before, c.after)
	}
	return tx.Set(c.key, c.after)
}
