package ledger

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/statement"
)

// Bounds of proposals.
const (
	maxOpenProposals = 16    // of one region
	maxAdopted       = 1_000 // texts of law that a ledger adopts in its life
	maxFault         = 200   // bytes of a compiler's words in a refusal
)

// Proposal is a text of law that a region has proposed. All regions decide; none
// can change law alone.
type Proposal struct {
	Region, ID string // that proposed it, and its statement
	Form       string // statement.LawProcedure, LawRules or LawCalendar
	Name       string
	Version    int
	From       int64    // unix s: adopted not before
	Leaf       uint64   // of its statement
	Approved   []string // regions, ascending; the proposer among them
	Rejected   string   // region that refused it: it is closed
	Adopted    uint64   // leaf index + 1 of its adoption; 0 before
}

// Open reports whether regions may still vote on it.
func (p *Proposal) Open() bool { return p.Rejected == "" && p.Adopted == 0 }

// propose judges law.propose: the text must be law that could come into force as
// it stands, and the next version of what is in force.
func (l *Ledger) propose(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	body, err := statement.ParsePropose(st.Body)
	if err != nil {
		return decision{}, malformed(err), nil
	}
	p := &Proposal{
		Region: st.Region, ID: st.ID, Form: body.Form, Name: body.Name, Version: body.Version, From: body.From,
		Leaf: l.tree.Size(), Approved: []string{st.Region},
	}
	if _, refusal := l.law.Load().next(p, string(body.Text), now); refusal != nil {
		return decision{}, refusal, nil
	}
	open, count, err := openProposals(r, p.Region, 1)
	if err != nil {
		return decision{}, nil, err
	}
	if open > maxOpenProposals {
		return decision{}, refuse(CodeFull, "what", "proposals"), nil
	}
	return decision{changes: []change{
		{key: proposalKey(p.Region, p.ID), after: p.row()}, {key: lawTextKey(p.Region, p.ID), after: body.Text}, count,
	}}, nil, nil
}

// openProposals is how many proposals of a region are open after one more or one
// less, and the change that says so.
func openProposals(r Reader, region string, more int) (int, change, error) {
	return count(r, openProposalsKey(region), more, "a count of proposals")
}

// count is a stored count after so many more, and the change that says so.
func count(r Reader, key []byte, more int, what string) (int, change, error) {
	before, err := r.Get(key)
	if err != nil {
		return 0, change{}, err
	}
	n := uint64(0)
	if before != nil {
		d := newDecoder(before)
		n = d.uvarint()
		if err := d.done(what); err != nil {
			return 0, change{}, err
		}
	}
	after := int(n) + more
	if after < 0 {
		return 0, change{}, corrupt(what)
	}
	return after, change{key: key, before: before, after: binary.AppendUvarint([]byte{rowVersion}, uint64(after))}, nil
}

// changes are those of a proposal that was decided upon; one that is closed makes
// room for another of its region.
func (p *Proposal) changes(r Reader, before []byte) ([]change, error) {
	list := []change{{key: proposalKey(p.Region, p.ID), before: before, after: p.row()}}
	if p.Open() {
		return list, nil
	}
	_, count, err := openProposals(r, p.Region, -1)
	return append(list, count), err
}

// vote judges law.vote. A region may take its approval back while the proposal is
// open; a refusal closes it.
func (l *Ledger) vote(r Reader, st *statement.Statement) (decision, *Refusal, error) {
	p, body, refusal, err := l.proposal(r, st)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	before := p.row()
	i, approved := slices.BinarySearch(p.Approved, st.Region)
	switch {
	case !body.Approve:
		p.Rejected = st.Region
	case approved:
		return decision{}, refuse(CodeLawVoted, "proposal", p.ID), nil
	default:
		p.Approved = slices.Insert(p.Approved, i, st.Region)
	}
	changes, err := p.changes(r, before)
	return decision{changes: changes}, nil, err
}

