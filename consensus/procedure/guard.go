package procedure

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	celcost "github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/env"
	"github.com/google/cel-go/common/types"
)

// maxGuardCost bounds the worst-case cost of one expression as cel-go counts
// it (about 50 ns a unit): 5,000 units are a quarter of a millisecond, so even
// a document full of the dearest guards cannot hold a replica up.
const maxGuardCost = 5000

// needs says which facts an expression looks at, so that Options knows which
// guards it may try before anybody acts.
type needs uint8

const (
	needsInput needs = 1 << iota // in.x, has_in
	needsActor                   // act.region, act.org, act.role, act.person, act.party
)

// maxWritten bounds what is reckoned for one item of a list: no act is longer.
const maxWritten = 16_000

// expr is a compiled expression.
type expr struct {
	text  string
	prog  cel.Program
	needs needs
}

// language compiles the expressions of one document.
type language struct {
	env *cel.Env
	doc *index
}

// stdFunctions is what guards may use of CEL's own functions. Everything else
// (regular expressions, timestamps, durations, doubles, maps, dyn, type) is
// not declared and hence refused by the checker.
var stdFunctions = []string{
	"_&&_", "_||_", "!_", "_?_:_", "_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_",
	"_+_", "_-_", "-_", "_*_", "_/_", "_%_", "@in", "_[_]", "@not_strictly_false",
	"size", "startsWith", "endsWith", "contains",
}

// newLanguage is the language of a document; more declares what reports know
// beside it.
func newLanguage(ix *index, more ...cel.EnvOption) (*language, error) {
	opts := strictOptions()
	for _, v := range fixedVars {
		opts = append(opts, cel.Variable(v.name, v.typ))
	}
	for i := range ix.doc.Fields {
		f := &ix.doc.Fields[i]
		if f.See == SeeClear {
			opts = append(opts, cel.Variable(inputName+f.Name, celType(f)), cel.Variable(recordName+f.Name, celType(f)))
		}
	}
	opts = append(append(opts, functionOptions()...), more...)
	e, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("couldn't build the guard language: %w", err)
	}
	return &language{env: e, doc: ix}, nil
}

// strictOptions declare the subset and nothing else.
func strictOptions() []cel.EnvOption {
	subset := env.NewLibrarySubset().AddIncludedMacros("all", "exists", "exists_one")
	for _, f := range stdFunctions {
		subset.AddIncludedFunctions(env.NewFunction(f))
	}
	return []cel.EnvOption{
		cel.StdLib(cel.StdLibSubset(subset)),
		cel.ParserExpressionSizeLimit(4 * maxGuardText),
		cel.ParserRecursionLimit(48),
	}
}

// celType is how a field's value appears in guards.
func celType(f *Field) *cel.Type {
	switch fieldTypes[f.Type].guard {
	case guardInt:
		return cel.IntType
	case guardBool:
		return cel.BoolType
	case guardList:
		if f.Type == TypeList && f.Of.Type == TypeInt {
			return cel.ListType(cel.IntType)
		}
		return cel.ListType(cel.StringType)
	}
	return cel.StringType
}

// compile checks and plans one expression. ev is the event it belongs to; nil
// when the expression may not use the input.
func (l *language) compile(text string, ev *Event, want *cel.Type) (*expr, error) {
	checked, err := checkExpr(l.env, text, rewriteInput(text), want)
	if err != nil {
		return nil, err
	}
	w := walker{lang: l, ev: ev}
	w.check(checked.NativeRep())
	if w.err != nil {
		return nil, fmt.Errorf("%q: %w", text, w.err)
	}
	if err := affordable(l.env, checked, sizes{l.doc}, text, maxGuardCost); err != nil {
		return nil, err
	}
	prog, err := l.plan(checked)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return &expr{text: text, prog: prog, needs: w.needs}, nil
}

// checkExpr parses and type-checks an expression; text is how its author wrote it.
func checkExpr(e *cel.Env, text, source string, want *cel.Type) (*cel.Ast, error) {
	if strings.Contains(text, "\"\"\"") || strings.Contains(text, "'''") || strings.Contains(text, "//") {
		return nil, fmt.Errorf("%q: comments and triple quotes are not allowed", text)
	}
	checked, iss := e.Compile(source)
	if iss.Err() != nil {
		return nil, fmt.Errorf("%q: %s", text, firstIssue(iss))
	}
	if !checked.OutputType().IsExactType(want) {
		return nil, fmt.Errorf("%q gives %s, %s is wanted", text, checked.OutputType(), want)
	}
	return checked, nil
}

// affordable refuses an expression whose worst case costs more than most.
func affordable(e *cel.Env, checked *cel.Ast, bounds celcost.CostEstimator, text string, most uint64) error {
	cost, err := e.EstimateCost(checked, bounds)
	if err != nil {
		return fmt.Errorf("%q: couldn't estimate the cost: %w", text, err)
	}
	if cost.Max > most {
		return fmt.Errorf("%q could cost %d, at most %d is allowed", text, cost.Max, most)
	}
	return nil
}

func firstIssue(iss *cel.Issues) string {
	if errs := iss.Errors(); len(errs) > 0 {
		return errs[0].Message
	}
	return iss.Err().Error()
}

