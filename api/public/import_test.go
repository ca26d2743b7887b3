package public_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/xuri/excelize/v2"

	"sandi.internal/gateway/api/problem"
	"sandi.internal/gateway/api/sheet"
	"sandi.internal/gateway/api/solo"
	"sandi.internal/gateway/api/v1"
	"sandi.internal/gateway/consensus/replica"
)

// leads is a sheet of shops on a platform, one a row.
func leads(rows int, change func(row int, cells []string)) string {
	head := []string{
		"线索编号", "线索来源", "涉嫌案由", "线索内容", "被反映主体类型", "主体名称（自然人须遮蔽，如“张*”）", "统一社会信用代码", "实际经营地或者行为地", "管辖依据",
		"是否实名举报（有须告知的举报人）", "材料中是否包含举报人信息", "接收单位", "线索移送函文号", "是否已就此立案",
	}
	head[len(head)-1] = "本单位是否已就此立案（已立案的依第12条由最先立案者管辖，不得按线索移送）"
	var b strings.Builder
	b.WriteString(strings.Join(head, ",") + "\n")
	for i := range rows {
		cells := []string{
			fmt.Sprintf("P-%04d", i+1), "举报", "以假充真", fmt.Sprintf("（合成）第%d行：平台店铺销售的产品涉嫌以假充真，已固定网页证据。", i+1), "平台店铺", fmt.Sprintf("（合成）店铺%d", i+1),
			uscc(fmt.Sprintf("92120114MA%07d", i+1)), "120114", "第10条第2款（平台内经营者实际经营地）", "否", "否", "120000-SJ", fmt.Sprintf("京技管商务消移送〔2025〕%d号", i+1), "否",
		}
		if change != nil {
			change(i+1, cells)
		}
		b.WriteString(strings.Join(cells, ",") + "\n")
	}
	return b.String()
}

func (d *door) sheet(target, body string) *httptest.ResponseRecorder {
	d.t.Helper()
	return d.do("POST", target, body, "Content-Type", "application/octet-stream")
}

func (d *door) report(target, body string) (out v1.ImportReport) {
	d.t.Helper()
	w := d.sheet(target, body)
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil || w.Code != 200 {
		d.t.Fatalf("POST %s: %d %s", target, w.Code, w.Body)
	}
	return out
}

// Ensure a preview says everything that is wrong with every row and writes nothing.
func TestImportPreview(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "sun", "liaison"), solo.Options{})
	before := standing(t, n)
	bad := leads(8, func(row int, c []string) {
		switch row {
		case 2: // several cells of both steps at once
			c[2], c[6], c[12] = "没有的案由", "92120114MA0000009X", "十八号"
		case 3: // a rule of the law, not a cell
			c[4], c[5] = "自然人", "张三"
		case 4: // the key of another row
			c[0] = "P-0001"
		case 5: // a number that an earlier row takes
			c[12] = "京技管商务消移送〔2025〕1号"
		case 6:
			c[13] = "是"
		case 7: // nothing where something is required
			c[3], c[11] = "", ""
		}
	})
	got := d.report("/v1/imports/lead_transfer/preview", bad)
	if got.Rows != 8 || got.Bad != 6 || got.Good != 2 || got.Done != 0 {
		t.Errorf("%+v", got)
	}
	codes := map[int]string{}
	for _, row := range got.Items {
		var list []string
		for _, e := range row.Errors {
			list = append(list, strings.Trim(e.Column+" "+e.Field+" "+e.Code, " "))
			if e.ZH == "" || e.EN == "" {
				t.Errorf("row %d: an error without words: %+v", row.Row, e)
			}
		}
		codes[row.Row] = strings.Join(list, ", ")
		if (row.Status == v1.RowReady) != (len(list) == 0) {
			t.Errorf("row %d is %s with %v", row.Row, row.Status, list)
		}
	}
	for row, want := range map[int]string{
		2: "", 3: "C cause cell_invalid, G party_uscc field_invalid, M doc_no field_invalid", 4: "name_not_masked", 5: "row_repeated", 6: "doc_no_taken", 7: "already_filed",
		8: "D clue missing, L receiver_org missing", 9: "",
	} {
		if codes[row] != want {
			t.Errorf("row %d: %q, want %q", row, codes[row], want)
		}
	}
	p := problemOf(t, d.sheet("/v1/imports/lead_transfer", bad), 422, problem.SheetHasErrors)
	if p.Params["bad"] != "6" {
		t.Errorf("%+v", p)
	}
	if standing(t, n) != before || len(d.bureau.Vault.Contents()) != 0 {
		t.Error("a preview, or a refused import, has written something")
	}

	// The same sheet back, with a column of errors.
	w := d.do("POST", "/v1/imports/lead_transfer/preview?as=sheet", bad, "Content-Type", "text/csv", "Accept-Language", "zh")
	table, err := sheet.Read(w.Body.Bytes())
	if err != nil || !strings.Contains(w.Header().Get("Content-Disposition"), "lead_transfer-rows.csv") {
		t.Fatalf("%v %v %s", err, w.Header(), w.Body)
	}
	last := len(table.Header) - 2
	if table.Header[last] != "错误原因" || !strings.Contains(table.Rows[1].Cells[last], "校验码错误") || !strings.Contains(table.Rows[1].Cells[last], "涉嫌案由：应为从下拉列表中选择") || table.Rows[0].Cells[last] != "" {
		t.Errorf("%q", table.Rows[1].Cells[last])
	}
}

