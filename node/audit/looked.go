package audit

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sandi.internal/gateway/consensus/access"
	"sandi.internal/gateway/consensus/checkpoint"
	"sandi.internal/gateway/consensus/statement"
)

// kindLooked is a file of who looked: what nodes have shown of their access logs.
const kindLooked = "who-looked"

// Look is one entry of an access log that a file shows.
type Look struct {
	Region   string `json:"region"` // whose log
	Node     string `json:"node"`
	Log      uint64 `json:"log"`
	Index    uint64 `json:"index"`
	Anchored bool   `json:"anchored"` // under a head that the ledger has

	access.Entry
}

// looked is the verification of one file of who looked.
type looked struct {
	*audit
	file   *access.File
	ledger *AccessHeads // nil without a bundle of the ledger
}

// whoLooked verifies a file of who looked: each log is built anew from what its node
// has shown, and held against the head that the node signed, the heads that the file
// proves to stand on the ledger, and with a bundle of the ledger against all of them.
func (a *audit) whoLooked(ctx context.Context) error {
	a.report.Kind = kindLooked
	if a.Size > access.MaxFile {
		a.fail(CheckTree, CodeFile, Text{"查看记录文件过大。", "the file of who looked is too large."})
		return nil
	}
	data, err := a.whole()
	if err != nil {
		return err
	}
	f, err := access.ParseFile(data)
	if err != nil {
		a.fail(CheckTree, CodeFile, Text{"查看记录文件无法读取。", "the file of who looked cannot be read."})
		return nil
	}
	l := &looked{audit: a, file: f}
	if f.Network != a.keys.Network() {
		a.fail(CheckPolicy, CodeGenesis, Text{"查看记录属于另一个网络。", "the file of who looked is of another network."})
	}
	if a.Ledger != nil {
		if err := l.openLedger(ctx); err != nil {
			return err
		}
	}
	l.logs()
	l.gaps()
	l.nodes()
	l.subjects()
	l.limits()
	return nil
}

// openLedger verifies the bundle of the ledger, all of it, and reads its heads.
func (l *looked) openLedger(ctx context.Context) error {
	heads, report, err := ReadAccessHeads(ctx, Options{
		File: l.Ledger, Size: l.LedgerSize, Keys: l.Keys, TempDir: l.TempDir, Workers: l.Workers, Progress: l.Progress, courts: l.courts,
	}, l.file.Record)
	if err != nil {
		return err
	}
	l.report.Origin, l.report.Size, l.report.Root, l.report.Grade = report.Origin, report.Size, report.Root, report.Grade
	l.report.Name, l.report.Clock = report.Name, report.Clock
	switch {
	case report.Result == Fail:
		l.fail(CheckHistory, CodeAccessLedger, Text{"所给账本不能据以对照。" + report.Verdict.ZH, "nothing can be held against the ledger that was given: " + report.Verdict.EN})
	case heads == nil:
		l.unsure(CheckHistory, CodeAccessLedger, Text{"所给账本不足以对照。" + report.Verdict.ZH, "the ledger that was given is not enough to hold the logs against: " + report.Verdict.EN})
	default:
		l.ledger = heads
		l.pass(CheckPolicy, CodeAccessLedger, say("所给账本（%d 条）经核验成立，各日志据以对照。", "the ledger that was given, of %d entries, was verified and holds; the logs are held against it.", report.Size))
	}
	return nil
}

// logs judges every log of the file.
func (l *looked) logs() {
	var more func(node string, log uint64) []access.Head
	if l.ledger != nil {
		more = func(node string, log uint64) []access.Head { return l.ledger.UpTo(l.file, node, log) }
	}
	for i, v := range l.file.Judge(more) {
		s := &l.file.Logs[i]
		if slices.ContainsFunc(l.file.Logs[:i], func(o access.Shown) bool { return o.Node == s.Node && o.Log == s.Log }) {
			l.fail(CheckTree, CodeAccessLog, say("%s 的日志 %d 在文件中出现两次。", "log %[2]d of %[1]s stands in the file twice.", s.Node, s.Log))
			continue
		}
		if v.Err != nil {
			why := wrongWords[v.Wrong()]
			l.fail(CheckTree, CodeAccessLog, say("%[1]s 的日志 %[2]d 不成立，见其第 %[3]d 条: %[4]s。", "log %[2]d of %[1]s does not hold at its entry %[3]d: %[5]s.", s.Node, s.Log, v.Entries, why.ZH, why.EN))
			continue
		}
		anchored := l.anchored(s)
		if l.ledger != nil {
			anchored = v.Anchored
		}
		l.signed(s, &v)
		l.covered(s, &v, anchored)
		for _, found := range v.Found {
			l.report.Looks = append(l.report.Looks, Look{s.Region, s.Node, s.Log, found.Index, found.Index < anchored, found.Entry})
		}
	}
}

