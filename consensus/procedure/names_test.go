package procedure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"sandi.internal/gateway/consensus/procedure"
)

// names collects what the law documents name: procedures, states and events.
func names(t *testing.T) (procedures, inside map[string]string) {
	t.Helper()
	files, err := filepath.Glob("law/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatal("no law documents")
	}
	procedures, inside = map[string]string{}, map[string]string{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		d, err := procedure.Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		procedures[d.Name] = "the procedure"
		for _, s := range d.States {
			inside[s.Name] = "a state of " + d.Name
		}
		for i := range d.Events {
			inside[d.Events[i].Name] = "an event of " + d.Name
		}
	}
	return procedures, inside
}

// lawless are the rooms' folders in which a word of the law has no other
// meaning, so that any literal equal to a state or an event is a rule in Go.
var lawless = []string{"consensus/procedure", "consensus/ledger", "consensus/calendar", "api/desk", "node/exchange"}

// ownSense are words that the engine uses in a sense of its own.
var ownSense = map[string]bool{
	"object":    true, // the field type
	"receipt":   true, // the kind of automatic event
	"extend":    true, // key of a deadline
	"cancel":    true, // key of a deadline
	"cancelled": true, // verdict on a deadline
	"agreed":    true, // how well a rule's source is known
	"running":   true, // function of the guard language
	"overdue":   true, // function of the guard language, verdict on a deadline
	"void":      true, // a word of CEL
	"counted":   true, // how a stretch of days was treated
	"start":     true, // key of a deadline
	"deadline":  true, // a time limit, in parameters of refusals
	"accepted":  true, // what a script expects
	"list":      true, // a field type, key of a party
}

// otherSense are names of procedures that are also words of other rooms.
var otherSense = map[string]bool{
	"expert": true, // an office role
	"draw":   true, // the use of a key
	"help":   true, // a command line's own word
}

// Ensure no Go file names a procedure, and none that holds rules names a state
// or an event: the law is data. Tests and scenarios are excepted.
func TestNoLawInGo(t *testing.T) {
	procedures, inside := names(t)
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if e.IsDir() {
			if name := e.Name(); rel != "." && strings.HasPrefix(name, ".") || name == "testdata" || name == "node_modules" || rel == "bin" || rel == "node/demo" || rel == "node/bench" || rel == "node/e2e" || rel == "consensus/bundle/bundletest" {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(rel, ".go") || strings.HasSuffix(rel, "_test.go") {
			return nil
		}
		files++
		strict := false
		for _, dir := range lawless {
			strict = strict || strings.HasPrefix(rel, dir+"/")
		}
		return literals(path, func(s string, line int) {
			what, bad := procedures[s]
			bad = bad && !otherSense[s]
			if !bad && strict && !ownSense[s] {
				what, bad = inside[s]
			}
			if bad {
				t.Errorf("%s:%d: %q is %s", rel, line, s, what)
			}
		})
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 50 {
		t.Errorf("only %d files were read", files)
	}
}

// literals visits the text literals of a file, import paths and struct tags
// aside.
func literals(path string, visit func(s string, line int)) error {
	set := token.NewFileSet()
	f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				if s, err := strconv.Unquote(n.Value); err == nil {
					visit(s, set.Position(n.Pos()).Line)
				}
			}
		}
		return true
	})
	return nil
}
