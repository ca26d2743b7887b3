package main

import (
	"fmt"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"sandi.internal/gateway/api/v1"
)

// word is a heading, the name of a row, or a value out of a short list, in English. What
// the same English has to tell apart in Chinese stands after a bar: "open|proposal".
// print shows a word in the chosen language; what glossary lacks stands as it is.
type word string

// in is the word in a language.
func (w word) in(lang string) string {
	if zh := glossary[w]; lang == "zh" && zh != "" {
		return zh
	}
	en, _, _ := strings.Cut(string(w), "|")
	return en
}

// both is a text in both languages. Both formats take the same arguments; the Chinese
// one numbers them where its order differs.
func both(zh, en string, args ...any) v1.Label {
	return v1.Label{ZH: fmt.Sprintf(zh, args...), EN: fmt.Sprintf(en, args...)}
}

// textOf is a cell as a person reads it. English keeps true and false.
func (s *settings) textOf(cell any) any {
	switch cell := cell.(type) {
	case word:
		return cell.in(s.lang)
	case v1.Label:
		return s.label(cell)
	case bool:
		return s.pick(map[bool]string{true: "是", false: "否"}[cell], fmt.Sprint(cell))
	}
	return cell
}

// rowOf is a row as a person reads it.
func (s *settings) rowOf(row table.Row) table.Row {
	out := make(table.Row, 0, len(row))
	for _, cell := range row {
		out = append(out, s.textOf(cell))
	}
	return out
}

// heads is a heading of words.
func heads(words ...word) table.Row {
	row := make(table.Row, 0, len(words))
	for _, w := range words {
		row = append(row, w)
	}
	return row
}
