package report

import (
	"embed"
	"fmt"
	"slices"
	"sync"
)

//go:embed defs/*.yaml
var files embed.FS

// Definitions are the reports of this binary, by name. A report is no law: it
// changes nothing, and its answer names the digest of its definition.
var Definitions = sync.OnceValue(func() []*Definition {
	entries, err := files.ReadDir("defs")
	if err != nil {
		panic(fmt.Sprintf("couldn't list the reports: %v", err)) // they are part of the binary
	}
	var out []*Definition
	for _, e := range entries { // sorted by name
		text, err := files.ReadFile("defs/" + e.Name())
		if err != nil {
			panic(fmt.Sprintf("couldn't read the report %s: %v", e.Name(), err))
		}
		d, err := Parse(text)
		if err != nil {
			panic(fmt.Sprintf("the report %s: %v", e.Name(), err)) // a test reads them all
		}
		if d.Name+".yaml" != e.Name() {
			panic(fmt.Sprintf("the report %s calls itself %s", e.Name(), d.Name))
		}
		out = append(out, d)
	}
	return out
})

// Find returns a report by its name; nil when there is none.
func Find(name string) *Definition {
	all := Definitions()
	i := slices.IndexFunc(all, func(d *Definition) bool { return d.Name == name })
	if i < 0 {
		return nil
	}
	return all[i]
}
