package script

import (
	"fmt"
	"sort"
	"strings"

	"sandi.internal/gateway/consensus/procedure"
)

func showRefusal(r *procedure.Refusal) []string {
	head := "refused " + r.Code
	if r.Cite != "" {
		head += " (" + r.Cite + ")"
	}
	out := []string{head, "  " + r.ZH, "  " + r.EN}
	keys := make([]string, 0, len(r.Params))
	for k := range r.Params {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	for i, k := range keys {
		keys[i] = k + "=" + r.Params[k]
	}
	if len(keys) > 0 {
		out = append(out, "  "+strings.Join(keys, " "))
	}
	return out
}

// showActs renders what an act caused, one line per event.
func showActs(rec *procedure.Record, acts []procedure.ActNote) []string {
	out := []string{rec.ID}
	for _, a := range acts {
		from := a.From
		if from == "" {
			from = "·"
		}
		line := fmt.Sprintf("  %s: %s -> %s", a.Event, from, a.To)
		switch {
		case a.Part:
			line += ", waits for the other party"
		case a.Region == "":
			line += ", by itself"
		}
		if len(a.Late) > 0 {
			line += ", LATE: " + strings.Join(a.Late, " ")
		}
		if len(a.Warn) > 0 {
			line += ", warning: " + strings.Join(a.Warn, " ")
		}
		out = append(out, line)
	}
	return out
}

func (p *player) show(w []string) ([]string, error) {
	if len(w) != 2 {
		return nil, fmt.Errorf("written: %s <record>", w[0])
	}
	rec, err := p.w.Record(p.ids[w[1]])
	if err != nil || rec == nil {
		return nil, fmt.Errorf("no record %q", w[1])
	}
	law := p.o.Law[rec.Procedure]
	switch w[0] {
	case "state":
		return showState(rec), nil
	case "deadlines":
		return showDeadlines(law.Deadlines(p.w, rec, p.w.Time)), nil
	}
	return showOptions(law.Options(p.w, rec, p.w.Time)), nil
}

func showState(rec *procedure.Record) []string {
	out := []string{fmt.Sprintf("%s %s, %d acts", rec.ID, rec.State, rec.Seq)}
	put := func(title string, list []string) {
		sort.Strings(list)
		for _, l := range list {
			out = append(out, "  "+title+" "+l)
		}
	}
	var parties, fields, hidden []string
	for name, party := range rec.Parties {
		parties = append(parties, name+" "+party.Org)
	}
	for name, v := range rec.Fields {
		fields = append(fields, name+": "+string(v))
	}
	for name := range rec.Commits {
		hidden = append(hidden, name+" (commitment)")
	}
	for name := range rec.Home {
		hidden = append(hidden, name+" (stays at home)")
	}
	put("party", parties)
	put("field", fields)
	put("field", hidden)
	return out
}

func showDeadlines(list []procedure.Deadline) []string {
	out := make([]string, 0, len(list))
	for _, d := range list {
		line := fmt.Sprintf("%s %s (%s) %s", d.Name, d.Date, d.Cite, d.Verdict)
		if d.Strict != d.Date {
			line += ", strict " + d.Strict
		}
		if d.Provisional {
			line += ", provisional"
		}
		if d.Paused {
			line += ", paused"
		}
		if d.Extended > 0 {
			line += fmt.Sprintf(", extended %d", d.Extended)
		}
		if d.Verdict == procedure.Open || d.Verdict == procedure.Overdue {
			line += fmt.Sprintf(", %d working days left", d.WorkdaysLeft)
		}
		out = append(out, line+", "+d.Owner)
	}
	if len(out) == 0 {
		return []string{"none"}
	}
	return out
}

func showOptions(list []procedure.Option) []string {
	out := make([]string, 0, len(list))
	for _, o := range list {
		by := make([]string, 0, len(o.By))
		for _, b := range o.By {
			by = append(by, b.Party+"."+b.Role)
		}
		line := fmt.Sprintf("%s -> %s by %s", o.Event, o.To, strings.Join(by, ", "))
		if o.Auto != "" {
			line += ", automatic"
		}
		if o.Joint != nil {
			line += fmt.Sprintf(", joint: %d of %d", len(o.Joint.Acted), o.Joint.Needed)
		}
		if o.Blocked != nil {
			line += ", not now: " + o.Blocked.Code
		}
		for _, n := range o.Warnings {
			line += ", " + string(n.Then) + ": " + n.Code
		}
		out = append(out, line)
	}
	if len(out) == 0 {
		return []string{"none"}
	}
	return out
}
