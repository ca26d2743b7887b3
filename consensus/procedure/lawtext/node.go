package lawtext

import "fmt"

// Kind says what a node is.
type Kind int

const (
	Scalar Kind = iota
	Mapping
	Sequence
)

func (k Kind) String() string {
	return [...]string{"a value", "a mapping", "a list"}[k]
}

// Node is one value of the text with the line it stands on.
type Node struct {
	Kind  Kind
	Line  int
	Text  string  // Scalar: the value without quotes
	Plain bool    // Scalar: written without quotes
	Pairs []Pair  // Mapping: in the order of the text, names unique
	Items []*Node // Sequence
	file  *File
}

// Pair is one entry of a mapping.
type Pair struct {
	Key   string
	Line  int
	Value *Node
}

// File is a parsed text. Reading values from its nodes collects the first
// error; Err returns it. That keeps the readers free of error plumbing and
// still names the line.
type File struct {
	Root *Node
	err  error
}

// Err is the first error met while parsing or reading, always an *Error.
func (f *File) Err() error { return f.err }

// Error is what is wrong with a text and where.
type Error struct {
	Line int // from 1; 0 when the text as a whole is meant
	Msg  string
}

func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Msg
	}
	return fmt.Sprintf("line %d: %s", e.Line, e.Msg)
}

// Errorf is an error about a line, for checks that the caller makes.
func Errorf(line int, format string, args ...any) error {
	return &Error{Line: line, Msg: fmt.Sprintf(format, args...)}
}

// Failf records an error about this node, unless an earlier one stands.
func (n *Node) Failf(format string, args ...any) {
	if n.file.err == nil {
		n.file.err = Errorf(n.Line, format, args...)
	}
}
