package graph

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"sandi.internal/gateway/consensus/procedure"
)

// Measures of the drawing in pixels.
const (
	boxWidth  = 168
	lineH     = 15 // of an event that stays in its state
	headH     = 34
	gapX      = 56
	gapY      = 92
	margin    = 24
	maxInside = 5  // events named inside a box; the rest is counted
	arch      = 34 // how far a line within a row rises
	maxLabel  = 18 // runes of a label on an edge or in a box, wide ones count twice
)

// box is a state with its place.
type box struct {
	x, y, h int
	label   string
	lines   []string
	ends    bool
}

func (b *box) middle() int { return b.x + boxWidth/2 }

// SVG renders the document as a drawing: states in rows by their distance from the
// first, ways down as lines with their events, ways back around the right side.
// Colours follow the reader's scheme, light or dark.
func SVG(d *procedure.Document, lang Language) string {
	between, inside := edges(d, lang)
	boxes, width, height := place(d, lang, layers(d, between), inside)
	ways := make([]string, 0, len(between))
	right := width
	for _, e := range between {
		from, to := boxes[e.from], boxes[e.to]
		if to.y < from.y {
			right += 14
		}
		ways = append(ways, way(from, to, right, shorten(e.events)))
	}
	width = right + margin + 120
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" font-family="system-ui, sans-serif" font-size="12">`+"\n", width, height, width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n", escape(fmt.Sprintf("%s %d · %s", d.Name, d.Version, lang.of(d.Title))))
	b.WriteString(style)
	for _, w := range ways {
		b.WriteString(w)
	}
	for _, s := range d.States {
		if x := boxes[s.Name]; x != nil {
			x.draw(&b, s.Name)
		}
	}
	b.WriteString("</svg>\n")
	return b.String()
}

const style = `<style>.s{fill:#fff;stroke:#345}.e{stroke-width:3}.w{fill:none;stroke:#789}.t{fill:#123}.i{fill:#567;font-size:11px}.l{fill:#456;font-size:11px;paint-order:stroke;stroke:#fff;stroke-width:3px}
@media(prefers-color-scheme:dark){.s{fill:#1b2530;stroke:#9ab}.t{fill:#eef}.i,.l{fill:#abc}.l{stroke:#0d1117}.w{stroke:#678}}</style>
<defs><marker id="a" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#789"/></marker></defs>
`

// place puts the states of each layer into a row, in the middle.
func place(d *procedure.Document, lang Language, rows [][]string, inside map[string][]string) (boxes map[string]*box, width, height int) {
	widest := 0
	for _, row := range rows {
		widest = max(widest, len(row))
	}
	width = 2*margin + widest*boxWidth + (widest-1)*gapX
	boxes = make(map[string]*box, len(d.States))
	y := margin
	for _, row := range rows {
		tallest := 0
		x := (width - len(row)*boxWidth - (len(row)-1)*gapX) / 2
		for _, name := range row {
			b := &box{x: x, y: y, lines: insideLines(inside[name]), ends: slices.Contains(d.Terminal, name)}
			at := slices.IndexFunc(d.States, func(s procedure.State) bool { return s.Name == name })
			b.label = lang.of(d.States[at].Label)
			b.h = headH + lineH*len(b.lines)
			tallest = max(tallest, b.h)
			boxes[name] = b
			x += boxWidth + gapX
		}
		y += tallest + gapY
	}
	return boxes, width, y - gapY + margin
}

func insideLines(events []string) []string {
	var out []string
	for i, e := range events {
		if i == maxInside {
			return append(out, fmt.Sprintf("… +%d", len(events)-i))
		}
		out = append(out, "↻ "+cut(e, 2*maxLabel-8))
	}
	return out
}

func (b *box) draw(out *strings.Builder, name string) {
	class := "s"
	if b.ends {
		class = "s e"
	}
	fmt.Fprintf(out, `<g id="%s"><rect class="%s" x="%d" y="%d" width="%d" height="%d" rx="6"/><text class="t" x="%d" y="%d" text-anchor="middle">%s</text>`,
		name, class, b.x, b.y, boxWidth, b.h, b.middle(), b.y+21, escape(cut(b.label, 2*maxLabel-8)))
	for i, l := range b.lines {
		fmt.Fprintf(out, `<text class="i" x="%d" y="%d">%s</text>`, b.x+8, b.y+headH+lineH*i+8, escape(l))
	}
	out.WriteString("</g>\n")
}

// way draws one line: down, over the tops within a row, or around the right side to
// a row above. Its label stands at the curve's middle.
func way(from, to *box, right int, label string) string {
	if to.y > from.y {
		x1, y1, x2, y2 := from.middle(), from.y+from.h, to.middle(), to.y
		half := (y1 + y2) / 2
		return fmt.Sprintf(`<path class="w" marker-end="url(#a)" d="M%d %dC%d %d %d %d %d %d"/><text class="l" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
			x1, y1, x1, half, x2, half, x2, y2, (x1+3*x2)/4, (y1+3*y2)/4-8, escape(label))
	}
	if to.y == from.y && from != to {
		x1, x2, top := from.middle(), to.middle(), from.y-arch
		return fmt.Sprintf(`<path class="w" marker-end="url(#a)" d="M%d %dC%d %d %d %d %d %d"/><text class="l" x="%d" y="%d" text-anchor="middle">%s</text>`+"\n",
			x1, from.y, x1, top, x2, top, x2, to.y, (x1+x2)/2, from.y-arch*3/4-4, escape(label))
	}
	x1, y1, x2, y2 := from.x+boxWidth, from.y+from.h/2, to.x+boxWidth, to.y+to.h/2
	return fmt.Sprintf(`<path class="w" marker-end="url(#a)" d="M%d %dC%d %d %d %d %d %d"/><text class="l" x="%d" y="%d">%s</text>`+"\n",
		x1, y1, right, y1, right, y2, x2, y2, (x1+6*right+x2)/8+4, (y1+y2)/2+4, escape(label))
}

// shorten is the label of a line: its first event, and how many more.
func shorten(events []string) string {
	first := cut(events[0], maxLabel)
	if len(events) > 1 {
		return fmt.Sprintf("%s +%d", first, len(events)-1)
	}
	return first
}

// cut keeps a label within n columns; Han take two.
func cut(s string, n int) string {
	columns := 0
	for i, r := range s {
		wide := 1
		if utf8.RuneLen(r) > 2 {
			wide = 2
		}
		if columns+wide > n && len(s)-i > utf8.RuneLen(r) {
			return s[:i] + "…"
		}
		columns += wide
	}
	return s
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func escape(s string) string { return escaper.Replace(s) }
