package dataset

import (
	"fmt"
	"slices"
)

// Code says why nothing is given. Codes are part of the interface between nodes and of
// the API.
type Code string

// The codes.
const (
	NotAgreed    Code = "agreement_not_yours"    // no agreement of the asker's region about this data set
	NotEffective Code = "agreement_not_in_force" // not accepted yet, or revoked, declined, withdrawn
	Expired      Code = "agreement_expired"
	Unusable     Code = "agreement_unusable" // its fields or its filter do not fit the columns
	SetClosed    Code = "set_not_shared"     // suspended or withdrawn
	RoleMayNot   Code = "role_may_not_ask"
	NoPurpose    Code = "purpose_not_agreed"
	NoField      Code = "field_not_agreed"
	BadFilter    Code = "filter_invalid"
	BadPage      Code = "page_size_invalid"
	BadCursor    Code = "bad_cursor"   // not one of ours, or of another question
	Reloaded     Code = "set_reloaded" // the rows were replaced since the first page
	NotLoaded    Code = "set_not_loaded"
)

// Refusal is the answer to a question that gives nothing.
type Refusal struct {
	Code   Code
	Detail string // for the asker, who may read the agreement and the schema
}

func (r *Refusal) Error() string { return fmt.Sprintf("refused: %s: %s", r.Code, r.Detail) }

func refuse(code Code, format string, args ...any) *Refusal {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// Terms is an agreement held against its data set: what a question may look at.
type Terms struct {
	Agreement *Agreement
	Entry     *Entry
	columns   []int // agreed, in the order of the agreement
	filter    *Filter
}

// Under holds an agreement against its data set at an instant, unix s. The error is a
// *Refusal.
func Under(a *Agreement, e *Entry, now int64) (*Terms, error) {
	asker := a.Opposite(e.Owner)
	switch ends := a.Ends(); {
	case a.Set != e.ID || asker == "":
		return nil, refuse(NotAgreed, "%s is no agreement with the publisher of %s", a.ID, e.ID)
	case !a.Open:
		return nil, refuse(NotEffective, "%s is not in force", a.ID)
	case now >= ends:
		return nil, refuse(Expired, "%s ran until %s", a.ID, a.Until)
	case !e.Open:
		return nil, refuse(SetClosed, "%s is not shared now", e.ID)
	case e.Schema == nil:
		return nil, refuse(Unusable, "%s: %v", e.ID, e.Fault)
	}
	a.Asker = asker
	t := &Terms{Agreement: a, Entry: e}
	for _, name := range a.Fields {
		i := e.Schema.At(name)
		if i < 0 {
			return nil, refuse(Unusable, "%s agrees on a field %.40q that %s does not have", a.ID, name, e.ID)
		}
		t.columns = append(t.columns, i)
	}
	var err error
	if t.filter, err = e.Schema.Compile(a.Rows, e.Schema.All()); err != nil {
		return nil, refuse(Unusable, "the filter of %s: %v", a.ID, err)
	}
	return t, nil
}

// Bounds of a question.
const (
	MaxPage     = 1000
	DefaultPage = 200
)

// Question is what an asker wants to know.
type Question struct {
	Agreement string   `json:"agreement"`
	Purpose   string   `json:"purpose"`          // one of the agreement's
	Case      string   `json:"case,omitempty"`   // record in whose name
	Fields    []string `json:"fields,omitempty"` // none: all that are agreed
	Filter    string   `json:"filter,omitempty"` // none: all rows that are agreed
	Limit     int      `json:"limit,omitempty"`  // rows of a page; 0: DefaultPage
	Person    string   `json:"person"`           // pseudonym that the asking region gave
	Org       string   `json:"org"`
	Role      string   `json:"role"`
}

// Plan is a question that may be answered.
type Plan struct {
	Terms   *Terms
	Columns []int
	Names   []string
	Limit   int
	own     *Filter
}

// Plan holds a question of a region against the terms. The error is a *Refusal.
func (t *Terms) Plan(region string, q *Question) (*Plan, error) {
	p := &Plan{Terms: t, Limit: q.Limit}
	if p.Limit == 0 {
		p.Limit = DefaultPage
	}
	s := t.Entry.Schema
	switch {
	case t.Agreement.Asker != region || t.Agreement.ID != q.Agreement:
		return nil, refuse(NotAgreed, "%s does not let region %s ask", t.Agreement.ID, region)
	case !t.Agreement.MayAsk(q.Role):
		return nil, refuse(RoleMayNot, "the role %.20q may not ask under %s", q.Role, t.Agreement.ID)
	case !slices.Contains(t.Agreement.Purposes, q.Purpose):
		return nil, refuse(NoPurpose, "%s is agreed for: %v", t.Agreement.ID, t.Agreement.Purposes)
	case p.Limit < 1 || p.Limit > MaxPage:
		return nil, refuse(BadPage, "a page has 1 to %d rows", MaxPage)
	case len(q.Fields) > MaxColumns:
		return nil, refuse(NoField, "more fields than a data set has columns")
	}
	p.Columns = t.columns
	if len(q.Fields) > 0 {
		p.Columns = nil
	}
	for _, name := range q.Fields {
		i := s.At(name)
		if i < 0 || !slices.Contains(t.columns, i) || slices.Contains(p.Columns, i) {
			return nil, refuse(NoField, "the field %.40q is not agreed, or stands twice", name)
		}
		p.Columns = append(p.Columns, i)
	}
	for _, i := range p.Columns {
		p.Names = append(p.Names, s.Columns[i].Name)
	}
	if q.Filter != "" {
		var err error
		if p.own, err = s.Compile(q.Filter, t.columns); err != nil {
			return nil, refuse(BadFilter, "%v", err)
		}
	}
	return p, nil
}

// Takes reports whether a row is given.
func (p *Plan) Takes(row Row) bool { return Both(p.Terms.filter, p.own, row) }
