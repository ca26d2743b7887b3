package public

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/v1"
)

// sendSheet answers with a report as a workbook: the figures, their breakdowns,
// what was left out, the rows that were listed, and what it was counted from.
func sendSheet(w http.ResponseWriter, out *v1.Report, lang problem.Language) error {
	book := excelize.NewFile()
	defer book.Close()
	b := &workbook{file: book, zh: lang == problem.Chinese}
	for _, write := range []func(*v1.Report){b.figures, b.groups, b.leftOut, b.listed, b.source} {
		write(out)
	}
	if b.err == nil {
		b.err = book.DeleteSheet("Sheet1") // what every new workbook has
	}
	if b.err != nil {
		return b.err
	}
	h := w.Header()
	h["Content-Type"] = []string{v1.ReportMedia}
	h["Content-Disposition"] = []string{`attachment; filename="` + reportName(out) + `"`}
	h["Cache-Control"] = noStore
	_, err := book.WriteTo(w)
	return err
}

// workbook writes sheets row by row. The first error stops all writing.
type workbook struct {
	file *excelize.File
	zh   bool
	err  error

	rows *excelize.StreamWriter // of the sheet being written
	next int                    // row
}

func (b *workbook) pick(zh, en string) string {
	if b.zh {
		return zh
	}
	return en
}

func (b *workbook) label(l v1.Label) string { return b.pick(l.ZH, l.EN) }

// begin starts a sheet with its heading, which stays in sight.
func (b *workbook) begin(name string, heading ...string) {
	if b.err != nil {
		return
	}
	if _, b.err = b.file.NewSheet(name); b.err != nil {
		return
	}
	if b.rows, b.err = b.file.NewStreamWriter(name); b.err != nil {
		return
	}
	if b.err = b.rows.SetColWidth(1, 12, 18); b.err != nil {
		return
	}
	b.err = b.rows.SetPanes(&excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
	b.next = 1
	cells := make([]any, len(heading))
	for i, h := range heading {
		cells[i] = h
	}
	b.row(cells...)
}

func (b *workbook) row(cells ...any) {
	if b.err != nil {
		return
	}
	for i, c := range cells {
		if s, ok := c.(string); ok {
			cells[i] = sheet.Disarm(s)
		}
	}
	at, err := excelize.CoordinatesToCellName(1, b.next)
	if err == nil {
		err = b.rows.SetRow(at, cells)
	}
	b.next++
	b.err = err
}

func (b *workbook) end() {
	if b.err == nil {
		b.err = b.rows.Flush()
	}
}

// numeral is a decimal as a number, as long as a spreadsheet keeps every digit;
// otherwise it is text.
func numeral(s string) any {
	if digits := len(s) - strings.Count(s, ".") - strings.Count(s, "-"); s == "" || digits > 15 {
		return s
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s
	}
	return f
}

func (b *workbook) number(n *v1.Number) []any {
	marks := ""
	if n.Small {
		marks = b.pick("小样本", "small sample")
	}
	if n.Met != nil {
		marks = b.pick("未达到下限 ", "below the floor ") + n.Floor
		if *n.Met {
			marks = b.pick("达到下限 ", "reaches the floor ") + n.Floor
		}
	}
	return []any{numeral(n.Value), numeral(n.Num), numeral(n.Den), numeral(n.Low), numeral(n.High), n.N, marks}
}

func (b *workbook) numberHeading() []string {
	if b.zh {
		return []string{"数值", "分子", "分母", "区间下限", "区间上限", "计数", "标注"}
	}
	return []string{"Value", "Numerator", "Denominator", "Interval from", "Interval to", "Counted", "Mark"}
}

func (b *workbook) figures(out *v1.Report) {
	b.begin(b.pick("指标", "Figures"), append([]string{b.pick("指标", "Figure"), b.pick("单位", "Unit")}, b.numberHeading()...)...)
	for i := range out.Figures {
		f := &out.Figures[i]
		b.row(append([]any{b.label(f.Title), b.label(f.Unit)}, b.number(&f.Number)...)...)
	}
	b.end()
}

func (b *workbook) groups(out *v1.Report) {
	b.begin(b.pick("分组", "Breakdown"), append([]string{b.pick("指标", "Figure"), b.pick("分组方式", "By"), b.pick("组", "Group")}, b.numberHeading()...)...)
	for i := range out.Figures {
		f := &out.Figures[i]
		for _, c := range f.By {
			var by []string
			for _, d := range c.By {
				by = append(by, b.label(d.Title))
			}
			for k := range c.Groups {
				g := &c.Groups[k]
				b.row(append([]any{b.label(f.Title), strings.Join(by, " / "), b.cells(g.Key)}, b.number(&g.Number)...)...)
			}
		}
	}
	b.end()
}

func (b *workbook) cells(list []v1.Cell) string {
	var out []string
	for i := range list {
		out = append(out, b.cell(&list[i]))
	}
	return strings.Join(out, " / ")
}

func (b *workbook) cell(c *v1.Cell) string {
	if c.Name == nil || b.label(*c.Name) == "" {
		return c.Code
	}
	return b.label(*c.Name) + " (" + c.Code + ")"
}

func (b *workbook) leftOut(out *v1.Report) {
	b.begin(b.pick("未计入", "Left out"), b.pick("数据", "Rows"), b.pick("原因", "Reason"), b.pick("代码", "Code"), b.pick("数量", "Count"))
	for _, l := range out.LeftOut {
		b.row(b.label(l.Title), b.label(l.Reason), l.Code, l.Count)
	}
	b.end()
}

func (b *workbook) listed(out *v1.Report) {
	if out.Listed == nil {
		return
	}
	heading := []string{b.pick("记录", "Record"), b.pick("账本条目", "Leaf"), b.pick("项", "Item"), b.pick("日期", "Date"), b.pick("数额", "Amount"), b.pick("未计入原因", "Left out as")}
	for _, c := range out.Listed.Columns {
		heading = append(heading, b.label(c.Title))
	}
	b.begin(b.pick("记录清单", "Records"), heading...)
	for _, rows := range [][]v1.ReportRow{out.Listed.Counted, out.Listed.Omitted} {
		for i := range rows {
			r := &rows[i]
			cells := []any{r.Record, r.Index, r.Item, r.Date, numeral(r.Amount), r.Code}
			for k := range r.Values {
				cells = append(cells, b.cell(&r.Values[k]))
			}
			b.row(cells...)
		}
	}
	b.end()
}

func (b *workbook) source(out *v1.Report) {
	b.begin(b.pick("口径", "Source"), b.pick("项目", "Item"), b.pick("内容", "Content"))
	b.row(b.pick("报表", "Report"), b.label(out.Title))
	b.row(b.pick("口径说明", "What counts"), b.label(out.Note))
	b.row(b.pick("依据", "Basis"), strings.Join(out.Basis, "；"))
	b.row(b.pick("定义版本", "Version"), out.Version)
	b.row(b.pick("定义摘要", "Digest of the definition"), out.Digest)
	b.row(b.pick("账本长度", "Ledger length"), out.Index)
	b.row(b.pick("账本时间", "Ledger time"), out.LedgerTime)
	b.row(b.pick("可见范围", "Records seen by"), out.Sees)
	b.row(b.pick("起始日", "From"), out.From)
	b.row(b.pick("截止日", "To"), out.To)
	b.row(b.pick("地区", "Region"), out.Region)
	b.row(b.pick("读取记录", "Records read"), out.Records)
	b.end()
}
