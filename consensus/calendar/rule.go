package calendar

import (
	"fmt"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// Unit is what a limit counts.
type Unit string

const (
	Workdays Unit = "wd"
	Days     Unit = "d"
	Hours    Unit = "h"
)

// Roll says over which days the end of a limit moves on.
type Roll string

const (
	RollHoliday    Roll = "holiday"    // days off of the notice (the letter of article 80)
	RollNonworking Roll = "nonworking" // every day that is not worked
	RollNone       Roll = "none"
)

// Status says how well the source of a rule is known.
type Status string

const (
	Seen     Status = "seen"     // the text of the instrument was read
	Recalled Status = "recalled" // known, not read
	Agreed   Status = "agreed"   // a parameter of the bureaus' agreement; no law fixes it
)

// Rule is one time limit of the rule table.
type Rule struct {
	ID        string `json:"id"`
	Version   int    `json:"version"` // of the table
	N         int    `json:"n"`
	Unit      Unit   `json:"unit"`
	Roll      Roll   `json:"roll"`
	NotBefore bool   `json:"not_before,omitempty"` // a window opens when the limit has passed
	Starts    string `json:"starts,omitempty"`     // in words
	Excluded  string `json:"excluded,omitempty"`   // in words
	Extension string `json:"extension,omitempty"`  // in words
	Cite      string `json:"cite"`
	Status    Status `json:"status"`
	Note      string `json:"note,omitempty"`
	ZH        string `json:"zh"`
	EN        string `json:"en"`
	From      string `json:"from,omitempty"` // first day of effect; empty: always was
	To        string `json:"to,omitempty"`   // last day of effect; empty: still is
	terms     []Rule // all entries of this id, by From; shared, never written
}

// On returns the wording in force on a day: a table may hold an id several
// times with effective dates that do not overlap.
func (r Rule) On(d Day) (Rule, bool) {
	for i := range r.terms {
		if r.terms[i].inForce(d) {
			t := r.terms[i]
			t.terms = r.terms
			return t, true
		}
	}
	return Rule{}, false
}

func (r *Rule) inForce(d Day) bool {
	if r.From == "" && r.To == "" {
		return true // as most are: no day has to be written out
	}
	s := d.String()
	return (r.From == "" || s >= r.From) && (r.To == "" || s <= r.To)
}

// Rules is one version of the rule table.
type Rules struct {
	Version int
	List    []Rule // in the order of the text
	byID    map[string][]Rule
}

// Bounds of a rule table.
const (
	maxRules = 500
	maxN     = 3660 // ten years in days; no limit of the law is longer
	maxText  = 300
)

// ParseRules reads a rule table (YAML, see README of consensus/procedure).
func ParseRules(text []byte) (*Rules, error) {
	file, err := lawtext.Parse(text)
	if err != nil {
		return nil, err
	}
	m := file.Root.Map()
	if v := m.Need("schema"); v.Int() != 1 {
		v.Failf("schema has to be 1")
	}
	t := &Rules{Version: bounded(m.Need("version"), 1, 1_000_000)}
	list := m.Need("rules")
	m.Done()
	if len(list.Items) > maxRules {
		list.Failf("more than %d rules", maxRules)
	} else {
		for _, n := range list.List() {
			r := readRule(n)
			r.Version = t.Version
			t.List = append(t.List, r)
		}
	}
	if err := file.Err(); err != nil {
		return nil, err
	}
	if err := t.index(); err != nil {
		return nil, err
	}
	return t, nil
}

func readRule(n *lawtext.Node) Rule {
	m := n.Map()
	r := Rule{
		ID:   m.NeedString("id", 40),
		N:    bounded(m.Need("n"), 1, maxN),
		Unit: Unit(oneOf(m.Need("unit"), "wd", "d", "h")),
		Cite: m.NeedString("cite", maxText), ZH: m.NeedString("zh", maxText), EN: m.NeedString("en", maxText),
		Status:    Status(oneOf(m.Need("status"), "seen", "recalled", "agreed")),
		NotBefore: m.Bool("not_before"),
		Starts:    m.String("starts", maxText), Excluded: m.String("excluded", maxText),
		Extension: m.String("extension", maxText), Note: m.String("note", maxText),
		From: day(m.Find("from")), To: day(m.Find("to")),
	}
	// Working days never end on a holiday, and hours are clock hours.
	r.Roll = RollNone
	if r.Unit == Days {
		r.Roll = RollHoliday
	}
	if v := m.Find("roll"); v != nil {
		r.Roll = Roll(oneOf(v, "holiday", "nonworking", "none"))
		if r.Unit != Days && r.Roll != RollNone {
			v.Failf("only limits in calendar days roll")
		}
	}
	if r.From != "" && r.To != "" && r.From > r.To {
		n.Failf("from lies after to")
	}
	m.Done()
	return r
}

func bounded(n *lawtext.Node, lo, hi int64) int {
	v := n.Int()
	if v < lo || v > hi {
		n.Failf("expected a number from %d to %d", lo, hi)
	}
	return int(v)
}

func oneOf(n *lawtext.Node, words ...string) string {
	s := n.String(20)
	for _, w := range words {
		if s == w {
			return s
		}
	}
	n.Failf("expected one of %v", words)
	return ""
}

func day(n *lawtext.Node) string {
	if n == nil {
		return ""
	}
	s := n.String(10)
	if _, ok := ParseDay(s); !ok {
		n.Failf("%q is not a date", s)
	}
	return s
}

// index groups the rules by id and refuses entries whose effective dates
// overlap.
func (t *Rules) index() error {
	t.byID = make(map[string][]Rule, len(t.List))
	for _, r := range t.List {
		for _, o := range t.byID[r.ID] {
			if (o.To == "" || r.From <= o.To) && (r.To == "" || o.From <= r.To) {
				return fmt.Errorf("couldn't read the rule table: %q is in force twice at the same time", r.ID)
			}
		}
		t.byID[r.ID] = append(t.byID[r.ID], r)
	}
	for i := range t.List {
		t.List[i].terms = t.byID[t.List[i].ID]
	}
	return nil
}

// Rule finds a rule by id; Rule.On then picks the wording of a day.
func (t *Rules) Rule(id string) (Rule, bool) {
	terms := t.byID[id]
	if len(terms) == 0 {
		return Rule{}, false
	}
	r := terms[len(terms)-1]
	r.terms = terms
	return r, true
}