// wrongWords are what can be wrong with a log, as access.Verdict has it.
var wrongWords = map[string]Text{
	"held_back":    {"与所查事项有关的条目未出示", "an entry about the matter is held back"},
	"changed":      {"条目被改动", "an entry was changed"},
	"out_of_order": {"条目次序不符", "an entry stands at another's place"},
	"another_log":  {"不是账上所记日志头的日志", "it is not the log whose head stands on the ledger"},
	"unreadable":   {"无法读取", "it cannot be read"},
}

// signed holds a log against the head that its node signed for it.
func (l *looked) signed(s *access.Shown, v *access.Verdict) {
	place := access.Place{Origin: l.keys.Policy().Origin, Region: s.Region, Node: s.Node}
	known := false
	for _, k := range l.keys.List {
		if k.Kind != checkpoint.KindLog || k.Region != s.Region || k.Node != s.Node {
			continue
		}
		known = true
		head, err := place.Open(s.Log, []byte(s.Note), k.Public)
		if err == nil && head.Size == v.Entries && head.Root == v.Root {
			return
		}
	}
	if !known {
		l.unsure(CheckPolicy, CodeAccessNote, say("密钥文件中没有 %s（%s）的日志公钥。", "the key file has no log key of %s (%s).", s.Node, s.Region))
		return
	}
	l.fail(CheckPolicy, CodeAccessNote, say("%s 的日志 %d: 节点签署的日志头与所示各条不符，或者签名无效。", "log %[2]d of %[1]s: the head that the node signed is not of the entries shown, or its signature does not verify.", s.Node, s.Log))
}

// anchored is up to which entry a file proves that the ledger has a log's head.
func (l *looked) anchored(s *access.Shown) uint64 {
	newest := s.Newest()
	if newest == nil || s.Receipt == "" {
		return 0
	}
	o, ok := l.stands(s, newest)
	if !ok {
		l.fail(CheckHistory, CodeAccessHead, say("%s 的日志 %d: 日志头的回执不成立，不能证明账上有该日志头。", "log %[2]d of %[1]s: the receipt of its head does not hold, so it proves nothing of the ledger.", s.Node, s.Log))
		return 0
	}
	if o.grade() != checkpoint.GradeFinal {
		l.unsure(CheckPolicy, CodeCosigners, tooFew(o))
		return newest.Size
	}
	l.pass(CheckPolicy, CodeCosigners, say("%s 的日志头所在检查点（大小 %d）由 %s 共同签署，达到要求的 %d 个地区。", "the checkpoint that covers the head of %s, of size %d, is cosigned by %s: %d regions are demanded.",
		s.Node, o.Size, strings.Join(o.CosignedBy(), ", "), o.policy.Final))
	return newest.Size
}

// stands verifies the receipt of a head's entry on the ledger.
func (l *looked) stands(s *access.Shown, h *access.ShownHead) (*judged, bool) {
	r, err := checkpoint.ParseReceipt([]byte(s.Receipt))
	if err != nil {
		return nil, false
	}
	o, err := l.book.open(r.Checkpoint)
	if err == nil {
		_, err = r.Verify(o.keys, o.policy)
	}
	if err != nil || r.Network != l.keys.Network() || len(o.withoutLogKey()) > 0 {
		return nil, false
	}
	e := readEntry(r.Leaf) // Verify has read it
	body, err := statement.ParseAccessHead(e.st.Body)
	same := err == nil && e.st.Kind == statement.KindAccessHead && e.st.Region == s.Region && r.Index == h.Index &&
		body.Node == s.Node && body.Log == s.Log && body.Size == h.Size && body.Root == h.Root
	return &o, same
}

