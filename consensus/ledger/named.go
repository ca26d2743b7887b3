package ledger

import (
	"encoding/json"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
	"sandi.internal/gateway/consensus/statement"
)

// Named are the commitments that a record names, ascending: whoever looks at one of
// them looks at something of the record.
func Named(rec *procedure.Record) []string {
	var list []string
	for _, of := range []map[string]string{rec.Commits, rec.Home} {
		for _, c := range of {
			list = append(list, c)
		}
	}
	for _, value := range rec.Fields {
		list = append(list, within(value)...)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// within are the commitments in a value, wherever they stand: a commitment is 256
// bits and stands in no value by chance.
func within(value json.RawMessage) (list []string) {
	for _, part := range strings.Split(string(value), `"`) {
		if statement.IsCommitment(part) {
			list = append(list, part)
		}
	}
	return list
}
