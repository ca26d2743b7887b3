package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/genesis"
)

// Ensure every heading, every row's name and every sentence of a table has Chinese,
// wherever in this package it is written.
func TestTablesSpeakBothLanguages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	set, seen := token.NewFileSet(), 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(set, file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				name, _ := n.Fun.(*ast.Ident)
				if name == nil || name.Name != "heads" && name.Name != "word" && name.Name != "both" {
					break
				}
				for i, arg := range n.Args {
					s, ok := textIn(arg)
					if !ok || s == "" {
						continue
					}
					seen++
					if name.Name != "both" && glossary[word(s)] == "" {
						t.Errorf("%s: %q has no Chinese: put it into glossary", set.Position(arg.Pos()), s)
					}
					if name.Name == "both" && i == 0 && strings.IndexFunc(s, isHan) < 0 {
						t.Errorf("%s: %q is not Chinese", set.Position(arg.Pos()), s)
					}
				}
			case *ast.CompositeLit:
				sel, _ := n.Type.(*ast.SelectorExpr)
				if sel == nil || sel.Sel.Name != "Row" {
					break
				}
				for _, cell := range n.Elts {
					if s, ok := textIn(cell); ok && strings.IndexFunc(s, unicode.IsLetter) >= 0 {
						t.Errorf("%s: %q has one language: write word(%[2]q) or both", set.Position(cell.Pos()), s)
					}
				}
			}
			return true
		})
	}
	if seen < 100 {
		t.Errorf("only %d words were seen", seen)
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// textIn is the value of a text literal.
func textIn(e ast.Expr) (string, bool) {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return "", false
	}
	s, err := strconv.Unquote(lit.Value)
	return s, err == nil
}

// Ensure values that come from other packages have Chinese too.
func TestValuesSpeakBothLanguages(t *testing.T) {
	enum := func(of any, field string) []string {
		f, _ := reflect.TypeOf(of).FieldByName(field)
		return strings.Split(f.Tag.Get("enum"), ",")
	}
	for kind, values := range map[string][]string{
		"access": {
			string(access.Read), string(access.Export), string(access.Query), string(access.Asked),
			string(access.Denied), string(access.Failed), string(access.Noted), string(access.Begun),
		},
		"clock":   {string(genesis.ClockReal), string(genesis.ClockPractice)},
		"column":  enum(v1.DataColumn{}, "Type"),
		"data":    enum(v1.DataColumn{}, "Class"),
		"offer":   enum(v1.Offer{}, "State"),
		"replica": enum(v1.Replica{}, "Role"),
	} {
		for _, value := range values {
			if w := word(value + "|" + kind); glossary[w] == "" {
				t.Errorf("%q has no Chinese: put it into glossary", w)
			}
		}
	}
}

// Ensure a table speaks the chosen language, and that machines read the same in both.
func TestTableLanguage(t *testing.T) {
	for lang, want := range map[string]string{"zh": "平台", "en": "platform"} {
		if code, out := call(t, "version", "--lang", lang); code != exitOK || !strings.Contains(out, want) {
			t.Errorf("--lang %s: exit %d, printed %q", lang, code, out)
		}
		if code, out := call(t, "version", "-o", "json", "--lang", lang); code != exitOK || !strings.Contains(out, `"platform"`) {
			t.Errorf("-o json --lang %s: exit %d, printed %q", lang, code, out)
		}
	}
	if got := word("open|proposal").in("en"); got != "open" {
		t.Errorf("the English of open|proposal is %q", got)
	}
}
