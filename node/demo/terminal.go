package demo

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Terminal shows a demo to a person.
type Terminal struct {
	W     io.Writer
	Lang  string // zh or en
	Color bool
	Ends  bool // the network ends with the play: nothing to try on it is shown
}

// IsTerminal reports whether f is a terminal that wants colours (NO_COLOR).
func IsTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && os.Getenv("NO_COLOR") == ""
}

func (t Terminal) pick(zh, en string) string {
	if t.Lang == "zh" {
		return zh
	}
	return en
}

func (t Terminal) paint(s string, c text.Color) string {
	if !t.Color {
		return s
	}
	return text.Colors{c}.Sprint(s)
}

func (t Terminal) line(format string, args ...any) { fmt.Fprintf(t.W, format+"\n", args...) }

// Founding opens with the warning: nobody may take these keys for real ones.
func (t Terminal) Founding(dir string) {
	t.line("")
	t.line("%s", t.paint(t.pick(
		"！！ 演示网络：密钥一次性、数据全部虚构，绝不可用于真实业务",
		"!! DEMO NETWORK: throw-away keys, synthetic data. Never use it for real business"), text.FgHiRed))
	t.line("   %s %s", t.pick("文件夹", "folder"), dir)
	t.line("%s", t.pick("正在生成密钥、创世文件并启动三个节点 …", "making keys and genesis, starting three nodes …"))
}

// Ready prints the addresses and how to get in.
func (t Terminal) Ready(n *Network, took time.Duration) {
	t.line(t.pick("三个节点已就绪，用时 %.1f 秒", "three nodes ready after %.1f s"), took.Seconds())
	t.line("")
	t.row(addressWidths, t.pick("地区", "region"), t.pick("公共接口", "public API"), t.pick("节点间", "peers"), t.pick("管理", "admin"), t.pick("日志", "log"), "")
	port := func(base, i int) string { return strconv.Itoa(base + n.Options.PortBase + i) }
	for i, r := range n.Regions {
		t.row(addressWidths, r.Code, n.PublicURL(i), port(peerPort, i), port(adminPort, i), port(logPort, i), t.pick(r.NameZH, r.NameEN))
	}
	t.line(t.pick("透明日志（免令牌）如 %scheckpoint", "the transparency log needs no token: %scheckpoint"), n.LogURL(0))
	t.line("")
	if t.Ends {
		return
	}
	t.line("%s", t.pick("取得访问令牌（10 分钟有效）:", "get an access token (10 minutes):"))
	t.line("   export SANDI_TOKEN=$(bin/sandi token issue --dir %s --region 120000 --role liaison)", n.Dir)
	t.line("   bin/sandi record list --addr %s", n.PublicURL(min(1, len(n.Regions)-1)))
	t.line("")
}

// Playing announces the scenario.
func (t Terminal) Playing(s *Scenario) {
	t.line("%s %s", t.paint(t.pick("剧本", "scenario"), text.Bold), t.pick(s.Title.ZH, s.Title.EN))
	t.line("%s", t.paint(t.pick("每步一行；其下为记录、文号、最近的期限、耗时", "below each step: its record, document number, nearest limit, time taken"), text.Faint))
}

// Step prints what was done and, below it, what came of it.
func (t Terminal) Step(o Outcome) {
	if o.OK && o.Row > 1 { // rows are alike: the first stands for all
		if o.Row == o.Rows {
			t.line("      %s", t.paint(fmt.Sprintf(t.pick("共 %d 行：%s · %d ms", "%d rows: %s · %d ms"), o.Rows, span(o.First, o.Record), o.TotalMS), text.Faint))
		}
		return
	}
	mark := t.paint("√", text.FgGreen)
	if !o.OK {
		mark = t.paint("×", text.FgRed)
	}
	t.line("%3d %s %s  %s  %s", o.N, mark, o.Step.At.In(zone).Format("2006-01-02 15:04"),
		text.Pad(t.who(o), whoWidth, ' '), t.pick(o.Step.ZH, o.Step.EN))
	facts := []string{}
	for _, f := range []string{o.Record, o.DocNo, t.limit(o)} {
		if f != "" {
			facts = append(facts, f)
		}
	}
	if !o.Step.Note {
		t.line("      %s", t.paint(strings.Join(append(facts, fmt.Sprintf("%d ms", o.MS)), " · "), text.Faint))
	}
	for _, f := range o.Shown {
		t.line("      %s: %s", t.pick(f.Name.ZH, f.Name.EN), f.Value)
	}
	switch {
	case o.Refusal != nil && o.OK:
		t.line("      %s %d %s: %s%s", t.paint(t.pick("按预期被拒", "refused, as it must be:"), text.FgYellow), o.Refusal.Status, o.Refusal.Code, o.Refusal.Title, cite(o.Refusal.Cite))
	case !o.OK:
		t.line("      %s", t.paint(o.Why, text.FgRed))
	}
}

