package procedure

import (
	"sandi.internal/gateway/consensus/procedure/lawtext"
)

func checkLimits(ix *index) error {
	for i := range ix.doc.Limits {
		l := &ix.doc.Limits[i]
		if ix.limits[l.Name] != i {
			return lawtext.Errorf(l.Line, "two deadlines %q", l.Name)
		}
		if l.Owner != OutsideParty && l.Owner != AnyParty && ix.parties[l.Owner] == nil {
			return lawtext.Errorf(l.Line, "owner: no party %q", l.Owner)
		}
		if l.NotBefore && (l.LateRefuse || l.Right) {
			return lawtext.Errorf(l.Line, "a window that opens is never late")
		}
		for _, list := range [][]string{l.Stop, l.Cancel, l.PauseFrom, l.PauseTo} {
			if err := ix.eventNames(l.Line, list); err != nil {
				return err
			}
		}
		for k := range l.Starts {
			if err := checkStart(ix, &l.Starts[k]); err != nil {
				return err
			}
		}
		for k := range l.Extend {
			if err := checkExtend(ix, &l.Extend[k]); err != nil {
				return err
			}
		}
		if err := checkExclude(ix, l); err != nil {
			return err
		}
	}
	return nil
}

func (ix *index) eventNames(line int, list []string) error {
	for _, e := range list {
		if !ix.events[e] {
			return lawtext.Errorf(line, "no event %q", e)
		}
	}
	return nil
}

func isMoment(f *Field) bool {
	return f != nil && (f.Type == TypeDate || f.Type == TypeTime)
}

func checkStart(ix *index, s *Start) error {
	if len(s.On) == 0 {
		return lawtext.Errorf(s.Line, "start.on: at least one event is needed")
	}
	if err := ix.eventNames(s.Line, s.On); err != nil {
		return err
	}
	if s.Until != "" {
		if f := ix.field(s.Until); f == nil || f.Type != TypeDate || f.See != SeeClear {
			return lawtext.Errorf(s.Line, "start.until: %q is not a clear date", s.Until)
		}
	}
	for _, name := range s.Fields {
		f := ix.field(name)
		if f == nil || f.See != SeeClear {
			return lawtext.Errorf(s.Line, "start: %q is not a clear field", name)
		}
		at := f
		if s.Member != "" {
			at = nil
			if f.Of != nil {
				for i := range f.Of.Members {
					if f.Of.Members[i].Name == s.Member {
						at = &f.Of.Members[i]
					}
				}
			}
		}
		if !isMoment(at) {
			return lawtext.Errorf(s.Line, "start: %q is not a date or time", name)
		}
	}
	return nil
}

func checkExtend(ix *index, x *ExtendRule) error {
	if err := ix.eventNames(x.Line, x.On); err != nil {
		return err
	}
	if x.Field != "" {
		if f := ix.field(x.Field); f == nil || f.Type != TypeDate || f.See != SeeClear {
			return lawtext.Errorf(x.Line, "extend: %q is not a clear date", x.Field)
		}
	}
	return nil
}

func checkExclude(ix *index, l *Limit) error {
	if l.Exclude == nil {
		return nil
	}
	f := ix.field(l.Exclude.Field)
	if f == nil || f.Type != TypeIntervals || f.See != SeeClear {
		return lawtext.Errorf(l.Line, "exclude: %q is not a clear field of type intervals", l.Exclude.Field)
	}
	for _, k := range l.Exclude.Kinds {
		if f.Values != nil && !hasValue(f.Values, k) {
			return lawtext.Errorf(l.Line, "exclude: %q is not a kind of %q", k, f.Name)
		}
	}
	return nil
}
