package public

import (
	"encoding/json"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// appendExtract writes a record as v1.Record has it, without details. It is
// written by hand, and what the ledger stores in the API's own form is copied:
// making a whole record of it and encoding that by reflection took most of a
// read. A test holds the two forms together.
func appendExtract(dst []byte, x *procedure.Extract) []byte {
	dst = appendMember(append(dst, '{'), "id", x.ID)
	dst = appendMember(append(dst, ','), "procedure", x.Procedure)
	dst = strconv.AppendInt(append(dst, `,"version":`...), int64(x.Version), 10)
	dst = appendMember(append(dst, ','), "state", x.State)
	dst = appendMember(append(dst, ','), "owner", x.Owner)
	dst = appendObject(dst, "parties", x.Parties)
	dst = strconv.AppendInt(append(dst, `,"seq":`...), int64(x.Seq), 10)
	dst = appendMember(append(dst, ','), "head", x.Head)
	dst = appendObject(dst, "fields", x.Fields)
	if x.Commits != nil {
		dst = appendObject(dst, "commits", x.Commits)
	}
	if x.Home != nil {
		dst = appendObject(dst, "home", x.Home)
	}
	if x.Links != nil {
		dst = append(append(dst, `,"links":`...), x.Links...)
	}
	dst = appendJoint(dst, x.Joint)
	dst = appendMember(append(dst, ','), "created_at", statement.FormatAt(x.CreatedAt))
	dst = appendMember(append(dst, ','), "updated_at", statement.FormatAt(x.UpdatedAt))
	if x.Synthetic {
		dst = append(dst, `,"synthetic":true`...)
	}
	return append(dst, '}')
}

// appendObject writes a member that is an object even when there is nothing in it.
func appendObject(dst []byte, name string, object json.RawMessage) []byte {
	dst = append(appendText(append(dst, ','), name), ':')
	if object == nil {
		return append(dst, "{}"...)
	}
	return append(dst, object...)
}

func appendJoint(dst []byte, parts []procedure.JointPart) []byte {
	if len(parts) == 0 {
		return dst
	}
	dst = append(dst, `,"joint":[`...)
	for i := range parts {
		p := &parts[i]
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendMember(append(dst, '{'), "event", p.Event)
		dst = appendMember(append(dst, ','), "party", p.Party)
		dst = appendMember(append(dst, ','), "region", p.Region)
		dst = strconv.AppendUint(append(dst, `,"index":`...), p.Seq, 10)
		dst = append(dst, '}')
	}
	return append(dst, ']')
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
