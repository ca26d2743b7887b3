package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/procedure"
)

// Law is one version of one procedure, with its text. It is shared by the ledgers of a
// process: do not change it.
type Law struct {
	Name      string
	Version   int
	Prefix    string // of its record ids
	Text      string // the document as adopted
	Document  *procedure.Document
	Procedure *procedure.Procedure
	Automatic []string // states in which an event may be a node's own to submit: receipts, limits that passed, what other records cause
}

// lawBook is the law: what genesis adopted, and what the regions adopted since. It
// is immutable and may be read by any goroutine; an adoption makes another book.
type lawBook struct {
	laws     []*Law          // by name, then version; the last of a name is in force
	waiting  map[string]bool // prefixes of records that wait for others
	rules    *calendar.Rules // in force
	former   []*calendar.Rules
	calendar *calendar.Calendar
}

// newLawBook reads and compiles every text of genesis. A text that does not
// compile, or that has another's name or prefix, fails the whole.
func newLawBook(g *genesis.Genesis) (*lawBook, error) {
	b := &lawBook{waiting: make(map[string]bool)}
	var err error
	if b.calendar, err = calendar.Parse([]byte(g.Calendar)); err != nil {
		return nil, fmt.Errorf("couldn't read the calendar: %w", err)
	}
	if b.rules, err = calendar.ParseRules([]byte(g.Rules)); err != nil {
		return nil, fmt.Errorf("couldn't read the rule table: %w", err)
	}
	for _, t := range g.Law {
		law, err := newLaw(t.Text)
		switch {
		case err != nil:
			return nil, fmt.Errorf("couldn't read procedure %q: %w", t.Name, err)
		case law.Name != t.Name:
			return nil, fmt.Errorf("procedure %q calls itself %q", t.Name, law.Name)
		case b.current(law.Name) != nil:
			return nil, fmt.Errorf("procedure %q stands twice", t.Name)
		}
		if err := errors.Join(b.admit(law), b.counts(law)); err != nil {
			return nil, err
		}
		b.put(law)
	}
	return b, nil
}

// newLaw reads and compiles a document, unless this process has done so.
func newLaw(text string) (*Law, error) {
	if law := compiledTexts.get(text); law != nil {
		return law, nil
	}
	document, err := procedure.Parse([]byte(text))
	if err != nil {
		return nil, err
	}
	compiled, err := procedure.Compile(document)
	if err != nil {
		return nil, err
	}
	return compiledTexts.put(&Law{
		Name: document.Name, Version: document.Version, Prefix: document.Prefix,
		Text: text, Document: document, Procedure: compiled, Automatic: automatic(document),
	}), nil
}

// admit checks a law against the others: a prefix belongs to one procedure, in all
// its versions.
func (b *lawBook) admit(law *Law) error {
	for _, other := range b.laws {
		if (other.Name == law.Name) != (other.Prefix == law.Prefix) {
			return fmt.Errorf("procedure %q has the record prefix %s, %q has %s", law.Name, law.Prefix, other.Name, other.Prefix)
		}
	}
	return nil
}

func (b *lawBook) put(law *Law) {
	i, _ := slices.BinarySearchFunc(b.laws, law, compareLaws)
	b.laws = slices.Insert(b.laws, i, law)
	if slices.ContainsFunc(law.Document.Events, func(e procedure.Event) bool { return e.Auto == procedure.AutoLinked }) {
		b.waiting[law.Prefix] = true
	}
}

func compareLaws(x, y *Law) int {
	return cmp.Or(strings.Compare(x.Name, y.Name), cmp.Compare(x.Version, y.Version))
}

// automatic lists the states from which a node has events to submit by itself.
func automatic(d *procedure.Document) []string {
	var states []string
	for _, e := range d.Events {
		if e.Auto != "" && e.Auto != procedure.AutoCondition {
			states = append(states, e.From...)
		}
	}
	slices.Sort(states)
	return slices.Compact(states)
}

// current returns the version of a procedure that new records start under.
func (b *lawBook) current(name string) *Law {
	i, _ := slices.BinarySearchFunc(b.laws, name, func(l *Law, name string) int {
		if l.Name <= name {
			return -1 // the last of the name is wanted
		}
		return 1
	})
	if i == 0 || b.laws[i-1].Name != name {
		return nil
	}
	return b.laws[i-1]
}

// version returns a procedure in the version that a record started under.
func (b *lawBook) version(name string, version int) *Law {
	i, ok := slices.BinarySearchFunc(b.laws, &Law{Name: name, Version: version}, compareLaws)
	if !ok {
		return nil
	}
	return b.laws[i]
}

// inForce are the newest versions, by name.
func (b *lawBook) inForce() []*Law {
	var list []*Law
	for i, l := range b.laws {
		if i+1 == len(b.laws) || b.laws[i+1].Name != l.Name {
			list = append(list, l)
		}
	}
	return list
}

// touched are the records that a record links to and that may have waited for its
// act.
func (b *lawBook) touched(r *procedure.Record) []string {
	var ids []string
	for _, l := range r.Links {
		if len(l.ID) > 2 && b.waiting[l.ID[:2]] {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

// rule finds a deadline rule; version 0 is the table in force.
func (b *lawBook) rule(id string, version int) (calendar.Rule, bool) {
	if version == 0 || version == b.rules.Version {
		return b.rules.Rule(id)
	}
	for _, table := range b.former {
		if table.Version == version {
			return table.Rule(id)
		}
	}
	return calendar.Rule{}, false
}
