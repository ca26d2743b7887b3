package ledger_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sandi.internal/gateway/consensus/ledger"
	"sandi.internal/gateway/consensus/statement"
)

var rewrite = flag.Bool("rewrite", false, "write the outcomes into testdata instead of comparing")

// Scenarios are texts that a bureau's lawyer can read: what somebody does, then
// what the ledger answers, in lines that begin with "=". -rewrite writes the
// answers; a reviewer reads the difference.
func TestScenarios(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			w := newWorld(t)
			s := &scenario{replica: w.replica(), names: make(map[string]string)}
			got := s.run(string(text))
			s.check()
			if *rewrite {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != string(text) {
				t.Fatalf("the ledger answers otherwise than the scenario says:\n%s", got)
			}
		})
	}
}

type scenario struct {
	*replica
	names map[string]string // name -> record id
	last  []byte
}

// run executes the blocks of a text and returns it with the outcomes in place.
func (s *scenario) run(text string) string {
	blocks := strings.Split(strings.TrimSpace(text), "\n\n")
	for i, block := range blocks {
		var lines, fields []string
		for _, line := range strings.Split(block, "\n") {
			switch {
			case strings.HasPrefix(line, "="):
			case strings.HasPrefix(line, "  "):
				fields = append(fields, strings.TrimSpace(line))
				fallthrough
			default:
				lines = append(lines, line)
			}
		}
		for _, line := range lines {
			if !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "  ") {
				lines = append(lines, s.step(strings.Fields(line), object(fields))...)
				break
			}
		}
		blocks[i] = strings.Join(lines, "\n")
	}
	return strings.Join(blocks, "\n\n") + "\n"
}

// object makes a JSON object of lines `name: value`.
func object(lines []string) string {
	var members []string
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		quoted, _ := json.Marshal(value)
		members = append(members, fmt.Sprintf("%q:%s", name, quoted))
	}
	return "{" + strings.Join(members, ",") + "}"
}

var named = map[string]string{"Beijing": beijing, "Tianjin": tianjin, "Hebei": hebei}

func (s *scenario) step(words []string, fields string) []string {
	s.w.t.Helper()
	switch {
	case words[0] == "time":
		at, err := time.ParseInLocation("2006-01-02 15:04", words[1]+" "+words[2], time.FixedZone("", 8*3600))
		if err != nil {
			s.w.t.Fatal(err)
		}
		s.w.now = at.Unix()
		return nil
	case words[0] == "again":
		return s.answer(s.apply(s.last)[0], "")
	case words[0] == "deadlines":
		return s.deadlines(s.names[words[2]])
	case len(words) == 6 && words[2] == "opens":
		s.last = s.w.open(named[words[0]], words[1], words[3], fields)
		return s.answer(s.apply(s.last)[0], words[5])
	case len(words) == 6 && words[2] == "does":
		id := s.names[words[5]]
		record, err := s.books().Record(id)
		if err != nil || record == nil {
			s.w.t.Fatalf("no record %q: %v", words[5], err)
		}
		s.last = s.w.act(named[words[0]], words[1], id, record.Head, words[3], fields)
		return s.answer(s.apply(s.last)[0], "")
	}
	s.w.t.Fatalf("couldn't read %q", strings.Join(words, " "))
	return nil
}

func (s *scenario) answer(r ledger.Result, name string) []string {
	if r.Refusal != nil {
		lines := []string{fmt.Sprintf("= refused (%d %s): %s", r.Refusal.Code.Status(), r.Refusal.Code, r.Refusal.EN)}
		if r.Refusal.Cite != "" {
			lines = append(lines, "= "+r.Refusal.Cite+": "+r.Refusal.ZH)
		}
		return lines
	}
	if name != "" {
		s.names[name] = r.Record
	}
	record, err := s.books().Record(r.Record)
	if err != nil || record == nil {
		s.w.t.Fatalf("record %s: %v", r.Record, err)
	}
	again := ""
	if r.Duplicate {
		again = ", as before"
	}
	lines := []string{fmt.Sprintf("= leaf %d%s: %s is %s", r.Index, again, r.Record, record.State)}
	for _, note := range record.Acts {
		if note.Seq == r.Index && len(note.Late) > 0 {
			lines = append(lines, "= late: "+strings.Join(note.Late, ", "))
		}
	}
	return lines
}

func (s *scenario) deadlines(id string) []string {
	list, err := s.books().Deadlines(id)
	if err != nil {
		s.w.t.Fatal(err)
	}
	var lines []string
	for _, d := range list {
		lines = append(lines, fmt.Sprintf("= %s: owed by %s until %s, %s", d.Name, d.Owner, statement.FormatAt(d.Due), d.Verdict))
	}
	slices.Sort(lines)
	return lines
}
