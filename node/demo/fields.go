package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/draw"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// lawBook knows the fields by the law, so that a scenario can name a material
// without saying how its commitment is entered.
type lawBook struct {
	fields map[string]procedure.Field // "procedure.field"
}

func newLawBook() (*lawBook, error) {
	b := &lawBook{fields: map[string]procedure.Field{}}
	for _, t := range law.Texts() {
		d, err := procedure.Parse([]byte(t.Text))
		if err != nil {
			return nil, fmt.Errorf("couldn't read the law document %s: %w", t.Name, err)
		}
		for _, f := range d.Fields {
			b.fields[d.Name+"."+f.Name] = f
		}
	}
	return b, nil
}

// fields resolves variables and puts the step's materials into the actor's vault.
func (p *player) fields(ctx context.Context, door *client.Client, s *Step, name string) (map[string]any, error) {
	resolved, err := p.resolveAll(ctx, door, s.Fields)
	if err != nil {
		return nil, err
	}
	fields, _ := resolved.(map[string]any)
	if fields == nil {
		fields = map[string]any{}
	}
	if err := p.freeze(ctx, door, s, fields); err != nil {
		return nil, err
	}
	for _, m := range s.Materials {
		object, err := door.PutMaterial(ctx, client.NewKey(), m.Name, []byte(m.Text))
		if err != nil {
			return nil, fmt.Errorf("couldn't keep %s in the vault: %w", m.Name, err)
		}
		if p.law.fields[name+"."+m.Field].Type == procedure.TypeCommitment {
			fields[m.Field] = object.Commitment
			continue
		}
		list, _ := fields[m.Field].([]any)
		fields[m.Field] = append(list, map[string]any{"kind": m.Kind, "pages": m.Pages, "commitment": object.Commitment, "size": object.Size})
	}
	return fields, nil
}

// resolveAll replaces "$x" and "$x.field" in every string below v.
func (p *player) resolveAll(ctx context.Context, door *client.Client, v any) (any, error) {
	switch v := v.(type) {
	case string:
		return p.value(ctx, door, v)
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			r, err := p.resolveAll(ctx, door, e)
			if err != nil {
				return nil, err
			}
			out[k] = r
		}
		return out, nil
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			r, err := p.resolveAll(ctx, door, e)
			if err != nil {
				return nil, err
			}
			out[i] = r
		}
		return out, nil
	default:
		return v, nil
	}
}

// value is a string as it stands, the id of the record "$x", the present value of its
// clear field "$x.field" or of an item of it "$x.list.0", or the digest of a pool,
// "$pool.name".
func (p *player) value(ctx context.Context, door *client.Client, text string) (any, error) {
	if !strings.HasPrefix(text, "$") {
		return text, nil
	}
	name, field, ok := strings.Cut(text, ".")
	if name == "$pool" {
		frozen, _, err := p.pool(field)
		return frozen[draw.FieldPool], err
	}
	field, item, isItem := strings.Cut(field, ".")
	id, err := p.resolve(name)
	if err != nil || !ok {
		return id, err
	}
	rec, err := door.Record(ctx, id, client.Read{})
	if err != nil {
		return nil, fmt.Errorf("couldn't read %s for %s: %w", id, text, err)
	}
	raw := rec.Fields[field]
	if raw == nil {
		return nil, fmt.Errorf("%s has no clear field %s", id, field)
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return nil, fmt.Errorf("couldn't read %s of %s: %w", field, id, err)
	}
	if !isItem {
		return v, nil
	}
	list, _ := v.([]any)
	place, err := strconv.Atoi(item)
	if err != nil || place < 0 || place >= len(list) {
		return nil, fmt.Errorf("%s of %s has no item %s", field, id, item)
	}
	return list[place], nil
}

// pool is a scenario's pool as it is frozen, with the texts of pool and rule.
func (p *player) pool(name string) (frozen map[string]any, texts [][]byte, err error) {
	spec, ok := p.pools[name]
	if !ok {
		return nil, nil, fmt.Errorf("the scenario has no pool %s", name)
	}
	pool, rule, err := spec.Build(p.resolve)
	if err != nil {
		return nil, nil, fmt.Errorf("couldn't make the pool %s: %w", name, err)
	}
	frozen, err = draw.Frozen(pool, rule)
	return frozen, [][]byte{pool.Marshal(), rule.Marshal()}, err
}

// show reads the fields that a step shows, with the law's names for them.
func (p *player) show(ctx context.Context, s *Step, o *Outcome) error {
	door, err := p.doors.of(s.Actor.orOwner(o.Record))
	if err != nil {
		return err
	}
	rec, err := door.Record(ctx, o.Record, client.Read{})
	if err != nil {
		return fmt.Errorf("couldn't read %s back: %w", o.Record, err)
	}
	for _, name := range s.Show {
		f, known := p.law.fields[rec.Procedure+"."+name]
		if !known || rec.Fields[name] == nil {
			return fmt.Errorf("%s has no clear field %s to show", rec.ID, name)
		}
		o.Shown = append(o.Shown, Shown{Text{f.ZH, f.EN}, plainValue(rec.Fields[name])})
	}
	return nil
}

// plainValue is a field's value for people: lists of words without JSON's signs.
func plainValue(raw json.RawMessage) string {
	var words []string
	if json.Unmarshal(raw, &words) == nil {
		return strings.Join(words, " ")
	}
	var word string
	if json.Unmarshal(raw, &word) == nil {
		return word
	}
	return string(raw)
}

func (p *player) resolve(name string) (string, error) {
	id, ok := p.records[strings.TrimPrefix(name, "$")]
	if !ok {
		return "", fmt.Errorf("no record is known as %s", name)
	}
	return id, nil
}