// adopt judges law.adopt: any region may say it once all have approved and the
// time has come. From the next leaf on new records start under the new version.
func (l *Ledger) adopt(r Reader, st *statement.Statement, now int64) (decision, *Refusal, error) {
	p, _, refusal, err := l.proposal(r, st)
	if refusal != nil || err != nil {
		return decision{}, refusal, err
	}
	for _, region := range l.regions {
		if !slices.Contains(p.Approved, region) {
			return decision{}, refuse(CodeLawVotes, "missing", region), nil
		}
	}
	if now < p.From*1000 {
		return decision{}, refuse(CodeLawEarly, "from", statement.FormatAt(p.From), "now", statement.FormatAt(now/1000)), nil
	}
	text, err := r.Get(lawTextKey(p.Region, p.ID))
	if err != nil {
		return decision{}, nil, err
	}
	law, refusal := l.law.Load().next(p, string(text), now)
	if refusal != nil {
		return decision{}, refusal, nil
	}
	before := p.row()
	p.Adopted = l.tree.Size() + 1
	changes, err := p.changes(r, before)
	return decision{changes: changes, law: law}, nil, err
}

// proposal finds the open proposal that a statement names.
func (l *Ledger) proposal(r Reader, st *statement.Statement) (*Proposal, statement.ProposalBody, *Refusal, error) {
	body, err := statement.ParseProposal(st.Kind, st.Body)
	if err != nil {
		return nil, body, malformed(err), nil
	}
	row, err := r.Get(proposalKey(body.Region, body.Proposal))
	switch {
	case err != nil:
		return nil, body, nil, err
	case row == nil:
		return nil, body, refuse(CodeLawProposal, "proposal", body.Proposal), nil
	}
	p, err := parseProposal(row)
	if err != nil {
		return nil, body, nil, err
	}
	if !p.Open() {
		return nil, body, refuse(CodeLawClosed, "proposal", p.ID), nil
	}
	return p, body, nil, nil
}

// next is the book with a proposal's text in force, or why it can't be.
func (b *lawBook) next(p *Proposal, text string, now int64) (*lawBook, *Refusal) {
	after, version, err := b.with(p.Form, text)
	if err != nil {
		fault := err.Error()
		return nil, refuse(CodeLawText, "fault", fault[:min(len(fault), maxFault)])
	}
	inForce := 0
	switch p.Form {
	case statement.LawProcedure:
		if law := b.current(p.Name); law != nil {
			inForce = law.Version
		}
		if after.version(p.Name, version) == nil {
			return nil, refuse(CodeLawText, "fault", "the text has another name")
		}
	case statement.LawRules:
		inForce = b.rules.Version
	case statement.LawCalendar:
		inForce = b.calendar.Version
		if err := b.calendar.Continues(after.calendar, calendar.DayOf(now/1000)); err != nil {
			return nil, refuse(CodeLawPast, "fault", err.Error())
		}
	}
	if p.Version != version || p.Version != inForce+1 {
		return nil, refuse(CodeLawVersion, "in_force", fmt.Sprint(inForce), "text", fmt.Sprint(version))
	}
	return after, nil
}

// with is the book with one more text, and the version that the text gives itself.
func (b *lawBook) with(form, text string) (after *lawBook, version int, err error) {
	next := *b
	switch form {
	case statement.LawCalendar:
		if next.calendar, err = calendar.Parse([]byte(text)); err != nil {
			return nil, 0, err
		}
		return &next, next.calendar.Version, nil
	case statement.LawRules:
		if next.rules, err = calendar.ParseRules([]byte(text)); err != nil {
			return nil, 0, err
		}
		next.former = append(slices.Clip(b.former), b.rules)
		for _, law := range next.inForce() {
			if err := next.counts(law); err != nil {
				return nil, 0, err
			}
		}
		return &next, next.rules.Version, nil
	}
	law, err := newLaw(text)
	if err == nil {
		err = next.admit(law)
	}
	if err == nil {
		err = next.counts(law)
	}
	if err != nil {
		return nil, 0, err
	}
	next.laws, next.waiting = slices.Clone(b.laws), maps.Clone(b.waiting)
	next.put(law)
	return &next, law.Version, nil
}

// counts checks that the rules by which a law counts exist.
func (b *lawBook) counts(law *Law) error {
	for _, id := range law.Procedure.Rules() {
		if _, ok := b.rules.Rule(id); !ok {
			return fmt.Errorf("procedure %q counts by the rule %q, which the table lacks", law.Name, id)
		}
	}
	return nil
}

