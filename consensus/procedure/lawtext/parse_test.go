package lawtext_test

import (
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

func parse(t testing.TB, text string) *lawtext.File {
	t.Helper()
	f, err := lawtext.Parse([]byte(text))
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return f
}

// Ensure values are text until somebody asks for more, and mappings keep their
// order.
func TestValues(t *testing.T) {
	f := parse(t, "# note\nb: no\na: [on, 0777, '12', \"q\\\"x\", 1.50, ~x]\nc: {n: -3, t: true, empty: [], when: 2025-09-25}\nd:\n  - x: 1\n    y: 二\n  - 'single ''quoted'': yes'\n")
	m := f.Root.Map()
	var keys []string
	for _, p := range f.Root.Pairs {
		keys = append(keys, p.Key)
	}
	if got := strings.Join(keys, ""); got != "bacd" {
		t.Errorf("order %s", got)
	}
	if got := m.NeedString("b", 10); got != "no" {
		t.Errorf("b is %q", got)
	}
	if got := strings.Join(m.Strings("a", 10), "|"); got != `on|0777|12|q"x|1.50|~x` {
		t.Errorf("a is %s", got)
	}
	c := m.Need("c").Map()
	if c.Int("n", 0) != -3 || !c.Bool("t") || len(c.Strings("empty", 1)) != 0 || c.NeedString("when", 10) != "2025-09-25" {
		t.Error("c is off")
	}
	c.Done()
	d := m.Need("d").List()
	if len(d) != 2 || d[0].Map().NeedString("y", 5) != "二" || d[1].String(40) != "single 'quoted': yes" {
		t.Error("d is off")
	}
	if d[0].Line != 5 && d[0].Line != 6 {
		t.Errorf("line %d", d[0].Line)
	}
	m.Done()
	if err := f.Err(); err != nil {
		t.Error(err)
	}
}

// Ensure everything outside the subset is refused, with a line where there is
// one.
func TestRefuses(t *testing.T) {
	for name, v := range map[string]struct {
		text string
		line int
	}{
		"empty":              {"", 0},
		"only a comment":     {"# x\n", 0},
		"a list at the top":  {"- a\n", 1},
		"a value at the top": {"a\n", 1},
		"two documents":      {"a: 1\n---\nb: 2\n", 0},
		"anchor":             {"a: &x 1\n", 1},
		"alias":              {"a: &x 1\nb: *x\n", 1},
		"merge key":          {"a: {b: 1}\n<<: {c: 1}\n", 2},
		"tag":                {"a: 1\nb: !!str 2\n", 2},
		"own tag":            {"a: !x 2\n", 1},
		"directive":          {"%YAML 1.2\n---\na: 1\n", 1},
		"explicit key":       {"? a\n: 1\n", 1},
		"literal block":      {"a: |\n  x\n", 1},
		"folded block":       {"a: >-\n  x\n", 1},
		"duplicate":          {"a: 1\nb: 2\na: 3\n", 3},
		"duplicate in flow":  {"a: {x: 1, x: 2}\n", 1},
		"empty value":        {"a:\nb: 1\n", 0},
		"null":               {"a: null\n", 1},
		"tilde":              {"a: ~\n", 1},
		"tab indentation":    {"a:\n\tb: 1\n", 2},
		"control":            {"a: x\x01\n", 1},
		"bidi override":      {"a: 1\nb: x\u202ey\n", 2},
		"zero width":         {"a: x\u200by\n", 1},
		"byte order mark":    {"\ufeffa: 1\n", 1},
		"not UTF-8":          {"a: \xff\n", 0},
		"list as key":        {"[a]: 1\n", 1},
		"unclosed":           {"a: [1, 2\n", 0},
		"deep flow":          {"a: " + strings.Repeat("[", 70) + strings.Repeat("]", 70) + "\n", 1},
		"deep for its size":  {"a: " + strings.Repeat("[", 20) + "x" + strings.Repeat("]", 20) + "\n", 1},
		"deep block":         {strings.Repeat("- ", 100) + "a\n", 1},
		"indented far":       {"a:\n" + strings.Repeat(" ", 70) + "b: 1\n", 2},
		"long line":          {"a: " + strings.Repeat("x", 5000) + "\n", 1},
		"long text":          {strings.Repeat("# comment\n", 30_000), 0},
		"many keys":          {manyKeys(600), 0},
	} {
		f, err := lawtext.Parse([]byte(v.text))
		if err == nil {
			t.Errorf("%s: accepted as %+v", name, f.Root)
			continue
		}
		e, ok := err.(*lawtext.Error)
		if !ok {
			t.Errorf("%s: %T", name, err)
		} else if v.line != 0 && e.Line != v.line {
			t.Errorf("%s: line %d, want %d (%v)", name, e.Line, v.line, err)
		}
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("k")
		for ; i > 0; i /= 26 {
			b.WriteByte(byte('a' + i%26))
		}
		b.WriteString(": 1\n")
	}
	return b.String()
}

// Ensure readers collect the first mistake and name its line.
func TestReaders(t *testing.T) {
	for name, v := range map[string]struct {
		text string
		read func(*lawtext.Map)
		want string
	}{
		"missing":          {"a: 1\n", func(m *lawtext.Map) { m.NeedString("b", 5) }, `"b" is missing`},
		"unknown":          {"a: 1\nb: 2\n", func(m *lawtext.Map) { m.Int("a", 0); m.Done() }, `line 2: unknown key "b"`},
		"not a number":     {"a: x\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"number as text":   {"a: '1'\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"leading zero":     {"a: 01\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"plus":             {"a: +1\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"hexadecimal":      {"a: 0x10\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"underscore":       {"a: 1_0\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"too large":        {"a: 9223372036854775808\n", func(m *lawtext.Map) { m.Int("a", 0) }, "line 1: expected a whole number"},
		"yes is not true":  {"a: yes\n", func(m *lawtext.Map) { m.Bool("a") }, "line 1: expected true or false"},
		"True is not true": {"a: True\n", func(m *lawtext.Map) { m.Bool("a") }, "line 1: expected true or false"},
		"not a list":       {"a: x\n", func(m *lawtext.Map) { m.Strings("a", 5) }, "line 1: expected a list"},
		"not a mapping":    {"a: x\n", func(m *lawtext.Map) { m.Need("a").Map() }, "line 1: expected a mapping"},
		"not a value":      {"a: [x]\n", func(m *lawtext.Map) { m.NeedString("a", 5) }, "line 1: expected a value"},
		"too long":         {"a: 一二三四\n", func(m *lawtext.Map) { m.NeedString("a", 3) }, "line 1: value of 4"},
		"empty string":     {"a: ''\n", func(m *lawtext.Map) { m.NeedString("a", 3) }, "line 1: empty"},
		"first mistake":    {"a: x\nb: y\n", func(m *lawtext.Map) { m.Int("b", 0); m.Int("a", 0) }, "line 2"},
	} {
		f := parse(t, v.text)
		v.read(f.Root.Map())
		if err := f.Err(); err == nil || !strings.Contains(err.Error(), v.want) {
			t.Errorf("%s: got %v, want %q", name, err, v.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"a: 1\n", "a: {b: [1, 'x']}\n# c\nd:\n  - e: f\n", "a: &x\n", "? - a", "- - - b", "a: |\n b", "\"\\u202e\": x"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		start := time.Now()
		file, err := lawtext.Parse(text)
		if d := time.Since(start); d > 5*time.Second {
			t.Fatalf("took %s for %d bytes", d, len(text))
		}
		again, err2 := lawtext.Parse(text)
		if (err == nil) != (err2 == nil) || err != nil && err.Error() != err2.Error() {
			t.Fatalf("two readings differ: %v, %v", err, err2)
		}
		if err == nil && count(file.Root) != count(again.Root) {
			t.Fatal("two readings differ")
		}
	})
}

func count(n *lawtext.Node) int {
	c := 1
	for _, p := range n.Pairs {
		c += count(p.Value)
	}
	for _, i := range n.Items {
		c += count(i)
	}
	return c
}
