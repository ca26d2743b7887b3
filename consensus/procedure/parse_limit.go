package procedure

import (
	"strings"

	"sandi.internal/gateway/consensus/procedure/lawtext"
)

// readLimits reads the declared time limits.
func readLimits(n *lawtext.Node) []Limit {
	if n == nil {
		return nil
	}
	items := n.List()
	if len(items) > maxLimits {
		n.Failf("more than %d deadlines", maxLimits)
		return nil
	}
	out := make([]Limit, 0, len(items))
	for _, it := range items {
		out = append(out, readLimit(it))
	}
	return out
}

func readLimit(n *lawtext.Node) Limit {
	m := n.Map()
	l := Limit{Line: n.Line, Name: name(m.Need("name")), Title: title(m.Need("title"))}
	l.Rule = name(m.Need("rule"))
	l.Owner = name(m.Need("owner"))
	l.Starts = readStarts(m.Need("start"))
	l.Stop = names(m.Find("stop"))
	l.Cancel = names(m.Find("cancel"))
	if p := m.Find("pause"); p != nil {
		pm := p.Map()
		l.PauseFrom, l.PauseTo = names(pm.Need("from")), names(pm.Need("to"))
		pm.Done()
	}
	if x := m.Find("exclude"); x != nil {
		xm := x.Map()
		l.Exclude = &Exclude{Field: name(xm.Need("field")), Kinds: names(xm.Need("kinds"))}
		xm.Done()
	}
	if x := m.Find("extend"); x != nil {
		for _, it := range x.List() {
			l.Extend = append(l.Extend, readExtend(it))
		}
		if len(l.Extend) > maxMarks {
			x.Failf("more than %d extensions", maxMarks)
		}
	}
	l.NotBefore = m.Bool("not_before")
	l.Right = m.Bool("right")
	if t := m.Find("late"); t != nil {
		switch t.String(10) {
		case "refuse":
			l.LateRefuse = true
		case "mark":
		default:
			t.Failf("late is mark or refuse")
		}
	}
	m.Done()
	return l
}

// readStarts reads one start or a list of them.
func readStarts(n *lawtext.Node) []Start {
	if n.Kind != lawtext.Sequence {
		return []Start{readStart(n)}
	}
	if len(n.Items) > maxMarks {
		n.Failf("more than %d starts", maxMarks)
		return nil
	}
	out := make([]Start, 0, len(n.Items))
	for _, it := range n.Items {
		out = append(out, readStart(it))
	}
	return out
}

func readStart(n *lawtext.Node) Start {
	m := n.Map()
	s := Start{Line: n.Line, On: names(m.Need("on")), Once: m.Bool("once"), If: m.String("if", maxGuardText)}
	if u := m.Find("until"); u != nil {
		s.Until = name(u)
	}
	f, l := m.Find("field"), m.Find("latest_of")
	switch {
	case f != nil && l != nil:
		n.Failf("a start has either field or latest_of")
	case f != nil:
		s.Fields = []string{name(f)}
	case l != nil && l.Kind == lawtext.Sequence:
		s.Fields = names(l)
	case l != nil:
		list, part, ok := strings.Cut(strings.Replace(l.String(90), "[]", "", 1), ".")
		if !ok || !isName(list) || !isName(part) {
			l.Failf("latest_of is a list of fields, or written list.member")
		}
		s.Fields, s.Member = []string{list}, part
	}
	m.Done()
	return s
}

func readExtend(n *lawtext.Node) ExtendRule {
	m := n.Map()
	x := ExtendRule{Line: n.Line, On: names(m.Need("on"))}
	if f := m.Find("field"); f != nil {
		x.Field = name(f)
	} else {
		x.N = integer(m.Need("n"), 1, 3660)
		x.Unit = m.NeedString("unit", 2)
		if x.Unit != "wd" && x.Unit != "d" && x.Unit != "h" {
			n.Failf("unit is wd, d or h")
		}
	}
	if t := m.Find("times"); t != nil {
		x.Times = integer(t, 1, maxNames)
	}
	m.Done()
	return x
}