// Ensure good rows may be imported without the bad ones, that a mended sheet brings in
// the rest, and that a row which was changed after it was imported is not imported again.
func TestImportAgain(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "sun", "liaison"), solo.Options{})
	bad := leads(3, func(row int, c []string) {
		if row == 2 {
			c[2] = "没有的案由"
		}
	})
	got := d.report("/v1/imports/lead_transfer?good=true", bad)
	if got.Done != 2 || got.Bad != 1 || got.Items[0].Record != "LT-110000-2025-000001" && got.Items[0].Record != "LT-110000-2025-000002" || got.Items[1].Record != "" {
		t.Fatalf("%+v", got)
	}
	var rec v1.Record
	d.get("/v1/records/"+got.Items[2].Record, &rec)
	if rec.State != "sent" || string(rec.Fields["doc_no"]) != `"京技管商务消移送〔2025〕3号"` || rec.Parties["receiver"].Region != solo.Tianjin || rec.Fields["clue"] != nil {
		t.Errorf("%+v", rec)
	}
	var materials []struct {
		Kind, Commitment string
		Size             int64
	}
	if err := json.Unmarshal(rec.Fields["materials"], &materials); err != nil || len(materials) != 1 || materials[0].Kind != "electronic" {
		t.Fatalf("materials %s, %v", rec.Fields["materials"], err)
	}
	w := d.do("GET", "/v1/materials/"+materials[0].Commitment, "")
	if !strings.Contains(w.Body.String(), "线索编号：P-0003\n") || int64(w.Body.Len()) != materials[0].Size {
		t.Errorf("the row as material: %d %s", w.Code, w.Body)
	}

	size, objects := standing(t, n).Size, len(d.bureau.Vault.Contents())
	mended := leads(3, nil)
	if got = d.report("/v1/imports/lead_transfer/preview", mended); got.Done != 2 || got.Bad != 0 || got.Items[1].Status != v1.RowReady {
		t.Fatalf("%+v", got)
	}
	if got = d.report("/v1/imports/lead_transfer", mended); got.Done != 3 || standing(t, n).Size != size+2 {
		t.Fatalf("%+v, %d leaves after %d", got, standing(t, n).Size, size)
	}
	if again := d.report("/v1/imports/lead_transfer", mended); again.Done != 3 || standing(t, n).Size != size+2 || again.Items[0].Record != got.Items[0].Record {
		t.Errorf("again: %+v", again)
	}
	if now := len(d.bureau.Vault.Contents()); now != objects+3 { // of the second row: home fields, itself, the list of materials
		t.Errorf("%d objects in the vault, %d before", now, objects)
	}
	changed := leads(3, func(row int, c []string) {
		if row == 1 {
			c[2] = "虚假广告"
		}
	})
	got = d.report("/v1/imports/lead_transfer/preview", changed)
	if got.Bad != 1 || got.Items[0].Errors[0].Code != problem.RowDiffers || !strings.Contains(got.Items[0].Errors[0].EN, "LT-110000-2025-00000") {
		t.Errorf("changed: %+v", got.Items[0])
	}
	other := d.as(solo.Someone(solo.Beijing, "li", "liaison"))
	if got = other.report("/v1/imports/lead_transfer/preview", mended); got.Bad != 3 || got.Items[0].Errors[0].Code != problem.RowDiffers {
		t.Errorf("by somebody else: %+v", got)
	}
	problemOf(t, d.sheet("/v1/imports/assistance", mended), 404, problem.NotFound)
	problemOf(t, d.sheet("/v1/imports/expert", mended), 422, problem.SheetHeader)
	problemOf(t, d.sheet("/v1/imports/expert", "\xff\xfe\x80"), 422, problem.SheetUnreadable)
	problemOf(t, d.as(solo.Someone(solo.Beijing, "aud", "auditor")).sheet("/v1/imports/lead_transfer", mended), 403, problem.Forbidden)
}

