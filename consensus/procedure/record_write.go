package procedure

import (
	"encoding/json"

	"sandi.internal/gateway/consensus/calendar"
)

// Marshal writes the record as JSON: members in a fixed order, map keys
// sorted, empty members left out, no spaces. Equal records give equal bytes.
func (r *Record) Marshal() []byte {
	size := 640 + 256*len(r.Acts) + 192*len(r.Clocks)
	for k, v := range r.Fields { // a sum: the order does not matter
		size += len(k) + len(v) + 8
	}
	return r.Append(make([]byte, 0, size))
}

// Append is Marshal into a buffer of the caller.
func (r *Record) Append(dst []byte) []byte {
	w := jsonWriter{b: dst}
	w.open('{')
	w.str("id", r.ID)
	w.str("procedure", r.Procedure)
	w.int("version", int64(r.Version))
	w.int("rules_version", int64(r.RulesVersion))
	w.int("calendar_version", int64(r.CalendarVersion))
	w.str("owner", r.Owner)
	writeMap(&w, "parties", r.Parties, appendParty)
	w.str("state", r.State)
	w.int("seq", int64(r.Seq))
	w.str("head", r.Head)
	writeMap(&w, "fields", r.Fields, appendRaw)
	writeMap(&w, "commits", r.Commits, appendString)
	writeMap(&w, "home", r.Home, appendString)
	writeList(&w, "acts", r.Acts, writeAct)
	writeList(&w, "joint", r.Joint, writeJoint)
	writeList(&w, "clocks", r.Clocks, writeClock)
	writeList(&w, "links", r.Links, writeLink)
	w.int("created_at", r.CreatedAt)
	w.int("updated_at", r.UpdatedAt)
	w.bool("synthetic", r.Synthetic)
	w.close('}')
	return w.b
}

func writeList[T any](w *jsonWriter, k string, list []T, write func(*jsonWriter, *T)) {
	if len(list) == 0 {
		return
	}
	w.key(k)
	w.open('[')
	for i := range list {
		w.sep()
		w.open('{')
		write(w, &list[i])
		w.close('}')
	}
	w.close(']')
}

func appendRaw(dst []byte, v json.RawMessage) []byte { return append(dst, v...) }

func appendParty(dst []byte, p Party) []byte {
	w := jsonWriter{b: dst}
	w.open('{')
	w.str("region", p.Region)
	w.str("org", p.Org)
	w.close('}')
	return w.b
}

func writeAct(w *jsonWriter, a *ActNote) {
	w.str("event", a.Event)
	w.str("region", a.Region)
	w.str("org", a.Org)
	w.str("role", a.Role)
	w.str("person", a.Person)
	w.int("at", a.At)
	w.int("now", a.Now)
	w.uint("seq", a.Seq)
	w.str("from", a.From)
	w.str("to", a.To)
	w.str("party", a.Party)
	w.bool("part", a.Part)
	w.strs("fields", a.Fields)
	w.strs("late", a.Late)
	w.strs("warn", a.Warn)
}

func writeJoint(w *jsonWriter, j *JointPart) {
	w.str("event", j.Event)
	w.str("party", j.Party)
	w.str("region", j.Region)
	w.str("org", j.Org)
	w.str("person", j.Person)
	writeMap(w, "fields", j.Fields, appendRaw)
	writeMap(w, "commits", j.Commits, appendString)
	writeMap(w, "home", j.Home, appendString)
	w.uint("seq", j.Seq)
}

func writeClock(w *jsonWriter, c *Clock) {
	w.str("name", c.Name)
	w.str("rule", c.Rule)
	w.int("rules_version", int64(c.RulesVersion))
	w.int("start", c.Start)
	w.uint("seq", c.Seq)
	w.int("paused_at", c.PausedAt)
	writeList(w, "excluded", c.Excluded, writeInterval)
	writeList(w, "extensions", c.Extensions, writeExtended)
	w.int("stopped_at", c.StoppedAt)
	w.int("stopped_now", c.StoppedNow)
	w.int("due", c.Due)
	w.str("verdict", string(c.Verdict))
}

func writeInterval(w *jsonWriter, i *calendar.Interval) {
	w.int("from", i.From)
	w.int("to", i.To)
}

func writeExtended(w *jsonWriter, e *Extended) {
	w.int("rule", int64(e.Rule))
	w.int("n", int64(e.N))
	w.str("unit", e.Unit)
	w.int("until", e.Until)
	w.int("at", e.At)
}

func writeLink(w *jsonWriter, l *Link) {
	w.str("rel", l.Rel)
	w.str("id", l.ID)
}
