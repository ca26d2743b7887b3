package procedure

import (
	"errors"
	"reflect"
	"sync"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"sandi.internal/gateway/consensus/calendar"
)

// frame is what expressions see: one record, one act, the ledger's facts. It
// is CEL's activation and, as the hidden first argument, the receiver of the
// functions. It lives for one act and one goroutine; who makes one calls release.
type frame struct {
	p     *Procedure
	facts Facts
	rec   *Record
	act   Act
	party string // relative role that acts
	in    input
	err   error // failure of facts: not a verdict about the act

	other   *Record // the record looked at last: guards ask one several things
	otherID string

	item, match place // of a report's row
}

// frames are used again: with the parsed fields one takes more memory than the
// record that comes of it.
var frames = sync.Pool{New: func() any { return new(frame) }}

func (p *Procedure) frame(f Facts, rec *Record, a Act) *frame {
	c := frames.Get().(*frame)
	c.p, c.facts, c.rec, c.act = p, f, rec, a
	return c
}

// release gives the frame back. Nothing that outlives the act points into it.
func (c *frame) release() {
	list, given := c.in.list, c.in.clear
	clear(list)
	clear(given)
	*c = frame{}
	if cap(list) <= maxKeptNodes {
		c.in.list, c.in.clear = list[:0], given[:0]
	}
	frames.Put(c)
}

// maxKeptNodes keeps one large act from pinning its size.
const maxKeptNodes = 256

// truth evaluates a bool expression. An evaluation error is reported as
// failed; a failure of Facts as err.
func (c *frame) truth(e *expr) (v, failed bool, err error) {
	out, _, evalErr := e.prog.Eval(c)
	if c.err != nil {
		return false, false, c.err
	}
	b, ok := out.(types.Bool)
	if evalErr != nil || !ok {
		return false, true, nil
	}
	return bool(b), false, nil
}

// text evaluates a string expression.
func (c *frame) text(e *expr) (s string, failed bool, err error) {
	out, _, evalErr := e.prog.Eval(c)
	if c.err != nil {
		return "", false, c.err
	}
	v, ok := out.(types.String)
	if evalErr != nil || !ok {
		return "", true, nil
	}
	return string(v), false, nil
}

// ResolveName implements cel.Activation.
func (c *frame) ResolveName(name string) (any, bool) {
	v, ok := c.p.ix.vars[name]
	if !ok {
		return nil, false
	}
	return v.read(c, v.field), true
}

// Parent implements cel.Activation.
func (c *frame) Parent() cel.Activation { return nil }

// inputValue is a field that the act states. It is made once: the guards of an
// event look at the same few fields again and again.
func (c *frame) inputValue(f *Field) ref.Val {
	g := c.in.find(f.Name)
	if g == nil {
		return celZero(f)
	}
	if g.value == nil {
		g.value = celValue(f, c.in.list, g.node)
	}
	return g.value
}

func (c *frame) recordValue(f *Field) ref.Val {
	raw, ok := c.rec.Fields[f.Name]
	if !ok {
		return celZero(f)
	}
	list, ok := parseJSONValue(raw)
	if !ok {
		return types.NewErr("field %s of the record is not JSON", f.Name)
	}
	return celValue(f, list, 0)
}

// celValue is a field's value as guards see it; its type was checked when it
// entered the record.
func celValue(f *Field, list []jsonNode, i int) ref.Val {
	n := &list[i]
	switch fieldTypes[f.Type].guard {
	case guardInt:
		return types.Int(n.num)
	case guardBool:
		return types.Bool(n.text == "true")
	case guardList:
		return celList(f, list, i)
	}
	if n.kind == jsonString {
		return types.String(n.text)
	}
	return types.String(appendJSON(nil, list, i))
}

func celList(f *Field, list []jsonNode, i int) ref.Val {
	ints := f.Type == TypeList && f.Of.Type == TypeInt
	items := make([]ref.Val, 0, list[i].n)
	for x := i + 1; x < int(list[i].next); x = int(list[x].next) {
		switch {
		case ints:
			items = append(items, types.Int(list[x].num))
		case list[x].kind == jsonString:
			items = append(items, types.String(list[x].text))
		default:
			items = append(items, types.String(appendJSON(nil, list, x)))
		}
	}
	return types.NewRefValList(types.DefaultTypeAdapter, items)
}

func celZero(f *Field) ref.Val {
	switch fieldTypes[f.Type].guard {
	case guardInt:
		return types.IntZero
	case guardBool:
		return types.False
	case guardList:
		return types.NewRefValList(types.DefaultTypeAdapter, nil)
	}
	return types.String("")
}