// rewriteInput turns `in.x` into `IN.x`: `in` is CEL's membership operator and
// cannot name a variable. Strings are left alone; lengths do not change, so
// positions in messages stay true.
func rewriteInput(text string) string {
	b := []byte(text)
	for i := 0; i < len(b); i++ {
		switch c := b[i]; {
		case c == '"' || c == '\'':
			i = stringEnd(text, i)
		case c == 'i' && strings.HasPrefix(text[i:], "in.") && (i == 0 || !identByte(text[i-1]) && text[i-1] != '.'):
			b[i], b[i+1] = 'I', 'N'
		}
	}
	return string(b)
}

func identByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// stringEnd returns the index of the last byte of the string literal that
// opens at i.
func stringEnd(s string, i int) int {
	for k := i + 1; k < len(s); k++ {
		switch s[k] {
		case '\\':
			k++
		case s[i]:
			return k
		}
	}
	return len(s)
}

// sizes tells CEL's cost estimator how large values may be.
type sizes struct{ ix *index }

func (s sizes) EstimateSize(n celcost.AstNode) *celcost.SizeEstimate {
	path := n.Path()
	if len(path) == 0 {
		return nil
	}
	most := uint64(40) // act.* and rec_*: codes, ids and pseudonyms
	if f := s.ix.field(strings.TrimPrefix(strings.TrimPrefix(path[0], inputName), recordName)); f != nil && strings.Contains(path[0], ".") {
		most = uint64(f.most())
		if len(path) > 1 { // an item of a list
			most = maxWritten
			if f.Of != nil {
				extra := int64(0)
				if f.Type == TypeCollection {
					extra = 60 // at, org, value
				}
				most = uint64(min(maxWritten, f.Of.written()+extra))
			}
		}
	}
	return &celcost.SizeEstimate{Max: most}
}

func (s sizes) EstimateCallCost(function, _ string, _ *celcost.AstNode, _ []celcost.AstNode) *celcost.CallEstimate {
	spec, ok := functions[function]
	if !ok {
		return nil
	}
	est := &celcost.CallEstimate{CostEstimate: celcost.FixedCostEstimate(spec.cost)}
	if spec.size > 0 {
		est.ResultSize = &celcost.SizeEstimate{Max: spec.size}
	}
	return est
}

// walker holds a checked expression to the strict subset and its names to the
// document.
type walker struct {
	lang  *language
	ev    *Event
	needs needs
	err   error
}

func (w *walker) fail(format string, args ...any) {
	if w.err == nil {
		w.err = fmt.Errorf(format, args...)
	}
}

func (w *walker) check(a *ast.AST) {
	ast.PreOrderVisit(a.Expr(), ast.NewExprVisitor(func(e ast.Expr) {
		w.typ(a.GetType(e.ID()))
		w.expr(e)
	}))
}

// typ refuses values of other kinds than text, whole numbers, truth values and
// lists of them.
func (w *walker) typ(t *types.Type) {
	switch t.Kind() {
	case types.BoolKind, types.IntKind, types.StringKind:
	case types.OpaqueKind:
		if t.TypeName() != ctxType.TypeName() {
			w.fail("values of type %s are not allowed", t)
		}
	case types.ListKind:
		if p := t.Parameters(); len(p) == 1 {
			w.typ(p[0])
		}
	default:
		w.fail("values of type %s are not allowed", t)
	}
}

func (w *walker) expr(e ast.Expr) {
	switch e.Kind() {
	case ast.MapKind, ast.StructKind:
		w.fail("maps and messages are not allowed")
	case ast.IdentKind:
		w.ident(e.AsIdent())
	case ast.CallKind:
		w.call(e.AsCall())
	}
}

func (w *walker) ident(name string) {
	if f, ok := strings.CutPrefix(name, inputName); ok {
		w.needs |= needsInput
		if w.ev == nil || !w.ev.takes(f) {
			w.fail("the event does not take the field %q", f)
		}
	}
	if strings.HasPrefix(name, "act.") && name != "act.at" && name != "act.now" {
		w.needs |= needsActor
	}
}

// call holds names that are given as text to the document.
func (w *walker) call(c ast.CallExpr) {
	spec, ok := functions[c.FunctionName()]
	if !ok || spec.arg == argNone {
		return
	}
	arg := c.Args()[spec.argAt]
	name, isText := "", false
	if arg.Kind() == ast.LiteralKind {
		name, isText = arg.AsLiteral().Value().(string)
	}
	if !isText {
		w.fail("%s wants a name written as text", spec.name)
		return
	}
	if spec.name == "has_in" {
		w.needs |= needsInput
		if w.ev == nil || !w.ev.takes(name) {
			w.fail("the event does not take the field %q", name)
		}
	}
	if !w.lang.doc.named(spec.arg, name) {
		w.fail("%s(%q): no such %s", spec.name, name, spec.arg)
	}
}

// appends reports whether an event adds to a collection.
func (e *Event) appends(field string) bool {
	for _, a := range e.Appends {
		if a.List == field {
			return true
		}
	}
	return false
}

// takes reports whether an event accepts a field.
func (e *Event) takes(field string) bool {
	for _, f := range e.Require {
		if f == field {
			return true
		}
	}
	for _, f := range e.Optional {
		if f == field {
			return true
		}
	}
	return false
}
