package cli

import (
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Wrap breaks a line into lines of at most width display columns: at spaces, and
// between Chinese characters, which take two columns and have none. A word that
// is longer than a line stays whole.
func Wrap(line string, width int) []string {
	var lines []string
	now, columns := "", 0
	for _, word := range words(line) {
		wide := text.StringWidth(strings.TrimRight(word, " "))
		if columns > 0 && columns+wide > width {
			lines = append(lines, strings.TrimRight(now, " "))
			now, columns = "", 0
		}
		now += word
		columns += text.StringWidth(word)
	}
	return append(lines, strings.TrimRight(now, " "))
}

// words cuts a line where it may be broken; spaces stay behind their word, and
// so do closing marks.
func words(line string) []string {
	var list []string
	begin := 0
	var before rune
	for at, r := range line {
		isWide := func(r rune) bool { return text.RuneWidth(r) == 2 }
		mayBreak := before == ' ' && r != ' ' || (isWide(before) || isWide(r)) && r != ' '
		if at > 0 && mayBreak && !strings.ContainsRune("，。、；：！？）》」", r) && !strings.ContainsRune("（《「", before) {
			list = append(list, line[begin:at])
			begin = at
		}
		before = r
	}
	return append(list, line[begin:])
}