var errOpaque = errors.New("the context is not a value")

// The methods of ref.Val; expressions can pass the context on, nothing else.

func (c *frame) ConvertToNative(reflect.Type) (any, error) { return nil, errOpaque }
func (c *frame) ConvertToType(ref.Type) ref.Val            { return types.NewErr("%v", errOpaque) }
func (c *frame) Equal(ref.Val) ref.Val                     { return types.NewErr("%v", errOpaque) }
func (c *frame) Type() ref.Type                            { return ctxType }
func (c *frame) Value() any                                { return c }

func (c *frame) marked(a, b string) ref.Val {
	_, ok := c.facts.Marked(a, b)
	return types.Bool(ok)
}

func (c *frame) holder(a, b string) ref.Val {
	h, _ := c.facts.Marked(a, b)
	return types.String(h)
}

// acts counts how often an event happened; parts of a joint event that did not
// complete it are not counted.
func (c *frame) acts(a, _ string) ref.Val {
	n := 0
	for i := range c.rec.Acts {
		if t := &c.rec.Acts[i]; t.Event == a && !t.Part {
			n++
		}
	}
	return types.Int(n)
}

// here returns the acts since the current state was entered.
func (r *Record) here() []ActNote {
	for i := len(r.Acts) - 1; i >= 0; i-- {
		if r.Acts[i].From != r.Acts[i].To {
			return r.Acts[i+1:]
		}
	}
	return r.Acts
}

func (c *frame) actsHere(a, _ string) ref.Val {
	n := 0
	here := c.rec.here()
	for i := range here {
		if here[i].Event == a && !here[i].Part {
			n++
		}
	}
	return types.Int(n)
}

func (c *frame) regionsHere(a, _ string) ref.Val {
	n := 0
	here := c.rec.here()
	for i := range here {
		if here[i].Event != a || here[i].Part {
			continue
		}
		seen := false
		for k := range i {
			seen = seen || here[k].Event == a && !here[k].Part && here[k].Region == here[i].Region
		}
		if !seen {
			n++
		}
	}
	return types.Int(n)
}

// daysSince counts Shanghai days since an event last happened; -1 if never.
func (c *frame) daysSince(a, _ string) ref.Val {
	for i := len(c.rec.Acts) - 1; i >= 0; i-- {
		if t := &c.rec.Acts[i]; t.Event == a && !t.Part {
			return types.Int(calendar.DayOf(c.act.At) - calendar.DayOf(t.At))
		}
	}
	return types.Int(-1)
}

// actsOf counts how often an event happened by a region's doing.
func (c *frame) actsOf(a, region string) ref.Val {
	n := 0
	for i := range c.rec.Acts {
		if t := &c.rec.Acts[i]; t.Event == a && t.Region == region && !t.Part {
			n++
		}
	}
	return types.Int(n)
}

// actsOfHere is actsOf since the current state was entered.
func (c *frame) actsOfHere(a, region string) ref.Val {
	n := 0
	here := c.rec.here()
	for i := range here {
		if t := &here[i]; t.Event == a && t.Region == region && !t.Part {
			n++
		}
	}
	return types.Int(n)
}

// tally is the sum of what events have added; 0 when none has.
func (c *frame) tally(set, key string) ref.Val { return types.Int(c.facts.Tally(set, key)) }

// dueOf is the last second in time of a running deadline; 0 when it does not
// run. A paused one counts as if the pause ended with this act.
func (c *frame) dueOf(a, _ string) ref.Val {
	k := c.rec.running(a)
	if k == nil {
		return types.IntZero
	}
	at, ok := c.p.due(c.facts, c.rec, k, c.act.At)
	if !ok {
		return types.NewErr("no rule for %s", a)
	}
	return types.Int(at)
}

// ends is the last second in time of a limit of a rule that would start with this act;
// 0 when there is no such rule.
func (c *frame) ends(rule, _ string) ref.Val {
	r, ok := c.facts.Rule(rule, 0)
	if !ok {
		return types.IntZero
	}
	at, _ := c.facts.Calendar().DueAt(r, c.act.At, nil, nil)
	return types.Int(at)
}

func (c *frame) running(a, _ string) ref.Val { return types.Bool(c.rec.running(a) != nil) }

func (c *frame) overdue(a, _ string) ref.Val {
	v := c.dueOf(a, "")
	at, ok := v.(types.Int)
	if !ok {
		return v
	}
	return types.Bool(at != 0 && c.act.Now > int64(at))
}

