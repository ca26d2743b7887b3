package graph

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

// Mermaid renders the document as a Mermaid state diagram.
func Mermaid(d *procedure.Document, lang Language) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---\ntitle: %q\n---\nstateDiagram-v2\n", fmt.Sprintf("%s %d · %s", d.Name, d.Version, lang.of(d.Title)))
	for _, s := range d.States {
		fmt.Fprintf(&b, "    state %q as %s\n", mermaidText(lang.of(s.Label)), s.Name)
	}
	fmt.Fprintf(&b, "    [*] --> %s\n", d.Initial)
	between, inside := edges(d, lang)
	for _, e := range between {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", e.from, e.to, mermaidText(strings.Join(e.events, " / ")))
	}
	for _, s := range d.States {
		if list := inside[s.Name]; len(list) > 0 {
			fmt.Fprintf(&b, "    %s --> %s: %s\n", s.Name, s.Name, mermaidText(strings.Join(list, " / ")))
		}
	}
	for _, s := range d.Terminal {
		fmt.Fprintf(&b, "    %s --> [*]\n", s)
	}
	return b.String()
}

// mermaidText keeps a label from ending a statement of the diagram.
var mermaidReplacer = strings.NewReplacer(":", "：", ";", "；", "\"", "'", "#", "＃", "\n", " ")

func mermaidText(s string) string { return mermaidReplacer.Replace(s) }
