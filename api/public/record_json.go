package public

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// appendRecord writes a record as v1.Record has it, without details. It is
// written by hand because reflection costs more than reading and parsing the
// record does; a test holds the two forms together.
func appendRecord(dst []byte, rec *procedure.Record) []byte {
	dst = appendMember(append(dst, '{'), "id", rec.ID)
	dst = appendMember(append(dst, ','), "procedure", rec.Procedure)
	dst = strconv.AppendInt(append(dst, `,"version":`...), int64(rec.Version), 10)
	dst = appendMember(append(dst, ','), "state", rec.State)
	dst = appendMember(append(dst, ','), "owner", rec.Owner)
	dst = append(dst, `,"parties":{`...)
	for i, name := range slices.Sorted(maps.Keys(rec.Parties)) {
		p := rec.Parties[name]
		dst = appendMember(append(appendText(comma(dst, i), name), `:{`...), "region", p.Region)
		if p.Org != "" {
			dst = appendMember(append(dst, ','), "org", p.Org)
		}
		dst = append(dst, '}')
	}
	dst = strconv.AppendInt(append(dst, `},"seq":`...), int64(rec.Seq), 10)
	dst = appendMember(append(dst, ','), "head", rec.Head)
	dst = append(dst, `,"fields":`...)
	dst = appendFields(dst, rec.Fields)
	dst = appendTexts(dst, "commits", rec.Commits)
	dst = appendTexts(dst, "home", rec.Home)
	if len(rec.Links) > 0 {
		dst = append(dst, `,"links":[`...)
		for i, l := range rec.Links {
			dst = appendMember(append(comma(dst, i), '{'), "rel", l.Rel)
			dst = append(appendMember(append(dst, ','), "id", l.ID), '}')
		}
		dst = append(dst, ']')
	}
	dst = appendJoint(dst, rec.Joint)
	dst = appendMember(append(dst, ','), "created_at", statement.FormatAt(rec.CreatedAt))
	dst = appendMember(append(dst, ','), "updated_at", statement.FormatAt(rec.UpdatedAt))
	if rec.Synthetic {
		dst = append(dst, `,"synthetic":true`...)
	}
	return append(dst, '}')
}

func appendFields(dst []byte, fields map[string]json.RawMessage) []byte {
	dst = append(dst, '{')
	for i, name := range slices.Sorted(maps.Keys(fields)) {
		dst = append(append(appendText(comma(dst, i), name), ':'), fields[name]...)
	}
	return append(dst, '}')
}

// appendTexts writes a map of strings, or nothing when it is empty.
func appendTexts(dst []byte, name string, m map[string]string) []byte {
	if len(m) == 0 {
		return dst
	}
	dst = append(appendText(append(dst, ','), name), `:{`...)
	for i, key := range slices.Sorted(maps.Keys(m)) {
		dst = appendMember(comma(dst, i), key, m[key])
	}
	return append(dst, '}')
}

func appendJoint(dst []byte, parts []procedure.JointPart) []byte {
	if len(parts) == 0 {
		return dst
	}
	dst = append(dst, `,"joint":[`...)
	for i := range parts {
		p := &parts[i]
		dst = appendMember(append(comma(dst, i), '{'), "event", p.Event)
		dst = appendMember(append(dst, ','), "party", p.Party)
		dst = appendMember(append(dst, ','), "region", p.Region)
		dst = strconv.AppendUint(append(dst, `,"index":`...), p.Seq, 10)
		dst = append(dst, '}')
	}
	return append(dst, ']')
}

func comma(dst []byte, i int) []byte {
	if i > 0 {
		return append(dst, ',')
	}
	return dst
}

func appendMember(dst []byte, name, value string) []byte {
	return appendText(append(appendText(dst, name), ':'), value)
}

// appendText writes a JSON string. Everything here has passed the ledger, so it
// is valid UTF-8; were it not, the replacement character would stand in.
func appendText(dst []byte, text string) []byte {
	dst, _ = jsontext.AppendQuote(dst, text)
	return dst
}
