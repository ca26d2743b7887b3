package script

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// token43 and token22 are stand-ins for hashes and pseudonyms: they look like
// them and are the same for the same text.
func token43(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func token22(s string) string {
	h := sha256.Sum256([]byte(s))
	return base64.RawURLEncoding.EncodeToString(h[:16])
}

// Commitment stands for the salted commitment of an object named by a word.
func Commitment(word string) string { return "sc1." + token43(word) }

var shorthand = regexp.MustCompile(`"#([^"]*)"`)

// fill turns the fields of a script into those of an act, by the visibility
// that the document declares. Fields the document does not know are sent
// clear, so that the engine refuses them itself.
func fill(p *procedure.Procedure, fields []field, a *procedure.Act) error {
	clear := make(map[string]json.RawMessage, len(fields))
	for _, f := range fields {
		decl := p.Field(f.name)
		see := procedure.SeeClear
		if decl != nil {
			see = decl.See
		}
		raw, err := value(decl, f.text)
		if err != nil {
			return fmt.Errorf("field %s: %w", f.name, err)
		}
		switch see {
		case procedure.SeeClear:
			clear[f.name] = raw
		case procedure.SeeCommit:
			if a.Commits == nil {
				a.Commits = make(map[string]string)
			}
			a.Commits[f.name] = Commitment(f.text)
		case procedure.SeeHome:
			a.Home = append(a.Home, f.name)
			a.Private = Commitment("private")
		}
	}
	if len(clear) == 0 {
		return nil
	}
	out, err := json.Marshal(clear)
	a.Fields = out
	return err
}

// value reads a field's value: JSON for lists, objects and what already is
// JSON text; otherwise the plain text, as the declared type wants it.
func value(decl *procedure.Field, text string) (json.RawMessage, error) {
	structured := strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{") || strings.HasPrefix(text, `"`)
	if decl != nil && (decl.Type == procedure.TypeInt || decl.Type == procedure.TypeBool) {
		structured = true
	}
	if structured {
		text = shorthand.ReplaceAllStringFunc(text, func(s string) string { return `"` + Commitment(s[2:len(s)-1]) + `"` })
		if !json.Valid([]byte(text)) {
			return nil, fmt.Errorf("%s is not JSON", text)
		}
		return json.RawMessage(text), nil
	}
	if word, ok := strings.CutPrefix(text, "#"); ok {
		text = Commitment(word)
	}
	return json.Marshal(text)
}
