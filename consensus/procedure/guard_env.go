package procedure

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
)

const (
	inputName  = "IN."  // what rewriteInput makes of `in.`
	recordName = "rec." // current clear fields of the record
	ctxName    = "@ctx" // cannot be written in an expression
)

// ctxType is the type of the hidden first argument of functions that look at
// the record or the ledger.
var ctxType = types.NewOpaqueType("sandi.context")

// variable is how an expression's name is read.
type variable struct {
	read  func(*frame, *Field) ref.Val
	field *Field // of input and record
}

// fixedVars are the variables that do not depend on the document.
var fixedVars = []struct {
	name string
	typ  *cel.Type
	read func(*frame, *Field) ref.Val
}{
	{ctxName, ctxType, func(c *frame, _ *Field) ref.Val { return c }},
	{"act.region", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.act.Region) }},
	{"act.org", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.act.Org) }},
	{"act.role", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.act.Role) }},
	{"act.person", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.act.Person) }},
	{"act.party", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.party) }},
	{"act.at", cel.IntType, func(c *frame, _ *Field) ref.Val { return types.Int(c.act.At) }},
	{"act.now", cel.IntType, func(c *frame, _ *Field) ref.Val { return types.Int(c.act.Now) }},
	{"rec_state", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.rec.State) }},
	{"rec_owner", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.rec.Owner) }},
	{"rec_id", cel.StringType, func(c *frame, _ *Field) ref.Val { return types.String(c.rec.ID) }},
}

// variables finds every name that the expressions of a document can use.
func variables(d *Document) map[string]variable {
	m := make(map[string]variable, len(fixedVars)+2*len(d.Fields))
	for _, v := range fixedVars {
		m[v.name] = variable{read: v.read}
	}
	for i := range d.Fields {
		f := &d.Fields[i]
		m[inputName+f.Name] = variable{(*frame).inputValue, f}
		m[recordName+f.Name] = variable{(*frame).recordValue, f}
	}
	return m
}

// argKind says what a name given as text has to name.
type argKind string

const (
	argNone  argKind = ""
	argEvent argKind = "event"
	argLimit argKind = "deadline"
	argParty argKind = "party"
	argField argKind = "field"
	argMark  argKind = "set of marks"
)

// function is one function of the guard language.
type function struct {
	name  string // as written
	ctx   bool   // takes the hidden context
	arity int    // arguments as written, all strings
	typ   *cel.Type
	cost  uint64 // in cel-go's units of about 50 ns
	size  uint64 // longest result, for strings and lists
	arg   argKind
	argAt int // position of the named argument, context included
	call  func(c *frame, a, b string) ref.Val
}

// functions is keyed by the name in checked expressions; only looked up by key.
// The order of declaration is that of functionList.
var functions = func() map[string]function {
	m := make(map[string]function, len(functionList))
	for _, f := range functionList {
		m[f.internal()] = f
	}
	return m
}()

// internal is the name behind the macro that adds the context.
func (f function) internal() string {
	if f.ctx {
		return "@" + f.name
	}
	return f.name
}

