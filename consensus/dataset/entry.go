package dataset

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/consensus/procedure"
)

// ErrNotShared says that a record has nothing to do with shared data sets.
var ErrNotShared = errors.New("the record is neither an entry of the catalogue nor an agreement")

// Entry is a data set as the catalogue on the ledger has it.
type Entry struct {
	ID, Owner, Title string
	Open             bool // rows may be loaded and given
	Schema           *Schema
	Fault            error // why it has no Schema
	law              *procedure.Shares
}

// ReadEntry reads a record of the catalogue. The error wraps ErrNotShared.
func ReadEntry(d *procedure.Document, rec *procedure.Record) (*Entry, error) {
	if d.Shares == nil || d.Shares.Columns == "" {
		return nil, ErrNotShared
	}
	s := d.Shares
	e := &Entry{ID: rec.ID, Owner: rec.Owner, Title: text(rec, s.Title), Open: slices.Contains(s.States, rec.State), law: s}
	e.Schema, e.Fault = New(rec.Fields[s.Columns], rec.Fields[s.Key], text(rec, s.Personal))
	return e, nil
}

// MayLoad reports whether an office at home may load rows.
func (e *Entry) MayLoad(role string) bool { return slices.Contains(e.law.Roles, role) }

// Agreement is what one region may ask of another's data set.
type Agreement struct {
	ID, Set  string
	Asker    string // region
	Purposes []string
	Fields   []string
	Rows     string // filter, as agreed
	Until    string // last day
	Open     bool   // in a state in which it may be asked under
	Parties  map[string]procedure.Party
	law      *procedure.Shares
}

// ReadAgreement reads an agreement; who asks whom, Under says. The error wraps
// ErrNotShared.
func ReadAgreement(d *procedure.Document, rec *procedure.Record) (*Agreement, error) {
	if d.Shares == nil || d.Shares.Of == "" {
		return nil, ErrNotShared
	}
	s := d.Shares
	a := &Agreement{
		ID: rec.ID, Set: text(rec, s.Of), Rows: text(rec, s.Rows), Until: text(rec, s.Until), Open: slices.Contains(s.States, rec.State),
		Parties: rec.Parties, law: s,
	}
	if json.Unmarshal(rec.Fields[s.Purposes], &a.Purposes) != nil || json.Unmarshal(rec.Fields[s.Fields], &a.Fields) != nil {
		return nil, fmt.Errorf("%s: %w", rec.ID, ErrNotShared)
	}
	return a, nil
}

// MayAsk reports whether an office may ask under the agreement.
func (a *Agreement) MayAsk(role string) bool { return slices.Contains(a.law.Roles, role) }

// Opposite is the region that agrees with another one; empty when the two are not its
// sides.
func (a *Agreement) Opposite(region string) string {
	opposite, side := "", false
	for _, p := range a.Parties {
		if p.Region == region {
			side = true
		} else {
			opposite = p.Region
		}
	}
	if !side || len(a.Parties) != 2 {
		return ""
	}
	return opposite
}

// Ends is the first instant, unix s, at which the agreement has expired; 0 when its
// day is none.
func (a *Agreement) Ends() int64 {
	day, ok := calendar.ParseDay(a.Until)
	if !ok {
		return 0
	}
	return (day + 1).Start()
}

func text(rec *procedure.Record, field string) string {
	var s string
	_ = json.Unmarshal(rec.Fields[field], &s) // a field that is no text reads as none
	return s
}