// covered says how much of a log is proven to be all there.
func (l *looked) covered(s *access.Shown, v *access.Verdict, anchored uint64) {
	switch {
	case v.Entries == 0:
		l.pass(CheckTree, CodeAccessLog, say("%s 的日志 %d 没有任何条目。", "log %[2]d of %[1]s has no entry.", s.Node, s.Log))
	case anchored == v.Entries:
		l.pass(CheckTree, CodeAccessLog, say("%s 的日志 %d: 全部 %d 条在账上所记的日志头之下，无一缺漏、改动或者移位；所查事项 %d 条。",
			"log %[2]d of %[1]s: all %[3]d entries stand under a head on the ledger, none is missing, changed or moved; %[4]d are about the matter.", s.Node, s.Log, v.Entries, len(v.Found)))
	case anchored > 0:
		l.unsure(CheckTree, CodeAccessOpen, say("%s 的日志 %d: 前 %d 条在账上所记的日志头之下，其后 %d 条尚未入账，请稍后重新查询。",
			"log %[2]d of %[1]s: the first %[3]d entries stand under a head on the ledger, the %[4]d behind them do not yet: ask anew later.", s.Node, s.Log, anchored, v.Entries-anchored))
	default:
		l.unsure(CheckTree, CodeAccessOpen, say("%s 的日志 %d: %d 条前后相连，但文件不能证明其日志头在账上；请以 --bundle 提供整本账。",
			"log %[2]d of %[1]s: its %[3]d entries fit together, but the file does not prove that the ledger has a head of them: give the whole ledger with --bundle.", s.Node, s.Log, v.Entries))
	}
}

// gaps tells which logs nobody has shown.
func (l *looked) gaps() {
	list := l.file.Gaps
	if l.ledger != nil {
		list = append(slices.Clone(list), l.ledger.Without(l.file)...)
	}
	for _, g := range list {
		why, known := gapWords[g.Why]
		if !known {
			why = Text{"未说明原因", "for no reason given"}
		}
		l.unsure(CheckTree, CodeAccessGap, Text{
			fmt.Sprintf("%s 的日志%s不在文件中: %s。", g.Node, number(g.Log, " %d "), why.ZH),
			fmt.Sprintf("the file lacks a log%s of %s: %s.", number(g.Log, " (%d)"), g.Node, why.EN),
		})
	}
}

func number(log uint64, format string) string {
	if log == 0 {
		return ""
	}
	return fmt.Sprintf(format, log)
}

var gapWords = map[string]Text{
	"silent":    {"节点当时没有应答", "the node did not answer"},
	"not_party": {"该节点认为询问的地区不是此记录的当事方", "the node does not know the asking region as a party to the record"},
	"removed":   {"节点已退出网络，其日志由所属局保存", "the node has left the network; its bureau keeps the log"},
	"not_shown": {"节点无法出示，而账上有其日志头", "the node cannot show it, though the ledger has heads of it"},
	"older":     {"账上已有更长的日志头，文件较旧", "the ledger has a longer head than the file reaches"},
	"no_file":   {"账上有这一日志的日志头", "the ledger has heads of it"},
}

// nodes demands a log, or the word that there is none, of every node that the auditor
// knows. A file about everything is of one node.
func (l *looked) nodes() {
	if l.file.Record == "" {
		return
	}
	for _, k := range l.keys.List {
		if k.Kind != checkpoint.KindLog || k.Region == "" {
			continue
		}
		there := slices.ContainsFunc(l.file.Logs, func(s access.Shown) bool { return s.Node == k.Node && s.Region == k.Region }) ||
			slices.ContainsFunc(l.file.Gaps, func(g access.Gap) bool { return g.Node == k.Node })
		if !there {
			l.unsure(CheckTree, CodeMissing, say("文件中没有 %s（%s）的日志。", "the file has no log of %s (%s).", k.Node, k.Region))
		}
	}
}

// subjects holds what the file says that the record names against the ledger: looks at
// a file that it leaves out could be held back.
func (l *looked) subjects() {
	if l.ledger == nil || l.file.Record == "" {
		return
	}
	for _, c := range l.ledger.Named {
		if !slices.Contains(l.file.Subjects, c) {
			l.unsure(CheckTree, CodeAccessGap, say("账上 %s 提及 %s，文件未就其询问，请重新查询。", "on the ledger %s names %s, about which the file does not ask: ask anew.", l.file.Record, c))
		}
	}
}

// limits says what no file of who looked can show.
func (l *looked) limits() {
	l.report.Limits = append(l.report.Limits, Text{
		"日志证明已写下的查看没有缺漏和改动；节点是否写下了每次查看，不能由文件证明。",
		"the logs show that no look which was written down is missing or changed; that a node writes down each look they cannot show.",
	})
	if l.ledger == nil {
		l.report.Limits = append(l.report.Limits, Text{
			"账上是否另有文件未列的日志头、记录还涉及哪些材料，须凭整本账（--bundle）判定。",
			"whether the ledger has heads that the file does not name, and which files the record names besides, takes the whole ledger (--bundle).",
		})
	}
}