// The costs: reading the state is about 1 us per key (20 units), a limit is
// counted day by day (100), another record is parsed (about 10 us for one of
// twenty acts, the rest is reserve for the longest; asked twice, it is at hand).
// A list is made of its items on top, which the estimate counts by itself.
var functionList = []function{
	{name: "marked", ctx: true, arity: 2, typ: cel.BoolType, cost: 20, arg: argMark, argAt: 1, call: (*frame).marked},
	{name: "holder", ctx: true, arity: 2, typ: cel.StringType, cost: 20, size: 21, arg: argMark, argAt: 1, call: (*frame).holder},
	{name: "acts", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).acts},
	{name: "acts_here", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).actsHere},
	{name: "regions_here", ctx: true, arity: 1, typ: cel.IntType, cost: 40, arg: argEvent, argAt: 1, call: (*frame).regionsHere},
	{name: "acts_of", ctx: true, arity: 2, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).actsOf},
	{name: "acts_of_here", ctx: true, arity: 2, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).actsOfHere},
	{name: "tally", ctx: true, arity: 2, typ: cel.IntType, cost: 20, arg: argMark, argAt: 1, call: (*frame).tally},
	{name: "days_since", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).daysSince},
	{name: "due", ctx: true, arity: 1, typ: cel.IntType, cost: 100, arg: argLimit, argAt: 1, call: (*frame).dueOf},
	{name: "ends", ctx: true, arity: 1, typ: cel.IntType, cost: 100, call: (*frame).ends},
	{name: "running", ctx: true, arity: 1, typ: cel.BoolType, cost: 10, arg: argLimit, argAt: 1, call: (*frame).running},
	{name: "overdue", ctx: true, arity: 1, typ: cel.BoolType, cost: 100, arg: argLimit, argAt: 1, call: (*frame).overdue},
	{name: "has_in", ctx: true, arity: 1, typ: cel.BoolType, cost: 5, arg: argField, argAt: 1, call: (*frame).hasInput},
	{name: "has_rec", ctx: true, arity: 1, typ: cel.BoolType, cost: 5, arg: argField, argAt: 1, call: (*frame).hasRecord},
	{name: "party", ctx: true, arity: 1, typ: cel.StringType, cost: 5, size: 6, arg: argParty, argAt: 1, call: (*frame).partyRegion},
	{name: "party_org", ctx: true, arity: 1, typ: cel.StringType, cost: 5, size: 11, arg: argParty, argAt: 1, call: (*frame).partyOrg},
	{name: "regions", ctx: true, arity: 0, typ: cel.IntType, cost: 5, call: (*frame).regions},
	{name: "linked_state", ctx: true, arity: 1, typ: cel.StringType, cost: 1000, size: 40, call: (*frame).linkedState},
	{name: "linked_procedure", ctx: true, arity: 1, typ: cel.StringType, cost: 1000, size: 40, call: (*frame).linkedProcedure},
	{name: "linked_field", ctx: true, arity: 2, typ: cel.StringType, cost: 1000, size: 8000, call: (*frame).linkedField},
	{name: "linked_party", ctx: true, arity: 2, typ: cel.StringType, cost: 1000, size: 6, call: (*frame).linkedParty},
	{name: "linked_list", ctx: true, arity: 2, typ: cel.ListType(cel.StringType), cost: 650, size: 500, call: (*frame).linkedList},
	// A pairing takes 1.5 ms, which is beyond every limit; an act has one at most.
	{name: "contributes", ctx: true, arity: 2, typ: cel.BoolType, cost: 4000, call: (*frame).contributes},
	{name: "seed_of", ctx: true, arity: 1, typ: cel.StringType, cost: 200, size: 64, arg: argField, argAt: 1, call: (*frame).seedOf},
	{name: "digest_of", arity: 1, typ: cel.StringType, cost: 40, size: 64, call: digestOf},
	{name: "first_free", ctx: true, arity: 2, typ: cel.StringType, cost: 4000, size: 200, call: (*frame).firstFree},

	{name: "date", arity: 1, typ: cel.IntType, cost: 5, call: dateOf},
	{name: "instant", arity: 1, typ: cel.IntType, cost: 5, call: instantOf},
	{name: "region_of", arity: 1, typ: cel.StringType, cost: 2, size: 6, call: regionOf},
	{name: "division_of", arity: 1, typ: cel.StringType, cost: 2, size: 6, call: divisionOf},
	{name: "level_of", arity: 1, typ: cel.StringType, cost: 2, size: 8, call: levelOf},
	{name: "lca", arity: 2, typ: cel.StringType, cost: 2, size: 11, call: lcaOf},
}

// functionOptions declares the functions, and for those with a context a macro
// that passes it: `acts("x")` becomes `@acts(@ctx, "x")`.
func functionOptions() []cel.EnvOption {
	var opts []cel.EnvOption
	var macros []cel.Macro
	for _, f := range functionList {
		params := make([]*cel.Type, 0, 3)
		if f.ctx {
			params = append(params, ctxType)
			macros = append(macros, contextMacro(f))
		}
		for range f.arity {
			params = append(params, cel.StringType)
		}
		opts = append(opts, cel.Function(f.internal(), cel.Overload("sandi_"+f.name, params, f.typ, bind(f))))
	}
	return append(opts, cel.Macros(macros...))
}

func contextMacro(f function) cel.Macro {
	return cel.GlobalMacro(f.name, f.arity, func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		return eh.NewCall(f.internal(), append([]ast.Expr{eh.NewIdent(ctxName)}, args...)...), nil
	})
}

// bind adapts a function to cel-go's calling conventions. One and two arguments
// have conventions of their own, without a list of the arguments.
func bind(f function) cel.OverloadOpt {
	const none = types.String("")
	switch {
	case f.ctx && f.arity == 0:
		return cel.UnaryBinding(func(ctx ref.Val) ref.Val { return f.eval(ctx, none, none) })
	case f.ctx && f.arity == 1:
		return cel.BinaryBinding(func(ctx, a ref.Val) ref.Val { return f.eval(ctx, a, none) })
	case f.ctx:
		return cel.FunctionBinding(func(args ...ref.Val) ref.Val { return f.eval(args[0], args[1], args[2]) })
	case f.arity == 1:
		return cel.UnaryBinding(func(a ref.Val) ref.Val { return f.eval(nil, a, none) })
	default:
		return cel.BinaryBinding(func(a, b ref.Val) ref.Val { return f.eval(nil, a, b) })
	}
}

func (f function) eval(ctx, a, b ref.Val) ref.Val {
	c, ok := ctx.(*frame)
	if f.ctx && !ok {
		return types.NewErr("no context")
	}
	first, ok := a.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(a)
	}
	second, ok := b.(types.String)
	if !ok {
		return types.MaybeNoSuchOverloadErr(b)
	}
	return f.call(c, string(first), string(second))
}
