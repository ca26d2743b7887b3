package lawtext

import (
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

const (
	// MaxBytes bounds a text. The longest procedure of the three bureaus takes
	// about 30 KiB; a text must also fit the statement or genesis that carries it.
	MaxBytes = 256 << 10
	// maxLine bounds a line in bytes: a guard with its two messages.
	maxLine = 4 << 10
	// maxLines bounds the lines: the YAML parser takes time with the square of
	// a block's keys, a quarter of a second for this many.
	maxLines = 8000
	// maxOpen bounds the brackets open at any place. The YAML parser recurses
	// once per bracket.
	maxOpen = 64
	// maxIndent bounds indentation, hence the nesting of blocks.
	maxIndent = 64
	// maxDepth and maxNodes bound what the parser may have built.
	maxDepth = 16
	maxNodes = 30_000
	// maxPairs bounds one mapping; duplicates are found by comparing all pairs.
	maxPairs = 500
)

// Parse reads one text. The returned error is an *Error.
func Parse(text []byte) (*File, error) {
	if err := precheck(text); err != nil {
		return nil, err
	}
	tree, err := parseYAML(text)
	if err != nil {
		return nil, err
	}
	if len(tree.Docs) != 1 || tree.Docs[0].Body == nil {
		return nil, Errorf(0, "expected exactly one document")
	}
	b := &builder{file: &File{}}
	root := b.node(tree.Docs[0].Body, 0)
	if b.err != nil {
		return nil, b.err
	}
	if root.Kind != Mapping {
		return nil, Errorf(root.Line, "expected a mapping at the top, found %s", root.Kind)
	}
	b.file.Root = root
	return b.file, nil
}

// parseYAML turns a panic of the YAML parser into an error: a text comes from
// another bureau and must not stop a replica. The outcome is the same on all
// of them, because the parser's version is pinned.
func parseYAML(text []byte) (f *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, err = nil, Errorf(0, "the YAML parser gave up")
		}
	}()
	f, perr := parser.ParseBytes(text, 0)
	if perr != nil {
		return nil, yamlError(perr)
	}
	return f, nil
}

// yamlError keeps the position and the first line of the parser's message.
func yamlError(err error) error {
	line := 0
	if t, ok := err.(interface{ GetToken() *token.Token }); ok && t.GetToken() != nil && t.GetToken().Position != nil {
		line = t.GetToken().Position.Line
	}
	msg := err.Error()
	if m, ok := err.(interface{ GetMessage() string }); ok {
		msg = m.GetMessage()
	}
	msg, _, _ = strings.Cut(msg, "\n")
	return Errorf(line, "not valid YAML: %s", msg)
}

// precheck applies the limits that protect the YAML parser itself.
func precheck(text []byte) error {
	if len(text) == 0 {
		return Errorf(0, "empty text")
	}
	if len(text) > MaxBytes {
		return Errorf(0, "text of %d bytes, at most %d are allowed", len(text), MaxBytes)
	}
	if !utf8.Valid(text) {
		return Errorf(0, "not valid UTF-8")
	}
	open, n := 0, 0
	for line := range strings.SplitSeq(string(text), "\n") {
		if n++; n > maxLines {
			return Errorf(n, "more than %d lines", maxLines)
		}
		if len(line) > maxLine {
			return Errorf(n, "line of %d bytes, at most %d are allowed", len(line), maxLine)
		}
		body := strings.TrimLeft(line, " ")
		if len(line)-len(body) > maxIndent {
			return Errorf(n, "indented by more than %d", maxIndent)
		}
		if strings.HasPrefix(body, "%") || strings.HasPrefix(body, "? ") || body == "?" {
			return Errorf(n, "directives and explicit keys are not allowed")
		}
		if strings.Count(body, "- ") > maxOpen && strings.HasPrefix(body, "- - ") {
			return Errorf(n, "lists nested too deeply")
		}
		for _, r := range line {
			if Hidden(r) {
				return Errorf(n, "character U+%04X is not allowed", r)
			}
			switch r {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open > maxOpen {
				return Errorf(n, "brackets nested too deeply")
			}
		}
	}
	return nil
}

type builder struct {
	file  *File
	nodes int
	err   error
}

func (b *builder) fail(n ast.Node, format string, args ...any) *Node {
	if b.err == nil {
		b.err = Errorf(lineOf(n), format, args...)
	}
	return &Node{Line: lineOf(n), file: b.file}
}

func lineOf(n ast.Node) int {
	if t := n.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

func (b *builder) node(n ast.Node, depth int) *Node {
	if b.nodes++; b.nodes > maxNodes {
		return b.fail(n, "more than %d values", maxNodes)
	}
	if depth > maxDepth {
		return b.fail(n, "nested deeper than %d", maxDepth)
	}
	if b.err != nil {
		return &Node{file: b.file}
	}
	out := &Node{Line: lineOf(n), file: b.file}
	switch n := n.(type) {
	case *ast.MappingNode:
		out.Kind = Mapping
		b.pairs(out, n.Values, depth)
	case *ast.MappingValueNode: // a mapping of one pair, as older parsers build it
		out.Kind = Mapping
		b.pairs(out, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.Kind = Sequence
		for _, v := range n.Values {
			out.Items = append(out.Items, b.node(v, depth+1))
		}
	case *ast.StringNode:
		out.Text = n.Value
		out.Plain = n.Token.Type == token.StringType
	case *ast.LiteralNode:
		return b.fail(n, "block scalars (| and >) are not allowed, write the value on its line")
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		out.Text, out.Plain = n.GetToken().Value, true
	case *ast.NullNode:
		return b.fail(n, "empty value")
	default: // anchors, aliases, tags, merge keys, directives, explicit keys
		return b.fail(n, "%s is not allowed", strings.ToLower(n.Type().String()))
	}
	return out
}

func (b *builder) pairs(out *Node, values []*ast.MappingValueNode, depth int) {
	if len(values) > maxPairs {
		b.fail(values[maxPairs], "more than %d keys in one mapping", maxPairs)
		return
	}
	for _, v := range values {
		key := b.node(v.Key, depth+1)
		if b.err != nil {
			return
		}
		if key.Kind != Scalar || key.Text == "" {
			b.fail(v, "keys have to be plain names")
			return
		}
		for _, p := range out.Pairs {
			if p.Key == key.Text {
				b.fail(v.Key, "duplicate key %q", key.Text)
				return
			}
		}
		out.Pairs = append(out.Pairs, Pair{Key: key.Text, Line: key.Line, Value: b.node(v.Value, depth+1)})
	}
}