// Ensure 500 rows go in one go, and that a run which loses its majority midway says
// which rows stand and is completed by sending the same sheet again: nothing is lost,
// nothing stands twice.
func TestImport500(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Beijing, "sun", "liaison"), solo.Options{NoLeaderWait: 1})
	text := leads(500, nil)
	var count atomic.Int64
	n.Ledger.Break(&solo.Fault{Submit: func([]byte) error {
		if count.Add(1) > 301 {
			return replica.ErrNoLeader
		}
		return nil
	}})
	first := d.report("/v1/imports/lead_transfer", text)
	part := 0
	for _, row := range first.Items {
		switch {
		case row.Status == v1.RowWrong && row.Errors[0].Code == problem.NoQuorum:
			if row.Record != "" {
				part++
			}
		case row.Status != v1.RowDone:
			t.Fatalf("%+v", row)
		}
	}
	if first.Done < 100 || first.Done+part+first.Done != 301 {
		t.Fatalf("%d done and %d half-way after 301 statements", first.Done, part)
	}
	n.Ledger.Break(nil)
	again := d.report("/v1/imports/lead_transfer", text)
	if again.Done != 500 || again.Bad != 0 {
		t.Fatalf("again: %d done, %d wrong", again.Done, again.Bad)
	}
	if size := standing(t, n).Size; size != 1000 {
		t.Errorf("%d leaves for 500 rows of two steps", size)
	}
	seen := map[string]bool{}
	for _, row := range again.Items {
		if seen[row.Record] {
			t.Errorf("%s stands for two rows", row.Record)
		}
		seen[row.Record] = true
	}
}

