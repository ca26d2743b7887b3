package ledger

import (
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// open judges record.open: the law may allow it, and the record gets the next
// number of its series.
func (l *Ledger) open(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseOpen(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	law := l.law.Load().current(body.Procedure)
	if law == nil {
		return decision{}, refuse(CodeProcedure, "procedure", body.Procedure), nil
	}
	series := law.Prefix + "-" + st.Region + "-" + st.At[:4]
	id, counter, err := l.nextNumber(r, series)
	if err != nil {
		return decision{}, nil, err
	}
	act := l.newAct(st, now)
	act.Fields, act.Commits, act.Home, act.Private = body.Fields, body.Commits, body.Home, body.Private
	f := l.facts(r)
	record, effects, err := law.Procedure.Open(f, id, act)
	if refusal, err := verdict(f, err); refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	record.Synthetic = l.genesis.Synthetic
	e := &entry{record: record, row: record.Marshal(), last: act.Seq}
	d := decision{changes: []change{counter, {key: recordKey(id), after: e.row, is: &e.mark}}, entry: e, series: series}
	refusal, err := l.mark(f, &d, effects)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	return d, nil, l.derive(f, e, now)
}

// act judges record.act: an event that happens to a record.
func (l *Ledger) act(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParseAct(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	before, err := l.entry(r, st.Record)
	if err != nil {
		return decision{}, nil, err
	}
	if before == nil {
		return decision{}, refuse(CodeRecord, "record", st.Record), nil
	}
	if st.Prev != before.record.Head {
		return decision{}, refuse(CodeStalePrev, "record", st.Record, "head", before.record.Head), nil
	}
	law := l.law.Load().version(before.record.Procedure, before.record.Version)
	if law == nil {
		return decision{}, nil, corrupt("record " + st.Record + ": unknown procedure version")
	}
	act := l.newAct(st, now)
	act.Event, act.Fields, act.Commits, act.Home, act.Private = body.Event, body.Fields, body.Commits, body.Home, body.Private
	f := l.facts(r)
	effects, err := law.Procedure.Step(f, before.record, act)
	if refusal, err := verdict(f, err); refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	// From here on the cached record is the new one: a refusal below must drop it.
	e := &entry{record: before.record, row: before.record.Marshal(), last: act.Seq}
	d := decision{changes: []change{{key: recordKey(st.Record), before: before.row, after: e.row, was: &before.mark, is: &e.mark}}, entry: e, replaces: before}
	refusal, err := l.mark(f, &d, effects)
	if refusal != nil || err != nil {
		l.records.drop(st.Record)
		return decision{}, refusal, err
	}
	return d, nil, l.derive(f, e, now)
}

func (l *Ledger) newAct(st *statement.Statement, now int64) procedure.Act {
	return procedure.Act{
		Region: st.Region, Org: st.Actor.Org, Role: st.Actor.Role, Person: st.Actor.Person,
		At: st.AtUnix, Now: now / 1000, Hash: st.Hash.String(), Seq: l.tree.Size(),
	}
}

// verdict separates what the law refuses from what the storage could not answer.
func verdict(f *facts, err error) (*Refusal, error) {
	if f.err != nil {
		return nil, fmt.Errorf("couldn't read a fact: %w", f.err)
	}
	if err == nil {
		return nil, nil
	}
	var broken *procedure.Refusal
	if !errors.As(err, &broken) {
		return nil, err
	}
	return &Refusal{Code: Code(broken.Code), Cite: broken.Cite, ZH: broken.ZH, EN: broken.EN, Params: broken.Params}, nil
}

// nextNumber gives a record its id, `<PREFIX>-<region>-<year>-<number>`: one
// series per prefix, region and year of the signed time, without gaps.
func (l *Ledger) nextNumber(r Reader, series string) (string, change, error) {
	key := counterKey(series)
	before, known := l.counters[series]
	if !known {
		var err error
		if before, err = r.Get(key); err != nil {
			return "", change{}, err
		}
	}
	last := uint64(0)
	if before != nil {
		d := newDecoder(before)
		last = d.uvarint()
		if err := d.done("a counter"); err != nil {
			return "", change{}, err
		}
	}
	number := strconv.FormatUint(last+1, 10)
	for len(number) < 6 {
		number = "0" + number
	}
	return series + "-" + number, change{key: key, before: before, after: binary.AppendUvarint([]byte{rowVersion}, last+1)}, nil
}

// mark turns the marks and tallies that an act sets and removes into changes, in the order
// of the law document. Whether a mark was free the engine has already asked.
func (l *Ledger) mark(f *facts, d *decision, effects procedure.Effects) (*Refusal, error) {
	set := func(m procedure.Mark, key, after []byte) (*Refusal, error) {
		if !markFits(m.Set, m.Key) {
			return refuse(CodeMark, "set", m.Set), nil
		}
		for i := range d.changes {
			if string(d.changes[i].key) == string(key) {
				d.changes[i].after = after
				return nil, nil
			}
		}
		before, err := f.read(key)
		if err != nil {
			return nil, err
		}
		d.changes = append(d.changes, change{key: key, before: before, after: after})
		return nil, nil
	}
	for _, m := range effects.Unmarks {
		if refusal, err := set(m, markKey(m.Set, m.Key), nil); refusal != nil || err != nil {
			return refusal, err
		}
	}
	for _, m := range effects.Marks {
		if refusal, err := set(m, markKey(m.Set, m.Key), []byte(m.Value)); refusal != nil || err != nil {
			return refusal, err
		}
	}
	for _, t := range effects.Tallies {
		var sum []byte // a sum of zero is no pair
		if t.Sum != 0 {
			sum = strconv.AppendInt(nil, t.Sum, 10)
		}
		if refusal, err := set(procedure.Mark{Set: t.Set, Key: t.Key}, tallyKey(t.Set, t.Key), sum); refusal != nil || err != nil {
			return refusal, err
		}
	}
	return nil, nil
}

// facts prepares the answers for one act.
func (l *Ledger) facts(r Reader) *facts {
	return &facts{
		law: l.law.Load(), orgs: l.orgs, regions: l.regions, reader: r, network: l.network, keys: l.registry.Load(), index: l.tree.Size(),
		record: func(id string) (*procedure.Record, error) {
			e, err := l.entry(r, id)
			if e == nil || err != nil {
				return nil, err
			}
			return e.record, nil
		},
	}
}

// entry finds a record for Apply, in the cache or in storage; nil when there is
// none.
func (l *Ledger) entry(r Reader, id string) (*entry, error) {
	if e := l.records.get(id); e != nil {
		return e, nil
	}
	row, err := r.Get(recordKey(id))
	if err != nil || row == nil {
		return nil, err
	}
	e, err := l.readEntry(r, row)
	if err != nil {
		return nil, err
	}
	l.records.put(id, e)
	return e, nil
}
