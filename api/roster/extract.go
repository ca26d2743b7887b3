package roster

import (
	"encoding/json"
	"slices"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// member is what is kept of a record of the pool.
type member struct {
	id, owner, org, state string
	regions               []string // that may see it
	skills                []string
	from, to              string // term, dates; empty: none yet
	units                 []unit
	fields                map[string]json.RawMessage
}

// unit is an enterprise to stay away from.
type unit struct {
	uscc, until, reason string
}

// use is one service of one or more members of the pool.
type use struct {
	record  string
	regions []string // that may see the record
	members []string
	target  string
	from    string // days
	to      string
	round   string
	rounds  int
	visited string // reason
	recused string // who stepped back from this target
	reason  string
}

// extractMember reads a record of the pool.
func extractMember(d *procedure.Document, rec *procedure.Record) *member {
	p := d.Pool
	m := &member{
		id: rec.ID, owner: rec.Owner, org: rec.Parties[d.Parties[0].Name].Org, state: rec.State, regions: ledger.Involved(rec), fields: rec.Fields,
		from: text(rec.Fields[p.TermFrom]), to: text(rec.Fields[p.TermTo]),
	}
	for _, item := range list(rec.Fields[p.Skill]) {
		if p.SkillName == "" {
			m.skills = append(m.skills, text(item))
			continue
		}
		m.skills = append(m.skills, text(object(item)[p.SkillName]))
	}
	for _, u := range p.Units {
		value := rec.Fields[u.Field]
		if u.Member == "" {
			if code := text(value); code != "" {
				m.units = append(m.units, unit{uscc: code, reason: u.Reason})
			}
			continue
		}
		for _, item := range list(value) {
			o := object(item)
			one := unit{uscc: text(o[u.Member]), until: text(o[u.Until]), reason: u.Reason}
			if by := text(o[u.By]); slices.ContainsFunc(p.Reasons, func(v procedure.Value) bool { return v.Name == by }) {
				one.reason = by
			}
			m.units = append(m.units, one)
		}
	}
	return m
}

// extractUses reads what a record used of the pool.
func extractUses(books *ledger.Books, rule *procedure.Use, rec *procedure.Record) ([]use, error) {
	base := use{
		record: rec.ID, regions: ledger.Involved(rec), target: text(rec.Fields[rule.Target]), round: text(rec.Fields[rule.Round]),
		rounds: rule.Rounds, visited: rule.Visited, recused: text(rec.Fields[rule.Recused]), reason: rule.Reason,
	}
	if rule.Event == "" {
		if slices.Contains(rule.Except, rec.State) {
			return nil, nil
		}
		return base.of(rule, rec.Fields), nil
	}
	history, err := books.History(rec.ID, 0, len(rec.Acts))
	if err != nil {
		return nil, err
	}
	var out []use
	for _, c := range history {
		if c.Statement.Kind != statement.KindRecordAct {
			continue
		}
		body, err := statement.ParseAct(c.Statement.Body)
		if err != nil {
			return nil, err
		}
		if body.Event == rule.Event {
			out = append(out, base.of(rule, object(body.Fields))...)
		}
	}
	return out, nil
}

// of completes a use from fields; none when nobody is named and nobody stepped back.
func (u use) of(rule *procedure.Use, fields map[string]json.RawMessage) []use {
	value := fields[rule.Names]
	if one := text(value); one != "" {
		u.members = []string{one}
	}
	for _, item := range list(value) {
		u.members = append(u.members, text(item))
	}
	u.from, u.to = text(fields[rule.From]), text(fields[rule.To])
	if len(u.members) == 0 && u.recused == "" {
		return nil
	}
	return []use{u}
}

// Values of records have passed the ledger; one that is of another form than asked
// reads as absent.

func text(value json.RawMessage) (s string) {
	if len(value) > 0 && value[0] == '"' {
		_ = json.Unmarshal(value, &s)
	}
	return s
}

func list(value json.RawMessage) (items []json.RawMessage) {
	if len(value) > 0 && value[0] == '[' {
		_ = json.Unmarshal(value, &items)
	}
	return items
}

func object(value json.RawMessage) (members map[string]json.RawMessage) {
	if len(value) > 0 && value[0] == '{' {
		_ = json.Unmarshal(value, &members)
	}
	return members
}

// day counts days since 1970; false for what is no date.
func day(date string) (int, bool) {
	t, err := time.Parse(time.DateOnly, date)
	return int(t.Unix() / 86400), err == nil
}
