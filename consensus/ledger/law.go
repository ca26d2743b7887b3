package ledger

import (
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/genesis"
	"sandi.internal/gateway/consensus/procedure"
)

// Law is one version of one procedure, with its text.
type Law struct {
	Name      string
	Version   int
	Prefix    string // of its record ids
	Text      string // the document as adopted
	Document  *procedure.Document
	Procedure *procedure.Procedure
	Automatic []string // states in which an event may be a node's own to submit: receipts, limits that passed, what other records cause
}

// lawBook is the law in force: what genesis adopted. It is immutable and may be
// read by any goroutine.
type lawBook struct {
	laws     []*Law          // by name
	waiting  map[string]bool // prefixes of records that wait for others
	rules    *calendar.Rules
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
	names, prefixes := make(map[string]bool), make(map[string]bool)
	for _, t := range g.Law {
		document, err := procedure.Parse([]byte(t.Text))
		if err != nil {
			return nil, fmt.Errorf("couldn't read procedure %q: %w", t.Name, err)
		}
		compiled, err := procedure.Compile(document)
		if err != nil {
			return nil, fmt.Errorf("couldn't compile procedure %q: %w", t.Name, err)
		}
		switch {
		case document.Name != t.Name:
			return nil, fmt.Errorf("procedure %q calls itself %q", t.Name, document.Name)
		case names[document.Name]:
			return nil, fmt.Errorf("procedure %q stands twice", t.Name)
		case prefixes[document.Prefix]:
			return nil, fmt.Errorf("procedure %q takes the record prefix %s of another", t.Name, document.Prefix)
		}
		names[document.Name], prefixes[document.Prefix] = true, true
		b.waiting[document.Prefix] = slices.ContainsFunc(document.Events, func(e procedure.Event) bool { return e.Auto == procedure.AutoLinked })
		b.laws = append(b.laws, &Law{
			Name: document.Name, Version: document.Version, Prefix: document.Prefix,
			Text: t.Text, Document: document, Procedure: compiled, Automatic: automatic(document),
		})
	}
	slices.SortFunc(b.laws, func(x, y *Law) int { return strings.Compare(x.Name, y.Name) })
	return b, nil
}

// automatic lists the states from which a node has events to submit by itself.
func automatic(d *procedure.Document) []string {
	var states []string
	for _, e := range d.Events {
		if e.Auto == procedure.AutoReceipt || e.Auto == procedure.AutoDue || e.Auto == procedure.AutoLinked {
			states = append(states, e.From...)
		}
	}
	slices.Sort(states)
	return slices.Compact(states)
}

// current returns the version of a procedure that new records start under.
func (b *lawBook) current(name string) *Law {
	i, ok := slices.BinarySearchFunc(b.laws, name, func(l *Law, name string) int { return strings.Compare(l.Name, name) })
	if !ok {
		return nil
	}
	return b.laws[i]
}

// version returns a procedure in the version that a record started under.
func (b *lawBook) version(name string, version int) *Law {
	if l := b.current(name); l != nil && l.Version == version {
		return l
	}
	return nil
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

func (b *lawBook) rule(id string, version int) (calendar.Rule, bool) {
	if version != 0 && version != b.rules.Version {
		return calendar.Rule{}, false
	}
	return b.rules.Rule(id)
}
