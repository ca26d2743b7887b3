package ledger

import (
	"math"
	"slices"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/procedure"
)

// Books answers questions about one consistent view of the ledger. It may be
// used from any goroutine that may use the view; it shares nothing with Apply.
type Books struct {
	l   *Ledger
	r   Reader
	law *lawBook

	// asOf is a time, unix ms, up to which to judge deadlines if it is later than
	// ledger time.
	asOf int64
}

// Books opens the books over a view. Any goroutine may call it.
func (l *Ledger) Books(r Reader) *Books { return &Books{l: l, r: r, law: l.law.Load()} }

// AsOf returns the books as they will read at an instant (unix ms) if nothing is
// added before it: a ledger that is quiet over night has deadlines that pass.
// What a deadline came to is judged by ledger time alone, in Apply.
func (b *Books) AsOf(ms int64) *Books { return &Books{l: b.l, r: b.r, law: b.law, asOf: ms} }

// now is the instant by which deadlines are judged, unix s.
func (b *Books) now(h *head) int64 { return max(h.time, b.asOf) / 1000 }

// Standing is where the ledger stands.
type Standing struct {
	Network     string
	Size        uint64 // leaves
	Root        [32]byte
	StateDigest [32]byte
	LedgerTime  int64 // unix ms
	Protocol    int
	Governed    uint64 // leaves after the last governance statement: what was learned of keys, issuers and revocations at this size still holds
}

// Standing reads where the ledger stands in this view.
func (b *Books) Standing() (Standing, error) {
	h, err := b.head()
	if err != nil {
		return Standing{}, err
	}
	return Standing{
		Network: b.l.network, Size: h.tree.Size(), Root: h.tree.Root(), StateDigest: h.digest.Sum(),
		LedgerTime: h.time, Protocol: h.protocol, Governed: h.governed,
	}, nil
}

func (b *Books) head() (*head, error) {
	h, err := readHead(b.r)
	if err == nil && h == nil {
		err = ErrNotLoaded
	}
	return h, err
}

// Record reads a record; nil when there is none. Who may see it, Involved says.
func (b *Books) Record(id string) (*procedure.Record, error) {
	row, err := b.r.Get(recordKey(id))
	if err != nil || row == nil {
		return nil, err
	}
	return parseRecordRow(row)
}

// Extract reads what a record has come to, without its acts; nil when there is
// no such record. Its Regions may see it.
func (b *Books) Extract(id string) (*procedure.Extract, error) {
	row, err := b.r.Get(recordKey(id))
	if err != nil || row == nil {
		return nil, err
	}
	return parseExtractRow(row)
}

// Involved returns the regions that are or were parties of a record, ascending:
// the regions that may see it.
func Involved(r *procedure.Record) []string { return r.Regions() }

// History reads the statements of a record in order, those at leaf index from
// and later, at most limit; none when there is no such record.
func (b *Books) History(id string, from uint64, limit int) ([]*Committal, error) {
	record, err := b.Record(id)
	if err != nil || record == nil {
		return nil, err
	}
	var list []*Committal
	last := uint64(0)
	for i := range record.Acts {
		seq := record.Acts[i].Seq
		if seq < from || (i > 0 && seq == last) { // a condition fired by the same statement
			continue
		}
		last = seq
		if len(list) == limit {
			break
		}
		c, err := readLeaf(b.r, seq)
		if err != nil {
			return nil, err
		}
		if c == nil {
			return nil, corrupt("the leaf of an act")
		}
		c.Record = id
		list = append(list, c)
	}
	return list, nil
}

// Deadlines computes the deadlines of a record at ledger time; nil when there
// is no such record.
func (b *Books) Deadlines(id string) ([]procedure.Deadline, error) {
	var list []procedure.Deadline
	err := b.consult(id, func(p *procedure.Procedure, f *facts, record *procedure.Record, now int64) {
		list = p.Deadlines(f, record, now)
	})
	return list, err
}

