package paper

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

//go:embed templates/*.txt templates/README.md
var embedded embed.FS

const (
	// suffix is that of template files; other files of a folder are not read.
	suffix = ".txt"
	// Bounds of a template and of a folder of them: a form has one to three pages.
	maxTemplate  = 64 << 10
	maxTemplates = 200
	maxProves    = 4 // events; each may have statements of several parties
)

// Template is one document, as its file says.
type Template struct {
	Name        string   `yaml:"-"`           // of the file
	Procedure   string   `yaml:"procedure"`   // whose records have it
	Title       string   `yaml:"title"`       // of the document
	Acts        []string `yaml:"acts"`        // it is there once one of these events has happened
	Proves      []string `yaml:"proves"`      // events whose statements its codes prove
	From        string   `yaml:"from"`        // who signs
	To          string   `yaml:"to"`          // whom it is addressed to; none: no address
	Number      string   `yaml:"number"`      // document number; none: no such line
	Date        string   `yaml:"date"`        // of the document
	Attachments string   `yaml:"attachments"` // field of materials to list; none: no list
	Draft       string   `yaml:"draft"`       // said on every page as long as the text is not the official one
	parts       []part
}

// part is one line of the body.
type part struct {
	kind     string
	optional bool   // left out when a value is missing
	text     string // all but rows
	cells    []string
}

// Kinds of parts, as v1.PaperPart names them.
const (
	kindText    = "text"
	kindHeading = "heading"
	kindItem    = "item"
	kindRow     = "row"
	kindPage    = "page"
)

var (
	placeholder = regexp.MustCompile(`\{([^{}]*)\}`)
	// A field, one of a linked record, a party, an act's date, or the record's id; a list
	// may stand line by line.
	placeName = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)?(:list)?$`)
)

// Parse reads a template. What it says of the file's line helps whoever edits it.
func Parse(name string, text []byte) (*Template, error) {
	t, err := parse(name, text)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the template %s%s: %w", name, suffix, err)
	}
	return t, nil
}

func parse(name string, text []byte) (*Template, error) {
	if len(text) > maxTemplate || !utf8.Valid(text) {
		return nil, fmt.Errorf("it is not UTF-8 text of at most %d bytes", maxTemplate)
	}
	text = bytes.ReplaceAll(bytes.TrimPrefix(text, []byte("\ufeff")), []byte("\r\n"), []byte("\n"))
	head, body, found := strings.Cut(strings.TrimPrefix(string(text), "---\n"), "\n---\n")
	if !found || !bytes.HasPrefix(text, []byte("---\n")) {
		return nil, errors.New("it does not begin with a header between two lines ---")
	}
	t := &Template{Name: name}
	if err := yaml.UnmarshalWithOptions([]byte(head), t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("its header: %s", strings.SplitN(yaml.FormatError(err, false, false), "\n", 2)[0])
	}
	if t.Procedure == "" || t.Title == "" || len(t.Acts) == 0 || len(t.Proves) > maxProves {
		return nil, fmt.Errorf("its header needs procedure, title and acts, and at most %d events in proves", maxProves)
	}
	for _, text := range []string{t.From, t.To, t.Number, t.Date} {
		if err := checkPlaces(text); err != nil {
			return nil, err
		}
	}
	first := strings.Count(head, "\n") + 4 // the line that the body begins in
	for i, line := range strings.Split(body, "\n") {
		if strings.TrimSpace(line) == "" {
			continue
		}
		p, err := parsePart(strings.TrimSpace(line))
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", first+i, err)
		}
		t.parts = append(t.parts, p)
	}
	return t, nil
}

func parsePart(line string) (part, error) {
	p := part{kind: kindText}
	line, p.optional = strings.CutPrefix(line, "? ")
	switch {
	case strings.HasPrefix(line, "## "):
		p.kind, p.text = kindHeading, line[3:]
	case strings.HasPrefix(line, "=== "):
		p.kind, p.text = kindPage, line[4:]
	case strings.HasPrefix(line, "|") && strings.HasSuffix(line, "|") && len(line) > 1:
		p.kind = kindRow
		for _, cell := range strings.Split(strings.Trim(line, "|"), "|") {
			p.cells = append(p.cells, strings.TrimSpace(cell))
		}
		if len(p.cells) > 4 {
			return p, errors.New("a row has at most four cells")
		}
	default:
		p.text = line
	}
	return p, checkPlaces(line)
}

func checkPlaces(text string) error {
	for _, m := range placeholder.FindAllStringSubmatch(text, -1) {
		if !placeName.MatchString(m[1]) {
			return fmt.Errorf("{%s} is no place for a value: write {field}, {party.name}, {act.name}, {record.id}, {field.field} or {field:list}", m[1])
		}
	}
	if rest := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(rest, "{}") {
		return errors.New("a brace has no partner")
	}
	return nil
}

// Set is the documents that a node prints, by name. It is read-only.
type Set struct {
	list []*Template
}

// Defaults are the documents that come with the program.
func Defaults() *Set {
	s, err := load(embedded, "templates", nil)
	if err != nil {
		panic("paper: " + err.Error()) // a test reads them all
	}
	return s
}

// Load reads a bureau's own folder over the defaults.
func Load(folder fs.FS) (*Set, error) { return load(folder, ".", Defaults().list) }

func load(from fs.FS, dir string, over []*Template) (*Set, error) {
	entries, err := fs.ReadDir(from, dir)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the folder of templates: %w", err)
	}
	s := &Set{list: slices.Clone(over)}
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		if !ok || e.IsDir() {
			continue
		}
		text, err := fs.ReadFile(from, path.Join(dir, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("couldn't read a template: %w", err)
		}
		t, err := Parse(name, text)
		if err != nil {
			return nil, err
		}
		if i := slices.IndexFunc(s.list, func(have *Template) bool { return have.Name == name }); i >= 0 {
			s.list[i] = t
		} else {
			s.list = append(s.list, t)
		}
	}
	if len(s.list) > maxTemplates {
		return nil, fmt.Errorf("there are more than %d templates", maxTemplates)
	}
	slices.SortFunc(s.list, func(a, b *Template) int { return strings.Compare(a.Name, b.Name) })
	return s, nil
}

// WriteDefaults gives the defaults' files to write, for a bureau to edit.
func WriteDefaults(write func(name string, text []byte) error) error {
	return fs.WalkDir(embedded, "templates", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		text, err := embedded.ReadFile(name)
		if err != nil {
			return err
		}
		return write(e.Name(), text)
	})
}

// Of are the documents that a record has by now: its procedure's, of whose acts one has
// happened.
func (s *Set) Of(procedure string, happened func(event string) bool) []*Template {
	var list []*Template
	for _, t := range s.list {
		if t.Procedure == procedure && slices.ContainsFunc(t.Acts, happened) {
			list = append(list, t)
		}
	}
	return list
}

// List is all documents, by name.
func (s *Set) List() []*Template { return s.list }