func (c *frame) hasInput(a, _ string) ref.Val {
	return types.Bool(c.in.has(a))
}

func (c *frame) hasRecord(a, _ string) ref.Val {
	return types.Bool(c.rec.has(a))
}

func (r *Record) has(field string) bool {
	if _, ok := r.Fields[field]; ok {
		return true
	}
	if _, ok := r.Commits[field]; ok {
		return true
	}
	_, ok := r.Home[field]
	return ok
}

func (c *frame) partyRegion(a, _ string) ref.Val { return types.String(c.rec.Parties[a].Region) }
func (c *frame) partyOrg(a, _ string) ref.Val    { return types.String(c.rec.Parties[a].Org) }
func (c *frame) regions(_, _ string) ref.Val     { return types.Int(c.facts.Regions()) }

// linked finds another record; nil when there is none.
func (c *frame) linked(id string) *Record {
	if !isRecordID(id) {
		return nil
	}
	if id == c.otherID {
		return c.other
	}
	r, err := c.facts.Record(id)
	if err != nil {
		c.err = err
		return nil
	}
	c.other, c.otherID = r, id
	return r
}

func (c *frame) linkedState(a, _ string) ref.Val {
	if r := c.linked(a); r != nil {
		return types.String(r.State)
	}
	return types.String("")
}

func (c *frame) linkedProcedure(a, _ string) ref.Val {
	if r := c.linked(a); r != nil {
		return types.String(r.Procedure)
	}
	return types.String("")
}

// linkedField is a clear field of another record as text; "" when absent.
func (c *frame) linkedField(a, b string) ref.Val {
	r := c.linked(a)
	if r == nil {
		return types.String("")
	}
	list, ok := parseJSONValue(r.Fields[b])
	if !ok {
		return types.String("")
	}
	if list[0].kind == jsonArray || list[0].kind == jsonObject {
		return types.String(appendJSON(nil, list, 0))
	}
	return types.String(list[0].text)
}

// linkedParty is the region of a party of another record; "" when not named.
func (c *frame) linkedParty(a, b string) ref.Val {
	if r := c.linked(a); r != nil {
		return types.String(r.Parties[b].Region)
	}
	return types.String("")
}

// linkedItems are the items of a list of another record, as text.
func (c *frame) linkedItems(a, b string) []ref.Val {
	r := c.linked(a)
	if r == nil {
		return nil
	}
	list, ok := parseJSONValue(r.Fields[b])
	if !ok || list[0].kind != jsonArray {
		return nil
	}
	items := make([]ref.Val, 0, list[0].n)
	for i := 1; i < int(list[0].next); i = int(list[i].next) {
		if list[i].kind == jsonString {
			items = append(items, types.String(list[i].text))
		} else {
			items = append(items, types.String(appendJSON(nil, list, i)))
		}
	}
	return items
}

func (c *frame) linkedList(a, b string) ref.Val {
	return types.NewRefValList(types.DefaultTypeAdapter, c.linkedItems(a, b))
}

// firstFree is the first item of a list of another record that no mark takes:
// set of the list's name, key `<record>/<item>`. "" when all are taken.
func (c *frame) firstFree(a, b string) ref.Val {
	for _, item := range c.linkedItems(a, b) {
		if _, taken := c.facts.Marked(b, a+"/"+string(item.(types.String))); !taken {
			return item
		}
	}
	return types.String("")
}

// dateOf is the first second of a date's day; of a time, its day. "" is 0.
func dateOf(_ *frame, a, _ string) ref.Val {
	if a == "" {
		return types.IntZero
	}
	s, ok := moment(a)
	if !ok {
		return types.NewErr("not a date: %s", a)
	}
	return types.Int(calendar.DayOf(s).Start())
}

func instantOf(_ *frame, a, _ string) ref.Val {
	if a == "" {
		return types.IntZero
	}
	s, ok := moment(a)
	if !ok {
		return types.NewErr("not a time: %s", a)
	}
	return types.Int(s)
}

func regionOf(_ *frame, a, _ string) ref.Val   { return types.String(RegionOf(a)) }
func divisionOf(_ *frame, a, _ string) ref.Val { return types.String(DivisionOf(a)) }
func levelOf(_ *frame, a, _ string) ref.Val    { return types.String(LevelOf(a)) }
func lcaOf(_ *frame, a, b string) ref.Val      { return types.String(CommonSuperior(a, b)) }
