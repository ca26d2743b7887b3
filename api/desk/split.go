package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/procedure"
)

// content is a draft's fields, sorted by where the law lets them stand.
type content struct {
	clear   []byte            // JSON object for the ledger
	commits map[string]string // field -> commitment of its value in the vault
	home    []string          // fields that stay in the vault
	private string            // commitment of the object that holds them
}

// form is what one act may say: the law it falls under and, when the record's
// state is known, the event.
type form struct {
	law   *ledger.Law
	event *procedure.Event // nil: unknown here, the ledger will say why
}

// split checks a draft's fields and sorts them. All field errors come back at
// once. What is declared commit or home has gone to the vault when it returns.
func (d *Desk) split(ctx context.Context, f form, draft *Draft) (content, error) {
	c, commit, home, err := sorted(f, draft)
	if err == nil && len(commit)+len(home) > 0 {
		err = d.putAway(ctx, draft, &c, commit, home)
	}
	if err != nil {
		return content{}, err
	}
	return c, nil
}

// sorted checks a draft's fields and sorts them: what is clear, and what has to go to
// the vault.
func sorted(f form, draft *Draft) (c content, commit, home []Member, err error) {
	var room [16]Member // an opening has some ten fields, and most are clear
	var names [16]string
	clear, given := room[:0], names[:0]
	var wrong []problem.Field
	for m := range draft.Fields.Members() {
		given = append(given, m.Name)
		field := declared(f.law, m.Name)
		if field == nil || f.event != nil && !takes(f.event, m.Name) {
			wrong = append(wrong, problem.At("body.fields."+Printable(m.Name), problem.UnknownField))
			continue
		}
		m.Value = normalise(field, m.Value)
		if err := field.Check(m.Value); err != nil {
			wrong = append(wrong, fieldError(err, m.Name))
			continue
		}
		switch field.See {
		case procedure.SeeHome:
			home = append(home, m)
		case procedure.SeeCommit:
			commit = append(commit, m)
		default:
			clear = append(clear, m)
		}
	}
	if f.event != nil {
		for _, name := range f.event.Require {
			if !slices.Contains(given, name) {
				wrong = append(wrong, problem.At("body.fields."+name, problem.Missing))
			}
		}
	}
	if len(wrong) > 0 {
		return content{}, nil, nil, problem.Invalid(wrong...)
	}
	c.clear = object(clear)
	return c, commit, home, nil
}

// putAway brings private values into the vault: each committed field under its
// own commitment, so that it can be opened alone; all home fields under one.
func (d *Desk) putAway(ctx context.Context, draft *Draft, c *content, commit, home []Member) error {
	for _, m := range commit {
		commitment, err := d.cfg.Vault.Keep(ctx, draft.Person, draft.Org, []byte(m.Value))
		if err != nil {
			return fmt.Errorf("couldn't keep a committed field: %w", err)
		}
		if c.commits == nil {
			c.commits = make(map[string]string, len(commit))
		}
		c.commits[m.Name] = commitment
	}
	if len(home) == 0 {
		return nil
	}
	var err error
	if c.private, err = d.cfg.Vault.Keep(ctx, draft.Person, draft.Org, object(home)); err != nil {
		return fmt.Errorf("couldn't keep the home fields: %w", err)
	}
	for _, m := range home {
		c.home = append(c.home, m.Name)
	}
	slices.Sort(c.home)
	return nil
}

// declared finds a field of a law. A name with an escape in it is none: it
// could spell a private field in a way that this comparison does not see.
func declared(law *ledger.Law, name string) *procedure.Field {
	fields := law.Document.Fields
	for i := range fields {
		if fields[i].Name == name {
			return &fields[i]
		}
	}
	return nil
}

func takes(e *procedure.Event, name string) bool {
	return slices.Contains(e.Require, name) || slices.Contains(e.Optional, name)
}

// maxNamed bounds how much of an unknown name an answer repeats.
const maxNamed = 40

// Printable keeps an unknown name's harmless characters for the answer.
func Printable(name string) string {
	name = strings.Map(func(r rune) rune {
		if r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return '?'
	}, name)
	return name[:min(len(name), maxNamed)]
}

// fieldError turns a validator's refusal into a field of the answer.
func fieldError(err error, name string) problem.Field {
	field := problem.At("body.fields."+name, problem.BadFormat)
	var refusal *procedure.Refusal
	if errors.As(err, &refusal) {
		field.Location += refusal.Params["where"]
		field.Code = refusal.Code
		field.Params = map[string]string{"reason": refusal.Params["reason"]}
		field.ZH, field.EN = refusal.ZH, refusal.EN
	}
	return field
}