// DeadlinesOf computes the deadlines of a record that was read before, at an
// instant (unix s).
func (b *Books) DeadlinesOf(record *procedure.Record, now int64) ([]procedure.Deadline, error) {
	law := b.law.version(record.Procedure, record.Version)
	if law == nil {
		return nil, corrupt("record " + record.ID + ": unknown procedure version")
	}
	f := b.facts()
	list := law.Procedure.Deadlines(f, record, now)
	return list, f.err
}

// VerdictsOf is DeadlinesOf without how they were counted (procedure.Verdicts).
func (b *Books) VerdictsOf(record *procedure.Record, now int64) ([]procedure.Deadline, error) {
	law := b.law.version(record.Procedure, record.Version)
	if law == nil {
		return nil, corrupt("record " + record.ID + ": unknown procedure version")
	}
	f := b.facts()
	list := law.Procedure.Verdicts(f, record, now)
	return list, f.err
}

// Options lists what can be done to a record now, and why the rest cannot; nil
// when there is no such record.
func (b *Books) Options(id string) ([]procedure.Option, error) {
	var list []procedure.Option
	err := b.consult(id, func(p *procedure.Procedure, f *facts, record *procedure.Record, now int64) {
		list = p.Options(f, record, now)
	})
	return list, err
}

// Outlook is Options and Deadlines of a record that was read from these books.
func (b *Books) Outlook(record *procedure.Record) (options []procedure.Option, deadlines []procedure.Deadline, err error) {
	err = b.judge(record, func(p *procedure.Procedure, f *facts, now int64) {
		options, deadlines = p.Options(f, record, now), p.Deadlines(f, record, now)
	})
	return options, deadlines, err
}

// consult asks the law about a record as it stands in this view.
func (b *Books) consult(id string, ask func(*procedure.Procedure, *facts, *procedure.Record, int64)) error {
	record, err := b.Record(id)
	if err != nil || record == nil {
		return err
	}
	return b.judge(record, func(p *procedure.Procedure, f *facts, now int64) { ask(p, f, record, now) })
}

// judge asks the law that a record falls under.
func (b *Books) judge(record *procedure.Record, ask func(*procedure.Procedure, *facts, int64)) error {
	h, err := b.head()
	if err != nil {
		return err
	}
	law := b.law.version(record.Procedure, record.Version)
	if law == nil {
		return corrupt("record " + record.ID + ": unknown procedure version")
	}
	f := b.facts()
	ask(law.Procedure, f, b.now(h))
	return f.err
}

func (b *Books) facts() *facts {
	return &facts{
		law: b.law, orgs: b.l.orgs, regions: b.l.regions, reader: b.r, record: b.Record,
		network: b.l.network, keys: b.l.registry.Load(), index: math.MaxUint64,
	}
}

// Procedures returns the procedures in force, by name.
func (b *Books) Procedures() []*Law { return b.law.inForce() }

// Laws returns every version of every procedure, by name and version: records
// follow the one they began under.
func (b *Books) Laws() []*Law { return slices.Clone(b.law.laws) }

// Law returns a procedure; version 0 is the one in force. Nil when there is none.
func (b *Books) Law(name string, version int) *Law {
	if version == 0 {
		return b.law.current(name)
	}
	return b.law.version(name, version)
}

// Rules returns the deadline rules in force.
func (b *Books) Rules() *calendar.Rules { return b.law.rules }

// Calendar returns the working-day calendar in force.
func (b *Books) Calendar() *calendar.Calendar { return b.law.calendar }

// Regions returns the member regions with their organisations and nodes.
func (b *Books) Regions() []genesis.Region { return b.l.genesis.Regions }

// Org finds an organisation; nil when no member region has registered it.
func (b *Books) Org(code string) *genesis.Org {
	region, ok := b.l.orgs[code]
	if !ok {
		return nil
	}
	orgs := b.l.genesis.Region(region).Orgs
	i := slices.IndexFunc(orgs, func(o genesis.Org) bool { return o.Code == code })
	return &orgs[i]
}
