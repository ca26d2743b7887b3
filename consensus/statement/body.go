package statement

import (
	"slices"
)

// The bodies of records. A field stands in exactly one of fields, commits and
// home, as the law document declares it; which fields a step needs and what
// they may hold is the procedure's business. Members that would be empty are
// left out, except fields.

// Marshal gives the body's bytes in their one order: members as in the struct,
// commits and home sorted. Fields must be a JSON object; nil counts as empty.
func (b OpenBody) Marshal() []byte {
	dst := make([]byte, 0, 128+len(b.Fields))
	dst = appendString(append(dst, `{"procedure":`...), b.Procedure)
	return appendContent(dst, content{b.Fields, b.Commits, b.Home, b.Private})
}

// Marshal: see OpenBody.Marshal.
func (b ActBody) Marshal() []byte {
	dst := make([]byte, 0, 128+len(b.Fields))
	dst = appendString(append(dst, `{"event":`...), b.Event)
	return appendContent(dst, content{b.Fields, b.Commits, b.Home, b.Private})
}

// ParseOpen reads the body of record.open. The result aliases body, which must
// not be written to any more. The error is an *Error.
func ParseOpen(body []byte) (OpenBody, error) {
	name, c, err := parseRecordBody(body, "procedure")
	if err != nil {
		return OpenBody{}, err
	}
	return OpenBody{Procedure: name, Fields: c.fields, Commits: c.commits, Home: c.home, Private: c.private}, nil
}

// ParseAct reads the body of record.act: see ParseOpen.
func ParseAct(body []byte) (ActBody, error) {
	name, c, err := parseRecordBody(body, "event")
	if err != nil {
		return ActBody{}, err
	}
	return ActBody{Event: name, Fields: c.fields, Commits: c.commits, Home: c.home, Private: c.private}, nil
}

// content is what the two bodies have in common.
type content struct {
	fields  []byte
	commits map[string]string
	home    []string
	private string
}

func appendContent(dst []byte, c content) []byte {
	dst = append(dst, `,"fields":`...)
	if len(c.fields) == 0 {
		dst = append(dst, `{}`...)
	}
	dst = append(dst, c.fields...)
	if len(c.commits) > 0 {
		names := make([]string, 0, len(c.commits))
		for name := range c.commits {
			names = append(names, name)
		}
		slices.Sort(names)
		dst = append(dst, `,"commits":`...)
		for i, name := range names {
			dst = append(dst, "{,"[min(i, 1)])
			dst = appendString(append(appendString(dst, name), ':'), c.commits[name])
		}
		dst = append(dst, '}')
	}
	if len(c.home) > 0 {
		dst = appendStrings(append(dst, `,"home":`...), slices.Sorted(slices.Values(c.home)))
	}
	if c.private != "" {
		dst = appendString(append(dst, `,"private":`...), c.private)
	}
	return append(dst, '}')
}

// parseRecordBody reads {first, fields, commits?, home?, private?}.
func parseRecordBody(body []byte, first string) (string, content, error) {
	if len(body) > MaxBytes {
		return "", content{}, refuseField(CodeTooLarge, "body")
	}
	s := scanner{text: view(body)}
	var title string
	var c content
	var clear names
	// The body stands at depth 2 of its payload; depths count from there.
	ok := s.members(2, func(name string) (ok bool) {
		switch name {
		case first:
			title, ok = s.identifier(name)
		case "fields":
			start := 0
			if s.peek() != '{' {
				return s.failField(CodeWrongType, name)
			}
			start = s.i
			ok = s.members(3, func(string) bool {
				clear.push(s.names.at(s.names.n - 1))
				return s.value(4)
			})
			c.fields = body[start:s.i:s.i]
		case "commits":
			c.commits, ok = s.commits()
		case "home":
			c.home, ok = s.ascending(name, IsField, MaxNames)
		case "private":
			c.private, ok = s.nonEmpty(name)
			if ok && !IsCommitment(c.private) {
				return s.failField(CodeForm, name)
			}
		default:
			return s.failField(CodeUnknown, "body")
		}
		return ok
	})
	if !ok || !s.end() {
		return "", content{}, s.err
	}
	switch {
	case title == "":
		return "", content{}, refuseField(CodeMissing, first)
	case c.fields == nil:
		return "", content{}, refuseField(CodeMissing, "fields")
	case len(c.home) > 0 && c.private == "":
		return "", content{}, refuseField(CodeMissing, "private")
	case len(c.home) == 0 && c.private != "":
		return "", content{}, refuseField(CodeMissing, "home")
	case c.overlaps(&s, &clear):
		return "", content{}, refuse(CodeOverlap)
	}
	return title, c, nil
}

// overlaps reports whether a field stands in two places; clear are the names in
// fields. All three lists are bounded by MaxNames.
func (c *content) overlaps(s *scanner, clear *names) bool {
	for i := range clear.n {
		name := s.cut(clear.at(i))
		if _, twice := c.commits[name]; twice || slices.Contains(c.home, name) {
			return true
		}
	}
	for _, name := range c.home {
		if _, twice := c.commits[name]; twice {
			return true
		}
	}
	return false
}

func (s *scanner) identifier(field string) (string, bool) {
	text, ok := s.plain(field)
	if ok && !IsField(text) {
		return "", s.failField(CodeForm, field)
	}
	return text, ok
}

// commits reads a non-empty object of field names to salted commitments.
func (s *scanner) commits() (map[string]string, bool) {
	commits := make(map[string]string)
	ok := s.members(3, func(name string) bool {
		text, ok := s.plain("commits")
		if ok && !(IsField(name) && IsCommitment(text)) {
			return s.failField(CodeForm, "commits")
		}
		commits[name] = text
		return ok
	})
	if ok && len(commits) == 0 {
		return nil, s.failField(CodeForm, "commits")
	}
	return commits, ok
}

// ascending reads a non-empty array of strings of one form in strictly
// ascending byte order, so that a set has one spelling.
func (s *scanner) ascending(field string, form func(string) bool, most int) ([]string, bool) {
	var list []string
	ok := s.elements(3, func() bool {
		text, ok := s.plain(field)
		switch {
		case !ok:
			return false
		case len(list) == most:
			return s.failField(CodeTooMany, field)
		case !form(text), len(list) > 0 && list[len(list)-1] >= text:
			return s.failField(CodeForm, field)
		}
		list = append(list, text)
		return true
	})
	if ok && len(list) == 0 {
		return nil, s.failField(CodeForm, field)
	}
	return list, ok
}

// appendString writes a JSON string. Quotes, backslashes and control characters
// are escaped, all else stands as it is; Sign refuses what Forbidden names.
func appendString(dst []byte, text string) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}

func appendStrings(dst []byte, list []string) []byte {
	dst = append(dst, '[')
	for i, text := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, text)
	}
	return append(dst, ']')
}
