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

// fixedVars are the variables that do not depend on the document.
var fixedVars = []struct {
	name string
	typ  *cel.Type
}{
	{"act.region", cel.StringType},
	{"act.org", cel.StringType},
	{"act.role", cel.StringType},
	{"act.person", cel.StringType},
	{"act.party", cel.StringType},
	{"act.at", cel.IntType},
	{"act.now", cel.IntType},
	{"rec_state", cel.StringType},
	{"rec_owner", cel.StringType},
	{"rec_id", cel.StringType},
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
	size  uint64 // longest result, for strings
	arg   argKind
	argAt int // position of the named argument, context included
	call  func(c *frame, a []string) ref.Val
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
// twenty acts, 50 units of reserve on top for each of the longest).
var functionList = []function{
	{name: "marked", ctx: true, arity: 2, typ: cel.BoolType, cost: 20, arg: argMark, argAt: 1, call: (*frame).marked},
	{name: "holder", ctx: true, arity: 2, typ: cel.StringType, cost: 20, size: 21, arg: argMark, argAt: 1, call: (*frame).holder},
	{name: "acts", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).acts},
	{name: "acts_here", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).actsHere},
	{name: "regions_here", ctx: true, arity: 1, typ: cel.IntType, cost: 40, arg: argEvent, argAt: 1, call: (*frame).regionsHere},
	{name: "days_since", ctx: true, arity: 1, typ: cel.IntType, cost: 20, arg: argEvent, argAt: 1, call: (*frame).daysSince},
	{name: "due", ctx: true, arity: 1, typ: cel.IntType, cost: 100, arg: argLimit, argAt: 1, call: (*frame).dueOf},
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
		opts = append(opts, cel.Function(f.internal(), cel.Overload("sandi_"+f.name, params, f.typ, cel.FunctionBinding(bind(f)))))
	}
	return append(opts, cel.Macros(macros...))
}

func contextMacro(f function) cel.Macro {
	return cel.GlobalMacro(f.name, f.arity, func(eh cel.MacroExprFactory, _ ast.Expr, args []ast.Expr) (ast.Expr, *cel.Error) {
		return eh.NewCall(f.internal(), append([]ast.Expr{eh.NewIdent(ctxName)}, args...)...), nil
	})
}

// bind adapts a function to cel-go's calling convention.
func bind(f function) func(args ...ref.Val) ref.Val {
	return func(args ...ref.Val) ref.Val {
		var c *frame
		if f.ctx {
			var ok bool
			if c, ok = args[0].(*frame); !ok {
				return types.NewErr("no context")
			}
			args = args[1:]
		}
		var buf [2]string
		for i, a := range args {
			s, ok := a.(types.String)
			if !ok {
				return types.MaybeNoSuchOverloadErr(a)
			}
			buf[i] = string(s)
		}
		return f.call(c, buf[:len(args)])
	}
}
