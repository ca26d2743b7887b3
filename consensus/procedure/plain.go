package procedure

import (
	"fmt"

	"github.com/google/cel-go/cel"
	celcost "github.com/google/cel-go/checker"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/interpreter"
)

// PlainVar is a name that a plain expression may use.
type PlainVar struct {
	Name string
	Kind Kind
	Most int64 // runes of a text
}

// Plain is an expression of the guard language over named values alone: no record, no
// act, no ledger, none of the functions that ask for them. Safe for concurrent use.
type Plain struct{ prog cel.Program }

// CompilePlain compiles an expression that gives a truth value. It is held to the
// strict subset of guards, and refused when its worst case may cost more than most
// (units of about 50 ns) or its text is longer than a guard's.
func CompilePlain(text string, vars []PlainVar, most uint64) (*Plain, error) {
	if n := len([]rune(text)); n == 0 || n > maxGuardText {
		return nil, fmt.Errorf("an expression has 1 to %d characters, not %d", maxGuardText, n)
	}
	bounds := make(plainSizes, len(vars))
	opts := strictOptions()
	for _, v := range vars {
		opts = append(opts, cel.Variable(v.Name, celKinds[v.Kind]))
		bounds[v.Name] = uint64(max(v.Most, 0))
	}
	e, err := cel.NewCustomEnv(opts...)
	if err != nil {
		return nil, fmt.Errorf("couldn't build the language of expressions: %w", err)
	}
	checked, err := checkExpr(e, text, text, cel.BoolType)
	if err != nil {
		return nil, err
	}
	var w walker
	w.check(checked.NativeRep())
	if w.err != nil {
		return nil, fmt.Errorf("%q: %w", text, w.err)
	}
	if err := affordable(e, checked, bounds, text, most); err != nil {
		return nil, err
	}
	prog, err := e.Program(checked, cel.EvalOptions(cel.OptOptimize))
	if err != nil {
		return nil, fmt.Errorf("%q: %w", text, err)
	}
	return &Plain{prog}, nil
}

// Lookup gives the value of a name: an int64, a string or a bool; nil when there is
// none, which makes whatever asks for it undecided.
type Lookup func(name string) any

// Truth evaluates the expression. ErrUndecided: a value that it needs is absent, or
// an operation has no result (division by zero, overflow).
func (p *Plain) Truth(values Lookup) (bool, error) {
	out, _, err := p.prog.Eval(plainValues(values))
	if err != nil {
		return false, ErrUndecided
	}
	truth, ok := out.(types.Bool)
	if !ok {
		return false, ErrUndecided
	}
	return bool(truth), nil
}

// plainValues are the values of one evaluation as cel-go asks for them.
type plainValues Lookup

// ResolveName implements interpreter.Activation.
func (v plainValues) ResolveName(name string) (any, bool) {
	value := v(name)
	return value, value != nil
}

// Parent implements interpreter.Activation.
func (v plainValues) Parent() interpreter.Activation { return nil }

// plainSizes tells cel-go's estimator how long texts may be.
type plainSizes map[string]uint64

// EstimateSize implements checker.CostEstimator.
func (s plainSizes) EstimateSize(n celcost.AstNode) *celcost.SizeEstimate {
	path := n.Path()
	if len(path) != 1 {
		return nil
	}
	if most, ok := s[path[0]]; ok {
		return &celcost.SizeEstimate{Max: most}
	}
	return nil
}

// EstimateCallCost implements checker.CostEstimator.
func (plainSizes) EstimateCallCost(string, string, *celcost.AstNode, []celcost.AstNode) *celcost.CallEstimate {
	return nil
}

// IsPlainName reports whether a name may stand for a value in an expression.
func IsPlainName(s string) bool { return isName(s) && !reserved(s) }
