package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/calendar"
	"sandi.internal/gateway/node/cli"
)

const whoLookedLong = `Asks every node of the network who looked at what a record keeps private: values
at home, files, offers, queries, and who asked in vain. Each node's log is built
anew, entry by entry, and held against every head of it that stands on the ledger:
no entry can be missing, changed or moved before the newest head. Another bureau's
node shows the entries about the record and, of all others, only what proves that
none of those was held back. People appear by the pseudonym of their own bureau,
which opens it to its auditor.

Your own node asks the others; you need a token of your bureau with the role
auditor, and your region must be a party to the record. Without --record: all of
your own node's log.

With FILE, what -f kept is verified again without any node: against the heads in
the file, or, with --bundle and --keys, against those in a bundle of the whole
ledger that is verified first. Somebody without this program does the same with
sandi-audit verify FILE --keys KEYFILE: the file holds the proof that the newest
head of each log stands on the ledger.

Exit: 0 everything is proven; 3 a proof fails; 4 nothing is wrong, but a node could
not be asked, or has entries that no head on the ledger covers yet.`

// whoLooked is a call of `audit who-looked`.
type whoLooked struct {
	s                          *settings
	record, file, bundle, keys string
	force                      bool
}

func newWhoLooked(s *settings) *cobra.Command {
	w := &whoLooked{s: s}
	cmd := &cobra.Command{
		Use:   "who-looked [FILE]",
		Short: "who looked at private data, with the proof that nobody is missing; exit 3 when it fails, 4 when not all can be shown",
		Long:  whoLookedLong,
		Example: `  sandi audit who-looked --record CT-120000-2025-000018
  sandi audit who-looked --record EX-110000-2025-000012 -f looked.json
  sandi audit who-looked looked.json --bundle audit.zip --keys auditor-keys`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				return w.again(cmd, args[0])
			}
			if w.bundle != "" {
				return usagef("--bundle goes with a FILE that was kept with -f")
			}
			return w.ask(cmd)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&w.record, "record", "", "the record; empty: everything in your own node's log")
	flags.StringVarP(&w.file, "file", "f", "", "keep what was shown in this file, to verify it again later")
	flags.BoolVar(&w.force, "force", false, "overwrite a file that is there")
	flags.StringVar(&w.bundle, "bundle", "", "with FILE: a bundle of the whole ledger (sandi audit export --all)")
	keysFlag(cmd, &w.keys)
	return cmd
}

// ask asks all nodes, keeps what they show, and judges it.
func (w *whoLooked) ask(cmd *cobra.Command) error {
	c, err := w.s.client()
	if err != nil {
		return err
	}
	f, err := c.WhoLooked(cmd.Context(), w.record)
	if err != nil {
		return err
	}
	if w.file != "" {
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if err := w.s.keepText(cmd, w.file, w.force, append(text, '\n')); err != nil {
			return err
		}
	}
	return w.report(cmd.OutOrStdout(), "asked", f, f.Judge(nil), f.Gaps)
}

// looked is one line of the answer.
type looked struct {
	Region   string       `json:"region"` // whose log
	Node     string       `json:"node"`
	Log      uint64       `json:"log"`
	Index    uint64       `json:"index"`
	Anchored bool         `json:"anchored"` // under a head on the ledger
	Entry    access.Entry `json:"entry"`
}

// lookedLog is how one log stands.
type lookedLog struct {
	Region   string `json:"region"`
	Node     string `json:"node"`
	Log      uint64 `json:"log,omitempty"`
	Entries  uint64 `json:"entries"`
	Anchored uint64 `json:"anchored"`
	State    string `json:"state"`            // complete, open, wrong, gap
	Why      string `json:"why,omitempty"`    // a code
	Detail   string `json:"detail,omitempty"` // for people
}

// lookedReport is the answer.
type lookedReport struct {
	Record  string      `json:"record,omitempty"`
	Result  string      `json:"result"` // complete, open, wrong
	Looks   []looked    `json:"looks"`
	Logs    []lookedLog `json:"logs"`
	Checked string      `json:"checked"` // against the heads of whom: asked (the node), file, or bundle
	Exit    int         `json:"exit"`
	s       *settings
}

// report prints what was found, and says by the exit status how sure it is.
func (w *whoLooked) report(out io.Writer, checked string, f *access.File, verdicts []access.Verdict, gaps []access.Gap) error {
	r := lookedReport{Record: f.Record, Result: "complete", Looks: []looked{}, Logs: []lookedLog{}, Checked: checked, s: w.s}
	for _, v := range verdicts {
		one := lookedLog{Region: v.Region, Node: v.Node, Log: v.Log, Entries: v.Entries, Anchored: v.Anchored, State: "complete"}
		switch {
		case v.Err != nil:
			one.State, one.Why, one.Detail = "wrong", v.Wrong(), v.Err.Error()
			r.Result, r.Exit = "wrong", exitVerify
		case v.Anchored < v.Entries:
			one.State, one.Why = "open", "newer_than_head"
			r.open()
		}
		r.Logs = append(r.Logs, one)
		for _, found := range v.Found {
			r.Looks = append(r.Looks, looked{v.Region, v.Node, v.Log, found.Index, found.Index < v.Anchored, found.Entry})
		}
	}
	for _, g := range gaps {
		r.Logs = append(r.Logs, lookedLog{Region: g.Region, Node: g.Node, Log: g.Log, State: "gap", Why: g.Why})
		r.open()
	}
	if err := w.s.printText(out, r, r.text()); err != nil {
		return err
	}
	if r.Exit != exitOK {
		return &cli.Error{Code: r.Exit}
	}
	return nil
}