// span is from the first record of some to the last.
func span(first, last string) string {
	if first == last {
		return first
	}
	return first + " … " + last
}

// who acted: an office of an organisation, or a node by itself.
func (t Terminal) who(o Outcome) string {
	switch {
	case o.Step.Note:
		return "—"
	case o.Step.Wait != nil:
		return t.pick("节点自动", "node, by itself")
	case o.Step.Register:
		return o.Step.Actor.Region + t.pick(" 治理密钥", " governance key")
	}
	return o.Step.Actor.Org + " " + t.role(o.Step.Actor.Role)
}

// limit is the running limit that ends first, its day before its name.
func (t Terminal) limit(o Outcome) string {
	d := o.Deadline
	if d == nil {
		return ""
	}
	day := d.DueDate
	if d.Provisional {
		day += t.pick("（暂定）", " (provisional)")
	}
	return t.pick("期限 ", "limit ") + day + " " + t.pick(d.Title.ZH, d.Title.EN)
}

func cite(article string) string {
	if article == "" {
		return ""
	}
	return " (" + article + ")"
}

// Agreed prints the comparison of the nodes.
func (t Terminal) Agreed(s Summary) {
	t.line("")
	refused := 0
	for _, o := range s.Steps {
		if o.Refusal != nil {
			refused++
		}
	}
	for _, n := range s.Nodes { // all alike: one says it for all
		t.line(t.pick("%d 个节点均已应用 %d 条，状态摘要一致:\n   %s", "%d nodes have applied %d entries each and agree on the state digest\n   %s"), len(s.Nodes), n.Applied, n.StateDigest)
		break
	}
	t.line(t.pick("%d 步全部如剧本，其中 %d 步按预期被拒", "%d steps came out as written, %d of them refused as they must be"), len(s.Steps), refused)
}

// Exported says where the auditor's files lie and how to check them.
func (t Terminal) Exported(n *Network, entries uint64) {
	t.line("")
	t.line(t.pick("%d 条均已成为最终（各地区共同签署），审计包与公钥已导出。核验:", "all %d entries are final (cosigned by every region) and exported. Verify them:"), entries)
	t.line("   bin/sandi-audit verify %s --keys %s", filepath.Join(n.Dir, BundleName), filepath.Join(n.Dir, KeysName))
}

// Staying says what can be tried now.
func (t Terminal) Staying(n *Network, links []SignIn) {
	where := ""
	if n.Dir != DefaultDir() {
		where = " --dir " + n.Dir
	}
	t.signIns(links, where)
	region := n.Regions[0].Code
	t.line("")
	t.line("%s", t.pick("像审计员那样导出，并在本机核验（不信任任何节点）:", "export as an auditor does, and verify without trusting any node:"))
	t.line("   export SANDI_TOKEN=$(bin/sandi token issue --dir %s --region %s --role auditor)", n.Dir, region)
	t.line("   bin/sandi audit export --all -f audit.zip --addr %s", n.PublicURL(0))
	t.line("   bin/sandi-audit verify audit.zip --keys %s", filepath.Join(n.Dir, KeysName))
	t.line("")
	t.line("%s", t.pick("网络继续运行，按 Ctrl-C 结束。另开终端可试:", "the network stays up; Ctrl-C ends it. In a second terminal try:"))
	t.line("   bin/sandi demo kill-leader%s", where)
	t.line("   bin/sandi demo tamper")
}

// row pads by display width: a Chinese character takes two columns.
func (t Terminal) row(widths []int, cells ...string) {
	var b strings.Builder
	for i, c := range cells {
		if i < len(widths) {
			c = text.Pad(text.Snip(c, widths[i], "…"), widths[i], ' ')
		}
		b.WriteString(c)
		b.WriteString("  ")
	}
	t.line("%s", strings.TrimRight(b.String(), " "))
}

// addressWidths leave the names, which come last, whole.
var addressWidths = []int{8, 22, 6, 5, 5}

// whoWidth holds the longest office of an organisation in both languages.
const whoWidth = 24

var zone = time.FixedZone("CST", 8*3600)

func (t Terminal) role(role string) string {
	names := map[string]string{
		"clerk": "经办人", "officer": "执法人员", "unit_head": "办案机构负责人", "bureau_head": "部门负责人", "liaison": "联络员",
		"legal": "法制审核", "expert": "专家", "lead": "检查组长", "auditor": "审计员",
		"operator": "系统管理员", "security_admin": "安全管理员", "audit_admin": "审计管理员",
	}
	if t.Lang == "zh" && names[role] != "" {
		return names[role]
	}
	return role
}