// Ensure a template can be filled in and imported, home fields included.
func TestImportTemplate(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Hebei, "liu", "liaison"), solo.Options{})
	var list v1.Imports
	d.get("/v1/imports", &list)
	sheets := map[string]v1.Import{}
	for _, i := range list.Items {
		sheets[i.Procedure] = i
	}
	if len(sheets["expert"].Columns) == 0 || sheets["expert"].Columns[0].See != "home" || sheets["lead_transfer"].Noun != "transfer" || !sheets["lead_transfer"].Letter {
		t.Fatalf("%+v", list)
	}
	if c := sheets["case_transfer"]; c.Noun != "case" || !slices.Equal(c.Steps, []string{"open"}) || c.Letter {
		t.Fatalf("%+v", c)
	}
	w := d.do("GET", "/v1/imports/expert/template", "")
	book, err := excelize.OpenReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil || w.Header().Get("Content-Type") != v1.SheetMedia {
		t.Fatalf("%v %v", err, w.Header())
	}
	rows, _ := book.GetRows("数据")
	values := map[string]string{
		"Name": "Expert Synthetic", "Telephone": "0311-5550101", "Phone": "0311-5550101", "Credit code of the employer": employer, "Shared with": "120000-SJ",
		"Fields": "Cable|9", "Professional title": "Senior", "Purpose consented to": "joint inspections", "Date of the consent": "2025-10-01",
		"Consents to sharing among the regions": "yes", "Units to stay away from (an empty list when there are none)": visited + "|Consults for it|2026-01-01",
	}
	for i, head := range rows[0] {
		at, _ := excelize.CoordinatesToCellName(i+1, 2)
		if v := values[strings.TrimRight(head, "*")]; v != "" {
			if err := book.SetCellStr("数据", at, v); err != nil {
				t.Fatal(err)
			}
		}
	}
	var filled bytes.Buffer
	if _, err := book.WriteTo(&filled); err != nil {
		t.Fatal(err)
	}
	got := d.report("/v1/imports/expert", filled.String())
	if got.Done != 1 {
		t.Fatalf("%+v", got)
	}
	var own v1.PrivateValues
	d.get("/v1/records/"+got.Items[0].Record+"/private", &own)
	if string(own.Items[0].Value) != `"Expert Synthetic"` {
		t.Errorf("%+v", own)
	}
	var rec v1.Record
	d.get("/v1/records/"+got.Items[0].Record, &rec)
	if rec.State != "under_review" || !strings.Contains(string(rec.Fields["recusal_units"]), `"reason":"consulting"`) {
		t.Errorf("%+v", rec)
	}
	w = d.do("POST", "/v1/imports/expert/preview?as=sheet", filled.String(), "Content-Type", "application/octet-stream")
	if table, err := sheet.Read(w.Body.Bytes()); err != nil || table.Rows[0].Cells[len(table.Header)-1] != got.Items[0].Record {
		t.Errorf("the sheet back: %v", err)
	}
	problemOf(t, d.do("GET", "/v1/imports/assistance/template", ""), 404, problem.NotFound)
	problemOf(t, d.do("GET", "/v1/imports/expert/template?format=ods", ""), 422, problem.ValidationFailed)
}

// Ensure rows of filed cases become drafts and nothing more: approval and letter stay
// other people's acts, and the law's own guards speak for each row.
func TestImportCases(t *testing.T) {
	n := solo.New(t)
	d := openDoor(t, n, solo.Someone(solo.Tianjin, "zhou", "clerk"), solo.Options{})
	head := "移送方立案号,立案日期,当事人类型,当事人名称（自然人须遮蔽，如“张*”）,案由,案件事实,管辖依据,不属于本单位管辖的说明,拟移送单位（供批准）,联系人和电话,统一社会信用代码,主体尚未查明的说明\n"
	row := func(number int, kind, name, uscc, unknown string) string {
		return fmt.Sprintf("津市监立〔2025〕%d号,2025-10-20,%s,%s,以假充真,（合成）第%d行：销售的产品涉嫌以假充真，生产者在河北省廊坊市。,第7条（违法行为发生地）,（合成）违法行为发生地在廊坊市。,130000-SJ,（合成）经办人 022-5550101,%s,%s\n", number, kind, name, number, uscc, unknown)
	}
	text := head + row(1, "企业", "（合成）甲厂", uscc("92120114MA0000001"), "") + row(2, "企业", "（合成）乙厂", "", "") + row(3, "自然人", "张三", "", "") + row(4, "平台店铺", "（合成）丁店", "", "（合成）尚在核实")
	got := d.report("/v1/imports/case_transfer/preview", text)
	codes := []string{}
	for _, r := range got.Items {
		code := ""
		if len(r.Errors) > 0 {
			code = r.Errors[0].Code
		}
		codes = append(codes, code)
	}
	if want := []string{"", "party_not_identified", "name_not_masked", ""}; !slices.Equal(codes, want) {
		t.Fatalf("%q, want %q: %+v", codes, want, got)
	}
	got = d.report("/v1/imports/case_transfer?good=true", text)
	if got.Done != 2 || got.Bad != 2 {
		t.Fatalf("%+v", got)
	}
	var rec v1.Record
	d.get("/v1/records/"+got.Items[0].Record, &rec)
	if rec.State != "draft" || rec.Fields["contact"] != nil || rec.Fields["facts"] != nil || !strings.Contains(string(rec.Fields["materials"]), `"kind":"electronic"`) {
		t.Errorf("%+v", rec)
	}
	if again := d.report("/v1/imports/case_transfer?good=true", text); again.Done != 2 || again.Items[0].Record != got.Items[0].Record {
		t.Errorf("again: %+v", again)
	}
}
