package script

import (
	"fmt"
	"strings"
)

// command is one command of a script with its answer.
type command struct {
	line   int
	words  []string
	fields []field
	answer []string // expected, after ----
	asks   bool     // has an answer block, or wants one
	source []string // the command's own lines, as written
	before []string // comments and empty lines above
}

// field is an indented `name: value` line.
type field struct {
	name string
	text string
}

// answering commands print something.
var answering = map[string]bool{"open": true, "act": true, "state": true, "deadlines": true, "options": true, "marked": true}

// parse splits a script into commands. trailing are the lines after the last.
func parse(text string) (list []*command, trailing []string, err error) {
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var before []string
	for i := 0; i < len(lines); {
		line := lines[i]
		if t := strings.TrimSpace(line); t == "" || strings.HasPrefix(t, "#") {
			before = append(before, line)
			i++
			continue
		}
		if line[0] == ' ' || line[0] == '\t' {
			return nil, nil, fmt.Errorf("line %d: a field without a command above it", i+1)
		}
		c := &command{line: i + 1, words: strings.Fields(stripComment(line)), source: []string{line}, before: before}
		before = nil
		c.asks = answering[c.words[0]]
		i++
		for ; i < len(lines) && strings.HasPrefix(lines[i], " "); i++ {
			name, value, ok := strings.Cut(strings.TrimSpace(lines[i]), ":")
			if !ok {
				return nil, nil, fmt.Errorf("line %d: a field is written `name: value`", i+1)
			}
			c.fields = append(c.fields, field{name, strings.TrimSpace(value)})
			c.source = append(c.source, lines[i])
		}
		if i < len(lines) && lines[i] == "----" {
			if !c.asks {
				return nil, nil, fmt.Errorf("line %d: %s has no answer", i+1, c.words[0])
			}
			for i++; i < len(lines) && lines[i] != ""; i++ {
				c.answer = append(c.answer, lines[i])
			}
		}
		list = append(list, c)
	}
	return list, before, nil
}

// stripComment cuts a comment at the end of a command.
func stripComment(line string) string {
	if i := strings.Index(line, " #"); i >= 0 {
		return line[:i]
	}
	return line
}

// write renders a script with the given answers.
func write(list []*command, answers [][]string, trailing []string) string {
	var b strings.Builder
	put := func(lines []string) {
		for _, l := range lines {
			b.WriteString(l)
			b.WriteByte('\n')
		}
	}
	for i, c := range list {
		put(c.before)
		put(c.source)
		if c.asks {
			put([]string{"----"})
			put(answers[i])
			// An answer ends at an empty line.
			if i+1 < len(list) && (len(list[i+1].before) == 0 || list[i+1].before[0] != "") || i+1 == len(list) && len(trailing) > 0 && trailing[0] != "" {
				put([]string{""})
			}
		}
	}
	put(trailing)
	return b.String()
}
