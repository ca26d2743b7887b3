package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/node/cli"
	"sandi.internal/gateway/node/watch"
)

// quietEvery is how often a watcher that is not on a terminal says that all is
// well: a log that nobody looks at should not grow.
const quietEvery = 10 * time.Minute

// watchWidth is the narrowest terminal that the table is made for, in columns.
const watchWidth = 79

// watchView shows rounds: a table that changes in place on a terminal, lines
// when something begins or ends elsewhere, or a line of JSON each.
type watchView struct {
	s       *settings
	w       io.Writer
	color   bool
	inPlace bool // on a terminal, again and again

	drawn int // lines of the table that stands there
	open  []watch.Alarm
	said  time.Time
}

func newWatchView(s *settings, cmd *cobra.Command, inPlace bool) *watchView {
	return &watchView{s: s, w: cmd.OutOrStdout(), color: cli.WantsColor(os.Stdout), inPlace: inPlace}
}

func (v *watchView) round(r *watch.Round) error {
	if v.s.output == "json" {
		return json.NewEncoder(v.w).Encode(r)
	}
	if v.drawn > 0 {
		fmt.Fprintf(v.w, "\x1b[%dA\x1b[J", v.drawn) // up, and clear what is below
	}
	began, ended := changes(v.open, r.Alarms)
	for _, a := range ended {
		v.say(r, text.FgGreen, v.s.pick("解除", "over "), a)
	}
	for _, a := range began {
		v.say(r, text.FgRed, v.s.pick("告警", "ALARM"), a)
	}
	v.open = r.Alarms
	first := v.said.IsZero()
	if v.inPlace || first {
		v.draw(r)
	}
	if !v.inPlace && !first && (len(began)+len(ended) > 0 || r.At.Sub(v.said) >= quietEvery) {
		fmt.Fprintf(v.w, "%s  %s\n", stamp(r), v.headline(r))
	}
	if first || len(began)+len(ended) > 0 || r.At.Sub(v.said) >= quietEvery {
		v.said = r.At
	}
	return nil
}

// changes are the alarms that are new and those that are gone. An alarm whose
// numbers change goes on.
func changes(before, now []watch.Alarm) (began, ended []watch.Alarm) {
	without := func(list, others []watch.Alarm) []watch.Alarm {
		return slices.DeleteFunc(slices.Clone(list), func(a watch.Alarm) bool {
			return slices.ContainsFunc(others, func(b watch.Alarm) bool { return a.Kind == b.Kind && a.Node == b.Node })
		})
	}
	return without(now, before), without(before, now)
}

func stamp(r *watch.Round) string { return r.At.Format("2006-01-02 15:04:05") }

func (v *watchView) say(r *watch.Round, c text.Color, mark string, a watch.Alarm) {
	if v.color {
		mark = c.Sprint(mark)
	}
	fmt.Fprintf(v.w, "%s  %s  %s  %s\n", stamp(r), mark, a.Node, a.In(v.s.lang))
}

func (v *watchView) headline(r *watch.Round) string {
	if r.Size == 0 {
		return v.s.pick("尚未核验到任何检查点", "nothing has been verified yet")
	}
	line := fmt.Sprintf(v.s.pick("已核验 %d 条，只有一份历史", "entries verified: %d, one history"), r.Size)
	if len(r.Alarms) > 0 {
		line = fmt.Sprintf(v.s.pick("已核验 %d 条；告警 %d 项", "entries verified: %d; alarms: %d"), r.Size, len(r.Alarms))
	}
	return line
}

// draw prints the table and remembers how many lines it took.
func (v *watchView) draw(r *watch.Round) {
	var out strings.Builder
	fmt.Fprintf(&out, "%s  %s\n", stamp(r), v.headline(r))
	t := cli.NewTable(&out)
	pick := v.s.pick
	t.AppendHeader(table.Row{"", pick("节点", "node"), pick("已公布", "published"), pick("最终", "final"), pick("共同签署", "cosigned"), pick("最近签署", "last cosigned")})
	for _, n := range r.Nodes {
		mark, c := "√", text.FgGreen
		if !n.OK {
			mark, c = "×", text.FgRed
		}
		if v.color {
			mark = c.Sprint(mark)
		}
		row := table.Row{mark, n.Node, "-", "-", "-", "-"}
		if n.At != 0 {
			row = table.Row{mark, n.Node, n.Size, n.Final, fmt.Sprintf("%d/%d", len(n.CosignedBy), r.Regions), time.Unix(n.At, 0).Format("01-02 15:04:05")}
		}
		t.AppendRow(row)
	}
	if v.inPlace {
		t.SetAllowedRowLength(watchWidth) // a line that wraps could not be drawn over
	}
	t.Render()
	fmt.Fprint(v.w, out.String())
	if v.inPlace {
		v.drawn = strings.Count(out.String(), "\n")
	}
}