func (r *lookedReport) open() {
	if r.Exit == exitOK {
		r.Result, r.Exit = "open", exitDegraded
	}
}

// text is the answer for people: who looked, then what it rests on, log by log.
func (r *lookedReport) text() string {
	var b strings.Builder
	t := cli.NewTable(&b)
	t.AppendHeader(r.s.rowOf(heads("log", "time", "action", "region", "organisation", "role", "person", "what", "why")))
	for _, l := range r.Looks {
		e := l.Entry
		action := word(e.Action + "|access").in(r.s.lang)
		if e.Count > 1 {
			action += fmt.Sprintf(" ×%d", e.Count)
		}
		if !l.Anchored {
			action += " *"
		}
		t.AppendRow(table.Row{
			l.Node, time.UnixMilli(e.Time).In(calendar.Zone).Format(time.DateTime), action, e.Region, e.Org, e.Role, e.Person,
			strings.Join(e.What, "\n"), strings.Join(words(e.Reason, e.Purpose, e.Because), "; "),
		})
	}
	if len(r.Looks) > 0 {
		t.Render()
	} else {
		fmt.Fprintln(&b, r.s.pick("没有查看记录。", "Nobody looked."))
	}
	b.WriteByte('\n')
	for _, l := range r.Logs {
		fmt.Fprintf(&b, "%s  %s  %s\n", map[string]string{"complete": "✓", "open": "?", "gap": "?", "wrong": "✗"}[l.State], l.Node, r.line(l))
	}
	fmt.Fprintln(&b, r.conclusion())
	return b.String()
}

func words(list ...string) []string {
	var out []string
	for _, s := range list {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// line says how one log stands.
func (r *lookedReport) line(l lookedLog) string {
	switch l.State {
	case "complete":
		return fmt.Sprintf(r.s.pick("日志 %d：共 %d 条，均在账上所记的日志头之下，无缺漏", "log %d: %d entries, all under a head on the ledger; none is missing"), l.Log, l.Entries)
	case "open":
		return fmt.Sprintf(r.s.pick("日志 %d：共 %d 条，前 %d 条已由账上所记的日志头证明，其后（*）尚未入账，稍后再查", "log %d: %d entries, %d of them under a head on the ledger; those after (*) are not yet, ask again later"), l.Log, l.Entries, l.Anchored)
	case "wrong":
		return fmt.Sprintf(r.s.pick("日志 %d：证明不成立（%s）：%s", "log %d: the proof fails (%s): %s"), l.Log, l.Why, l.Detail)
	}
	why := map[string][2]string{
		"silent":    {"节点没有应答，稍后再查", "the node does not answer; ask again later"},
		"not_party": {"该节点认为本地区不是此记录的当事方", "the node does not know your region as a party to the record"},
		"removed":   {"节点已退出网络，其日志由所属局保存，请向其索取", "the node has left the network; its bureau keeps the log, ask there"},
		"not_shown": {"节点无法出示这一日志（账上有其日志头），请向其局查问", "the node cannot show this log, of which the ledger has heads; ask its bureau why"},
		"older":     {"账上已有更长的日志头，文件较旧，请重新查询", "the ledger has a longer head than the file reaches; ask anew"},
		"no_file":   {"账上有这一日志的日志头，文件中没有这一日志", "the ledger has heads of this log, the file does not have the log"},
	}[l.Why]
	return r.s.pick(why[0], why[1])
}

func (r *lookedReport) conclusion() string {
	switch {
	case r.Exit == exitVerify:
		return r.s.pick("结论：有日志与账上所记不符。保存本输出，通知各局审计。", "Result: a log is not the one that stands on the ledger. Keep this output and tell the auditors of all bureaus.")
	case r.Exit != exitOK:
		return r.s.pick("结论：未发现不符，但尚不能证明齐全。", "Result: nothing is wrong, but not everything can be shown yet.")
	case r.Checked == "bundle":
		return r.s.pick("结论：齐全，已对照经核验的账本。", "Result: complete, held against the verified ledger.")
	}
	if r.Checked == "file" {
		return r.s.pick("结论：与文件自身所载的日志头相符；加 --bundle 与 --keys 方可对照经核验的账本。", "Result: it fits the heads that the file itself names; add --bundle and --keys to hold it against a verified ledger.")
	}
	return r.s.pick("结论：齐全（日志头取自所询问的节点；用 -f 保存后可再对照账本核验）。", "Result: complete, by the heads that the asked node's ledger has; keep it with -f to hold it against a verified ledger.")
}

// again verifies what was kept.
func (w *whoLooked) again(cmd *cobra.Command, path string) error {
	raw, err := readUpTo(path, access.MaxFile)
	if err != nil {
		return err
	}
	f, err := access.ParseFile(raw)
	if err != nil {
		return err
	}
	if w.bundle == "" {
		return w.report(cmd.OutOrStdout(), "file", f, f.Judge(nil), f.Gaps)
	}
	ledger, network, err := w.ledgerHeads(cmd.Context(), f.Record)
	if err != nil {
		return err
	}
	if network != f.Network {
		return &cli.Error{Code: exitVerify, Err: fmt.Errorf("the file is of network %s, the bundle of %s", f.Network, network)}
	}
	verdicts := f.Judge(func(node string, log uint64) []access.Head { return ledger.UpTo(f, node, log) })
	return w.report(cmd.OutOrStdout(), "bundle", f, verdicts, append(f.Gaps, ledger.Without(f)...))
}
