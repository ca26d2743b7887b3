package desk

import (
	"crypto/sha256"
	"strconv"

	"sandi.internal/gateway/consensus/statement"
)

// Draft is what somebody wants said in the bureau's name. The door has checked
// that the person may speak in this role for this organisation.
type Draft struct {
	ID     string // statement id (ULID), chosen by the caller
	Role   string // office role
	Org    string // organisation code of the actor
	Person string // pseudonym; empty for the node itself

	Procedure string // to open a record
	Event     string // to act on one
	Prev      string // the record's head that the decision was made on (acts only)

	Fields Object // as the caller sent them
}

// request is the digest of what the caller asked for: same id and same digest
// mean the same request sent again. The record's head is not part of it: a
// caller who lost the answer may have reloaded the record, which has moved on
// because of that very request.
func (d *Draft) request(record string) string {
	size := 64 + len(d.Procedure) + len(record) + len(d.Event) + len(d.Fields.text)
	text := make([]byte, 0, size+len(d.Role)+len(d.Org)+len(d.Person))
	text = append(text, "sandi.internal/request/v1\n"...)
	for _, part := range [...]string{d.Procedure, record, d.Event, d.Role, d.Org, d.Person} {
		text = append(strconv.AppendInt(text, int64(len(part)), 10), ' ')
		text = append(append(text, part...), '\n')
	}
	return statement.Hash(sha256.Sum256(append(text, d.Fields.text...))).String()
}
