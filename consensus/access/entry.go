package access

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"sandi.internal/gateway/certs/strict"
	"sandi.internal/gateway/consensus/statement"
)

// Action is what was done with private data.
type Action string

// Actions.
const (
	Read   Action = "read"   // given to a person of this bureau
	Export Action = "export" // given to another bureau, offered to it, to an auditor, or carried away whole as a backup
	Query  Action = "query"  // counted or listed over a shared data set
	Asked  Action = "asked"  // asked of another bureau for a person of this one, and given
	Denied Action = "denied" // asked for by somebody who may not
	Failed Action = "failed" // allowed, noted, and then not given after all
	Noted  Action = "noted"  // nobody looked: the node notes the head of another log, so that the ledger vouches for it too
	Begun  Action = "begun"  // nobody looked: the node began another log, as the person who looks acknowledged
)

var actions = []Action{Read, Export, Query, Asked, Denied, Failed, Noted, Begun}

const (
	// MaxEntry bounds the bytes of an entry: MaxWhat names of the longest kind.
	MaxEntry = 16 << 10
	// MaxWhat bounds the things that one entry names; who gives more at once writes
	// several entries.
	MaxWhat = 200
	// SaltSize is the bytes of an entry's salt.
	SaltSize = 16
	// maxWhatText bounds one of them: the longest is a record with a field.
	maxWhatText = 100
)

// ErrForm says that an entry has a member out of its form, or bytes in another
// spelling than its own.
var ErrForm = errors.New("not an entry of an access log")

// Entry is one look. Members that do not apply are empty; the log itself gives Time
// and Salt.
type Entry struct {
	Time    int64    `json:"time"`              // unix ms, given by the log; never before the entry ahead of it
	Action  Action   `json:"action"`            //
	Region  string   `json:"region"`            // of who looks: another bureau's when its node or its person asks
	Person  string   `json:"person,omitempty"`  // keyed pseudonym: of the region whose log it is, or of Region when its node asked; empty when only a bureau is known
	Org     string   `json:"org,omitempty"`     // of who looks
	Role    string   `json:"role,omitempty"`    // in which office
	Record  string   `json:"record,omitempty"`  // record of the case in whose name
	Because string   `json:"because,omitempty"` // record that selected Record; or an offer: region, slash, statement id
	Purpose string   `json:"purpose,omitempty"` // one line, statement.IsWords
	What    []string `json:"what,omitempty"`    // commitments, names of fields or of data sets; "backup" for all that the node keeps; noted: the other log, its lines, the digest of the last
	To      string   `json:"to,omitempty"`      // export: the organisation or region that receives
	Count   uint64   `json:"count,omitempty"`   // query: rows counted or listed; denied, failed: how many like this one, 0 is one
	Reason  string   `json:"reason,omitempty"`  // denied, failed: the code that the asker was answered; begun: why
	Salt    string   `json:"salt"`              // 22 characters, given by the log: who has a slip cannot guess the entry
}

// Log is where looks are written down. Safe for concurrent use.
type Log interface {
	// Record writes an entry. When it returns nil the
	// entry survives a power cut. It is called before anything is given: whoever
	// gets an error gives nothing. The error wraps ErrForm when the entry is
	// wrong, ErrClosed when the log may not be written.
	Record(ctx context.Context, e Entry) error
}

// ErrClosed says that the log takes no entries: it could not be written, or what is
// stored is not what it was.
var ErrClosed = errors.New("the access log takes no entries")

// Check holds every member against its form. The error wraps ErrForm.
func (e Entry) Check() error {
	empty := func(s string, form func(string) bool) bool { return s == "" || form(s) }
	for _, c := range [...]struct {
		member string
		ok     bool
	}{
		{"time", e.Time >= 0},
		{"action", slices.Contains(actions, e.Action)},
		{"region", statement.IsRegion(e.Region)},
		{"person", empty(e.Person, statement.IsPerson)},
		{"org", empty(e.Org, statement.IsOrg)},
		{"role", empty(e.Role, statement.IsRole)},
		{"record", empty(e.Record, statement.IsRecordID)},
		{"because", empty(e.Because, isBecause)},
		{"purpose", empty(e.Purpose, statement.IsWords)},
		{"what", len(e.What) <= MaxWhat && !slices.ContainsFunc(e.What, func(s string) bool { return !isWhat(s) })},
		{"to", empty(e.To, func(s string) bool { return statement.IsOrg(s) || statement.IsRegion(s) })},
		{"reason", empty(e.Reason, isReason)},
		{"salt", isSalt(e.Salt)},
	} {
		if !c.ok {
			return fmt.Errorf("%s: %w", c.member, ErrForm)
		}
	}
	return nil
}

func isBecause(s string) bool {
	return statement.IsRecordID(s) || len(s) == 7+26 && statement.IsRegion(s[:6]) && s[6] == '/' && statement.CheckID(s[7:]) == nil
}

// isWhat: printable ASCII without quotes, backslashes and what HTML would read.
func isWhat(s string) bool {
	return s != "" && len(s) <= maxWhatText && !bytes.ContainsFunc([]byte(s), func(r rune) bool {
		return r <= ' ' || r >= 0x7f || r == '"' || r == '\\' || r == '<' || r == '>' || r == '&'
	})
}

// isReason: the form of problem codes, e.g. "not_found".
func isReason(s string) bool {
	return len(s) <= 64 && !bytes.ContainsFunc([]byte(s), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-' && r != '.'
	})
}

func isSalt(s string) bool {
	raw, err := strict.Base64URL(s)
	return err == nil && len(raw) == SaltSize
}

// Bytes are the entry as it is stored and digested: one line of JSON in the order of
// the members, without spaces. The error wraps ErrForm.
func (e Entry) Bytes() ([]byte, error) {
	if err := e.Check(); err != nil {
		return nil, fmt.Errorf("couldn't write an entry: %w", err)
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(e); err != nil {
		return nil, fmt.Errorf("couldn't write an entry: %w", err)
	}
	raw := out.Bytes()[:out.Len()-1] // without the encoder's line feed
	if len(raw) > MaxEntry {
		return nil, fmt.Errorf("couldn't write an entry of %d bytes, at most %d: %w", len(raw), MaxEntry, ErrForm)
	}
	return raw, nil
}

// Parse accepts exactly what Bytes writes. The error wraps ErrForm.
func Parse(raw []byte) (Entry, error) {
	var e Entry
	if err := strict.Decode(raw, MaxEntry, 2, &e); err != nil {
		return Entry{}, fmt.Errorf("couldn't read an entry: %w: %w", ErrForm, err)
	}
	again, err := e.Bytes()
	if err != nil {
		return Entry{}, fmt.Errorf("couldn't read an entry: %w", err)
	}
	if !bytes.Equal(again, raw) {
		return Entry{}, fmt.Errorf("couldn't read an entry in another spelling: %w", ErrForm)
	}
	return e, nil
}