// lawOf is the law that a storage holds: that of genesis and what was adopted, in
// the order of adoption.
func (l *Ledger) lawOf(r Reader) (*lawBook, error) {
	all, err := proposals(r)
	if err != nil {
		return nil, err
	}
	adopted := slices.DeleteFunc(all, func(p *Proposal) bool { return p.Adopted == 0 })
	if len(adopted) > maxAdopted {
		return nil, corrupt("the adopted law")
	}
	slices.SortFunc(adopted, func(a, b *Proposal) int { return cmp.Compare(a.Adopted, b.Adopted) })
	book := l.first
	for _, p := range adopted {
		text, err := r.Get(lawTextKey(p.Region, p.ID))
		if err != nil {
			return nil, err
		}
		next, version, err := book.with(p.Form, string(text))
		if err != nil || version != p.Version {
			return nil, fmt.Errorf("%w: %s version %d: %w", corrupt("the adopted law"), p.Name, p.Version, err)
		}
		book = next
	}
	return book, nil
}

// enact puts the law into force. Working days decide when limits end: under
// another calendar the list of what falls due is made anew.
func (l *Ledger) enact(tx Tx, law *lawBook) error {
	before := l.law.Swap(law)
	if l.bare || law.calendar == before.calendar {
		return nil
	}
	records := make(map[string]bool)
	lower, upper := tableSpan(tableDue)
	err := tx.Scan(lower, upper, false, func(k, v []byte) (bool, error) {
		due, err := parseDue(k, v)
		records[due.Record] = true
		return err == nil, err
	})
	if err != nil {
		return fmt.Errorf("couldn't read the deadlines: %w", err)
	}
	f := l.facts(tx)
	for _, id := range slices.Sorted(maps.Keys(records)) {
		if err := l.redate(tx, f, id); err != nil {
			return fmt.Errorf("couldn't date the deadlines of %s anew: %w", id, err)
		}
	}
	return nil
}

// redate derives a record's deadlines again.
func (l *Ledger) redate(tx Tx, f *facts, id string) error {
	before, err := l.entry(tx, id)
	if err != nil {
		return err
	}
	if before == nil {
		return corrupt("a deadline without a record")
	}
	after := *before
	if err := l.derive(f, &after, l.time); err != nil {
		return err
	}
	return l.writeEntry(tx, &decision{entry: &after, replaces: before})
}

func (p *Proposal) row() []byte {
	row := []byte{rowVersion}
	for _, s := range [...]string{p.Region, p.ID, p.Form, p.Name} {
		row = appendText(row, s)
	}
	for _, n := range [...]uint64{uint64(p.Version), uint64(p.From), p.Leaf, p.Adopted} {
		row = binary.AppendUvarint(row, n)
	}
	return appendText(appendTexts(row, p.Approved), p.Rejected)
}

func parseProposal(row []byte) (*Proposal, error) {
	d := newDecoder(row)
	p := &Proposal{Region: d.text(), ID: d.text(), Form: d.text(), Name: d.text()}
	p.Version, p.From, p.Leaf, p.Adopted = int(d.uvarint()), int64(d.uvarint()), d.uvarint(), d.uvarint()
	p.Approved, p.Rejected = d.texts(), d.text()
	return p, d.done("a proposal")
}

// proposals lists all proposals, by region and id.
func proposals(r Reader) ([]*Proposal, error) {
	var list []*Proposal
	lower, upper := prefixSpan([]byte{tableLaw, lawProposal})
	err := r.Scan(lower, upper, false, func(_, v []byte) (bool, error) {
		p, err := parseProposal(v)
		list = append(list, p)
		return err == nil, err
	})
	return list, err
}

// Proposals lists what regions have proposed as law, the earliest first.
func (b *Books) Proposals() ([]*Proposal, error) {
	list, err := proposals(b.r)
	slices.SortFunc(list, func(x, y *Proposal) int { return cmp.Compare(x.Leaf, y.Leaf) })
	return list, err
}

// Proposal finds a proposal and its text; nil when there is none.
func (b *Books) Proposal(region, id string) (*Proposal, []byte, error) {
	row, err := b.r.Get(proposalKey(region, id))
	if err != nil || row == nil {
		return nil, nil, err
	}
	p, err := parseProposal(row)
	if err != nil {
		return nil, nil, err
	}
	text, err := b.r.Get(lawTextKey(region, id))
	return p, text, err
}
