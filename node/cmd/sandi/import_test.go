package main

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sandi.internal/gateway/api/v1"
)

// Ensure a sheet is shown first, imported when it is confirmed, recognised when it comes
// again, and that each row has its letter.
func TestImportCommand(t *testing.T) {
	b := newBureau(t, nil)
	template := filepath.Join(b.dir, "leads.csv")
	if code, out := b.as("liaison", "transfer", "template", "-f", template); code != exitOK || out != template+"\n" {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, _ := b.as("liaison", "transfer", "template", "-f", template); code != exitFailed {
		t.Errorf("a template overwrote a file: exit %d", code)
	}
	head, err := os.ReadFile(template)
	if err != nil {
		t.Fatal(err)
	}
	values := map[string]string{
		"Lead number": "P-1", "Source": "Report", "Suspected cause": "Fake sold as genuine", "What is alleged": "（合成）平台店铺销售的产品涉嫌以假充真，已固定网页证据。",
		"Kind of party": "Platform shop", "Actual place of business or of the act": "120114", "Ground of competence": "art10_2",
		"Is there a named reporter who must be told": "no", "Do the materials identify the reporter": "no", "Receiving organisation": "120000-SJ",
		"Number of the letter": "京技管商务消移送〔2025〕1号", "Shop id": "S-1",
		"Have we filed on this ourselves (then art. 12 gives us jurisdiction and no lead may be sent)": "no",
	}
	sheetOf := func(change map[string]string) string {
		var cells []string
		for _, h := range csvHead(t, string(head)) {
			value := values[h]
			if v, ok := change[h]; ok {
				value = v
			}
			cells = append(cells, value)
		}
		return b.file("filled.csv", append(head, strings.Join(cells, ",")+"\n"...))
	}
	rowsOf := func(out string) (r v1.ImportReport) {
		t.Helper()
		if err := json.Unmarshal([]byte(out), &r); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		return r
	}

	bad, back := sheetOf(map[string]string{"Suspected cause": "nonsense"}), filepath.Join(b.dir, "back.csv")
	code, out := b.as("liaison", "transfer", "import", bad, "--confirm", "--back", back, "-o", "json")
	if r := rowsOf(out); code != exitFailed || r.Bad != 1 || r.Items[0].Errors[0].Field != "cause" {
		t.Errorf("exit %d: %s", code, out)
	}
	if text, err := os.ReadFile(back); err != nil || !strings.Contains(string(text), "Errors,Record") || !strings.Contains(string(text), "one of the list") {
		t.Errorf("%v: %s", err, text)
	}
	good := sheetOf(nil)
	if code, out = b.as("liaison", "import", "run", "lead_transfer", good, "-o", "json"); code != exitOK || rowsOf(out).Done != 0 {
		t.Fatalf("a preview: exit %d: %s", code, out)
	}
	letters := filepath.Join(b.dir, "letters")
	for range 2 {
		code, out = b.as("liaison", "transfer", "import", good, "--confirm", "--letters", letters, "-o", "json")
		if r := rowsOf(out); code != exitOK || r.Done != 1 || r.Items[0].Record != "LT-110000-2025-000001" {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	text, err := os.ReadFile(filepath.Join(letters, "京技管商务消移送〔2025〕1号.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"线索移送函\n（草拟版式", "京技管商务消移送〔2025〕1号\n", "天津市市场监督管理委员会：", "涉嫌以假充真的线索", "1. 电子数据 1页 sc1.", "现将上列线索移送你单位处理。", "LT-110000-2025-000001  ", "演练 SYNTHETIC"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the letter lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(string(text), "已固定网页证据") {
		t.Error("the letter tells what stays at home")
	}
	for name, args := range map[string][]string{
		"letters without confirmation": {"transfer", "import", good, "--letters", letters},
		"letters of what has none":     {"expert", "import", good, "--confirm", "--letters", letters},
		"no such procedure":            {"import", "run", "assistance", good},
		"no such format":               {"transfer", "template", "-f", "x.ods"},
	} {
		if code, out := b.as("liaison", args...); code != exitUsage {
			t.Errorf("%s: exit %d: %s", name, code, out)
		}
	}
	if code, out := b.as("liaison", "import", "list"); code != exitOK || !strings.Contains(out, "open → submit") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, out := b.as("liaison", "expert", "search", "--field", "food"); code != exitOK || !strings.Contains(out, "served 2025") {
		t.Errorf("exit %d: %s", code, out)
	}
}

// csvHead are the heads of a template without byte order mark and stars.
func csvHead(t *testing.T, line string) []string {
	t.Helper()
	heads, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(line, "\xef\xbb\xbf"))).Read()
	if err != nil {
		t.Fatal(err)
	}
	for i := range heads {
		heads[i] = strings.TrimRight(heads[i], "*")
	}
	return heads
}
