package procedure

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"

	"sandi.internal/gateway/consensus/calendar"
)

// MaxRecordBytes bounds a stored record: maxActs notes of about 250 bytes and
// the fields. The engine refuses acts that would pass it (record_full).
const MaxRecordBytes = 512 << 10

var errForm = errors.New("not in the form that Marshal writes")

// ParseRecord reads what Marshal wrote and nothing else: another order of
// members or a space is an error, so a record has exactly one form. The result
// is cut from data, which must not be written to any more.
func ParseRecord(data []byte) (*Record, error) {
	if len(data) > MaxRecordBytes {
		return nil, fmt.Errorf("couldn't read a record: %d bytes, at most %d are allowed", len(data), MaxRecordBytes)
	}
	if !utf8.Valid(data) {
		return nil, fmt.Errorf("couldn't read a record: not valid UTF-8")
	}
	p := recordReader{data: data, s: view(data)}
	r := &Record{}
	p.record(r)
	if p.bad || p.pos != len(p.s) {
		return nil, fmt.Errorf("couldn't read a record at byte %d: %w", p.pos, errForm)
	}
	return r, nil
}

// recordReader reads members in the order in which the writer puts them. The
// first deviation sets bad and stops all progress.
type recordReader struct {
	data  []byte
	s     string
	pos   int
	bad   bool
	first bool // no member of the object read yet
}

func (p *recordReader) fail() { p.bad = true }

func (p *recordReader) byte(c byte) {
	if p.bad || p.pos >= len(p.s) || p.s[p.pos] != c {
		p.bad = true
		return
	}
	p.pos++
}

func (p *recordReader) peek(c byte) bool { return !p.bad && p.pos < len(p.s) && p.s[p.pos] == c }

// has reads a member's name if it is the next one.
func (p *recordReader) has(k string) bool {
	if p.bad {
		return false
	}
	at := p.pos
	if !p.first {
		if !p.peek(',') {
			return false
		}
		at++
	}
	if len(p.s)-at < len(k)+3 || p.s[at] != '"' || p.s[at+1:at+1+len(k)] != k || p.s[at+1+len(k)] != '"' || p.s[at+2+len(k)] != ':' {
		return false
	}
	p.pos, p.first = at+3+len(k), false
	return true
}

func (p *recordReader) object(read func()) {
	p.byte('{')
	p.first = true
	read()
	p.byte('}')
	p.first = false
}

func (p *recordReader) str(k string, v *string) {
	if p.has(k) {
		if *v = p.text(); *v == "" {
			p.fail() // empty members are left out
		}
	}
}

// text reads one JSON string in the canonical escapes.
func (p *recordReader) text() string {
	if !p.peek('"') {
		p.fail()
		return ""
	}
	sc := jsonScan{s: p.s, pos: p.pos}
	s, ok := sc.str()
	if !ok {
		p.fail()
		return ""
	}
	if sc.pos-p.pos != len(s)+2 { // had escapes: hold them to the canonical form
		var small [128]byte
		if string(appendString(small[:0], s)) != p.s[p.pos:sc.pos] {
			p.fail()
			return ""
		}
	}
	p.pos = sc.pos
	return s
}

func (p *recordReader) digits() string {
	start := p.pos
	for p.pos < len(p.s) && (p.s[p.pos] == '-' || (p.s[p.pos] >= '0' && p.s[p.pos] <= '9')) {
		p.pos++
	}
	return p.s[start:p.pos]
}

func (p *recordReader) int(k string, v *int64) {
	if p.has(k) {
		d := p.digits()
		n, err := strconv.ParseInt(d, 10, 64)
		if err != nil || n == 0 || (len(d) > 1 && (d[0] == '0' || d[:2] == "-0")) {
			p.fail()
		}
		*v = n
	}
}

func (p *recordReader) count(k string, v *int) {
	var n int64
	p.int(k, &n)
	*v = int(n)
}

func (p *recordReader) uint(k string, v *uint64) {
	if p.has(k) {
		d := p.digits()
		n, err := strconv.ParseUint(d, 10, 64)
		if err != nil || n == 0 || d[0] == '0' {
			p.fail()
		}
		*v = n
	}
}

func (p *recordReader) bool(k string, v *bool) {
	if p.has(k) {
		*v = true
		for _, c := range []byte("true") {
			p.byte(c)
		}
	}
}

func (p *recordReader) strs(k string, v *[]string) {
	if !p.has(k) {
		return
	}
	p.byte('[')
	for !p.bad {
		*v = append(*v, p.text())
		if !p.peek(',') {
			break
		}
		p.pos++
	}
	p.byte(']')
}

// raw reads one canonical JSON value and returns its bytes.
func (p *recordReader) raw() json.RawMessage {
	start := p.pos
	p.skip(0)
	if p.bad {
		return nil
	}
	return p.data[start:p.pos:p.pos]
}

