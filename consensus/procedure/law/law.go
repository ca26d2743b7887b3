// Package law carries the procedure documents that a new network starts with.
//
// They are embedded only so that a genesis can be built from them: from then on
// the texts stand in genesis and, after votes, on the ledger. Nothing that
// applies statements reads this package. Each document is one YAML file; the
// schema stands in the README of consensus/procedure. Scenario scripts that a
// lawyer can read, one per legal question, stand in testdata.
package law

import (
	"embed"
	"fmt"
	"strings"
)

//go:embed *.yaml
var files embed.FS

// Text is the full text of one procedure document. Name is the procedure's
// name, which is also the name of the file.
type Text struct {
	Name string
	Text string
}

// Texts returns every document, sorted by name.
func Texts() []Text {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(fmt.Sprintf("couldn't list the embedded law: %v", err)) // the files are part of the binary
	}
	out := make([]Text, 0, len(entries))
	for _, e := range entries { // ReadDir sorts by file name
		data, err := files.ReadFile(e.Name())
		if err != nil {
			panic(fmt.Sprintf("couldn't read the embedded law %s: %v", e.Name(), err))
		}
		out = append(out, Text{Name: strings.TrimSuffix(e.Name(), ".yaml"), Text: string(data)})
	}
	return out
}
