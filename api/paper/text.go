package paper

import (
	"fmt"
	"strings"

	"sandi.internal/gateway/api/v1"
)

// blankLine stands where a value is missing.
const blankLine = "＿＿＿＿＿＿"

// Text is a document in plain text, for the command line and for systems that print by
// themselves.
func Text(p *v1.Paper) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n", p.Title)
	if p.Draft != "" {
		fmt.Fprintf(&b, "（%s）\n", p.Draft)
	}
	if len(p.Number) > 0 {
		fmt.Fprintf(&b, "\n%s\n", plainRuns(p.Number))
	}
	if len(p.To) > 0 {
		fmt.Fprintf(&b, "\n%s：\n", plainRuns(p.To))
	}
	b.WriteString("\n")
	no := 0
	for _, part := range p.Body {
		if part.Kind == kindItem {
			no++
		} else {
			no = 0
		}
		switch part.Kind {
		case kindPage:
			fmt.Fprintf(&b, "\n----\n%s\n\n", plainRuns(part.Runs))
		case kindItem:
			fmt.Fprintf(&b, "    %d. %s\n", no, plainRuns(part.Runs))
		case kindRow:
			var cells []string
			for _, c := range part.Cells {
				cells = append(cells, plainRuns(c))
			}
			fmt.Fprintf(&b, "%s\n", strings.Join(cells, "  "))
		default:
			fmt.Fprintf(&b, "    %s\n", plainRuns(part.Runs))
		}
	}
	for i, m := range p.Materials {
		if i == 0 {
			b.WriteString("\n附件：\n")
		}
		fmt.Fprintf(&b, "    %d. %s %d页 %s\n", i+1, strings.TrimSpace(m.Name+" "+m.Kind), m.Pages, m.Digest)
	}
	fmt.Fprintf(&b, "\n    %s\n    %s\n\n----\n%s  %s\n", plainRuns(p.From), plainRuns(p.Date), p.Record, p.Head)
	for _, c := range p.Codes {
		fmt.Fprintf(&b, "%s #%d %s\n%s\n", c.Title, c.Index, c.Digest, c.Text)
	}
	if p.Synthetic {
		b.WriteString("演练 SYNTHETIC\n")
	}
	return b.String()
}

func plainRuns(runs []v1.PaperRun) string {
	var b strings.Builder
	for _, r := range runs {
		if r.Blank != "" {
			b.WriteString(blankLine)
			continue
		}
		b.WriteString(r.Text)
	}
	return b.String()
}