// skip passes over one canonical value.
func (p *recordReader) skip(depth int) {
	if p.bad || p.pos >= len(p.s) || depth > maxJSONDeep {
		p.fail()
		return
	}
	switch c := p.s[p.pos]; c {
	case '"':
		p.text()
	case '[', '{':
		end := c + 2 // ']' and '}' stand two places after their openers
		p.pos++
		for last := ""; !p.peek(end); {
			if c == '{' {
				name := p.text()
				if last >= name && last != "" {
					p.fail()
				}
				last = name
				p.byte(':')
			}
			p.skip(depth + 1)
			if !p.peek(',') {
				break
			}
			p.pos++
			if p.peek(end) {
				p.fail()
			}
		}
		p.byte(end)
	default:
		sc := jsonScan{s: p.s, pos: p.pos}
		var n jsonNode
		if ok := (c == '-' || (c >= '0' && c <= '9')) && sc.number(&n); !ok && !sc.word(&n) {
			p.fail()
		}
		p.pos = sc.pos
	}
}

// readMap gathers the members before it makes the map, so that the map has
// the right size at once.
func readMap[V any](p *recordReader, k string, m *map[string]V, read func() V) {
	if !p.has(k) {
		return
	}
	type member struct {
		name  string
		value V
	}
	var small [24]member
	list := small[:0]
	p.byte('{')
	for !p.bad {
		name := p.text()
		if n := len(list); n > 0 && list[n-1].name >= name {
			p.fail()
		}
		p.byte(':')
		list = append(list, member{name, read()})
		if !p.peek(',') {
			break
		}
		p.pos++
	}
	p.byte('}')
	*m = make(map[string]V, len(list))
	for _, x := range list {
		(*m)[x.name] = x.value
	}
}

func readList[T any](p *recordReader, k string, list *[]T, read func(*T)) {
	if !p.has(k) {
		return
	}
	p.byte('[')
	*list = make([]T, 0, 4)
	for !p.bad {
		var v T
		*list = append(*list, v)
		p.object(func() { read(&(*list)[len(*list)-1]) })
		if !p.peek(',') {
			break
		}
		p.pos++
	}
	p.byte(']')
}

func (p *recordReader) record(r *Record) {
	p.object(func() {
		p.str("id", &r.ID)
		p.str("procedure", &r.Procedure)
		p.count("version", &r.Version)
		p.count("rules_version", &r.RulesVersion)
		p.count("calendar_version", &r.CalendarVersion)
		p.str("owner", &r.Owner)
		readMap(p, "parties", &r.Parties, p.party)
		p.str("state", &r.State)
		p.count("seq", &r.Seq)
		p.str("head", &r.Head)
		readMap(p, "fields", &r.Fields, p.raw)
		readMap(p, "commits", &r.Commits, p.text)
		readMap(p, "home", &r.Home, p.text)
		readList(p, "acts", &r.Acts, p.act)
		readList(p, "joint", &r.Joint, p.joint)
		readList(p, "clocks", &r.Clocks, p.clock)
		readList(p, "links", &r.Links, p.link)
		p.int("created_at", &r.CreatedAt)
		p.int("updated_at", &r.UpdatedAt)
		p.bool("synthetic", &r.Synthetic)
	})
}

func (p *recordReader) link(l *Link) {
	p.str("rel", &l.Rel)
	p.str("id", &l.ID)
}

func (p *recordReader) party() Party {
	var v Party
	p.object(func() {
		p.str("region", &v.Region)
		p.str("org", &v.Org)
	})
	return v
}

func (p *recordReader) act(a *ActNote) {
	p.str("event", &a.Event)
	p.str("region", &a.Region)
	p.str("org", &a.Org)
	p.str("role", &a.Role)
	p.str("person", &a.Person)
	p.int("at", &a.At)
	p.int("now", &a.Now)
	p.uint("seq", &a.Seq)
	p.str("from", &a.From)
	p.str("to", &a.To)
	p.str("party", &a.Party)
	p.bool("part", &a.Part)
	p.strs("fields", &a.Fields)
	p.strs("late", &a.Late)
	p.strs("warn", &a.Warn)
}

func (p *recordReader) joint(j *JointPart) {
	p.str("event", &j.Event)
	p.str("party", &j.Party)
	p.str("region", &j.Region)
	p.str("org", &j.Org)
	p.str("person", &j.Person)
	readMap(p, "fields", &j.Fields, p.raw)
	readMap(p, "commits", &j.Commits, p.text)
	readMap(p, "home", &j.Home, p.text)
	p.uint("seq", &j.Seq)
}

func (p *recordReader) clock(c *Clock) {
	p.str("name", &c.Name)
	p.str("rule", &c.Rule)
	p.count("rules_version", &c.RulesVersion)
	p.int("start", &c.Start)
	p.uint("seq", &c.Seq)
	p.int("paused_at", &c.PausedAt)
	readList(p, "excluded", &c.Excluded, func(i *calendar.Interval) {
		p.int("from", &i.From)
		p.int("to", &i.To)
	})
	readList(p, "extensions", &c.Extensions, func(e *Extended) {
		p.count("rule", &e.Rule)
		p.count("n", &e.N)
		p.str("unit", &e.Unit)
		p.int("until", &e.Until)
		p.int("at", &e.At)
	})
	p.int("stopped_at", &c.StoppedAt)
	p.int("stopped_now", &c.StoppedNow)
	p.int("due", &c.Due)
	verdict := ""
	p.str("verdict", &verdict)
	c.Verdict = Verdict(verdict)
}
