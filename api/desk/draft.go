package desk

import (
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
//
// The digest stands on the ledger, and the fields hold what must stay at home: it is
// made under the region's own key, so that nobody else can find a name or a telephone
// number by trying.
func (d *Desk) request(draft *Draft, record string) string {
	size := 64 + len(draft.Procedure) + len(record) + len(draft.Event) + len(draft.Fields.text)
	text := make([]byte, 0, size+len(draft.Role)+len(draft.Org)+len(draft.Person))
	text = append(text, "sandi.internal/request/v1\n"...)
	for _, part := range [...]string{draft.Procedure, record, draft.Event, draft.Role, draft.Org, draft.Person} {
		text = append(strconv.AppendInt(text, int64(len(part)), 10), ' ')
		text = append(append(text, part...), '\n')
	}
	return statement.Hash(d.cfg.Pseudonyms.digest(append(text, draft.Fields.text...))).String()
}
