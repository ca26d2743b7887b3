package statement

import "strconv"

// parsePayload reads the payload's members, in any order, each exactly once.
// text and payload hold the same bytes; strings are cut from the one, the body
// from the other.
func (st *Statement) parsePayload(text string, payload []byte) error {
	s := scanner{text: text}
	p := &st.Payload
	var v, actor bool
	ok := s.members(1, func(name string) (ok bool) {
		switch name {
		case "network":
			p.Network, ok = s.plain(name)
		case "kind":
			p.Kind, ok = s.plain(name)
			p.Kind = intern(p.Kind)
		case "v":
			v = true
			p.V, ok = s.version()
		case "id":
			p.ID, ok = s.plain(name)
		case "region":
			p.Region, ok = s.plain(name)
		case "record":
			p.Record, ok = s.nonEmpty(name)
		case "prev":
			p.Prev, ok = s.nonEmpty(name)
		case "at":
			p.At, ok = s.plain(name)
		case "actor":
			actor = true
			ok = s.actor(&p.Actor)
		case "request":
			p.Request, ok = s.plain(name)
		case "body":
			start := 0
			if s.peek() == '{' {
				start = s.i
				ok = s.value(bodyDepth)
			} else {
				ok = s.failField(CodeWrongType, name)
			}
			if ok {
				p.Body = payload[start:s.i:s.i]
			}
		default:
			return s.failField(CodeUnknown, "payload")
		}
		return ok
	})
	if !ok || !s.end() {
		return s.err
	}
	switch {
	case !v:
		return refuseField(CodeMissing, "v")
	case !actor:
		return refuseField(CodeMissing, "actor")
	case p.Body == nil:
		return refuseField(CodeMissing, "body")
	}
	return st.checkForm()
}

// maxVersion bounds the schema version. Which versions are known is the protocol's
// business.
const maxVersion = 65535

// version reads the schema version: an integer from 1 to maxVersion.
func (s *scanner) version() (int, bool) {
	if c := s.peek(); c == '"' || c == '{' || c == '[' || c == 't' || c == 'f' || c == 'n' {
		return 0, s.failField(CodeWrongType, "v")
	}
	n, ok := s.integer()
	if ok && (n < 1 || n > maxVersion) {
		return 0, s.failField(CodeForm, "v")
	}
	return int(n), ok
}

// nonEmpty is plain for members that are left out rather than empty.
func (s *scanner) nonEmpty(field string) (string, bool) {
	text, ok := s.plain(field)
	if ok && text == "" {
		return "", s.failField(CodeForm, field)
	}
	return text, ok
}

func (s *scanner) actor(a *Actor) bool {
	seen := 0
	ok := s.members(2, func(name string) (ok bool) {
		seen++
		switch name {
		case "role":
			a.Role, ok = s.plain("actor.role")
		case "org":
			a.Org, ok = s.plain("actor.org")
		case "person":
			a.Person, ok = s.plain("actor.person")
		default:
			return s.failField(CodeUnknown, "actor")
		}
		return ok
	})
	if ok && seen != 3 {
		return s.failField(CodeMissing, "actor")
	}
	return ok
}

// checkForm checks every member of the payload but the body. It runs over what
// Parse read and over what Sign is about to write.
func (st *Statement) checkForm() error {
	p := &st.Payload
	for _, c := range [...]struct {
		field, value string
		ok           bool
	}{
		{"network", p.Network, IsDigest(p.Network)},
		{"kind", p.Kind, isKind(p.Kind)},
		{"id", p.ID, isULID(p.ID)},
		{"region", p.Region, IsRegion(p.Region)},
		{"at", p.At, true},
		{"request", p.Request, IsDigest(p.Request)},
	} {
		if c.value == "" {
			return refuseField(CodeMissing, c.field)
		}
		if !c.ok {
			return refuseField(CodeForm, c.field)
		}
	}
	unix, err := ParseAt(p.At)
	if err != nil {
		return err
	}
	st.AtUnix = unix
	if err := p.checkChain(); err != nil {
		return err
	}
	return p.Actor.check()
}

// checkChain: an opening starts a chain of statements, an act continues one,
// and what governs a region, seals a day or hands private objects over is part of
// no record's chain.
func (p *Payload) checkChain() error {
	switch {
	case p.Record != "" && !IsRecordID(p.Record):
		return refuseField(CodeForm, "record")
	case p.Prev != "" && !IsDigest(p.Prev):
		return refuseField(CodeForm, "prev")
	case p.Kind == KindRecordAct && p.Record == "":
		return refuseField(CodeMissing, "record")
	case p.Kind == KindRecordAct && p.Prev == "":
		return refuseField(CodeMissing, "prev")
	case p.Kind == KindRecordOpen || p.Kind == KindLedgerSeal || p.Kind == KindAccessHead || IsGovernance(p.Kind) || IsExchange(p.Kind):
		if p.Record != "" {
			return refuseField(CodeUnknown, "record")
		}
		if p.Prev != "" {
			return refuseField(CodeUnknown, "prev")
		}
	}
	return nil
}

// Roles that no token grants. They act without a person: a node by itself, and
// the holder of the offline governance key.
const (
	RoleNode       = "node"
	RoleGovernance = "governance"
)

func (a *Actor) check() error {
	switch {
	case !IsRole(a.Role):
		return refuseField(CodeForm, "actor.role")
	case !IsOrg(a.Org):
		return refuseField(CodeForm, "actor.org")
	case a.Person == "" && (a.Role == RoleNode || a.Role == RoleGovernance):
		return nil
	case !IsPerson(a.Person):
		return refuseField(CodeForm, "actor.person")
	}
	return nil
}

// intern returns the constant spelling of a known kind.
func intern(kind string) string {
	for _, k := range &kinds {
		if k == kind {
			return k
		}
	}
	return kind
}

// appendPayload writes the payload's bytes as our nodes write them: members in
// the order of the struct, no white space. Every member has passed checkForm,
// so none needs an escape.
func appendPayload(dst []byte, p *Payload) []byte {
	dst = appendPlain(dst, `{"network":"`, p.Network)
	dst = appendPlain(dst, `","kind":"`, p.Kind)
	dst = append(dst, `","v":`...)
	dst = strconv.AppendInt(dst, int64(p.V), 10)
	dst = appendPlain(dst, `,"id":"`, p.ID)
	dst = appendPlain(dst, `","region":"`, p.Region)
	if p.Record != "" {
		dst = appendPlain(dst, `","record":"`, p.Record)
	}
	if p.Prev != "" {
		dst = appendPlain(dst, `","prev":"`, p.Prev)
	}
	dst = appendPlain(dst, `","at":"`, p.At)
	dst = appendPlain(dst, `","actor":{"role":"`, p.Actor.Role)
	dst = appendPlain(dst, `","org":"`, p.Actor.Org)
	dst = appendPlain(dst, `","person":"`, p.Actor.Person)
	dst = appendPlain(dst, `"},"request":"`, p.Request)
	dst = append(dst, `","body":`...)
	dst = append(dst, p.Body...)
	return append(dst, '}')
}

func appendPlain(dst []byte, before, value string) []byte {
	return append(append(dst, before...), value...)
}
