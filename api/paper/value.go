package paper

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// names gives organisations and regions their Chinese names; a code that has none stays.
type names func(code string) string

// words is a value as a document prints it. Empty text is no value.
func (n names) words(f *procedure.Field, value json.RawMessage) string {
	switch f.Type {
	case procedure.TypeList, procedure.TypeMaterials, procedure.TypeIntervals, procedure.TypeCollection:
		return strings.Join(n.lines(f, value), "；")
	case procedure.TypeObject:
		return n.members(f, value)
	case procedure.TypeOfficer:
		var o struct {
			CertNo string `json:"cert_no"`
			Person string `json:"person"`
		}
		if json.Unmarshal(value, &o) != nil {
			return ""
		}
		return fmt.Sprintf("%s（证件号%s）", o.Person, o.CertNo)
	}
	text := plain(value)
	switch f.Type {
	case procedure.TypeEnum:
		return choice(f, text)
	case procedure.TypeBool:
		if text == "true" {
			return "是"
		}
		return "否"
	case procedure.TypeOrg, procedure.TypeRegion:
		return n(text)
	case procedure.TypeDate, procedure.TypeTime:
		return day(text)
	}
	return text
}

// lines are the items of a list, each in words.
func (n names) lines(f *procedure.Field, value json.RawMessage) []string {
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return nil
	}
	var out []string
	for _, item := range items {
		switch f.Type {
		case procedure.TypeMaterials:
			m, _ := material(f, item)
			line := m.Kind
			if m.Name != "" {
				line = m.Name + "（" + m.Kind + "）"
			}
			out = append(out, fmt.Sprintf("%s%d页", line, m.Pages))
		case procedure.TypeCollection: // what acts appended: the value stands beside who and when
			var stated struct {
				Value json.RawMessage `json:"value"`
			}
			if f.Of != nil && json.Unmarshal(item, &stated) == nil {
				out = append(out, n.words(f.Of, stated.Value))
			}
		case procedure.TypeIntervals:
			var i struct{ Kind, From, To string }
			if json.Unmarshal(item, &i) == nil {
				out = append(out, fmt.Sprintf("%s：%s至%s", choice(f, i.Kind), day(i.From), day(i.To)))
			}
		default:
			if f.Of != nil {
				out = append(out, n.words(f.Of, item))
			}
		}
	}
	return out
}

func (n names) members(f *procedure.Field, value json.RawMessage) string {
	var members map[string]json.RawMessage
	if json.Unmarshal(value, &members) != nil {
		return ""
	}
	var out []string
	for i := range f.Members {
		m := &f.Members[i]
		if v, ok := members[m.Name]; ok {
			out = append(out, m.ZH+"："+n.words(m, v))
		}
	}
	return strings.Join(out, "，")
}

// paperMaterial is one of a field of materials.
type paperMaterial struct {
	Commitment string `json:"commitment"`
	Kind       string `json:"kind"`
	Name       string `json:"name"`
	Pages      int    `json:"pages"`
}

func material(f *procedure.Field, value json.RawMessage) (m paperMaterial, ok bool) {
	ok = json.Unmarshal(value, &m) == nil
	m.Kind = choice(f, m.Kind)
	return m, ok
}

// choice is the Chinese of one of a field's values.
func choice(f *procedure.Field, name string) string {
	for _, v := range f.Values {
		if v.Name == name {
			return v.ZH
		}
	}
	return name
}

// plain is the text of a JSON string; other values as they are written.
func plain(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text
	}
	return string(value)
}

// day is a date, or a time to the minute, as GB/T 9704 writes it: 2025年11月12日,
// months and days without leading zeros.
func day(text string) string {
	if len(text) < 10 || text[4] != '-' || text[7] != '-' {
		return text
	}
	month, err1 := strconv.Atoi(text[5:7])
	date, err2 := strconv.Atoi(text[8:10])
	if err1 != nil || err2 != nil {
		return text
	}
	out := fmt.Sprintf("%s年%d月%d日", text[:4], month, date)
	if len(text) >= 16 && text[10] == 'T' {
		out += text[11:13] + "时" + text[14:16] + "分"
	}
	return out
}
