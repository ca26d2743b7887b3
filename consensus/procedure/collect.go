package procedure

import (
	"encoding/json"
	"strconv"
)

// collect appends what the act states to the record's collections, with who
// stated it and when, so that the values of several regions stand side by side.
// The record's field is already merged.
func (c *frame) collect(e *Event) error {
	for _, a := range e.Appends {
		if !c.in.has(a.From) {
			continue
		}
		list := c.p.ix.fields[a.List]
		if int64(c.rec.collected(a.List)) >= list.most() {
			return refuse(CodeRecordFull, "field", a.List)
		}
		old, item := c.rec.Fields[a.List], c.rec.Fields[a.From]
		out := make([]byte, 0, len(old)+len(item)+96)
		if len(old) > 2 { // neither absent nor []
			out = append(append(out, old[:len(old)-1]...), ',')
		} else {
			out = append(out, '[')
		}
		out = append(out, `{"at":`...)
		out = strconv.AppendInt(out, c.act.At, 10)
		out = append(out, `,"org":`...)
		out = appendString(out, c.act.Org)
		out = append(out, `,"value":`...)
		out = append(append(out, item...), "}]"...)
		c.rec.Fields[a.List] = json.RawMessage(out)
	}
	return nil
}

// collected is how many items a collection holds.
func (r *Record) collected(list string) int {
	v, ok := parseJSONValue(r.Fields[list])
	if !ok {
		return 0
	}
	return int(v[0].n)
}
