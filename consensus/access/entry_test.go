package access

import (
	"errors"
	"strings"
	"testing"
)

func entry() Entry {
	return Entry{
		Time: 1763712000123, Action: Read, Region: "110000", Person: "AAAAAAAAAAAAAAAAAAAAAA", Org: "110115-SJ", Role: "officer",
		Record: "CT-110000-2025-000001", Purpose: "核查 <A&B>", What: []string{"sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "name"}, Salt: "AAAAAAAAAAAAAAAAAAAAAA",
	}
}

// TestEntryBytes: frozen bytes, and Parse takes them back.
func TestEntryBytes(t *testing.T) {
	want := `{"time":1763712000123,"action":"read","region":"110000","person":"AAAAAAAAAAAAAAAAAAAAAA","org":"110115-SJ","role":"officer",` +
		`"record":"CT-110000-2025-000001","purpose":"核查 <A&B>","what":["sc1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA","name"],"salt":"AAAAAAAAAAAAAAAAAAAAAA"}`
	raw, err := entry().Bytes()
	if err != nil || string(raw) != want {
		t.Fatalf("got %s, %v; want %s", raw, err, want)
	}
	back, err := Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := back.Bytes(); err != nil || string(again) != want {
		t.Errorf("came back as %s, %v", again, err)
	}
}

// TestEntryForm: each member out of its form is refused, and so is every other
// spelling of a right entry.
func TestEntryForm(t *testing.T) {
	for name, spoil := range map[string]func(*Entry){
		"time":    func(e *Entry) { e.Time = -1 },
		"action":  func(e *Entry) { e.Action = "peek" },
		"region":  func(e *Entry) { e.Region = "" },
		"person":  func(e *Entry) { e.Person = "Zhang San" },
		"org":     func(e *Entry) { e.Org = "x" },
		"role":    func(e *Entry) { e.Role = "Officer" },
		"record":  func(e *Entry) { e.Record = "CT" },
		"because": func(e *Entry) { e.Because = "110000/x" },
		"purpose": func(e *Entry) { e.Purpose = "two\nlines" },
		"what":    func(e *Entry) { e.What = []string{"<script>"} },
		"many":    func(e *Entry) { e.What = make([]string, MaxWhat+1) },
		"to":      func(e *Entry) { e.To = "somewhere" },
		"salt":    func(e *Entry) { e.Salt = "" },
		"reason":  func(e *Entry) { e.Reason = "Not found" },
	} {
		e := entry()
		spoil(&e)
		if _, err := e.Bytes(); !errors.Is(err, ErrForm) {
			t.Errorf("%s: %v, want ErrForm", name, err)
		}
	}
	raw, err := entry().Bytes()
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []string{
		string(raw) + " ", strings.Replace(string(raw), ",", ", ", 1), strings.Replace(string(raw), "read", `\u0072ead`, 1),
		strings.Replace(string(raw), `"time"`, `"when":1,"time"`, 1), strings.Replace(string(raw), `"org"`, `"because":"","org"`, 1), "{}", "",
	} {
		if _, err := Parse([]byte(other)); !errors.Is(err, ErrForm) {
			t.Errorf("%q was accepted: %v", other, err)
		}
	}
}
