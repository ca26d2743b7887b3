package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"sandi.internal/gateway/api/client"
	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/procedure/law"
)

// lawBook knows the types of the fields, so that a scenario can name a material
// without saying how its commitment is entered.
type lawBook struct {
	fields map[string]procedure.FieldType // "procedure.field"
}

func newLawBook() (*lawBook, error) {
	b := &lawBook{fields: map[string]procedure.FieldType{}}
	for _, t := range law.Texts() {
		d, err := procedure.Parse([]byte(t.Text))
		if err != nil {
			return nil, fmt.Errorf("couldn't read the law document %s: %w", t.Name, err)
		}
		for _, f := range d.Fields {
			b.fields[d.Name+"."+f.Name] = f.Type
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
	for _, m := range s.Materials {
		object, err := door.PutMaterial(ctx, client.NewKey(), m.Name, []byte(m.Text))
		if err != nil {
			return nil, fmt.Errorf("couldn't keep %s in the vault: %w", m.Name, err)
		}
		if p.law.fields[name+"."+m.Field] == procedure.TypeCommitment {
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

// value is a string as it stands, the id of the record "$x", or the present
// value of its clear field "$x.field".
func (p *player) value(ctx context.Context, door *client.Client, text string) (any, error) {
	if !strings.HasPrefix(text, "$") {
		return text, nil
	}
	name, field, ok := strings.Cut(text, ".")
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
	return v, nil
}

func (p *player) resolve(name string) (string, error) {
	id, ok := p.records[strings.TrimPrefix(name, "$")]
	if !ok {
		return "", fmt.Errorf("no record is known as %s", name)
	}
	return id, nil
}
